package main

import (
	"bytes"
	"testing"
)

// playing returns what the clip of the other tests comes to for a player, sent in small pieces; change may leave out or change tags.
func playing(t *testing.T, face string, change func(n int, t tag) (tag, bool)) (*follower, []int) {
	t.Helper()
	c, err := parseClip(flvFile())
	if err != nil {
		t.Fatal(err)
	}
	f := newFollower(scripts(c, c.length))
	var seen []int
	f.seen = func(n int) { seen = append(seen, n) }
	w := newChunkWriter()
	file := append([]byte("HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n"), flvFile()[:13]...)
	w.setSize(5)
	for n, sent := range c.tags {
		out, ok := change(n, sent)
		if !ok {
			continue
		}
		w.message(out.kind, out.kind, 1, out.at, out.body)
		file = append(file, flvTag(out.kind, uint32(out.at.Milliseconds()), out.body...)...)
	}
	in := newChunkReader(bytes.NewReader(nil))
	d, b := playRTMP(&in, f.tag), w.out
	if face == overFLV {
		d, b = playFLV(f.tag), file
	}
	for len(b) > 0 {
		n := min(7, len(b))
		if err := d.feed(b[:n]); err != nil {
			t.Fatal(err)
		}
		b = b[n:]
	}
	return f, seen
}

// TestFollow has players come in the middle, miss a picture, get one that nobody sent, and not see the end.
func TestFollow(t *testing.T) {
	// The first three tags are configurations; then pictures and sound take turns.
	for name, tt := range map[string]struct {
		change           func(n int, t tag) (tag, bool)
		pictures         int
		missing, foreign int
		complete         bool
	}{
		"everything":  {func(_ int, t tag) (tag, bool) { return t, true }, 25, 0, 0, true},
		"from fourth": {func(n int, t tag) (tag, bool) { return t, n < 3 || n >= 9 }, 22, 0, 0, true},
		"one missing": {func(n int, t tag) (tag, bool) { return t, n != 13 }, 24, 1, 0, false},
		"no end":      {func(n int, t tag) (tag, bool) { return t, n < 49 }, 23, 0, 0, false},
		"one changed": {func(n int, t tag) (tag, bool) {
			if n == 13 {
				t.body = append(bytes.Clone(t.body), 1)
			}
			return t, true
		}, 24, 1, 1, false},
	} {
		for _, face := range []string{overRTMP, overFLV} {
			f, seen := playing(t, face, tt.change)
			if len(seen) != tt.pictures || f.missing != tt.missing || f.foreign != tt.foreign || f.complete() != tt.complete {
				t.Errorf("%s, %s: %d pictures, %d tags missing, %d foreign, complete: %t", name, face, len(seen), f.missing, f.foreign, f.complete())
			}
		}
	}
}

// TestDemuxRefuses what no server may send.
func TestDemuxRefuses(t *testing.T) {
	in := newChunkReader(bytes.NewReader(nil))
	for name, tt := range map[string]struct {
		d *demux
		b []byte
	}{
		"status":         {playFLV(nil), []byte("HTTP/1.0 404 Not Found\r\n\r\n")},
		"endless head":   {playFLV(nil), bytes.Repeat([]byte("x"), 9<<10)},
		"no FLV":         {playFLV(nil), []byte("HTTP/1.0 200 OK\r\n\r\n<html></html>")},
		"large tag":      {playFLV(nil), append([]byte("HTTP/1.0 200 OK\r\n\r\nFLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"), 9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0)},
		"large message":  {playRTMP(&in, nil), []byte{6, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0}},
		"far stream":     {playRTMP(&in, nil), []byte{1, 0}},
		"extended time":  {playRTMP(&in, nil), []byte{6, 0xff, 0xff, 0xff, 0, 0, 1, 9, 1, 0, 0, 0}},
		"empty chunking": {playRTMP(&in, nil), []byte{2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0}},
	} {
		if err := tt.d.feed(tt.b); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
