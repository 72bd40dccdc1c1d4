// Package recordertest is the suite that every file format of the recorder passes: what is written is read back, whatever
// the units look like and wherever a crash cuts the file, and real players agree.
package recordertest

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
)

// file is an unfinished file in memory, with its journal.
type file struct {
	tracks []*media.Track
	base   time.Duration
	data   []byte
	// parts are the index parts of the write groups; that of the header is empty.
	parts [][]byte
	// ends are the lengths of the file after each write group, the header being the first; units says how many
	// units had been given to the writer by then, where it holds none back.
	ends  []int64
	units []int
}

// tracksOf returns the tracks of units ordered by ID.
func tracksOf(units []*media.Unit) (tracks []*media.Track) {
	for _, u := range units {
		if !slices.Contains(tracks, u.Track) {
			tracks = append(tracks, u.Track)
		}
	}
	slices.SortFunc(tracks, func(a, b *media.Track) int { return a.ID - b.ID })
	return tracks
}

// record writes units in groups of that many; flush tells whether each group is flushed, or the last alone.
func record(t testing.TB, f container.Format, units []*media.Unit, group int, flush bool) *file {
	t.Helper()
	return recordTracks(t, f, tracksOf(units), units, group, flush)
}

// lendAll yields units that are gone soon after the writer has released them.
func lendAll(units []*media.Unit) iter.Seq2[int, *media.Unit] {
	const together = 16
	return func(yield func(int, *media.Unit) bool) {
		for i := 0; i < len(units); i += together {
			lent, done := mediatest.Lend(units[i:min(i+together, len(units))])
			for _, u := range lent {
				u.Retain()
			}
			done()
			for j, u := range lent {
				if !yield(i+j, u) {
					return
				}
			}
		}
	}
}

// recordTracks is record for a file of these tracks, which may be more than those of the units.
func recordTracks(t testing.TB, f container.Format, tracks []*media.Track, units []*media.Unit, group int, flush bool) *file {
	t.Helper()
	r := &file{tracks: tracks, base: mediatest.Base(units)}
	w, err := f.NewWriter(r.tracks)
	if err != nil {
		t.Fatal(err)
	}
	r.data = w.Header(nil, r.base)
	r.end(w, 0)
	for i, u := range lendAll(units) {
		if r.data, err = w.Append(r.data, u); err != nil {
			t.Fatalf("append unit %d: %v", i, err)
		}
		last := i == len(units)-1
		if (i+1)%group != 0 && !last {
			continue
		}
		if flush || last {
			r.data = w.Flush(r.data)
			if age := w.Pending(); age != 0 {
				t.Fatalf("%v pending after Flush", age)
			}
		}
		r.end(w, i+1)
	}
	return r
}

// end notes the end of a write group.
func (r *file) end(w container.Writer, units int) {
	r.ends = append(r.ends, int64(len(r.data)))
	r.units = append(r.units, units)
	r.parts = append(r.parts, w.Index(nil))
}

func (r *file) unfinished(parts [][]byte, size int64) container.Unfinished {
	return container.Unfinished{Tracks: r.tracks, Size: size, Index: seq(parts)}
}

func seq(parts [][]byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, p := range parts {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// finish returns the finished file.
func finish(t testing.TB, f container.Format, u container.Unfinished, data []byte) ([]byte, container.Ending) {
	t.Helper()
	e, err := f.Finish(u)
	if err != nil {
		t.Fatalf("finish: %v", err)
	}
	out := append(slices.Clone(data[:u.Size]), e.Trailer...)
	for _, p := range e.Patches {
		if len(p.Bytes) > 16<<10 || p.Offset < 0 || p.Offset+int64(len(p.Bytes)) > u.Size {
			t.Fatalf("patch of %d bytes at %d of %d", len(p.Bytes), p.Offset, u.Size)
		}
		copy(out[p.Offset:], p.Bytes)
	}
	return out, e
}

// scan runs Scan and returns the index parts with the length of what is whole.
func scan(t testing.TB, f container.Format, r io.ReaderAt, size, from int64, tracks []*media.Track) (parts [][]byte, valid int64) {
	t.Helper()
	valid, err := f.Scan(r, size, from, tracks, func(part []byte) error {
		parts = append(parts, slices.Clone(part))
		return nil
	})
	if err != nil {
		t.Fatalf("scan from %d: %v", from, err)
	}
	if valid > size || valid < 0 {
		t.Fatalf("scan says %d bytes of %d are whole", valid, size)
	}
	return parts, valid
}

// read returns the units of a file, by track ID.
func read(t testing.TB, f container.Format, data []byte) map[int][]*media.Unit {
	t.Helper()
	units := map[int][]*media.Unit{}
	for u, err := range f.Read(bytes.NewReader(data), int64(len(data))) {
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		units[u.Track.ID] = append(units[u.Track.ID], u)
	}
	return units
}

// byTrack orders the units of a file by track ID, without those that carry nothing. IDs are replaced by positions where the
// format does not keep them.
func (r *file) byTrack(units []*media.Unit, o Options) map[int][]*media.Unit {
	out := map[int][]*media.Unit{}
	for _, u := range units {
		id := u.Track.ID
		if !o.KeepsIDs {
			id = 1 + slices.Index(r.tracks, u.Track)
		}
		if len(u.Payload) > 0 {
			out[id] = append(out[id], u)
		}
	}
	return out
}

// at returns a time relative to the file's zero.
func at(ticks int64, timescale uint32, base time.Duration) time.Duration {
	return media.Duration(ticks, timescale) - base
}

// compare checks that got has the units of want, times relative to base. It returns false after the first difference.
func compare(t testing.TB, what string, got, want map[int][]*media.Unit, base time.Duration, o Options) bool {
	t.Helper()
	ok := true
	for id, units := range want {
		if len(got[id]) != len(units) {
			t.Errorf("%s: track %d has %d units, want %d", what, id, len(got[id]), len(units))
			ok = false
			continue
		}
		zero := newZero(units[0].Track.Timescale, base, o)
		for i, w := range units {
			if problem := zero.difference(got[id][i], w, i); problem != "" {
				t.Errorf("%s: track %d unit %d: %s", what, id, i, problem)
				ok = false
				break
			}
		}
	}
	for id := range got {
		if len(want[id]) == 0 {
			t.Errorf("%s: track %d does not belong there", what, id)
			ok = false
		}
	}
	return ok
}

// zero compares the times of one track in a file with those of its source.
type zero struct {
	o     Options
	base  time.Duration
	ticks int64 // base, where the format keeps the track's ticks
}

// newZero returns the comparison of a track. A format with no slack keeps the ticks of each track, so that its zero is base
// rounded to a tick, and everything else is exact.
func newZero(timescale uint32, base time.Duration, o Options) zero {
	return zero{o: o, base: base, ticks: media.Rescale(int64(base), uint32(time.Second), timescale)}
}

// off returns how far the file's time of the track's unit number i is from the source's. A file without times plays one frame
// after the other.
func (z zero) off(got int64, g *media.Track, want int64, w *media.Track, i int) time.Duration {
	if z.o.Timeless {
		return media.Duration(got, g.Timescale) - counted(int64(i), w.Codec)
	}
	if z.o.Slack == 0 && g.Timescale == w.Timescale {
		return media.Duration(got-(want-z.ticks), g.Timescale)
	}
	d := at(got, g.Timescale, 0) - at(want, w.Timescale, z.base)
	if max(d, -d) <= z.o.Slack {
		return 0
	}
	return d
}

// difference tells what is wrong with unit number i, if anything.
func (z zero) difference(g, w *media.Unit, i int) string {
	dts, pts := z.off(g.DTS, g.Track, w.DTS, w.Track, i), z.off(g.PTS, g.Track, w.PTS, w.Track, i)
	switch {
	case !z.o.samePayload(g, w):
		return fmt.Sprintf("other payload (%d bytes, want %d)", len(g.Payload), len(w.Payload))
	case dts != 0 || pts != 0:
		return fmt.Sprintf("DTS off by %v, PTS off by %v", dts, pts)
	case g.RandomAccess != w.RandomAccess:
		return fmt.Sprintf("random access %v", g.RandomAccess)
	case !z.o.sameCodec(g.Track.Codec, w.Track.Codec):
		return "other codec parameters"
	}
	return ""
}
