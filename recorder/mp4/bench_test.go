package mp4_test

import (
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
)

// hour is an hour of pictures and sound.
func hour(b *testing.B) container.Unfinished {
	tracks := []*media.Track{mediatest.H264(1, 1000), mediatest.AAC(2, 1000)}
	w, err := mp4.Format{}.NewWriter(tracks)
	if err != nil {
		b.Fatal(err)
	}
	size := int64(len(w.Header(nil, 0)))
	pictures := mediatest.Pictures(tracks[0], 25, 0, 40)
	var buf []byte
	var parts [][]byte
	for second := range int64(3600) {
		for _, u := range mediatest.Interleave(pictures, mediatest.Sound(tracks[1], 47, 0)) {
			c := *u
			c.DTS, c.PTS = u.DTS+second*1000, u.PTS+second*1000
			if buf, err = w.Append(buf[:0], &c); err != nil {
				b.Fatal(err)
			}
			size += int64(len(buf))
		}
		parts = append(parts, w.Index(nil))
	}
	size += int64(len(w.Flush(nil)))
	parts = append(parts, w.Index(nil))
	total := 0
	for _, p := range parts {
		total += len(p)
	}
	index := func(yield func([]byte, error) bool) {
		for _, p := range parts {
			if !yield(p, nil) {
				return
			}
		}
	}
	return container.Unfinished{Tracks: tracks, Size: size, Index: index, IndexSize: int64(total)}
}

// BenchmarkResume is what an hour costs when another process goes on in it.
func BenchmarkResume(b *testing.B) {
	file := hour(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := (mp4.Format{}).Resume(file, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFinish is what an hour costs when it ends: the index is read and the moov made.
func BenchmarkFinish(b *testing.B) {
	file := hour(b)
	b.ReportAllocs()
	for b.Loop() {
		end, err := mp4.Format{}.Finish(file)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(end.Trailer)), "moov-bytes")
	}
}
