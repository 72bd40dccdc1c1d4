package vod

import "testing"

func TestWishesAreBounded(t *testing.T) {
	var w wishes
	for id := range FileID(maxWanted) {
		if !w.add([]FileID{id, id, id / 2}) {
			t.Fatalf("wish %d was not taken", id)
		}
	}
	if w.add([]FileID{maxWanted, 5}) {
		t.Error("one too many was taken")
	}
	for id := range FileID(maxWanted) {
		if got, ok := w.first(); got != id || !ok {
			t.Fatalf("wish %d is %d, %v", id, got, ok)
		}
		w.done()
		if id == 0 && (!w.add([]FileID{maxWanted}) || w.add([]FileID{maxWanted + 1})) {
			t.Error("the place of one that was done is not that of one other")
		}
	}
	if got, ok := w.first(); got != maxWanted || !ok {
		t.Error("the last is", got, ok)
	}
	w.done()
	if got, ok := w.first(); ok || len(w.known) != 0 {
		t.Error("left:", got, len(w.known))
	}
}
