package rewind

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"time"

	"aircheck/ingest/media"
)

// pageView is a page as it was when reading began.
type pageView struct {
	page *ringPage
	path string
	pageIndex
}

// Stretches is Past's. What has come less than a moment ago may not be in End yet, but Units has it.
func (r *Ring) Stretches(key media.StreamKey, from, to time.Time) ([]Stretch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Stretch
	for _, s := range r.sessions[key] {
		st, ok := s.stretch()
		if ok && !st.End.Before(from) && !st.Begin.After(to) {
			st.Units = func(from time.Time) iter.Seq2[*media.Unit, error] { return r.units(s, from) }
			out = append(out, st)
		}
	}
	slices.SortStableFunc(out, func(a, b Stretch) int { return a.Begin.Compare(b.Begin) })
	return out, nil
}

// stretch is what is held of the session, if there is any. mu is held.
func (s *ringSession) stretch() (st Stretch, ok bool) {
	st = Stretch{SessionID: s.id, Params: s.params, Growing: !s.ended}
	for _, p := range s.pages {
		if !ok && len(p.entries) > 0 {
			st.Begin, ok = time.Unix(0, p.entries[0].wall), true
		}
		if p.units > 0 {
			st.End = time.Unix(0, p.last)
		}
		st.Gaps = append(append(st.Gaps, p.gaps...), p.damaged...)
	}
	if !ok {
		return st, false
	}
	st.Gaps = slices.DeleteFunc(st.Gaps, func(g Gap) bool { return g.At.Add(g.Length).Before(st.Begin) })
	slices.SortStableFunc(st.Gaps, func(a, b Gap) int { return a.At.Compare(b.At) })
	return st, true
}

// units yields what is held from the last place to begin at that came at from or before, or from the first.
func (r *Ring) units(s *ringSession, from time.Time) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		r.settle(s)
		views := r.views(s)
		i, at := seek(views, from.UnixNano())
		for begun := false; i < len(views); i++ {
			v := views[i]
			if !begun {
				if len(v.entries) == 0 {
					continue // only with what is lost
				}
				at = max(at, v.entries[0].at)
			}
			whole, more := r.readFrom(v, at, yield)
			if !more {
				return
			}
			begun, at = whole, 0
		}
	}
}

// views returns the pages of a session as they are now.
func (r *Ring) views(s *ringSession) []pageView {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]pageView, len(s.pages))
	for i, p := range s.pages {
		out[i] = pageView{page: p, path: p.path, pageIndex: p.pageIndex}
	}
	return out
}

// seek finds the last place to begin at that came at from or before, or else the first.
func seek(views []pageView, from int64) (i int, at int64) {
	for i = len(views) - 1; i >= 0; i-- {
		entries := views[i].entries
		for j := len(entries) - 1; j >= 0; j-- {
			if entries[j].wall <= from {
				return i, views[i].nearer(j, from)
			}
		}
	}
	return 0, 0
}

// nearer looks for a place to begin at between the entry j and the next one.
func (v *pageView) nearer(j int, from int64) int64 {
	best, end := v.entries[j].at, v.size
	if j+1 < len(v.entries) {
		end = v.entries[j+1].at
	}
	f, err := os.Open(v.path)
	if err != nil {
		return best
	}
	defer f.Close()
	r := &pageReader{src: f, at: best, end: end, number: -1}
	for {
		rec, at, err := r.next()
		if err != nil || rec.kind == unitRecord && rec.wall > from {
			return best
		}
		if rec.kind == unitRecord && rec.flags&flagStart != 0 {
			best = at
		}
	}
}

// readFrom yields the units of a page from one of its records on, without those that are damaged. whole tells that the end was reached
// with nothing left out, more that more is wanted.
func (r *Ring) readFrom(v pageView, at int64, yield func(*media.Unit, error) bool) (whole, more bool) {
	f, err := os.Open(v.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, true // it was given up meanwhile
	}
	if err != nil {
		yield(nil, err)
		return false, false
	}
	defer f.Close()
	in := &pageReader{src: f, end: v.size}
	last := v.wallAt(at)
	var bad damage
	defer func() { r.noteDamage(v.page, bad) }()
	for {
		in.at, in.number, in.ahead = at, -1, nil
		if at == 0 {
			in.number = 0
		}
		n, wrong, err := v.read(in, &last, yield)
		switch {
		case errors.Is(err, errDone):
			return false, false
		case errors.Is(err, io.EOF):
			return bad.err == nil, true
		case !errors.Is(err, errDamaged):
			yield(nil, err)
			return false, false
		}
		if n > 0 || bad.err == nil {
			r.noteDamage(v.page, bad)
			bad = damage{from: last, err: err}
		}
		if at, bad.to = v.after(wrong); at < 0 {
			return false, true
		}
	}
}

// damage is what cannot be read: what came between two times, and why.
type damage struct {
	from, to int64
	err      error
}

// errDone tells that no more units are wanted.
var errDone = errors.New("no more units are wanted")

// read yields units until something is wrong, and returns how many there were, what is wrong and at which record. io.EOF at the end, errDone.
func (v *pageView) read(in *pageReader, last *int64, yield func(*media.Unit, error) bool) (n int, at int64, err error) {
	tracks := v.inForce(in.at)
	for {
		rec, at, err := in.next()
		if err != nil {
			return n, at, err
		}
		switch rec.kind {
		case trackRecord:
			t := v.trackAt(at)
			if t == nil {
				return n, at, errDamaged
			}
			tracks[t.ID] = t
		case unitRecord:
			t := tracks[int(rec.track)]
			if t == nil {
				return n, at, errDamaged
			}
			n++
			*last = rec.wall
			if !yield(unitOf(&rec, t), nil) {
				return n, at, errDone
			}
		}
	}
}

// after returns the first place to begin at behind a record and when it came, or -1 and when the page ends.
func (v *pageView) after(bad int64) (at, wall int64) {
	for _, e := range v.entries {
		if e.at > bad {
			return e.at, e.wall
		}
	}
	return -1, v.last
}

// wallAt is when what is at a place came, about.
func (v *pageView) wallAt(at int64) int64 {
	wall := v.first
	for _, e := range v.entries {
		if e.at <= at {
			wall = e.wall
		}
	}
	return wall
}

// noteDamage has a page lack what cannot be read, if anything.
func (r *Ring) noteDamage(p *ringPage, d damage) {
	if d.err == nil {
		return
	}
	g := Gap{At: time.Unix(0, d.from), Length: max(0, time.Duration(d.to-d.from)), Reason: lostDamaged}
	end := g.At.Add(g.Length)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.ContainsFunc(p.damaged, func(have Gap) bool { return have.At.Add(have.Length).Equal(end) }) {
		p.damaged = append(p.damaged, g)
		r.Log.Warn("a page of the ring is damaged; what is in it is left out", "page", p.path, "error", d.err)
	}
}
