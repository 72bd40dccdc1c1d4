package compose

import (
	"context"
	"iter"
	"slices"

	"aircheck/ingest/media"
	"aircheck/vod"
)

// edge is a stretch of pictures that is encoded anew, since a cut lies inside it. Its pictures have the times that they have in the file.
type edge struct {
	// shown are when they are shown, in that order; lag is by how much earlier they are decoded.
	shown []int64
	lag   int64
	// random is the random access point to decode from, skip how many pictures are shown from it to the first.
	random int64
	skip   int
	draft  *vod.Draft
	src    *source
}

// edges are those of a piece: either may be nil.
type edges struct {
	head, tail *edge
	// from and to are between which random access points pictures are copied; never and never for none.
	from, to int64
}

// maxEdge bounds how many pictures are encoded at one edge.
const maxEdge = 20_000

// exact makes the edges of the pieces that need them, so that they begin and end at the picture that was asked for. What it returns is to be
// called when they are not needed any more. errDiffer if the pictures are such that all has to be encoded.
func (s *Service) exact(ctx context.Context, pieces []*piece) (done func(), made bool, err error) {
	var drafts []*vod.Draft
	done = func() {
		for _, d := range drafts {
			_ = d.Discard() // what is left is swept later
		}
	}
	for _, p := range pieces {
		p.exact = true
		found, err := p.findEdges()
		if err == errNothing { // it is left out, as where nothing is encoded
			p.empty = true
			continue
		}
		if err != nil {
			return done, made, err
		}
		if found == nil {
			continue
		}
		for _, e := range []*edge{found.head, found.tail} {
			if e == nil {
				continue
			}
			if s.Encoder == nil {
				return done, made, must("edges have to be encoded")
			}
			e.draft, err = s.Intake.Begin(ctx, s.Storage, "mp4")
			if err != nil {
				return done, made, err
			}
			drafts = append(drafts, e.draft)
			if err := s.encodeEdge(ctx, p, e); err != nil {
				return done, made, err
			}
			made = true
		}
		p.edges = found
	}
	return done, made, nil
}

// picture is one of a file, without its content.
type picture struct {
	dts, pts int64
	random   bool
}

// findEdges finds out which pictures of a piece have to be encoded; nil for none, or for a piece without pictures.
func (p *piece) findEdges() (*edges, error) {
	tracks, err := p.src.tracks()
	if err != nil {
		return nil, err
	}
	lead, ok := p.leads(tracks)
	if !ok || lead.kind != media.Video || p.from <= 0 && p.to == never {
		return nil, nil
	}
	s, err := p.begin(tracks)
	if err != nil {
		return nil, err
	}
	e := &edges{from: s.pts, to: never}
	if s.pts < p.from-near {
		if e.head, e.from, err = p.findHead(tracks, s); err != nil {
			return nil, err
		}
		if e.head == nil && e.from == never {
			return nil, p.nothing()
		}
		if e.head == nil {
			p.from = e.from // no picture lies between
		}
	}
	if p.to != never && e.from != never {
		if e.tail, e.to, err = p.findTail(tracks, lead, e.from); err != nil {
			return nil, err
		}
	}
	if e.head == nil && e.tail == nil {
		return nil, nil
	}
	return e, nil
}

// pictures yields those of the leading track from a time on.
func (p *piece) pictures(tracks []*media.Track, lead trackKey, from int64) iter.Seq2[picture, error] {
	return func(yield func(picture, error) bool) {
		for c, err := range p.ordered(numbered(tracks), from-early) {
			if err == nil && c.key != lead {
				continue
			}
			var u picture
			if err == nil {
				u = picture{c.dts, c.pts, c.RandomAccess}
			}
			if !yield(u, err) || err != nil {
				return
			}
		}
	}
}

// findHead returns the pictures from the one asked for to the next random access point, and when that is shown; never if the piece ends before.
func (p *piece) findHead(tracks []*media.Track, s start) (*edge, int64, error) {
	e, next := &edge{lag: s.pts - s.dts, random: s.pts}, never
	for u, err := range p.pictures(tracks, s.lead, s.dts) {
		if err != nil {
			return nil, 0, err
		}
		if next == never && u.random && u.pts >= p.from-near && u.dts > s.dts {
			next, e.lag = u.pts, u.pts-u.dts
		}
		end := min(next, p.to)
		if u.dts >= end {
			break
		}
		if u.pts >= s.pts && u.pts < p.from-near {
			e.skip++
		}
		if u.pts >= p.from-near && u.pts < end-near {
			e.shown = append(e.shown, u.pts)
		}
		if len(e.shown) > maxEdge {
			return nil, 0, must("random access points of file %s are too far apart to encode what is between them", p.src.ID)
		}
	}
	end := min(next, p.to)
	e.shown = slices.DeleteFunc(e.shown, func(at int64) bool { return at >= end-near })
	slices.Sort(e.shown)
	if next >= p.to {
		next = never
	}
	if len(e.shown) == 0 {
		e = nil
	}
	return e, next, nil
}

// findTail returns the pictures from the last random access point before the end asked for up to that, and when it is shown. It returns nil
// where pictures are decoded in the order in which they are shown: nothing has to be encoded then.
func (p *piece) findTail(tracks []*media.Track, lead trackKey, from int64) (*edge, int64, error) {
	e, last, mixed := &edge{}, never, false
	newest := int64(0)
	for u, err := range p.pictures(tracks, lead, p.to) {
		if err != nil {
			return nil, 0, err
		}
		if u.dts >= p.to {
			break
		}
		if u.random && u.pts >= from && u.pts < p.to-near {
			*e, last, mixed, newest = edge{lag: u.pts - u.dts, random: u.pts}, u.pts, false, 0
		}
		if last == never {
			continue
		}
		if u.pts < last {
			return nil, 0, must("the random access points of file %s are such that others depend on what lies before them", p.src.ID)
		}
		mixed = mixed || u.pts < newest
		newest = max(newest, u.pts)
		if u.pts < p.to-near {
			e.shown = append(e.shown, u.pts)
		}
	}
	switch {
	case last == never || !mixed:
		return nil, never, nil
	case len(e.shown) > maxEdge:
		return nil, 0, must("random access points of file %s are too far apart to encode what is between them", p.src.ID)
	}
	slices.Sort(e.shown)
	return e, last, nil
}

// codecs returns the codec of a piece with the parameter sets of its edges: that of the pictures as they were, if it has none.
func (p *piece) codecs(c media.Codec) (media.Codec, error) {
	if p.edges == nil {
		return c, nil
	}
	own, ok := c.(*media.H264)
	if !ok {
		return nil, must("the edges are of another codec")
	}
	var made *media.H264
	for _, e := range []*edge{p.edges.head, p.edges.tail} {
		if e == nil {
			continue
		}
		tracks, err := e.src.tracks()
		if err != nil {
			return nil, err
		}
		codec, ok := firstVideo(tracks).(*media.H264)
		if !ok || made != nil && !sameCoding(made, codec) {
			return nil, must("the edges are not like one another")
		}
		made = codec
	}
	return withSets(own, made)
}

// units yields the pictures of an edge, in the track of the file.
func (e *edge) units(t *media.Track) iter.Seq2[cut, error] {
	return func(yield func(cut, error) bool) {
		n := 0
		for u, err := range e.src.readFrom(0) {
			if err == nil && n >= len(e.shown) {
				err = must("ffmpeg has made more pictures than there are")
			}
			if err != nil {
				yield(cut{}, err)
				return
			}
			at := e.shown[n]
			n++
			c := cut{Unit: u, key: trackKey{kind: media.Video}, pts: at, dts: at - e.lag}
			u.PTS, u.DTS = ticks(c.pts, t.Timescale), ticks(c.dts, t.Timescale)
			u.Track = t
			if !yield(c, nil) {
				return
			}
		}
		if n < len(e.shown) {
			yield(cut{}, must("ffmpeg has made %d pictures of %d", n, len(e.shown)))
		}
	}
}

// exactUnits yields what belongs to a piece with edges, by decoding time.
func (p *piece) exactUnits(tracks []*media.Track, s start) iter.Seq2[cut, error] {
	return func(yield func(cut, error) bool) {
		t := tracks[slices.IndexFunc(tracks, func(t *media.Track) bool { return t.Codec.Kind() == media.Video })]
		next, stop := iter.Pull2(p.edges.units(t))
		defer stop()
		made, err, more := next()
		for c, err2 := range p.ordered(numbered(tracks), s.dts-lag) {
			if err2 != nil {
				yield(c, err2)
				return
			}
			for ; more && (err != nil || made.dts <= c.dts); made, err, more = next() {
				if !yield(made, err) || err != nil {
					return
				}
			}
			if p.to != never && c.dts >= p.to+early {
				break
			}
			if p.copies(c, s.lead) && !yield(c, nil) {
				return
			}
		}
		for ; more; made, err, more = next() {
			if !yield(made, err) || err != nil {
				return
			}
		}
	}
}

// copies reports whether a unit of the file is taken as it is.
func (p *piece) copies(c cut, lead trackKey) bool {
	e := p.edges
	switch {
	case c.key == lead:
		return e.from != never && c.pts >= e.from && c.pts < e.to && (e.tail != nil || p.to == never || c.pts < p.to-near)
	case c.key.kind == media.Audio:
		middle := c.pts + step(c.Track)/2
		return middle >= p.from-step(c.Track) && middle < p.to
	}
	return false
}

// units yields the pictures of both edges.
func (e *edges) units(t *media.Track) iter.Seq2[cut, error] {
	return func(yield func(cut, error) bool) {
		for _, part := range []*edge{e.head, e.tail} {
			if part == nil {
				continue
			}
			for c, err := range part.units(t) {
				if !yield(c, err) || err != nil {
					return
				}
			}
		}
	}
}
