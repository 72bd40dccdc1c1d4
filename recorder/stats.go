package recorder

import (
	"cmp"
	"sync"
	"sync/atomic"
	"time"

	"aircheck/ingest/stream"
)

// Stats are totals since Open, and what is going on. Nothing is counted for them on the media path beyond one atomic addition per
// write.
type Stats struct {
	// Written counts bytes that the disk took: media, journals, playlists, the ends of files.
	Written int64
	// Lost counts units and payload bytes that recordings should have and never will, also of recordings that have ended.
	Lost stream.Lost
	// Interruptions counts how often a recording could not go on for a while, Retries how often finishing a file failed and was to be
	// tried again.
	Interruptions, Retries int64
	// Finishing is how many files are being finished, or waiting for that.
	Finishing int64
	// Finished counts files that are in place, by format and by why they ended; Recovered are those of an earlier run among them.
	Finished  map[Finished]int64
	Recovered int64
	// Syncs tells how long it took each time to make the growing files durable.
	Syncs Durations
}

// Finished is what finished files have in common.
type Finished struct {
	Format string
	Reason CutReason
}

// Durations is a histogram.
type Durations struct {
	// Counts by SyncBounds: Counts[i] took at most the bound i, and more than the one before; the last counts what took longer than all.
	Counts [len(syncBounds{}) + 1]uint64
	Sum    time.Duration
}

type syncBounds [9]time.Duration

// SyncBounds returns the upper bounds of Stats.Syncs.
func SyncBounds() []time.Duration {
	b := syncBounds{
		time.Millisecond, 4 * time.Millisecond, 16 * time.Millisecond, 64 * time.Millisecond, 250 * time.Millisecond,
		time.Second, 4 * time.Second, 15 * time.Second, time.Minute,
	}
	return b[:]
}

func (d *Durations) add(took time.Duration) {
	d.Sum += took
	for i, bound := range SyncBounds() {
		if took <= bound {
			d.Counts[i]++
			return
		}
	}
	d.Counts[len(d.Counts)-1]++
}

// totals is what Stats is made of. The zero value is ready.
type totals struct {
	interruptions, retries, finishing, recovered atomic.Int64
	// base is when the writer began, busy how long after that it took up what it is doing; 0 while it waits.
	base time.Time
	busy atomic.Int64

	mu       sync.Mutex
	lost     stream.Lost
	finished map[Finished]int64
	syncs    Durations
}

// begin and rest enclose what the writer goroutine does at a time.
func (t *totals) begin() { t.busy.Store(max(1, int64(time.Since(t.base)))) }

func (t *totals) rest() { t.busy.Store(0) }

func (t *totals) synced(took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.syncs.add(took)
}

func (t *totals) lose(l stream.Lost) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lost.Units += l.Units
	t.lost.Bytes += l.Bytes
}

// ended counts a file that is in place and in the catalogue.
func (t *totals) ended(j *job) {
	if j.done.Recovered {
		t.recovered.Add(1)
	}
	if lost := missing(j.fed, j.done.Summary); lost.Units > 0 {
		t.lose(lost)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.finished == nil {
		t.finished = map[Finished]int64{}
	}
	// A file without journal tells its format by its name only.
	t.finished[Finished{Format: cmp.Or(j.done.Spec.Format, j.ext), Reason: j.done.Reason}]++
}

// Stats returns a snapshot.
func (m *Manager) Stats() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := &m.totals
	s := Stats{
		Interruptions: t.interruptions.Load(), Retries: t.retries.Load(), Finishing: t.finishing.Load(),
		Recovered: t.recovered.Load(), Finished: map[Finished]int64{},
	}
	if m.disk == nil {
		return s
	}
	s.Written = m.disk.wrote.Load()
	for rec := range m.active {
		l := rec.snapshot().Lost
		s.Lost.Units += l.Units
		s.Lost.Bytes += l.Bytes
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s.Lost.Units += t.lost.Units
	s.Lost.Bytes += t.lost.Bytes
	s.Syncs = t.syncs
	for k, n := range t.finished {
		s.Finished[k] = n
	}
	return s
}

// arrived notes that a unit came that is to be recorded, unless one that came before it is still not on the disk.
func (rec *recording) arrived() {
	if rec.waiting.IsZero() {
		rec.waiting = rec.now
	}
}

// arrivedInVain is arrived for a unit that is missed during an interruption. What the publisher is to blame for does not count.
func (rec *recording) arrivedInVain() {
	if rec.interrupted != errRestless.Error() {
		rec.arrived()
	}
}

// settled notes that nothing that came waits for the disk any more: it was written, or is not to be.
func (rec *recording) settled() { rec.waiting = time.Time{} }
