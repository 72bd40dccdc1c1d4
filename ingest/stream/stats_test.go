package stream_test

import (
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// TestTotals: what ended streams had stays in the totals, once, whoever ended them.
func TestTotals(t *testing.T) {
	h := &stream.Hub{Takeover: stream.TakeoverAlways}
	video, audio := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	publishOne := func(name string) *stream.Stream {
		s, err := h.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "a", Stream: name}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var last stream.Totals
	check := func(want stream.Totals) {
		t.Helper()
		got := h.Totals()
		if got.Live != want.Live || got.Begun != want.Begun || got.Bytes != want.Bytes || got.Units != want.Units ||
			got.Video != want.Video || got.Audio != want.Audio {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if got.Bytes < last.Bytes || got.Units < last.Units || got.Begun < last.Begun {
			t.Errorf("%+v comes after %+v", got, last)
		}
		last = got
	}
	a := publishOne("a")
	a.Received(100, time.Now())
	units := mediatest.Interleave(mediatest.Pictures(video, 5, 0, 40), mediatest.Sound(audio, 3, 0))
	if err := a.Write(units); err != nil {
		t.Fatal(err)
	}
	st := a.Stats()
	if st.Bytes != 100 || st.Units != 8 || st.Video != 5 || st.Audio != 3 || !st.LastUnit.Equal(units[len(units)-1].Wall) {
		t.Errorf("%+v", st)
	}
	check(stream.Totals{Live: 1, Begun: 1, Bytes: 100, Units: 8, Video: 5, Audio: 3})
	again := publishOne("a") // replaces it
	check(stream.Totals{Live: 1, Begun: 2, Bytes: 100, Units: 8, Video: 5, Audio: 3})
	again.Received(11, time.Now())
	again.End(stream.EndClient, "")
	again.End(stream.EndLost, "")
	check(stream.Totals{Begun: 2, Bytes: 111, Units: 8, Video: 5, Audio: 3})
	if ended := h.Totals().Ended; len(ended) != 2 || ended[stream.EndReplaced] != 1 || ended[stream.EndClient] != 1 {
		t.Error(ended)
	}
}

// TestWaiting: the oldest unit is that of the slowest reader which holds the publisher back, and nobody else's.
func TestWaiting(t *testing.T) {
	h := &stream.Hub{GOP: 1 << 20, TotalGOP: 1 << 20}
	s, err := h.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "a", Stream: "s"}})
	if err != nil {
		t.Fatal(err)
	}
	units := mediatest.Pictures(mediatest.H264(1, 1000), 30, 0, 40)
	give := func(units []*media.Unit) {
		t.Helper()
		if err := s.Write(units); err != nil {
			t.Fatal(err)
		}
	}
	want := func(what string, at time.Time) {
		t.Helper()
		if got := s.Waiting(); !got.Equal(at) {
			t.Errorf("%s: %s, want %s", what, got, at)
		}
	}
	watcher := s.NewReader(stream.ReaderOptions{})
	defer watcher.Close()
	give(units[:1])
	want("nobody records", time.Time{})
	first := s.NewReader(stream.ReaderOptions{HoldsBack: true, Backlog: true})
	defer first.Close()
	want("only a backlog", time.Time{})
	give(units[1:2])
	second := s.NewReader(stream.ReaderOptions{HoldsBack: true})
	give(units[2:])
	want("both", units[1].Wall)
	first.Take()
	want("the second", units[2].Wall)
	second.Close()
	want("all is taken", time.Time{})
}
