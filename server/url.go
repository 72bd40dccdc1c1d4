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
	host := reachedAt(cfg, domain, o.Host)
	var vhost []string
	if to, err := domains.Resolve(host, ""); err != nil || to != domain.Name {
		vhost = []string{"vhost=" + domain.Name}
	}
	p := printer{
		cfg: cfg, host: host, app: escapePath(app), name: url.PathEscape(name), stream: escapeQuery(app) + "/" + url.QueryEscape(name),
		push: signed(domain.Push, name, expiry, vhost), play: signed(domain.Play, name, expiry, vhost),
	}
	fmt.Fprintf(&p.out, "Stream          %s\nGood until      %s\n", key, expiry.Format(time.DateTime+" MST"))
	p.pushAddresses()
	p.playAddresses()
	_, err = w.Write(p.out.Bytes())
	return err
}

// printer lays out the addresses of one stream. Its texts are escaped, as they stand in addresses: app and name in paths, stream, which is
// both, in a query, push and play as the queries that sign.
type printer struct {
	out               bytes.Buffer
	cfg               configs.Config
	host              string
	app, name, stream string
	push, play        string
}

func (p *printer) heading(text string)       { fmt.Fprintf(&p.out, "\n%s\n", text) }
func (p *printer) line(name, address string) { fmt.Fprintf(&p.out, "  %-12s  %s\n", name, address) }

// media prints the address of a face, unless it listens nowhere. The port is left out where it is the scheme's usual one.
func (p *printer) media(name, scheme, listen, usual, query string) {
	if listen != "" {
		p.line(name, scheme+"://"+atPort(p.host, listen, usual)+"/"+p.app+"/"+p.name+query)
	}
}

func (p *printer) pushAddresses() {
	c := &p.cfg
	server := "rtmp://" + atPort(p.host, c.RTMP.Address, "1935") + "/" + p.app
	p.heading("Push")
	p.line("OBS", "Settings > Stream > Service: Custom")
	p.line("  Server", server)
	p.line("  Stream Key", p.name+p.push)
	p.line("ffmpeg", "ffmpeg -re -i video.mp4 -c copy -f flv '"+server+"/"+p.name+p.push+"'")
	p.media("RTSP", "rtsp", c.RTSP.Address, "554", p.push)
	p.media("RTMPS", "rtmps", c.RTMP.TLSAddress, "443", p.push)
	p.media("RTSPS", "rtsps", c.RTSP.TLSAddress, "322", p.push)
}

func (p *printer) playAddresses() {
	c := &p.cfg
	p.heading("Play")
	if root := strings.TrimSuffix(c.HTTP.PublicURL, "/"); root != "" {
		p.web(root)
	} else {
		p.web("http://" + atPort(p.host, c.HTTP.Address, "80"))
	}
	p.media("RTMP", "rtmp", c.RTMP.Address, "1935", p.play)
	p.media("RTSP", "rtsp", c.RTSP.Address, "554", p.play)
	if c.HTTP.TLSAddress == "" && c.RTMP.TLSAddress == "" && c.RTSP.TLSAddress == "" {
		return
	}
	p.heading("Play over TLS")
	if c.HTTP.TLSAddress != "" {
		p.web("https://" + atPort(p.host, c.HTTP.TLSAddress, "443"))
	}
	p.media("RTMPS", "rtmps", c.RTMP.TLSAddress, "443", p.play)
	p.media("RTSPS", "rtsps", c.RTSP.TLSAddress, "322", p.play)
}

// web prints the addresses below root, which begins with "http".
func (p *printer) web(root string) {
	path := "/" + p.app + "/" + p.name
	p.line("Page", root+"/play/?stream="+p.stream+strings.Replace(p.play, "?", "&", 1))
	p.line("HTTP-FLV", root+path+".flv"+p.play)
	p.line("WebSocket", "ws"+strings.TrimPrefix(root, "http")+path+".flv"+p.play)
	p.line("HLS", root+path+".m3u8"+p.play)
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
