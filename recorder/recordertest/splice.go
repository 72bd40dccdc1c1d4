package recordertest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
)

// away is how long the interruptions of these tests are.
const away = 3 * time.Second

// spliced is a recording whose stream is interrupted at some moment, and goes on.
type spliced struct {
	*testing.T
	f        container.Resumer
	w        container.Writer
	r        *file
	playlist []byte
}

// add gives units to the writer, and ends a group after each so many.
func (s *spliced) add(units []*media.Unit, group int) {
	s.Helper()
	for batch := range slices.Chunk(units, group) {
		for _, u := range lendAll(batch) {
			var err error
			if s.r.data, err = s.w.Append(s.r.data, u); err != nil {
				s.Fatal(err)
			}
		}
		s.end()
	}
}

func (s *spliced) end() {
	s.r.data = s.w.Flush(s.r.data)
	s.r.end(s.w, 0)
	if l, ok := s.w.(container.Lister); ok {
		s.playlist = l.Playlist(s.playlist)
	}
}

// interrupt suspends the writer, and makes it anew from the index if another process is to go on.
func (s *spliced) interrupt(resume bool) {
	s.Helper()
	s.r.data = s.w.Flush(s.r.data)
	live := s.w.(container.Splicer)
	live.Suspend()
	s.end()
	if !resume {
		return
	}
	size := int64(len(s.r.data))
	w, summary, err := s.f.Resume(s.r.unfinished(s.r.parts, size), bytes.NewReader(s.r.data))
	if err != nil {
		s.Fatalf("resume after %d bytes: %v", size, err)
	}
	if w.End() != live.End() {
		s.Errorf("resume after %d bytes: the media ends at %v, want %v", size, w.End(), live.End())
	}
	_, ending := finish(s.T, s.f, s.r.unfinished(s.r.parts, size), s.r.data)
	for i, want := range ending.Summary.Tracks {
		if got := summary.Tracks[i]; got.Units != want.Units || got.Bytes != want.Bytes || got.Track != want.Track {
			s.Errorf("resume after %d bytes: %+v, want %+v", size, got, want)
		}
	}
	s.w = w
	if l, ok := w.(container.Lister); ok {
		if list := l.Playlist(nil); !bytes.Equal(list, s.playlist) {
			s.Errorf("resume after %d bytes: the playlist is\n%s\nwant\n%s", size, list, s.playlist)
		}
	}
}

func (s *spliced) splice(units []*media.Unit) {
	s.Helper()
	var err error
	if s.r.data, _, err = s.w.(container.Splicer).Splice(s.r.data, s.r.tracks, mediatest.Base(units), away); err != nil {
		s.Fatal(err)
	}
}

// splices interrupts a long recording.
func splices(t *testing.T, f container.Resumer, o Options) {
	units := mediatest.Interleave(mediatest.Pictures(mediatest.H264(1, 1000), 400, 0, 40), mediatest.Sound(mediatest.AAC(2, 1000), 700, 0))
	interrupted(t, f, o, units, 60)
}

// interrupted interrupts a recording of units, the first of which is at 0, after every write group, twice: the file is the same whether one
// process writes all of it or another goes on after each interruption.
func interrupted(t *testing.T, f container.Resumer, o Options, units []*media.Unit, group int) {
	for cut := group; cut < len(units); cut += group {
		second := units[:min(group+cut%97, len(units))]
		play := func(resume bool) *spliced {
			w, err := f.NewWriter(tracksOf(units))
			if err != nil {
				t.Fatal(err)
			}
			s := &spliced{T: t, f: f, w: w, r: &file{tracks: tracksOf(units)}}
			s.r.data = w.Header(nil, 0)
			s.end()
			s.add(units[:cut], group)
			s.interrupt(resume)
			s.splice(second)
			s.add(second, group)
			s.interrupt(resume)
			s.splice(units[cut:])
			s.add(units[cut:], group)
			return s
		}
		want, got := play(false), play(true)
		if !bytes.Equal(got.r.data, want.r.data) {
			t.Fatalf("interrupted after %d units: another file, %d bytes and not %d", cut, len(got.r.data), len(want.r.data))
		}
		if !bytes.Equal(got.playlist, want.playlist) {
			t.Fatalf("interrupted after %d units: the playlist is\n%s\nwant\n%s", cut, got.playlist, want.playlist)
		}
		if !slices.EqualFunc(got.r.parts, want.r.parts, bytes.Equal) {
			t.Fatalf("interrupted after %d units: the index is another one", cut)
		}
		parts, valid := scan(t, f, bytes.NewReader(got.r.data), int64(len(got.r.data)), 0, got.r.tracks)
		_, ending := finish(t, f, got.r.unfinished(got.r.parts, valid), got.r.data)
		same(t, f, fmt.Sprintf("interrupted after %d units", cut), got.r, parts, valid, ending)
		checkSpliced(t, f, o, got.r, units[:cut], second, units[cut:])
	}
}

// checkSpliced checks that a file has these sessions, one behind the other, each of them moved as a whole.
func checkSpliced(t *testing.T, f container.Format, o Options, r *file, sessions ...[]*media.Unit) {
	t.Helper()
	done, _ := finish(t, f, r.unfinished(r.parts, int64(len(r.data))), r.data)
	got := read(t, f, done)
	for _, units := range sessions {
		var moved []time.Duration
		for _, track := range r.tracks {
			for _, u := range units {
				if u.Track != track {
					continue
				}
				if len(got[track.ID]) == 0 {
					t.Fatalf("track %d ends too early", track.ID)
				}
				g := got[track.ID][0]
				got[track.ID] = got[track.ID][1:]
				if !o.AnnexB && !bytes.Equal(g.Payload, u.Payload) {
					t.Fatalf("track %d: at %v another payload", track.ID, g.Time())
				}
				moved = append(moved, g.Time()-u.Time())
			}
		}
		if slices.Max(moved)-slices.Min(moved) > 2*o.Slack {
			t.Errorf("times of a session are moved by %v to %v", slices.Min(moved), slices.Max(moved))
		}
	}
}
