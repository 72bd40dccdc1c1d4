package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"aircheck/recorder"
)

// storage collects how much room there is.
type storage struct {
	Sources
	room  scalars[recorder.Room]
	state family
	// up, free and size are those of the other folders.
	up, free, size family
}

// Folder is a storage folder beside that of the recordings.
type Folder struct {
	Name string
	Up   bool
	// Bytes; 0 where they are not known.
	Free, Size int64
}

func newStorage(s Sources) *storage {
	return &storage{
		Sources: s,
		room: scalars[recorder.Room]{
			gauge("disk_free_bytes", "What is free on the filesystem of the recordings.", func(r recorder.Room) float64 { return float64(r.Free) }),
			gauge("disk_size_bytes", "How large that filesystem is.", func(r recorder.Room) float64 { return float64(r.Total) }),
			gauge("disk_floor_bytes", "What is to stay free: below that nothing is recorded.", func(r recorder.Room) float64 { return float64(r.Floor) }),
			gauge("disk_warn_bytes", "What is free when it is time to make room.", func(r recorder.Room) float64 { return float64(r.Warn) }),
			gauge("disk_used_bytes", "What recordings occupy; 0 without a quota.", func(r recorder.Room) float64 { return float64(r.Used) }),
			gauge("disk_quota_bytes", "What recordings may occupy; 0 without a quota.", func(r recorder.Room) float64 { return float64(r.Quota) }),
		},
		state: gauges("disk_state", "1 for the state in which the storage is, 0 for the others: "+
			"enough room, low, none, gone (not there, or another one in its place), hung (does not answer).", "state"),
		up:   gauges("folder_up", "1 if that storage folder, other than the one of the recordings, is there.", "folder"),
		free: gauges("folder_free_bytes", "What is free on the filesystem of that folder.", "folder"),
		size: gauges("folder_size_bytes", "How large that filesystem is.", "folder"),
	}
}

// Describe is prometheus.Collector's.
func (c *storage) Describe(ch chan<- *prometheus.Desc) {
	c.room.describe(ch)
	for _, f := range []family{c.state, c.up, c.free, c.size} {
		ch <- f.desc
	}
}

// Collect is prometheus.Collector's.
func (c *storage) Collect(ch chan<- prometheus.Metric) {
	r := c.Recorder.Room()
	c.room.collect(ch, r)
	for _, s := range []recorder.RoomState{
		recorder.RoomEnough, recorder.RoomLow, recorder.RoomNone, recorder.RoomGone, recorder.RoomHung,
	} {
		c.state.put(ch, truth(r.State == s), string(s))
	}
	if c.Folders == nil {
		return
	}
	for _, f := range c.Folders() {
		c.up.put(ch, truth(f.Up), f.Name)
		c.free.put(ch, float64(f.Free), f.Name)
		c.size.put(ch, float64(f.Size), f.Name)
	}
}

// state collects what is wrong, and the HTTP listener.
type state struct {
	Sources
	ready  family
	checks family
	alarms scalars[Alarms]
	http   scalars[HTTP]
}

func newState(s Sources) *state {
	return &state{
		Sources: s,
		ready:   gauges("ready", "1 if /readyz says so."),
		checks:  gauges("check_failed", "1 if that check of /readyz fails.", "check"),
		alarms: scalars[Alarms]{
			gauge("streams_silent", "Streams whose publisher is connected and has sent no media for 10 s.",
				func(a Alarms) float64 { return float64(a.Silent) }),
			gauge("recordings_stalled", "Recordings that have got media for 10 s and written nothing.",
				func(a Alarms) float64 { return float64(a.Stalled) }),
		},
		http: scalars[HTTP]{
			gauge("http_connections", "HTTP connections that are open.", func(h HTTP) float64 { return float64(h.Connections) }),
			counter("http_connections_refused_total", "HTTP connections that were not taken: http.max_connections were open, none of them idle.",
				func(h HTTP) float64 { return float64(h.Refused) }),
		},
	}
}

// Describe is prometheus.Collector's.
func (c *state) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.ready.desc
	ch <- c.checks.desc
	c.alarms.describe(ch)
	c.http.describe(ch)
}

// Collect is prometheus.Collector's.
func (c *state) Collect(ch chan<- prometheus.Metric) {
	if c.Checks != nil {
		ready := true
		for name, failed := range c.Checks() {
			ready = ready && !failed
			c.checks.put(ch, truth(failed), name)
		}
		c.ready.put(ch, truth(ready))
	}
	if c.Alarms != nil {
		c.alarms.collect(ch, c.Alarms())
	}
	if c.HTTP != nil {
		c.http.collect(ch, c.HTTP())
	}
}
