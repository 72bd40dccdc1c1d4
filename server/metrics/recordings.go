package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aircheck/ingest/media"
	"aircheck/recorder"
)

// recordings collects what is being recorded, and what became of it.
type recordings struct {
	Sources
	totals                                    scalars[recorder.Stats]
	active, interrupted, suspended            family
	oldestWrite, waiting                      family
	finished                                  family
	syncs                                     *prometheus.Desc
	unlisted                                  family
	size, lastWrite, lost, lostBytes, stopped family
}

func newRecordings(s Sources) *recordings {
	key := []string{"domain", "app", "stream", "format"}
	return &recordings{
		Sources: s,
		totals: scalars[recorder.Stats]{
			counter("recorder_written_bytes_total", "Bytes written to the storage: media, journals and playlists.",
				func(s recorder.Stats) float64 { return float64(s.Written) }),
			counter("recorder_lost_units_total", "Pictures and frames of sound that should be in recordings and never will, once for each format.",
				func(s recorder.Stats) float64 { return float64(s.Lost.Units) }),
			counter("recorder_lost_bytes_total", "Payload of what recorder_lost_units_total counts.",
				func(s recorder.Stats) float64 { return float64(s.Lost.Bytes) }),
			counter("recorder_interruptions_total", "How often a recording could not be written for a while.",
				func(s recorder.Stats) float64 { return float64(s.Interruptions) }),
			counter("recorder_finish_retries_total", "How often a file could not be finished or catalogued and was to be tried again.",
				func(s recorder.Stats) float64 { return float64(s.Retries) }),
			gauge("recorder_finishing_files", "Files that are being finished, or wait for it.",
				func(s recorder.Stats) float64 { return float64(s.Finishing) }),
			counter("recorder_recovered_files_total", "Files of an earlier run that were repaired and finished.",
				func(s recorder.Stats) float64 { return float64(s.Recovered) }),
		},
		active:      gauges("recordings", "Recordings under way, by format.", "format"),
		interrupted: gauges("recordings_interrupted", "Recordings that cannot be written for now, by format.", "format"),
		suspended:   gauges("recordings_suspended", "Files whose stream was interrupted and that wait for it to go on, by format.", "format"),
		oldestWrite: gauges("recorder_last_write_age_seconds", "How long ago that recording was written to that has not been for longest; suspended ones do not count."),
		waiting: gauges("recorder_waiting_seconds", "For how long the oldest unit has waited to be written that a recording was given; "+
			"0 without any."),
		finished: counters("recorder_files_total", "Files that were finished, by format and by why they ended.", "format", "reason"),
		syncs:    describe("recorder_sync_duration_seconds", "How long it took each time to make the growing files durable."),
		unlisted: gauges("recordings_unlisted", "Recordings that have no series of their own, because there are too many "+
			"or metrics.per_stream is off."),
		size:      gauges("recording_file_bytes", "Size so far of the file that is being recorded.", key...),
		lastWrite: gauges("recording_last_write_age_seconds", "How long ago something was written; since the first write.", key...),
		lost:      counters("recording_lost_units_total", "Pictures and frames of sound that the recording should have and never will.", key...),
		lostBytes: counters("recording_lost_bytes_total", "Payload of what recording_lost_units_total counts.", key...),
		stopped:   gauges("recording_interrupted", "1 if the recording cannot be written for now.", key...),
	}
}

// Describe is prometheus.Collector's.
func (c *recordings) Describe(ch chan<- *prometheus.Desc) {
	c.totals.describe(ch)
	ch <- c.syncs
	for _, f := range []family{
		c.active, c.interrupted, c.suspended, c.oldestWrite, c.waiting, c.finished, c.unlisted,
		c.size, c.lastWrite, c.lost, c.lostBytes, c.stopped,
	} {
		ch <- f.desc
	}
}

// recording is what has series of its own: several recordings of a stream into one format are one.
type recording struct {
	key    media.StreamKey
	format string
}

// Collect is prometheus.Collector's.
func (c *recordings) Collect(ch chan<- prometheus.Metric) {
	stats := c.Recorder.Stats()
	c.totals.collect(ch, stats)
	for k, n := range stats.Finished {
		c.finished.put(ch, float64(n), k.Format, string(k.Reason))
	}
	c.collectSyncs(ch, stats.Syncs)

	now, all := time.Now(), c.Recorder.Active()
	active, interrupted, suspended := map[string]int{}, map[string]int{}, map[string]int{}
	var oldest, waiting float64
	for _, s := range all {
		if s.Suspended {
			suspended[s.Spec.Format]++
			continue
		}
		active[s.Spec.Format]++
		if s.Interrupted {
			interrupted[s.Spec.Format]++
		}
		oldest, waiting = max(oldest, age(now, s.LastWrite)), max(waiting, age(now, s.Waiting))
	}
	for _, f := range c.Recorder.Formats {
		c.active.put(ch, float64(active[f.Name()]), f.Name())
		c.interrupted.put(ch, float64(interrupted[f.Name()]), f.Name())
		c.suspended.put(ch, float64(suspended[f.Name()]), f.Name())
	}
	c.oldestWrite.put(ch, oldest)
	c.waiting.put(ch, waiting)
	c.collectEach(ch, now, all)
}

// collectEach collects the series of single recordings.
func (c *recordings) collectEach(ch chan<- prometheus.Metric, now time.Time, all []recorder.Status) {
	var order []recording
	sums := map[recording]recorder.Status{}
	for _, s := range all {
		if s.Suspended {
			continue
		}
		r := recording{s.Spec.Key, s.Spec.Format}
		sum, known := sums[r]
		if !known {
			order = append(order, r)
		}
		sums[r] = together(sum, s)
	}
	listed := 0
	if c.PerStream {
		listed = min(len(order), perStream)
	}
	c.unlisted.put(ch, float64(len(order)-listed))
	for _, r := range order[:listed] {
		s := sums[r]
		put := func(f family, v float64) { f.put(ch, v, r.key.Domain, r.key.App, r.key.Stream, r.format) }
		put(c.size, float64(s.Bytes))
		put(c.lastWrite, age(now, s.LastWrite))
		put(c.lost, float64(s.Lost.Units))
		put(c.lostBytes, float64(s.Lost.Bytes))
		put(c.stopped, truth(s.Interrupted))
	}
}

// together is two recordings as one: sums, and the worse of what cannot be added.
func together(a, b recorder.Status) recorder.Status {
	if !a.LastWrite.IsZero() && (b.LastWrite.IsZero() || a.LastWrite.Before(b.LastWrite)) {
		b.LastWrite = a.LastWrite
	}
	b.Bytes += a.Bytes
	b.Lost.Units += a.Lost.Units
	b.Lost.Bytes += a.Lost.Bytes
	b.Interrupted = b.Interrupted || a.Interrupted
	return b
}

func (c *recordings) collectSyncs(ch chan<- prometheus.Metric, d recorder.Durations) {
	buckets := map[float64]uint64{}
	var n uint64
	for i, bound := range recorder.SyncBounds() {
		n += d.Counts[i]
		buckets[bound.Seconds()] = n
	}
	n += d.Counts[len(d.Counts)-1]
	ch <- prometheus.MustNewConstHistogram(c.syncs, n, d.Sum.Seconds(), buckets)
}
