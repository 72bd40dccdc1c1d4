package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"aircheck/ingest/rtsp"
)

// overRTSP collects what the RTSP listener does. Publishers it refused are counted by ingest, with all others.
type overRTSP struct {
	Sources
	stats scalars[rtsp.Stats]
}

func newRTSP(s Sources) *overRTSP {
	return &overRTSP{Sources: s, stats: scalars[rtsp.Stats]{
		gauge("rtsp_connections", "RTSP connections that are open.", func(s rtsp.Stats) float64 { return float64(s.Connections) }),
		gauge("rtsp_players", "RTSP sessions that play.", func(s rtsp.Stats) float64 { return float64(s.Players) }),
		counter("rtsp_connections_accepted_total", "RTSP connections that were let in.",
			func(s rtsp.Stats) float64 { return float64(s.Accepted) }),
		counter("rtsp_connections_refused_total", "RTSP connections that were not let in for want of room.",
			func(s rtsp.Stats) float64 { return float64(s.Refused) }),
		counter("rtsp_connections_displaced_total", "RTSP connections that neither published nor played and had to make room for others.",
			func(s rtsp.Stats) float64 { return float64(s.Displaced) }),
		counter("rtsp_packets_lost_total", "RTP packets of publishers that did not arrive.",
			func(s rtsp.Stats) float64 { return float64(s.PacketsLost) }),
		counter("rtsp_frames_lost_total", "Pictures and frames of sound that were left out because packets of them did not arrive.",
			func(s rtsp.Stats) float64 { return float64(s.FramesLost) }),
		counter("rtsp_packets_bad_total", "Packets of publishers that could not be read.",
			func(s rtsp.Stats) float64 { return float64(s.BadPackets) }),
	}}
}

// Describe is prometheus.Collector's.
func (c *overRTSP) Describe(ch chan<- *prometheus.Desc) { c.stats.describe(ch) }

// Collect is prometheus.Collector's.
func (c *overRTSP) Collect(ch chan<- prometheus.Metric) {
	stats, _ := c.RTSP()
	c.stats.collect(ch, stats)
}

// allRefusals adds up what the listeners refused, by why.
func (s *Sources) allRefusals() map[string]int64 {
	_, refusals := s.RTMP()
	out := map[string]int64{}
	for reason, n := range refusals {
		out[string(reason)] += n
	}
	if s.RTSP != nil {
		_, refusals := s.RTSP()
		for reason, n := range refusals {
			out[string(reason)] += n
		}
	}
	return out
}
