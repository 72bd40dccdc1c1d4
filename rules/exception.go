package rules

import (
	"cmp"
	"slices"
	"time"

	"aircheck/recorder"
)

// mergeTime is for how long exceptions of one kind are gathered before they are told, as one.
const mergeTime = 2 * time.Minute

// mergeKey is what exceptions must have in common to become one.
type mergeKey struct {
	session, format string
	cause           recorder.Cause
	kind            recorder.NoticeKind
}

// merge is exceptions on their way to become one event.
type merge struct {
	// first is the first of them, occurs how many they are.
	first  recorder.Notice
	occurs int
	due    time.Time
}

// Notice notes what happened to a recording. It does not wait.
func (c *Chronicle) Notice(n recorder.Notice) {
	c.mu.Lock()
	defer c.unlock()
	if event, ok := statusEvent(&n); ok {
		if n.Kind == recorder.NoticeEnded {
			c.flush(n.At, func(k mergeKey) bool {
				return k.session == n.Spec.SessionID && k.format == n.Spec.Format && k.cause == n.Spec.Cause
			})
		}
		c.add(Entry{Event: event}, c.Limit/2)
		return
	}
	if _, ok := exceptions[n.Kind]; !ok || c.closed {
		return
	}
	key := mergeKey{session: n.Spec.SessionID, format: n.Spec.Format, cause: n.Spec.Cause, kind: n.Kind}
	if m := c.merged[key]; m != nil {
		m.occurs += n.Count
		return
	}
	m := &merge{first: n, occurs: n.Count, due: n.At.Add(mergeTime)}
	if n.Kind == recorder.NoticeLowRoom || n.Kind == recorder.NoticeSilent {
		m.due = n.At // alarms: somebody is to do something now
	}
	c.merged[key] = m
	c.kick()
}

// mergeDue adds the exceptions whose time has come, and otherwise returns what tells when the next one's has; nil if there is none.
func (c *Chronicle) mergeDue(now time.Time) (due bool, wait <-chan time.Time) {
	c.mu.Lock()
	defer c.unlock()
	var next time.Time
	for _, m := range c.merged {
		if next.IsZero() || m.due.Before(next) {
			next = m.due
		}
	}
	switch {
	case next.IsZero():
		return false, nil
	case next.After(now):
		return false, time.After(next.Sub(now))
	}
	c.flush(now, func(k mergeKey) bool { return !c.merged[k].due.After(now) })
	return true, nil
}

// flush adds the exceptions that are chosen, the first ones first, with mu held.
func (c *Chronicle) flush(at time.Time, chosen func(mergeKey) bool) {
	var out []*merge
	for k, m := range c.merged {
		if chosen(k) {
			out = append(out, m)
			delete(c.merged, k)
		}
	}
	slices.SortFunc(out, func(a, b *merge) int {
		return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.first.Kind, b.first.Kind), cmp.Compare(a.first.Spec.Format, b.first.Spec.Format))
	})
	for _, m := range out {
		c.add(Entry{Event: exceptionEvent(m, at)}, c.Limit/2)
	}
}

// flushStream adds what has been gathered of a stream, with mu held.
func (c *Chronicle) flushStream(session string, at time.Time) {
	c.flush(at, func(k mergeKey) bool { return k.session == session })
}

func (c *Chronicle) flushAll(at time.Time) { c.flush(at, func(mergeKey) bool { return true }) }
