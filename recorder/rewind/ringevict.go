package rewind

import (
	"container/heap"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"aircheck/ingest/media"
)

const (
	// drift is by how much the wall clock, by which units are asked for, may get behind the one by which they age, within the window.
	drift = time.Second
	// giveUp is how much of the ring makes room when the disk has refused a write for want of it.
	giveUp = 64 << 20
	// keepMore is the part of what is to be kept free that must be free beyond it for the ring to go on, one in so many.
	keepMore = 8
)

// upkeep gives up what has aged out and what is beyond the bounds, and sees how much room there is.
func (r *Ring) upkeep() {
	r.removeAgain()
	if r.out.homeless {
		r.house()
	}
	r.out.live = int64(len(r.live()))
	if !r.out.full && !r.out.homeless && r.problem.Load() != nil && r.out.live == 0 {
		r.setProblem("") // nobody is left that would find out
	}
	bound := r.TotalBytes
	if r.Room != nil {
		if room, ok := r.Room(); ok {
			bound = min(bound, r.mind(room))
		}
	}
	r.evict(bound)
}

// house makes the ring's folder.
func (r *Ring) house() {
	err := r.may("folder", r.Dir)
	if err == nil {
		err = os.MkdirAll(r.Dir, 0o700)
	}
	if r.out.homeless = err != nil; err != nil {
		r.setProblem(fmt.Sprintf("the ring's folder cannot be made: %v", err))
	}
}

// mind returns how much the ring may hold where there is so much room, and stops or resumes writing: it stops when all that it holds would
// not make up for what is wanted, and goes on when there is some more room than it has to keep.
func (r *Ring) mind(room RingRoom) int64 {
	o, held := &r.out, r.Stats().Bytes
	switch wanted := room.Keep - room.Free; {
	case wanted > 0 && wanted >= held:
		o.full = true
		r.setProblem("there is no room for the ring")
	case o.full && room.Free >= room.Keep+room.Keep/keepMore:
		o.full = false
		r.setProblem("")
	case !o.full && wanted > 0:
		return held - wanted
	}
	if o.full {
		return 0
	}
	return math.MaxInt64
}

// evict gives up what is older than the window, or beyond the bounds: MaxBytes of each stream, and as much of all.
func (r *Ring) evict(total int64) {
	cutoff := r.out.now.Sub(r.base) - r.Window - drift
	r.mu.Lock()
	for key, list := range r.sessions {
		for _, s := range list {
			for s.spent(cutoff) {
				r.drop(s)
			}
		}
		r.shed(list, bytesOf(list)-r.MaxBytes)
		r.prune(key)
	}
	if excess := r.held - max(0, total); excess > 0 {
		r.shed(slices.Concat(slices.Collect(maps.Values(r.sessions))...), excess)
		for key := range r.sessions {
			r.prune(key)
		}
	}
	r.mu.Unlock()
	gone := r.out.gone
	r.out.gone = nil
	for _, g := range gone {
		if g.file != nil {
			_ = g.file.Close() // nobody needs what is in it
		}
		r.remove(g.path)
	}
}

// shrink makes room on a disk that is full.
func (r *Ring) shrink() { r.evict(r.Stats().Bytes - giveUp) }

// spent reports whether the oldest page of the session is not needed for anything that came since cutoff. mu is held.
func (s *ringSession) spent(cutoff time.Duration) bool {
	if len(s.pages) == 0 || s.growing() {
		return false
	}
	p := s.pages[0]
	if len(s.pages) == 1 {
		return p.newest < cutoff
	}
	if len(p.entries) == 0 {
		return true // what it begins with was given up
	}
	next := s.pages[1]
	return len(next.entries) > 0 && next.start <= cutoff || next.newest < cutoff
}

// drop gives up the oldest page of a session, whose file evict removes. mu is held.
func (r *Ring) drop(s *ringSession) {
	p := s.pages[0]
	s.pages[0] = nil
	s.pages = s.pages[1:]
	r.held -= p.bytes
	g := gonePage{path: p.path}
	if len(s.pages) == 0 && s.file != nil {
		g.file = s.file
		s.file, s.skipping, s.waiting = nil, true, time.Time{}
	}
	r.out.gone = append(r.out.gone, g)
}

// gonePage is one that is to be removed; file is set if it was still written.
type gonePage struct {
	path string
	file *os.File
}

// prune forgets sessions of a stream that have ended and hold nothing. mu is held.
func (r *Ring) prune(key media.StreamKey) {
	list := slices.DeleteFunc(r.sessions[key], func(s *ringSession) bool { return s.ended && len(s.pages) == 0 })
	r.sessions[key] = list
	if len(list) == 0 {
		delete(r.sessions, key)
	}
}

// shed gives up the oldest pages of sessions until they have so many bytes less, those that are still written last. mu is held: publishers
// may wait for it, so that there must not be much to do for each page.
func (r *Ring) shed(list []*ringSession, excess int64) {
	if excess <= 0 {
		return
	}
	h := ringAges(slices.DeleteFunc(slices.Clone(list), func(s *ringSession) bool { return len(s.pages) == 0 }))
	heap.Init(&h)
	for excess > 0 && len(h) > 0 {
		s := h[0]
		excess -= s.pages[0].bytes
		r.drop(s)
		if len(s.pages) == 0 {
			heap.Pop(&h)
		} else {
			heap.Fix(&h, 0)
		}
	}
}

// ringAges is a heap of sessions with pages, the one with the oldest first, of pages that are still written only where there is no other.
type ringAges []*ringSession

// Less is heap.Interface's.
func (h ringAges) Less(i, j int) bool {
	a, b := h[i], h[j]
	if x, y := a.growing(), b.growing(); x != y {
		return y
	}
	return a.pages[0].opened < b.pages[0].opened
}

// Len is heap.Interface's.
func (h ringAges) Len() int { return len(h) }

// Swap is heap.Interface's.
func (h ringAges) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is heap.Interface's.
func (h *ringAges) Push(s any) { *h = append(*h, s.(*ringSession)) }

// Pop is heap.Interface's.
func (h *ringAges) Pop() any {
	n := len(*h) - 1
	s := (*h)[n]
	*h = (*h)[:n]
	return s
}

// growing reports whether the oldest page of the session is still written.
func (s *ringSession) growing() bool { return s.file != nil && len(s.pages) == 1 }

func bytesOf(list []*ringSession) (n int64) {
	for _, s := range list {
		for _, p := range s.pages {
			n += p.bytes
		}
	}
	return n
}

// remove removes a page's file, and the session's folder with the last. Who reads it goes on to, except on systems where it cannot be
// removed then: it is tried again.
func (r *Ring) remove(path string) {
	err := r.may("remove", path)
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.out.doomed = append(r.out.doomed, path)
		return
	}
	_ = os.Remove(filepath.Dir(path)) // fails where there is more in it
}

// removeAgain tries once more to remove what could not be removed.
func (r *Ring) removeAgain() {
	paths := r.out.doomed
	r.out.doomed = nil
	for _, path := range paths {
		r.remove(path)
	}
}

// noSpace reports whether a disk, or a quota of it, is full.
func noSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
