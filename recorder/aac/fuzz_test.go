package aac_test

import (
	"bytes"
	"errors"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/recordertest"
)

// seeds returns a small file.
func seeds(t testing.TB) (tracks []*media.Track, data, index []byte) {
	units := mediatest.Sound(mediatest.AAC(1, 48000), 4, 0)
	data, index = write(t, units)
	return []*media.Track{units[0].Track}, data, index
}

func FuzzAACScan(f *testing.F) {
	tracks, data, _ := seeds(f)
	f.Add(data, int64(0))
	f.Add(data, int64(7+len(mediatest.Sound(tracks[0], 1, 0)[0].Payload)))
	// A frame across a page boundary, blank from there on.
	blank, _ := write(f, []*media.Unit{{Track: tracks[0], Payload: append(bytes.Repeat([]byte{1}, 4089), make([]byte, 900)...)}})
	f.Add(blank, int64(0))
	f.Fuzz(func(t *testing.T, data []byte, from int64) {
		recordertest.FuzzScan(t, aac.Format{}, data, from, tracks)
	})
}

func FuzzAACRead(f *testing.F) {
	_, data, _ := seeds(f)
	f.Add(data)
	f.Add([]byte{0xff, 0xf0, 0x4c, 0x80, 0x01, 0x9f, 0xfc, 0xaa, 0xbb, 'a', 'b', 'c'})
	f.Fuzz(func(t *testing.T, data []byte) { recordertest.FuzzRead(t, aac.Format{}, data) })
}

func FuzzAACFinish(f *testing.F) {
	tracks, data, index := seeds(f)
	f.Add(index, int64(len(data)))
	f.Fuzz(func(t *testing.T, index []byte, size int64) {
		e, err := aac.Format{}.Finish(container.Unfinished{Tracks: tracks, Size: size, Index: one(index)})
		if err != nil && !errors.Is(err, container.ErrCorrupt) {
			t.Fatal(err)
		}
		s := e.Summary
		if err == nil && (s.Duration < 0 || s.Tracks[0].Units > max(size, 0)/8 || s.Tracks[0].Bytes > max(size, 0)) {
			t.Fatalf("%+v of a file of %d bytes", s, size)
		}
	})
}
