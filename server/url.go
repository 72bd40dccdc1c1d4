package server

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"aircheck/configs"
	"aircheck/ingest/media"
	"aircheck/server/auth"
	"aircheck/server/store"
)

// URLOptions are what `aircheck url` can be told.
type URLOptions struct {
	Domain string        `help:"Push domain; without it the built-in one."`
	Host   string        `help:"Host to be reached at; without it the domain itself, or this machine's address for the built-in one."`
	Valid  time.Duration `help:"How long the address lets a push begin." default:"24h"`
}

// PrintURLs writes the signed addresses of a stream, "app/stream", for people to copy. It reads the database beside a
// running server.
func PrintURLs(ctx context.Context, w io.Writer, cfg configs.Config, path string, o URLOptions) error {
	domains, err := readDomains(ctx, cfg)
	if err != nil {
		return err
	}
	domain, err := domains.Describe(cmp.Or(o.Domain, cfg.Domains.BuiltIn))
	if err != nil {
		return err
	}
	if domain.Type != auth.PushDomain {
		return fmt.Errorf("%s is a play domain; name a push domain", domain.Name)
	}
	app, name := media.SplitPath(path)
	key := media.StreamKey{Domain: domain.Name, App: app, Stream: name}
	if err := key.Validate(); err != nil {
		return err
	}
	expiry := time.Now().Add(o.Valid)
	host := pushHost(cfg, domain, o.Host)
	server := "rtmp://" + host + "/" + escapePath(app)
	var params []string
	if to, err := domains.Resolve(host, ""); err != nil || to != domain.Name {
		params = append(params, "vhost="+domain.Name)
	}
	if domain.Push.Enable {
		params = append(params, domain.Push.Sign(name, expiry))
	}
	streamKey := url.PathEscape(name)
	if len(params) > 0 {
		streamKey += "?" + strings.Join(params, "&")
	}
	_, err = fmt.Fprintf(w, `Stream      %s
Good until  %s

OBS         Settings > Stream > Service: Custom
  Server      %s
  Stream Key  %s

ffmpeg      ffmpeg -re -i video.mp4 -c copy -f flv '%s/%s'
`, key, expiry.Format(time.DateTime+" MST"), server, streamKey, server, streamKey)
	return err
}

func readDomains(ctx context.Context, cfg configs.Config) (*auth.Domains, error) {
	db, err := store.OpenReadOnly(ctx, filepath.Join(cfg.DataDir, databaseName))
	if err != nil {
		return nil, fmt.Errorf("%w; has the server been started once with this data_dir?", err)
	}
	defer db.Close()
	domains := &auth.Domains{Store: db, BuiltIn: cfg.Domains.BuiltIn, Strict: cfg.Domains.Strict}
	return domains, domains.Reload(ctx)
}

// pushHost is the host and, unless it is RTMP's own, the port to push to.
func pushHost(cfg configs.Config, d auth.Domain, host string) string {
	if host == "" && !d.BuiltIn {
		host = d.Name
	}
	if host == "" {
		host = ownHost(cfg)
	}
	_, port, err := net.SplitHostPort(cfg.RTMP.Address)
	if err != nil || port == "1935" {
		port = ""
	}
	if port == "" && strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	if port == "" {
		return host
	}
	return net.JoinHostPort(host, port)
}

// ownHost is how others reach this machine: the public URL's host, the address listened on, or the first address that is not
// loopback.
func ownHost(cfg configs.Config) string {
	if u, err := url.Parse(cfg.HTTP.PublicURL); err == nil && u.Host != "" {
		return u.Hostname()
	}
	if host, _, err := net.SplitHostPort(cfg.RTMP.Address); err == nil && host != "" {
		if ip := net.ParseIP(host); ip == nil || !ip.IsUnspecified() {
			return host
		}
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return "localhost"
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			return n.IP.String()
		}
	}
	return "localhost"
}

func escapePath(path string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}
