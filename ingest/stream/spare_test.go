package stream

import (
	"testing"

	"aircheck/ingest/media/mediatest"
)

// TestSpareReaders: readers that others must not suffer from leave them room when they take nothing.
func TestSpareReaders(t *testing.T) {
	const total = 1 << 20
	h, s, readers := audience(t, total, 1)
	var spare []*Reader
	for range 8 {
		spare = append(spare, s.NewReader(ReaderOptions{Spare: true}))
	}
	video := mediatest.H264(1, 1000)
	pushed := 0
	for i := range 100000 { // until the other one has nearly half of all unread
		if readers[0].behindBy() > total/2-16<<10 {
			break
		}
		units := mediatest.Pictures(video, 5, int64(i)*2, 0)
		write(t, s, units...)
		pushed += len(units)
	}
	if h.spare.Load() > total/4 || h.spare.Load() < total/8 {
		t.Errorf("those that are to spare have %d bytes", h.spare.Load())
	}
	if b := readers[0].Take(); b.Lost.Units > 0 || len(b.Units) != pushed {
		t.Errorf("the other one has %d units of %d, and lost %d", len(b.Units), pushed, b.Lost.Units)
	}
	for _, r := range spare {
		if b := r.Take(); len(b.Units) == 0 {
			t.Error("one has nothing")
		}
		r.Close()
	}
	if h.spare.Load() != 0 {
		t.Errorf("%d bytes are left", h.spare.Load())
	}
}
