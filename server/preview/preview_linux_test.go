package preview_test

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/server/preview"
	"aircheck/vod/ffmpeg"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func maker(t *testing.T) *preview.Maker {
	t.Helper()
	m := &preview.Maker{Runner: &ffmpeg.Runner{AtOnce: 1, Threads: 1}}
	t.Cleanup(m.Close)
	return m
}

var show = media.StreamKey{Domain: "localhost", App: "live", Stream: "a b"}

func publish(t *testing.T, h *stream.Hub, units ...*media.Unit) *stream.Stream {
	t.Helper()
	st, err := h.Publish(stream.Publisher{Key: show, Protocol: "rtmp"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.End(stream.EndClient, "") })
	if err := st.Write(units); err != nil {
		t.Fatal(err)
	}
	return st
}

func hub() *stream.Hub { return &stream.Hub{GOP: 1 << 22, TotalGOP: 1 << 24} }

// shot encodes a fifth of a second of one colour in VP9.
func shot(t *testing.T, size, colour string) []*media.Unit {
	t.Helper()
	return mediatest.Encode(t, "vp9", 1, 90000, "-t", "0.2", "-s", size, "-vf", "drawbox=t=fill:c="+colour)
}

// TestPictureOfEachCodec: there is a picture of what MP4 can carry, of the right shape and not larger than it is to be.
func TestPictureOfEachCodec(t *testing.T) {
	m := maker(t)
	for name, c := range map[string]struct {
		units []*media.Unit
		size  [2]int
	}{
		"h264": {mediatest.Pictures(mediatest.H264(1, 90000), 3, 0, 3000), [2]int{}},
		"h265": {mediatest.Pictures(mediatest.H265(1, 90000), 3, 0, 3000), [2]int{}},
		"wide": {shot(t, "1280x720", "red"), [2]int{480, 270}},
		"high": {shot(t, "500x1000", "red"), [2]int{240, 480}},
	} {
		w, h := c.units[0].Track.Codec.(media.VideoCodec).Size()
		if c.size == [2]int{} {
			c.size = [2]int{w, h} // which is small enough
		}
		st := publish(t, hub(), c.units...)
		if !preview.Offers(st) {
			t.Errorf("%s: no preview is offered", name)
		}
		got, err := m.Picture(t.Context(), st)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		p, err := jpeg.DecodeConfig(bytes.NewReader(got))
		if err != nil || [2]int{p.Width, p.Height} != c.size {
			t.Errorf("%s: a picture of %dx%d, not %v: %v", name, p.Width, p.Height, c.size, err)
		}
	}
}

// TestNewestAccessPoint: the picture is of the newest random access point, whatever came behind it and although the publisher is done with it.
func TestNewestAccessPoint(t *testing.T) {
	units := append(shot(t, "320x180", "red"), shot(t, "320x180", "blue")...)
	lent, done := mediatest.Lend(units)
	st := publish(t, hub(), lent...)
	done()
	got, err := maker(t).Picture(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	p, err := jpeg.Decode(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if r, _, b, _ := p.At(160, 90).RGBA(); b < 3*r {
		t.Errorf("red %d, blue %d", r, b)
	}
}

// TestNothingToSee: sound alone, and pictures without an access point, give no picture and no error of their own.
func TestNothingToSee(t *testing.T) {
	m := maker(t)
	sound := publish(t, hub(), mediatest.Sound(mediatest.AAC(1, 48000), 3, 0)...)
	if preview.Offers(sound) {
		t.Error("a preview of sound is offered")
	}
	pictures := mediatest.Pictures(mediatest.H264(1, 90000), 10, 0, 3000)
	late := publish(t, hub(), slices.DeleteFunc(pictures, func(u *media.Unit) bool { return u.RandomAccess })...)
	for _, st := range []*stream.Stream{sound, late} {
		if _, err := m.Picture(t.Context(), st); !errors.Is(err, preview.ErrNone) {
			t.Errorf("%v", err)
		}
	}
}

// TestOneForAll: who asks at the same time, and soon after, gets the same picture.
func TestOneForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in which it stays fresh, however long ffmpeg takes
		m := maker(t)
		st := publish(t, hub(), shot(t, "320x180", "red")...)
		got := make([][]byte, 8)
		var wait sync.WaitGroup
		for i := range got {
			wait.Go(func() { got[i], _ = m.Picture(t.Context(), st) })
		}
		wait.Wait()
		for _, b := range got {
			if len(b) == 0 || &b[0] != &got[0][0] {
				t.Fatal("not one picture for all")
			}
		}
	})
}

// TestClose: nothing is made afterwards, and who waits is let go.
func TestClose(t *testing.T) {
	m := maker(t)
	st := publish(t, hub(), shot(t, "320x180", "red")...)
	m.Close()
	if _, err := m.Picture(t.Context(), st); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestHandler(t *testing.T) {
	allowed := true
	h := hub()
	st := publish(t, h, shot(t, "320x180", "red")...)
	handler := preview.Handler{Maker: maker(t), Allowed: func(*http.Request) bool { return allowed }, Get: h.Get}
	ask := func(name string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		q := url.Values{"domain": {show.Domain}, "app": {show.App}, "stream": {name}}
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/console/preview?"+q.Encode(), nil))
		return w
	}
	if w := ask(show.Stream); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/jpeg" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := ask("other"); w.Code != http.StatusNoContent || w.Body.Len() > 0 {
		t.Errorf("of a stream that is not there: %d %s", w.Code, w.Body)
	}
	allowed = false
	if w := ask(show.Stream); w.Code != http.StatusForbidden {
		t.Errorf("%d", w.Code)
	}
	allowed = true
	handler.Maker = &preview.Maker{Runner: &ffmpeg.Runner{Path: "/nowhere/ffmpeg", Wall: time.Second}}
	defer handler.Close()
	if w := ask(show.Stream); w.Code != http.StatusNotFound || !bytes.Contains(w.Body.Bytes(), []byte(`"NoFFmpeg"`)) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	st.End(stream.EndClient, "")
}
