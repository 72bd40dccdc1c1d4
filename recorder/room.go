package recorder

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
)

const (
	// lookEvery is how often the watcher looks. While there is far times as much room as it warns of, attendEvery does.
	lookEvery = time.Second
	far       = 10
	// askStored is how often OnStored is asked, askFull while the quota is used up. It may have to read the whole catalogue.
	askStored = time.Minute
	askFull   = 5 * time.Second
	// askPatience is how long it may take.
	askPatience = 5 * time.Second
	// unanswered is after how long a disk that does not answer is said to hang.
	unanswered = 10 * time.Second
	// floorShare is the largest part of a filesystem that MinFree keeps free: one in so many.
	floorShare = 20
	// quotaWarn is the part of Quota at which it is warned, when one in so many is left, and quotaMore the part that must be left for
	// recordings to go on once it was used up; floorMore is that part of the floor, beyond it.
	quotaWarn = 10
	quotaMore = 50
	floorMore = 4
)

// RoomState says whether there is room for recordings.
type RoomState string

// The states.
const (
	// RoomEnough: there is.
	RoomEnough RoomState = "enough"
	// RoomLow: it is time to make room.
	RoomLow RoomState = "low"
	// RoomNone: nothing is recorded until there is room.
	RoomNone RoomState = "none"
	// RoomGone: the storage is not there, or another one is in its place.
	RoomGone RoomState = "gone"
	// RoomHung: the disk does not answer.
	RoomHung RoomState = "hung"
)

// Room is how much room there is for recordings, in bytes.
type Room struct {
	// Free and Total are the filesystem's, for us; Total is 0 where the system does not tell.
	Free, Total int64
	// Used is what recordings occupy, finished and growing; 0 without Quota.
	Used int64
	// Floor, Warn and Quota are the limits in force; 0: none.
	Floor, Warn, Quota int64
	State              RoomState
	// Why is for people; empty with RoomEnough.
	Why string
	// At is when it was last found out.
	At time.Time
}

// Room returns how much room there is. It waits for nothing.
func (m *Manager) Room() Room {
	r := Room{State: RoomEnough}
	if last := m.watched.room.Load(); last != nil {
		r = *last
	}
	var silent time.Duration
	if !r.At.IsZero() {
		silent = time.Since(r.At)
	}
	if since := m.totals.busy.Load(); since > 0 {
		silent = max(silent, time.Since(m.totals.base)-time.Duration(since))
	}
	if r.State != RoomGone && silent >= unanswered {
		r.State, r.Why = RoomHung, fmt.Sprintf("the disk has not answered for %s", silent.Round(time.Second))
	}
	return r
}

// blockage is why nothing is to be written. It interrupts recordings as an error does.
type blockage struct {
	reason CutReason
	// gap is what the gap list says, err what the log does.
	gap, err string
	// orderly: files can still be ended, which needs some room.
	orderly bool
}

func (b *blockage) Error() string { return b.err }

// blockedBy is what an absent storage does to recordings.
func blockedBy(err error) *blockage {
	return &blockage{reason: CutNoStorage, gap: whyGone, err: err.Error()}
}

// mind interrupts a recording while nothing is to be written. What an earlier run has held is little, and there already.
func (rec *recording) mind() {
	if b := rec.m.watched.blocked.Load(); b != nil && rec.retry.IsZero() && rec.rebuilds == 0 {
		rec.fail(b)
		rec.settle()
	}
}

// watched is what the watcher tells the others.
type watched struct {
	room atomic.Pointer[Room]
	// blocked is why nothing is to be written; nil if it may be.
	blocked atomic.Pointer[blockage]
	// added is the size of the files that were catalogued since OnStored was asked.
	added atomic.Int64
	// entered: the storage was there before in this run.
	entered atomic.Bool
}

// gauge is one thing that can run out.
type gauge struct{ state RoomState }

// read sets the state by what is left, the least that is to be left and when to warn. What ran out counts as there again only with
// some more than the limit, so that recordings do not begin and end all the time.
func (g *gauge) read(left, floor, warn, more int64) RoomState {
	switch {
	case left <= floor || g.state == RoomNone && left < floor+more:
		g.state = RoomNone
	case left <= warn || g.state == RoomLow && left < warn+more:
		g.state = RoomLow
	default:
		g.state = RoomEnough
	}
	return g.state
}

// watcher is what the goroutine of that name knows.
type watcher struct {
	attendance
	disk, quota gauge
	// stored is what OnStored said, at that time.
	stored int64
	asked  time.Time
	told   RoomState
}

// watchLoop watches over the storage: whether it is there, and has room.
func (m *Manager) watchLoop() {
	w := watcher{told: RoomEnough}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			timer.Reset(m.look(&w))
		case <-m.closing:
			return
		}
	}
}

// look looks once, and returns when to look again.
func (m *Manager) look(w *watcher) time.Duration {
	now := time.Now()
	var r Room
	var block *blockage
	if err := m.attend(&w.attendance, now); err != nil {
		r = Room{State: RoomGone, Why: err.Error()}
		block = blockedBy(err)
	} else {
		r, block = m.measure(w, now)
	}
	r.At = time.Now()
	m.watched.room.Store(&r)
	m.watched.blocked.Store(block)
	m.alarm(w, r)
	if r.State == RoomEnough && (r.Total == 0 || r.Free/far > r.Warn) {
		return attendEvery
	}
	return lookEvery
}

// measure finds out how much room there is, and whether too little to record.
func (m *Manager) measure(w *watcher, now time.Time) (Room, *blockage) {
	r := Room{State: RoomEnough, Quota: m.Quota}
	var block *blockage
	if free, total, err := diskSpace(m.Dir); err == nil && total > 0 {
		r.Free, r.Total = free, total
		r.Floor, r.Warn = m.limits(total)
		if r.Floor > 0 || r.Warn > 0 {
			r.State = w.disk.read(free, r.Floor, r.Warn, r.Floor/floorMore)
		}
	}
	if r.State != RoomEnough {
		r.Why = fmt.Sprintf("%s are free of %s; nothing is recorded below %s", size(r.Free), size(r.Total), size(r.Floor))
	}
	if r.State == RoomNone {
		block = &blockage{reason: CutNoSpace, gap: whyFull, err: "the disk is full: " + r.Why, orderly: true}
	}
	if m.Quota <= 0 {
		return r, block
	}
	r.Used = m.used(w, now)
	state := w.quota.read(m.Quota-r.Used, 0, m.Quota/quotaWarn, m.Quota/quotaMore)
	if state == RoomEnough || r.State == RoomNone {
		return r, block
	}
	r.State, r.Why = state, fmt.Sprintf("recordings have %s of their quota of %s", size(r.Used), size(m.Quota))
	if state == RoomNone {
		block = &blockage{reason: CutQuota, gap: whyQuota, err: "the quota is used up: " + r.Why, orderly: true}
	}
	return r, block
}

func size(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// limits are the floor and the warning for a filesystem of that size. On a small one they are less than configured.
func (m *Manager) limits(total int64) (floor, warn int64) {
	floor = min(m.MinFree, total/floorShare)
	warn = 2 * floor
	if m.WarnFree > 0 {
		warn = max(floor, min(m.WarnFree, 2*total/floorShare))
	}
	return floor, warn
}

// used is what recordings occupy: those of the catalogue, those finished since it was asked, and those that grow.
func (m *Manager) used(w *watcher, now time.Time) int64 {
	every := askStored
	if w.quota.state != RoomEnough {
		every = askFull
	}
	if m.OnStored != nil && (w.asked.IsZero() || now.Sub(w.asked) >= every) {
		w.asked = now
		ctx, cancel := context.WithTimeout(m.ctx, askPatience)
		before := m.watched.added.Load()
		n, err := m.OnStored(ctx)
		cancel()
		if err != nil {
			m.Log.Warn("how much room recordings take cannot be found out; the last figure counts", "error", err)
		} else {
			w.stored = n
			m.watched.added.Add(-before)
		}
	}
	n := w.stored + m.watched.added.Load()
	for _, s := range m.Active() {
		n += s.Bytes
	}
	return n
}

// alarm tells of a change, once.
func (m *Manager) alarm(w *watcher, r Room) {
	if r.State == w.told {
		return
	}
	was := w.told
	w.told = r.State
	switch r.State {
	case RoomLow:
		if was != RoomNone {
			m.Log.Warn("room for recordings runs short; make some, or recording stops", "why", r.Why)
		} else {
			m.Log.Info("there is some room for recordings again", "why", r.Why)
		}
	case RoomNone:
		m.Log.Error("there is no room for recordings: nothing is recorded until there is", "why", r.Why)
	case RoomEnough:
		m.Log.Info("there is room for recordings", "free", r.Free, "used", r.Used)
	}
	if m.OnRoom != nil {
		m.OnRoom(r)
	}
}
