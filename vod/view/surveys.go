package view

import (
	"container/list"
	"context"
	"fmt"
	"iter"
	"net/http"
	"sync"

	"aircheck/ingest/media"
	"aircheck/recorder/mp4"
	"aircheck/vod"
)

// surveys remembers what is known of files.
type surveys struct {
	limit int64

	mu    sync.Mutex
	known map[vod.FileID]*survey
	order list.List // of *survey; the one used last is in front
	total int64
}

// survey is what is known of one file.
type survey struct {
	id vod.FileID
	// turn is held by whoever looks at the file.
	turn   chan struct{}
	source source
	size   int64
	whole  bool
	// front is an MP4 file with its index in front; plain: there is no such layout.
	front *mp4.Layout
	plain bool

	place *list.Element
	cost  int64
}

// state is what was known of a file at one moment.
type state struct {
	cutter
	source source
	carry
	// whole: the file is finished, so the last segment is, too.
	whole bool
	size  int64
}

// complete returns how many segments are complete.
func (s *state) complete() int {
	if s.whole {
		return len(s.cuts)
	}
	return max(0, len(s.cuts)-1)
}

// look returns what is known of a file now, having looked at what is new of it.
func (s *Server) look(ctx context.Context, v vod.View, r reader, size int64) (*state, error) {
	e := s.surveys.get(v.Asset.ID)
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-e.turn }()
	whole := v.Asset.Status != vod.StatusRecording
	if e.source == nil {
		fresh, err := newSource(v.Asset.Container)
		if err != nil {
			return nil, err
		}
		e.source = fresh
	}
	if !e.whole && (size > e.size || whole) {
		if err := s.enter(ctx); err != nil {
			return nil, err
		}
		err := e.source.grow(r, size, &v.Asset, whole)
		s.leave()
		if err != nil {
			e.source, e.size = nil, 0 // to be begun anew
			return nil, fmt.Errorf("look at the file: %w", err)
		}
		e.size, e.whole = size, whole
		s.surveys.weigh(e)
	}
	st := &state{cutter: e.source.plan(), source: e.source.frozen(), whole: e.whole, size: max(size, e.size)}
	if len(st.cuts) == 0 {
		return nil, refusef(http.StatusNotFound, "file %s has nothing to play yet", v.Asset.ID)
	}
	var err error
	st.carry, err = carried(st.source.tracks())
	return st, err
}

// get returns what is known of a file, and makes it the one used last.
func (s *surveys) get(id vod.FileID) *survey {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.known[id]; e != nil {
		s.order.MoveToFront(e.place)
		return e
	}
	if s.known == nil {
		s.known = map[vod.FileID]*survey{}
	}
	e := &survey{id: id, turn: make(chan struct{}, 1)}
	e.place = s.order.PushFront(e)
	s.known[id] = e
	s.charge(e, 1<<10)
	return e
}

// weigh notes how much memory a survey takes by now.
func (s *surveys) weigh(e *survey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[e.id] != e {
		return
	}
	cost := int64(1 << 10)
	if e.source != nil {
		cost += e.source.cost()
	}
	if e.front != nil {
		cost += e.front.Memory()
	}
	s.charge(e, cost)
}

// charge counts the cost, and forgets those that were used longest ago if there is too much.
func (s *surveys) charge(e *survey, cost int64) {
	s.total += cost - e.cost
	e.cost = cost
	for s.total > s.limit && s.order.Len() > 1 {
		oldest := s.order.Back().Value.(*survey)
		s.order.Remove(oldest.place)
		delete(s.known, oldest.id)
		s.total -= oldest.cost
	}
}

// unitsOf yields the units of segments from up to to, exclusive.
func (s *state) unitsOf(r reader, from, to int) iter.Seq2[*media.Unit, error] {
	var end *cut
	if to < len(s.cuts) {
		end = &s.cuts[to]
	}
	return s.source.units(r, s.size, s.cuts[from], end)
}
