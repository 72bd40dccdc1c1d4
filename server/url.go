package server

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aircheck/configs"
	"aircheck/ingest/media"
	"aircheck/server/api"
	"aircheck/server/auth"
	"aircheck/server/store"
)

// URLOptions are what `aircheck url` can be told.
type URLOptions struct {
	Domain string        `help:"Push domain; without it the built-in one."`
	Host   string        `help:"Host to be reached at; without it the domain itself, or this machine's address for the built-in one."`
	Valid  time.Duration `help:"How long the addresses let a push or a player begin." default:"24h"`
}

// PrintURLs writes the signed addresses of a stream, "app/stream", to push to and to play from, for people to copy. It reads the database beside a
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
	all := addressesOf(cfg, domains, domain, key.App, key.Stream, o.Host, expiry)
	var out bytes.Buffer
	fmt.Fprintf(&out, "Stream          %s\nGood until      %s\n", key, expiry.Format(time.DateTime+" MST"))
	printPush(&out, all.push)
	printPlay(&out, "Play", all.play)
	printPlay(&out, "Play over TLS", all.playTLS)
	_, err = w.Write(out.Bytes())
	return err
}

func printLine(out *bytes.Buffer, name, address string) {
	fmt.Fprintf(out, "  %-12s  %s\n", name, address)
}

func printPush(out *bytes.Buffer, all []api.StreamAddress) {
	fmt.Fprint(out, "\nPush\n")
	for _, a := range all {
		if a.Protocol != "rtmp" {
			printLine(out, addressName(a.Protocol), a.Url)
			continue
		}
		printLine(out, "OBS", "Settings > Stream > Service: Custom")
		printLine(out, "  Server", a.Server)
		printLine(out, "  Stream Key", a.StreamKey)
		printLine(out, "ffmpeg", "ffmpeg -re -i video.mp4 -c copy -f flv '"+a.Url+"'")
	}
}

func printPlay(out *bytes.Buffer, heading string, all []api.StreamAddress) {
	if len(all) > 0 {
		fmt.Fprintf(out, "\n%s\n", heading)
	}
	for _, a := range all {
		printLine(out, addressName(a.Protocol), a.Url)
	}
}

func addressName(protocol string) string {
	switch protocol {
	case "page":
		return "Page"
	case "ws-flv":
		return "WebSocket"
	}
	return strings.ToUpper(protocol)
}

// signed returns the query of an address, with "?" unless it is empty.
func signed(k auth.Key, stream string, expiry time.Time, params []string) string {
	if k.Enable {
		params = append(slices.Clone(params), k.Sign(stream, expiry))
	}
	if len(params) == 0 {
		return ""
	}
	return "?" + strings.Join(params, "&")
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

// reachedAt is the host by which a domain is reached, or the one that was asked for.
func reachedAt(cfg configs.Config, d auth.Domain, host string) string {
	if host == "" && !d.BuiltIn {
		host = d.Name
	}
	if host == "" {
		host = ownHost(cfg)
	}
	return host
}

// atPort is a host and, unless it is the protocol's own, the port that is listened on.
func atPort(host, listen, usual string) string {
	_, port, err := net.SplitHostPort(listen)
	if err != nil || port == usual {
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
	return machineHost()
}

// machineHost is this machine's first address that is not loopback.
func machineHost() string {
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

func escapePath(path string) string { return escapeParts(path, url.PathEscape) }

// escapeQuery leaves slashes alone, which queries may have, for people to read.
func escapeQuery(path string) string { return escapeParts(path, url.QueryEscape) }

func escapeParts(path string, escape func(string) string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = escape(parts[i])
	}
	return strings.Join(parts, "/")
}
