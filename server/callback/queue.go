package callback

import (
	"cmp"
	"container/heap"
	"encoding/json"
	"slices"
	"time"

	"aircheck/rules"
)

const (
	// perReceiver is how many streams one receiver is told of at once, total how many deliveries are under way at once. The first of a
	// receiver does not count: whatever others do, it has its turn. There are no more receivers than templates allow.
	perReceiver = 4
	total       = 256
)

// entry is an event in the queue.
type entry struct {
	rules.QueuedEvent
	level string // of an exception
	url   string
}

func newEntry(e *rules.QueuedEvent) *entry {
	out := &entry{QueuedEvent: *e}
	if len(e.Payload) > 0 {
		var p struct {
			Level string `json:"exception_level"`
		}
		_ = json.Unmarshal(e.Payload, &p) // what cannot be read has no level
		out.level, out.Payload = p.Level, nil
	}
	return out
}

func (e *entry) late() bool { return e.State == rules.EventParked }

// laneKey names events that are delivered one after the other.
type laneKey struct{ domain, app, stream, url string }

func (e *entry) lane() laneKey { return laneKey{e.Domain, e.App, e.Stream, e.url} }

// lane is a stream's events for one URL.
type lane struct {
	key     laneKey
	waiting []*entry // by ID
	// flying: one is being delivered. ready: it stands in its receiver's list. timer is when it is looked at again.
	flying, ready bool
	timer         time.Time
	// held counts those that may come back here and must not be overtaken, but are under way from elsewhere.
	held int
}

// receiver is a URL.
type receiver struct {
	flying, lateFlying int
	ready              []*lane  // whose first event is due
	late               []*entry // parked ones that are due
}

// flight is an event that is being delivered: what it was when it began, and where it came from.
type flight struct {
	entry *entry
	lane  laneKey
	late  bool
	// met is what the database had of it when all was read anew meanwhile, holds tells that the lane of that is held.
	met   *entry
	holds bool
}

// changed tells that somebody else may have changed the event meanwhile. met alone does not: mostly it was read as it began.
func (f *flight) changed() bool {
	was, is := f.entry, f.met
	return is != nil && (is.State != was.State || is.Attempts != was.Attempts || is.NextAt.UnixMicro() != was.NextAt.UnixMicro())
}

// queue knows which event is to be tried next. A lane's events are tried one after the other, the first until it is delivered or
// parked; parked ones are tried aside, one at a time per receiver.
type queue struct {
	lanes     map[laneKey]*lane
	receivers map[string]*receiver
	flying    map[int64]*flight // by ID
	timers    timers
}

func newQueue() *queue {
	return &queue{lanes: map[laneKey]*lane{}, receivers: map[string]*receiver{}, flying: map[int64]*flight{}}
}

// clear forgets all but what is under way.
func (q *queue) clear() {
	q.timers = nil
	for key, l := range q.lanes {
		if !l.flying {
			delete(q.lanes, key)
			continue
		}
		q.lanes[key] = &lane{key: key, flying: true}
	}
	for url, r := range q.receivers {
		r.ready, r.late = nil, nil
		if r.flying+r.lateFlying == 0 {
			delete(q.receivers, url)
		}
	}
	for _, f := range q.flying {
		f.met, f.holds = nil, false
	}
}

// idle tells that nothing is under way, and nothing due apart from what is late. stopped tells that what is due does not count either.
func (q *queue) idle(stopped bool) bool {
	if len(q.flying) > 0 || stopped {
		return len(q.flying) == 0
	}
	for _, r := range q.receivers {
		if len(r.ready) > 0 {
			return false
		}
	}
	return true
}

func (q *queue) receiver(url string) *receiver {
	r := q.receivers[url]
	if r == nil {
		r = &receiver{}
		q.receivers[url] = r
	}
	return r
}

func (q *queue) lane(key laneKey) *lane {
	l := q.lanes[key]
	if l == nil {
		l = &lane{key: key}
		q.lanes[key] = l
	}
	return l
}

// add puts an event into its place. One that is being delivered is not added a second time, but what follows it where it belongs by now
// waits for it.
func (q *queue) add(e *entry, now time.Time) {
	if f := q.flying[e.ID]; f != nil {
		f.met = e
		if f.holds = !e.late() && (f.late || f.lane != e.lane()); f.holds {
			q.lane(e.lane()).held++
		}
		return
	}
	if e.late() {
		heap.Push(&q.timers, timer{at: e.NextAt, entry: e})
		return
	}
	l := q.lane(e.lane())
	at, _ := slices.BinarySearchFunc(l.waiting, e, func(a, b *entry) int { return cmp.Compare(a.ID, b.ID) })
	l.waiting = slices.Insert(l.waiting, at, e)
	q.schedule(l, now)
}

// schedule sees to it that the first event of a lane gets its turn.
func (q *queue) schedule(l *lane, now time.Time) {
	if l.flying || l.held > 0 || l.ready || len(l.waiting) == 0 {
		return
	}
	due := l.waiting[0].NextAt
	if !due.After(now) {
		l.ready = true
		r := q.receiver(l.key.url)
		r.ready = append(r.ready, l)
		return
	}
	if l.timer.IsZero() || due.Before(l.timer) {
		l.timer = due
		heap.Push(&q.timers, timer{at: due, lane: l})
	}
}

// due returns when the next timer ends; false if there is none.
func (q *queue) due() (time.Time, bool) {
	if len(q.timers) == 0 {
		return time.Time{}, false
	}
	return q.timers[0].at, true
}

// next returns the events whose turn it is, and notes that they are under way. Without late, parked ones wait.
func (q *queue) next(now time.Time, late bool) []*entry {
	for len(q.timers) > 0 && !q.timers[0].at.After(now) {
		t := heap.Pop(&q.timers).(timer)
		if t.entry != nil {
			r := q.receiver(t.entry.url)
			r.late = append(r.late, t.entry)
			continue
		}
		t.lane.timer = time.Time{}
		q.schedule(t.lane, now)
	}
	var out []*entry
	for _, r := range q.receivers {
		for len(r.ready) > 0 && (r.flying == 0 || r.flying < perReceiver && len(q.flying) < total) {
			l := r.ready[0]
			r.ready = r.ready[1:]
			e := l.waiting[0]
			l.waiting = l.waiting[1:]
			l.ready, l.flying = false, true
			r.flying++
			q.flying[e.ID] = &flight{entry: e, lane: l.key}
			out = append(out, e)
		}
		for late && len(r.late) > 0 && r.lateFlying == 0 {
			e := r.late[0]
			r.late = r.late[1:]
			r.lateFlying++
			q.flying[e.ID] = &flight{entry: e, lane: e.lane(), late: true}
			out = append(out, e)
		}
	}
	return out
}

// landed notes that an event is not under way any more. proceed must follow.
func (q *queue) landed(e *entry) *flight {
	f := q.flying[e.ID]
	delete(q.flying, e.ID)
	if f.holds {
		q.lanes[f.met.lane()].held--
	}
	r := q.receivers[f.lane.url]
	if f.late {
		r.lateFlying--
		return f
	}
	r.flying--
	q.lanes[f.lane].flying = false
	return f
}

// proceed lets the events go on that waited for the one that landed, and is back in its place if it is tried again.
func (q *queue) proceed(f *flight, now time.Time) {
	q.proceedIn(f.lane, now)
	if f.holds {
		q.proceedIn(f.met.lane(), now)
	}
}

func (q *queue) proceedIn(key laneKey, now time.Time) {
	l := q.lanes[key]
	if l == nil || l.flying || l.held > 0 {
		return
	}
	if len(l.waiting) == 0 {
		delete(q.lanes, key)
		return
	}
	q.schedule(l, now)
}

// timer is a lane or a parked event that is looked at again.
type timer struct {
	at    time.Time
	lane  *lane
	entry *entry
}

// timers is a heap, the earliest first.
type timers []timer

func (t timers) Len() int           { return len(t) }
func (t timers) Less(a, b int) bool { return t[a].at.Before(t[b].at) }
func (t timers) Swap(a, b int)      { t[a], t[b] = t[b], t[a] }

// Push is heap.Interface's.
func (t *timers) Push(x any) { *t = append(*t, x.(timer)) }

// Pop is heap.Interface's.
func (t *timers) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	(*t)[last] = timer{}
	*t = (*t)[:last]
	return x
}
