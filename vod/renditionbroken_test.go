package vod_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/vod"
)

var errDisk = errors.New("input/output error")

// failing is a storage whose playlists can be read whole once, and then only so far, as if their disk went.
type failing struct{ vod.Storage }

// Open opens a file.
func (f failing) Open(key string) (*vod.Object, error) {
	o, err := f.Storage.Open(key)
	if err == nil && strings.HasSuffix(key, ".m3u8") {
		o.ReadSeekCloser = &failingFile{ReadSeekCloser: o.ReadSeekCloser}
	}
	return o, err
}

type failingFile struct {
	io.ReadSeekCloser
	at, furthest int64
}

// Seek seeks.
func (f *failingFile) Seek(offset int64, whence int) (int64, error) {
	var err error
	f.at, err = f.ReadSeekCloser.Seek(offset, whence)
	return f.at, err
}

// Read fails where it was read before, but for the beginning.
func (f *failingFile) Read(b []byte) (int, error) {
	const begin = 16 << 10
	if f.at > begin && f.at < f.furthest {
		return 0, errDisk
	}
	n, err := f.ReadSeekCloser.Read(b)
	f.at += int64(n)
	f.furthest = max(f.furthest, f.at)
	return n, err
}

// TestRenditionBreaksOff: a playlist of which part was sent when it could not be read on does not look whole to whoever gets it.
func TestRenditionBreaksOff(t *testing.T) {
	l := newLibrary(t)
	tracks := []*media.Track{mediatest.Track("vp9", 1, 1000), mediatest.Track("mp3", 2, 1000)}
	p := newTape(t, l, tracks...)
	p.add(separateUnits(tracks, 0, 3000)...)
	p.finish()
	storages := map[string]vod.Storage{}
	for id, s := range l.Storages {
		storages[id] = failing{s}
	}
	server := httptest.NewServer(&vod.Player{Store: l.Store, Storages: storages, Log: slog.New(slog.DiscardHandler)})
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(server.URL + "/vod/1/media.m3u8?rendition=1")
	must(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK || len(text) == 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%s, %d bytes, %v", answer.Status, len(text), err)
	}
}
