package hls_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/hls"
)

// separateSeed is a small recording with renditions.
func separateSeed(t testing.TB) *recording {
	var tracks []*media.Track
	var units [][]*media.Unit
	for i, name := range []string{"vp9", "opus", "mp3"} {
		tracks = append(tracks, mediatest.Track(name, 1+i, 1000))
		units = append(units, mediatest.Units(tracks[i], 4, 0))
	}
	r := begin(t, 0, tracks...)
	r.add(mediatest.Interleave(units...)...)
	r.goOn(0, true, tracks[0], tracks[2])
	r.add(mediatest.Interleave(units[0], units[2])...)
	r.playlist = text(t, r.finish())
	return r
}

// FuzzRenditions takes anything for a recording and its playlist, and reads all parts that it names.
func FuzzRenditions(f *testing.F) {
	r := separateSeed(f)
	f.Add(r.data, string(r.playlist))
	f.Fuzz(func(t *testing.T, data []byte, playlist string) {
		in, size := bytes.NewReader(data), int64(len(data))
		all, err := hls.ReadRenditions(in, size, strings.NewReader(playlist))
		if err != nil || all == nil {
			return
		}
		if err := all.Master(io.Discard); err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= all.Count(); n++ {
			var text bytes.Buffer
			if err := all.Playlist(&text, n, strings.NewReader(playlist)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzPart takes any bytes for a recording, and any place in it for a part.
func FuzzPart(f *testing.F) {
	r := separateSeed(f)
	all, err := hls.ReadRenditions(bytes.NewReader(r.data), int64(len(r.data)), bytes.NewReader(r.playlist))
	if err != nil {
		f.Fatal(err)
	}
	for n := 1; n <= all.Count(); n++ {
		parts, _ := r.partsOf(r.playlist, n)
		for _, p := range parts {
			f.Add(r.data, query(p))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, address string) {
		q, err := url.ParseQuery(address)
		if err != nil {
			return
		}
		p, ok, err := hls.ParsePart(q)
		if !ok || err != nil {
			return
		}
		in, err := p.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			if !errors.Is(err, hls.ErrAddress) && !errors.Is(err, container.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		if n, err := io.Copy(io.Discard, in); n != in.Size() || err != nil {
			t.Fatalf("%d of %d bytes: %v", n, in.Size(), err)
		}
	})
}

// query is the address of a part, from what tells it from others.
func query(p hls.Part) string {
	f := strings.Split(p.String(), "-")
	out := "track=" + f[0]
	for i, name := range []string{"map", "range"} {
		if !strings.HasPrefix(f[1+i], "0@") {
			out += fmt.Sprintf("&%s=%s", name, f[1+i])
		}
	}
	return out
}
