package store

import (
	"fmt"
	"testing"
	"time"

	"aircheck/rules"
	"aircheck/vod"
	"aircheck/vod/event"
)

// TestUploadEvents: a recording is told of in the transaction that catalogues it, once, and only if that is wanted.
func TestUploadEvents(t *testing.T) {
	s := open(t)
	add := func(id vod.FileID) {
		t.Helper()
		a := vod.Asset{ID: id, Name: fmt.Sprint("n", id), Container: "mp4", Status: vod.StatusNormal, CreateTime: time.Now(), StorageID: "st", ObjectKey: id.String()}
		for range 2 { // the second time it is known
			if err := s.AddFile(t.Context(), a, rules.Event{Type: rules.EventFileReady, Payload: []byte("{}")}); err != nil {
				t.Fatal(err)
			}
		}
	}
	woken := 0
	s.OnEvent = func() { woken++ }
	add(1)
	if err := s.ModifyEventConfig(t.Context(), 0, func(c *event.Config) error { c.Uploaded = true; return nil }); err != nil {
		t.Fatal(err)
	}
	add(2)
	now := time.Now()
	got, err := s.PullEvents(t.Context(), 0, now, now.Add(time.Minute), 10)
	if err != nil || len(got) != 1 || got[0].Kind != event.Uploaded || got[0].Handle != "1.1" || woken != 2 {
		t.Errorf("%+v, %v, woken %d times", got, err, woken)
	}
}

func FuzzParseHandle(f *testing.F) {
	for _, h := range []string{"1.1", "", ".", "1", "-1.9223372036854775807", "1.1.1", "99999999999999999999.1"} {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, h string) {
		id, pulls, ok := parseHandle(h)
		if !ok {
			return
		}
		if a, b, ok := parseHandle(fmt.Sprintf("%d.%d", id, pulls)); !ok || a != id || b != pulls {
			t.Errorf("%q is %d.%d, and then %d.%d", h, id, pulls, a, b)
		}
	})
}
