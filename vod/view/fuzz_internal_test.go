package view

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/mp4"
	"aircheck/vod"
)

// seed is a small file of a format, unfinished and finished.
func seed(f *testing.F, format container.Format, names ...string) {
	f.Helper()
	var tracks []*media.Track
	var units []*media.Unit
	for i, n := range names {
		t := mediatest.Track(n, i+1, 1000)
		tracks = append(tracks, t)
		units = mediatest.Interleave(units, mediatest.Units(t, 30, 0))
	}
	w, err := format.NewWriter(tracks)
	if err != nil {
		f.Fatal(err)
	}
	data := w.Header(nil, 0)
	for _, u := range units {
		if data, err = w.Append(data, u); err != nil {
			f.Fatal(err)
		}
	}
	data = w.Flush(data)
	index := w.Index(nil)
	f.Add(format.Name(), bytes.Clone(data))
	end, err := format.Finish(container.Unfinished{Tracks: tracks, Size: int64(len(data)), Index: func(yield func([]byte, error) bool) { yield(index, nil) }})
	if err != nil {
		f.Fatal(err)
	}
	data = append(data, end.Trailer...)
	for _, p := range end.Patches {
		copy(data[p.Offset:], p.Bytes)
	}
	f.Add(format.Name(), data)
}

// FuzzFiles looks for files that break what cuts them, or make it say more than they hold.
func FuzzFiles(f *testing.F) {
	seed(f, flv.Format{}, "h264", "aac")
	seed(f, mp4.Format{}, "h264", "aac")
	seed(f, aac.Format{}, "aac")
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		s, err := newSource(name)
		if err != nil || len(data) > 1<<20 {
			return
		}
		r, size := bytes.NewReader(data), int64(len(data))
		for _, whole := range []bool{false, true} {
			if err := s.grow(r, size, &vod.Asset{Duration: 1e9}, whole); err != nil {
				return
			}
		}
		p := s.plan()
		st := &state{cutter: p, source: s.frozen(), whole: true, size: size}
		var bytesOut int64
		for i := range p.cuts {
			for u, err := range st.unitsOf(reader{t.Context(), r}, i, i+1) {
				if err != nil {
					break
				}
				if bytesOut += int64(len(u.Payload)); bytesOut > 4*size {
					t.Fatalf("%d bytes of media in a file of %d", bytesOut, size)
				}
			}
		}
		layout, err := mp4.MoveFront(r, size)
		if err != nil {
			if name == "mp4" && !errors.Is(err, mp4.ErrLayout) && !errors.Is(err, container.ErrCorrupt) {
				t.Errorf("MoveFront: %v", err)
			}
			return
		}
		if n, err := io.Copy(io.Discard, layout.Reader(r)); err != nil || n != layout.Size() || n != size {
			t.Errorf("laid out anew: %d bytes of %d, %v", n, size, err)
		}
	})
}
