package server

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/rewind"
	"aircheck/vod"
)

// TestPastOfMoved: a recording that lies in another storage folder is found by what begins in the past, be it moved before or after it was found.
func TestPastOfMoved(t *testing.T) {
	cfg := testConfig(t)
	cfg.Storage.IADir = filepath.Join(t.TempDir(), "ia")
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	key := media.StreamKey{Domain: "localhost", App: "live", Stream: "moved"}
	asset := recorded(t, s, key)
	find := func() rewind.Source {
		found, err := s.recordingsOf(key, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
		i := slices.IndexFunc(found, func(s rewind.Source) bool { return s.ID == int64(asset.ID) })
		if err != nil || i < 0 {
			t.Fatalf("found %+v, %v", found, err)
		}
		return found[i]
	}
	read := func(when string, src rewind.Source) {
		o, err := src.Open()
		if err != nil {
			t.Errorf("%s: %v", when, err)
			return
		}
		defer o.Close()
		b, err := io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
		if err != nil || int64(len(b)) != asset.Size {
			t.Errorf("%s: %d bytes of %d, %v", when, len(b), asset.Size, err)
		}
	}
	before := find()
	if err := s.mover.Move(t.Context(), asset.ID, vod.StorageClassIA, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-tick.C { // until the old file is removed
		if _, err := s.storage.Stat(asset.ObjectKey); errors.Is(err, fs.ErrNotExist) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the old file is still there")
		}
	}
	read("moved after it was found", before)
	read("moved before", find())
}

// recorded pushes pictures, and returns the MP4 that they are in.
func recorded(t *testing.T, s *Server, key media.StreamKey) vod.Asset {
	t.Helper()
	st, err := s.hub.Publish(stream.Publisher{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	units := mediatest.Pictures(mediatest.H264(1, 1000), 100, 0, 40)
	now := time.Now()
	for _, u := range units {
		u.Wall = now
	}
	if err := st.Write(units); err != nil {
		t.Fatal(err)
	}
	st.End(stream.EndClient, "")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-tick.C {
		found, err := s.store.AssetsOf(t.Context(), key, now.Add(-time.Hour), now.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(found, func(a vod.Asset) bool { return a.Container == "mp4" && a.Status == vod.StatusNormal }); i >= 0 {
			return found[i]
		}
		if time.Now().After(deadline) {
			t.Fatalf("the recording is not in the catalogue: %+v", found)
		}
	}
}
