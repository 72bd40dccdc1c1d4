package configs

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Validate reports every key whose value cannot work, and what would.
func (c *Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf(key+": "+format, args...))
	}
	if c.DataDir == "" {
		bad("data_dir", "is empty; name a folder")
	}
	if c.Node < 0 || c.Node > 255 {
		bad("node", "%d is not between 0 and 255", c.Node)
	}
	var level slog.Level
	if level.UnmarshalText([]byte(c.Log.Level)) != nil {
		bad("log.level", "%q is not debug, info, warn or error", c.Log.Level)
	}
	oneOf := func(key, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			bad(key, "%q is not one of %s", value, strings.Join(allowed, ", "))
		}
	}
	oneOf("log.format", c.Log.Format, "text", "json")
	oneOf("push.auth", c.Push.Auth, "remote", "always", "never")
	oneOf("play.auth", c.Play.Auth, "remote", "always", "never")
	oneOf("publish.takeover", c.Publish.Takeover, "stale", "always", "never")
	oneOf("metrics.auth", c.Metrics.Auth, "remote", "always", "never")
	oneOf("storage.when_full", c.Storage.WhenFull, "stop", "delete_oldest")
	oneOf("tasks.default_format", c.Tasks.DefaultFormat, "flv", "hls", "mp4", "aac")
	oneOf("catalog.hash", c.Catalog.Hash, "background", "request", "off")
	for key, address := range map[string]string{"http.address": c.HTTP.Address, "rtmp.address": c.RTMP.Address} {
		if _, _, err := net.SplitHostPort(address); err != nil {
			bad(key, "%q is not host:port; write for example :8080", address)
		}
	}
	if !validDebugAddress(c.Debug.Address) {
		bad("debug.address", "%q is not host:port with a loopback host; write for example 127.0.0.1:6060, and reach it from "+
			"other machines through a tunnel", c.Debug.Address)
	}
	c.validateAccess(bad)
	c.validateRTSP(bad)
	c.validatePlay(bad)
	c.validateStorage(bad)
	c.validatePlayKey(bad)
	if err := validPublicURL(c.HTTP.PublicURL); err != nil {
		bad("http.public_url", "%w", err)
	}
	for _, p := range c.HTTP.TrustedProxies {
		if !validNetwork(p) {
			bad("http.trusted_proxies", "%q is neither an address nor a network such as 10.0.0.0/8", p)
		}
	}
	for _, h := range c.Outbound.Allow {
		if !validNetwork(h) && !validHost(h) {
			bad("outbound.allow", "%q is neither a host nor an address nor a network such as 10.0.0.0/8", h)
		}
	}
	for key, zone := range map[string]string{"api.timezone": c.API.Timezone, "recorder.timezone": c.Recorder.Timezone} {
		if _, err := time.LoadLocation(zone); err != nil {
			bad(key, "%q is not a time zone such as UTC or Asia/Shanghai", zone)
		}
	}
	if (c.API.SecretID == "") != (c.API.SecretKey == "") {
		bad("api.secret_id", "secret_id and secret_key go together: set both or none")
	}
	if n := len(c.Console.Password); n > 0 && n < 8 || n > 1024 {
		bad("console.password", "has %d characters; 8 to 1024 are possible", n)
	}
	if (c.Metrics.Username == "") != (c.Metrics.Password == "") {
		bad("metrics.username", "username and password go together: set both or none")
	}
	if c.Domains.BuiltIn == "" {
		bad("domains.builtin", "is empty; the usual value is localhost")
	}
	for _, p := range c.Rewind.Streams {
		if !validPattern(p) {
			bad("rewind.streams", "%q is not DOMAIN/APP/STREAM; write for example example.com/*/*", p)
		}
	}
	c.validateRanges(bad)
	return errors.Join(errs...)
}

func (c *Config) validateRanges(bad func(key, format string, args ...any)) {
	between := func(key string, d, low, high time.Duration) {
		if d < low || d > high {
			bad(key, "%s is not between %s and %s", d, low, high)
		}
	}
	between("rtmp.handshake_timeout", c.RTMP.HandshakeTimeout, time.Second, time.Minute)
	between("rtmp.idle_timeout", c.RTMP.IdleTimeout, time.Second, time.Hour)
	between("rtmp.tick", c.RTMP.Tick, 10*time.Millisecond, time.Second)
	between("rtmp.live_tick", c.RTMP.LiveTick, 10*time.Millisecond, time.Second)
	between("publish.stale", c.Publish.Stale, 0, time.Hour)
	between("recorder.sync_interval", c.Recorder.SyncInterval, 0, time.Hour)
	if w := c.Rewind.Window; w != 0 && (w < 10*time.Second || w > time.Hour) {
		bad("rewind.window", "%s is neither 0s, which turns it off, nor between 10s and 1h", w)
	}
	between("recorder.mp4_splice", c.Recorder.MP4Splice, 0, 30*time.Minute)
	between("callbacks.timeout", c.Callbacks.Timeout, time.Second, 5*time.Minute)
	between("callbacks.interval", c.Callbacks.Interval, time.Second, time.Hour)
	between("callbacks.keep", c.Callbacks.Keep, 0, 366*24*time.Hour)
	between("ffmpeg.stall", c.FFmpeg.Stall, time.Second, time.Hour)
	between("ffmpeg.max_time", c.FFmpeg.MaxTime, time.Second, 7*24*time.Hour)
	between("ffmpeg.max_cpu", c.FFmpeg.MaxCPU, time.Second, 28*24*time.Hour)
	atLeast := func(key string, n, low int64) {
		if n < low {
			bad(key, "%d is less than %d", n, low)
		}
	}
	atLeast("http.max_connections", int64(c.HTTP.MaxConnections), 1)
	atLeast("rtmp.max_connections", int64(c.RTMP.MaxConnections), 1)
	atLeast("rtmp.max_connections_per_ip", int64(c.RTMP.MaxConnectionsPerIP), 0)
	atLeast("rtmp.max_chunk_streams", int64(c.RTMP.MaxChunkStreams), 4)
	atLeast("rtmp.max_message_size", int64(c.RTMP.MaxMessageSize), 64<<10)
	atLeast("rtmp.max_partial_size", int64(c.RTMP.MaxPartialSize), int64(c.RTMP.MaxMessageSize))
	atLeast("rtmp.max_total_partial_size", int64(c.RTMP.MaxTotalPartialSize), int64(c.RTMP.MaxPartialSize))
	atLeast("ingest.gop_cache_total", int64(c.Ingest.GOPCacheTotal), int64(c.Ingest.GOPCache))
	atLeast("ingest.queue_total", int64(c.Ingest.QueueTotal), 1<<20)
	if w := c.Storage.WarnFree; w != 0 {
		atLeast("storage.warn_free", int64(w), int64(c.Storage.MinFree))
	}
	atLeast("tasks.max_per_stream", int64(c.Tasks.MaxPerStream), 1)
	atLeast("rewind.max_bytes", int64(c.Rewind.MaxBytes), 16<<20)
	atLeast("rewind.total_bytes", int64(c.Rewind.TotalBytes), int64(c.Rewind.MaxBytes))
	atLeast("callbacks.tries", int64(c.Callbacks.Tries), 1)
	atLeast("callbacks.app_id", c.Callbacks.AppID, 0)
	atLeast("ffmpeg.at_once", int64(c.FFmpeg.AtOnce), 1)
	atLeast("ffmpeg.threads", int64(c.FFmpeg.Threads), 1)
	atLeast("ffmpeg.memory", int64(c.FFmpeg.Memory), 256<<20)
	atLeast("ffmpeg.max_output", int64(c.FFmpeg.MaxOutput), 1<<20)
	atLeast("catalog.hash_rate", int64(c.Catalog.HashRate), 64<<10)
	atLeast("catalog.task_workers", int64(c.Catalog.TaskWorkers), 1)
	atLeast("catalog.max_tasks", int64(c.Catalog.MaxTasks), 1)
}

func validPublicURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%q is not a URL such as https://live.example.com", s)
	}
	return nil
}

// validDebugAddress reports whether nobody but this machine reaches what listens there. Empty is nowhere.
func validDebugAddress(s string) bool {
	if s == "" {
		return true
	}
	host, _, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// validPattern reports whether s is three parts or more, none empty.
func validPattern(s string) bool {
	parts := strings.Split(s, "/")
	return len(parts) >= 3 && !slices.Contains(parts, "")
}

func validNetwork(s string) bool {
	if _, err := netip.ParsePrefix(s); err == nil {
		return true
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

func validHost(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '.' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}
