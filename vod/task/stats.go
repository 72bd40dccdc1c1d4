package task

// Stats are the figures of the tasks of one type.
type Stats struct {
	Waiting, Running int
	// Failed is how many have ended with an error since the start.
	Failed int64
}

// Stats returns those of each type that there are jobs or tasks of.
func (q *Queue) Stats() map[Type]Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := map[Type]Stats{}
	for t := range q.Jobs {
		out[t] = Stats{}
	}
	change := func(t Type, f func(*Stats)) {
		s := out[t]
		f(&s)
		out[t] = s
	}
	for i := range q.waiting {
		change(q.waiting[i].Type, func(s *Stats) { s.Waiting++ })
	}
	for _, r := range q.running {
		change(r.Type, func(s *Stats) { s.Running++ })
	}
	for t, n := range q.failed {
		change(t, func(s *Stats) { s.Failed = n })
	}
	return out
}

// fail counts a task that has ended with an error.
func (q *Queue) fail(t Type) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.failed == nil {
		q.failed = map[Type]int64{}
	}
	q.failed[t]++
}
