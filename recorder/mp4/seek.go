package mp4

import (
	"errors"
	"io"
	"iter"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// ReadFrom implements container.Seeker. Of a classic file the tables tell where to begin, of a fragmented one its moofs; the media before
// that is not read.
func (Format) ReadFrom(r io.ReaderAt, size int64, at time.Duration) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		p := player{cursor: container.NewCursor(r, 0, size), size: size, yield: yield, from: at}
		if err := p.play(); err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

// time is when a sample of a track is decoded, in the file.
func (p *player) time(track int, s sample) time.Duration {
	return media.Duration(s.dts+p.shift[track], p.movie.tracks[track].scale)
}

// lead is the track whose random access points count: the first with pictures, or else the first.
func (p *player) lead() int {
	lead := -1
	for i, t := range p.movie.tracks {
		if t.track != nil && (lead < 0 || t.track.Codec.Kind() == media.Video && p.movie.tracks[lead].track.Codec.Kind() != media.Video) {
			lead = i
		}
	}
	return lead
}

// skipTables moves the walkers to the last random access point at or before the time to begin at.
func (p *player) skipTables(walkers []*walker) {
	lead := p.lead()
	if p.from <= 0 || lead < 0 {
		return
	}
	w := newWalker(p.movie.tracks[lead])
	begin := time.Duration(-1)
	for w.next(); !w.done && p.time(lead, w.sample) <= p.from; w.next() {
		if w.sample.sync {
			begin = p.time(lead, w.sample)
		}
	}
	for i, w := range walkers {
		for !w.done && p.movie.tracks[i].track != nil && p.time(i, w.sample) < begin {
			w.next()
		}
	}
}

// skipFragments moves the cursor to the last moof that has a random access point at or before the time to begin at.
func (p *player) skipFragments() {
	lead := p.lead()
	if p.from <= 0 || lead < 0 {
		return
	}
	begin := p.cursor.Pos()
	f := newFragments(p.movie)
	for p.cursor.Left() > 0 {
		at := p.cursor.Pos()
		runs, err := p.nextMoof(f)
		if err != nil {
			break // whoever reads on will meet it
		}
		if p.starts(runs, lead) {
			begin = at
		}
		if p.beyond(runs, lead) {
			break
		}
	}
	p.cursor.MoveTo(begin)
}

// starts reports whether a run of the leading track has a random access point at or before the time to begin at.
func (p *player) starts(runs []run, lead int) bool {
	for _, r := range runs {
		for _, s := range r.samples {
			if r.track == lead && (s.sync || p.movie.tracks[lead].track.Codec.Kind() == media.Audio) && p.time(lead, s) <= p.from {
				return true
			}
		}
	}
	return false
}

func (p *player) beyond(runs []run, lead int) bool {
	for _, r := range runs {
		if r.track == lead && len(r.samples) > 0 && p.time(lead, r.samples[0]) > p.from {
			return true
		}
	}
	return false
}
