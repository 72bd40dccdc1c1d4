package configs

import (
	"net/url"
	"time"
)

// validatePlay checks live playback.
func (c *Config) validatePlay(bad func(key, format string, args ...any)) {
	for _, o := range c.Play.AllowOrigins {
		u, err := url.Parse(o)
		if o != "*" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "") {
			bad("play.allow_origins", "%q is neither * nor an origin such as https://www.example.com", o)
		}
	}
	if c.Play.MaxPlayers < 0 {
		bad("play.max_players", "%d is less than 0", c.Play.MaxPlayers)
	}
	between := func(key string, d, low, high time.Duration) {
		if d < low || d > high {
			bad(key, "%s is not between %s and %s", d, low, high)
		}
	}
	between("play.wait", c.Play.Wait, 0, 8*time.Second)
	between("hls.segment_duration", c.HLS.SegmentDuration, 100*time.Millisecond, 30*time.Second)
	between("hls.part_duration", c.HLS.PartDuration, 50*time.Millisecond, 5*time.Second)
	between("hls.idle", c.HLS.Idle, 5*time.Second, time.Hour)
	least := 3
	if c.HLS.LowLatency {
		least = 7
	}
	if c.HLS.Segments < least || c.HLS.Segments > 100 {
		bad("hls.segments", "%d is not between %d and 100", c.HLS.Segments, least)
	}
	if c.HLS.MaxSegmentSize < 1<<20 || c.HLS.MaxSegmentSize > 1<<30 {
		bad("hls.max_segment_size", "%d is not between 1MiB and 1GiB", c.HLS.MaxSegmentSize)
	}
}
