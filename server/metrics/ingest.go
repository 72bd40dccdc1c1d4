package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aircheck/ingest/rtmp"
	"aircheck/ingest/stream"
)

// ingest collects what comes in.
type ingest struct {
	Sources
	totals                  scalars[stream.Totals]
	rtmp                    scalars[rtmp.Stats]
	ended, refused          family
	unlisted                family
	bytes, video, audio     family
	lastUnit, lastByte, age family
}

func newIngest(s Sources) *ingest {
	key := []string{"domain", "app", "stream"}
	return &ingest{
		Sources: s,
		totals: scalars[stream.Totals]{
			gauge("streams", "Streams that are being published.", func(t stream.Totals) float64 { return float64(t.Live) }),
			counter("streams_begun_total", "Streams whose publisher was let in.", func(t stream.Totals) float64 { return float64(t.Begun) }),
			counter("ingest_received_bytes_total", "Bytes read from the sockets of publishers.",
				func(t stream.Totals) float64 { return float64(t.Bytes) }),
			counter("ingest_units_total", "Pictures and frames of sound received.",
				func(t stream.Totals) float64 { return float64(t.Units) }),
			counter("ingest_video_frames_total", "Pictures received.", func(t stream.Totals) float64 { return float64(t.Video) }),
			counter("ingest_audio_frames_total", "Frames of sound received.", func(t stream.Totals) float64 { return float64(t.Audio) }),
			gauge("ingest_remembered_bytes", "What streams remember since their last key frame, as ingest.gop_cache_total counts.",
				func(t stream.Totals) float64 { return float64(t.Remembered) }),
		},
		rtmp: scalars[rtmp.Stats]{
			gauge("rtmp_connections", "RTMP connections that are open.", func(s rtmp.Stats) float64 { return float64(s.Connections) }),
			counter("rtmp_connections_accepted_total", "RTMP connections that were let in.",
				func(s rtmp.Stats) float64 { return float64(s.Accepted) }),
			counter("rtmp_connections_refused_total", "RTMP connections that were not let in for want of room.",
				func(s rtmp.Stats) float64 { return float64(s.Refused) }),
			counter("rtmp_connections_displaced_total", "RTMP connections without a stream that had to make room for others.",
				func(s rtmp.Stats) float64 { return float64(s.Displaced) }),
			gauge("rtmp_partial_bytes", "Memory set aside for RTMP messages that have not come completely.",
				func(s rtmp.Stats) float64 { return float64(s.Partial) }),
		},
		ended:   counters("streams_ended_total", "Streams that have ended, by why.", "reason"),
		refused: counters("publishers_refused_total", "Publishers that were not let in, by why.", "reason"),
		unlisted: gauges("streams_unlisted", "Streams that have no series of their own, because there are too many "+
			"or metrics.per_stream is off."),
		bytes:    counters("stream_received_bytes_total", "Bytes read from the publisher's socket; its rate times 8 is the bit rate.", key...),
		video:    counters("stream_video_frames_total", "Pictures received; its rate is the frame rate.", key...),
		audio:    counters("stream_audio_frames_total", "Frames of sound received.", key...),
		lastUnit: gauges("stream_last_unit_age_seconds", "How long ago the newest picture or frame of sound came.", key...),
		lastByte: gauges("stream_last_byte_age_seconds", "How long ago anything came.", key...),
		age:      gauges("stream_age_seconds", "How long the stream has been published.", key...),
	}
}

// Describe is prometheus.Collector's.
func (c *ingest) Describe(ch chan<- *prometheus.Desc) {
	c.totals.describe(ch)
	c.rtmp.describe(ch)
	for _, f := range []family{c.ended, c.refused, c.unlisted, c.bytes, c.video, c.audio, c.lastUnit, c.lastByte, c.age} {
		ch <- f.desc
	}
}

// Collect is prometheus.Collector's.
func (c *ingest) Collect(ch chan<- prometheus.Metric) {
	t := c.Hub.Totals()
	c.totals.collect(ch, t)
	for _, reason := range []stream.EndReason{
		stream.EndClient, stream.EndLost, stream.EndReplaced, stream.EndDropped, stream.EndProtocol, stream.EndShutdown,
	} {
		c.ended.put(ch, float64(t.Ended[reason]), string(reason))
	}
	connections, _ := c.RTMP()
	c.rtmp.collect(ch, connections)
	for reason, n := range c.allRefusals() {
		c.refused.put(ch, float64(n), reason)
	}
	live, now := c.Hub.List(), time.Now()
	listed := 0
	if c.PerStream {
		listed = min(len(live), perStream)
	}
	c.unlisted.put(ch, float64(len(live)-listed))
	for _, s := range live[:listed] {
		st, k := s.Stats(), s.Key()
		put := func(f family, v float64) { f.put(ch, v, k.Domain, k.App, k.Stream) }
		put(c.bytes, float64(st.Bytes))
		put(c.video, float64(st.Video))
		put(c.audio, float64(st.Audio))
		put(c.lastUnit, age(now, st.LastUnit))
		put(c.lastByte, age(now, st.LastByte))
		put(c.age, age(now, s.Start))
	}
}
