package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Players is what is known of those who watch live streams.
type Players struct {
	// ByProtocol has those of "http-flv" (over WebSocket, too), "rtmp" and "rtsp".
	ByProtocol map[string]PlayerFigures
	// HLS is how many streams HLS is being made of.
	HLS int
}

// PlayerFigures are those of one protocol.
type PlayerFigures struct {
	// Now are there. Of RTSP nothing else is known.
	Now int
	// Relayed tells that the rest is known: see relay.Stats.
	Relayed                       bool
	Joined, Stalled, Skips, Bytes int64
}

// players collects what goes out.
type players struct {
	Sources
	now, joined, stalled, skips, bytes family
	hls                                scalars[Players]
}

func newPlayers(s Sources) *players {
	return &players{
		Sources: s,
		now:     gauges("players", "Players that watch live streams, other than over HLS.", "protocol"),
		joined:  counters("players_joined_total", "Players that were let in.", "protocol"),
		stalled: counters("players_stalled_total", "Players that were disconnected because they took nothing for too long.", "protocol"),
		skips:   counters("players_skips_total", "How often a player was so slow that pictures and sound were left out.", "protocol"),
		bytes:   counters("players_sent_bytes_total", "Bytes sent to players.", "protocol"),
		hls: scalars[Players]{
			gauge("hls_streams", "Streams that HLS is being made of.", func(p Players) float64 { return float64(p.HLS) }),
		},
	}
}

// Describe is prometheus.Collector's.
func (c *players) Describe(ch chan<- *prometheus.Desc) {
	c.hls.describe(ch)
	for _, f := range []family{c.now, c.joined, c.stalled, c.skips, c.bytes} {
		ch <- f.desc
	}
}

// Collect is prometheus.Collector's.
func (c *players) Collect(ch chan<- prometheus.Metric) {
	all := c.Players()
	c.hls.collect(ch, all)
	for protocol, p := range all.ByProtocol {
		c.now.put(ch, float64(p.Now), protocol)
		if !p.Relayed {
			continue
		}
		c.joined.put(ch, float64(p.Joined), protocol)
		c.stalled.put(ch, float64(p.Stalled), protocol)
		c.skips.put(ch, float64(p.Skips), protocol)
		c.bytes.put(ch, float64(p.Bytes), protocol)
	}
}
