package stream

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// TestAttachSeesEveryUnit lets a reader be attached by the hub, and another one later.
func TestAttachSeesEveryUnit(t *testing.T) {
	var r *Reader
	h := &Hub{Attach: func(s *Stream) { r = s.NewReader(ReaderOptions{}) }}
	s, err := h.Publish(publisher("192.0.2.1:1", ""))
	if err != nil {
		t.Fatal(err)
	}
	units := mediatest.Pictures(mediatest.H264(1, 1000), 5, 0, 40)
	batch := append([]*media.Unit(nil), units...)
	write(t, s, batch...)
	clear(batch) // the slice is the publisher's own, and used again
	for i, u := range take(t, r, 5, 0, "").Units {
		if u != units[i] {
			t.Errorf("unit %d is another", i)
		}
	}
}

// TestTakeoverWaitsForAttach holds the first stream's Attach up while a second publisher takes the key over: the first must
// be attached and live before it is replaced, or what is recorded of both would begin in the wrong order.
func TestTakeoverWaitsForAttach(t *testing.T) {
	for name, displace := range map[string]func(*Hub){
		"a second publisher": func(h *Hub) {
			if _, err := h.Publish(publisher("192.0.2.2:1", "")); err != nil {
				t.Error(err)
			}
		},
		"the end of the hub": func(h *Hub) { h.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				var order []string
				h := &Hub{Takeover: TakeoverAlways}
				h.Attach = func(s *Stream) {
					remote := s.Publisher.Remote.Addr().String()
					if remote == "192.0.2.1" {
						<-release
					}
					order = append(order, fmt.Sprint(remote, " ended: ", s.Ended() != nil))
				}
				var work sync.WaitGroup
				work.Go(func() {
					if _, err := h.Publish(publisher("192.0.2.1:1", "")); err != nil {
						t.Error(err)
					}
				})
				synctest.Wait()
				work.Go(func() { displace(h) })
				synctest.Wait()
				close(release)
				work.Wait()
				if len(order) == 0 || order[0] != "192.0.2.1 ended: false" {
					t.Errorf("attached %q", order)
				}
			})
		})
	}
}

// TestAttachMayEndTheStream has a rule cut the stream at once.
func TestAttachMayEndTheStream(t *testing.T) {
	kicked := 0
	p := publisher("192.0.2.1:1", "")
	p.Kick = func(string) { kicked++ }
	h := &Hub{Attach: func(s *Stream) { s.Drop(EndDropped, "not wanted") }}
	s, err := h.Publish(p)
	if err != nil || s.Write(nil) != ErrEnded || kicked != 1 || h.Get(key) != nil {
		t.Errorf("%v, %d kicked, live %v", err, kicked, h.Get(key))
	}
}

// TestEndedStreamIsNoObstacle publishes in the moment between the end of a stream and the release of its key, which a
// reader's Notify stands for.
func TestEndedStreamIsNoObstacle(t *testing.T) {
	h := &Hub{Takeover: TakeoverNever}
	first, err := h.Publish(publisher("192.0.2.1:1", ""))
	if err != nil {
		t.Fatal(err)
	}
	first.mu.Lock()
	first.end = &End{Reason: EndClient}
	first.mu.Unlock()
	second, err := h.Publish(publisher("192.0.2.1:2", ""))
	if err != nil {
		t.Fatal(err)
	}
	h.remove(first)
	if h.Get(key) != second {
		t.Error("the first stream took the second's key away")
	}
}

func TestBusyNamesThePublisher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &Hub{Takeover: TakeoverNever}
		if _, err := h.Publish(publisher("192.0.2.1:1000", "")); err != nil {
			t.Fatal(err)
		}
		_, err := h.Publish(publisher("192.0.2.2:1000", ""))
		want := "the stream is already being published: d/live/show, from 192.0.2.1:1000 since 2000-01-01T00:00:00Z"
		if !errors.Is(err, ErrBusy) || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	})
}

// TestConcurrentTakeover has many publishers of one key replace each other: the last one to get it stays, and every other
// learns of it once.
func TestConcurrentTakeover(t *testing.T) {
	const n = 64
	h := &Hub{Takeover: TakeoverAlways}
	var attached, kicked sync.Map
	h.Attach = func(s *Stream) {
		attached.Store(s, s.NewReader(ReaderOptions{}))
	}
	streams := make([]*Stream, n)
	var work sync.WaitGroup
	for i := range n {
		work.Go(func() {
			p := publisher(netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(i+1)).String(), "")
			p.Kick = func(string) {
				if _, again := kicked.LoadOrStore(i, true); again {
					t.Errorf("%d kicked twice", i)
				}
			}
			s, err := h.Publish(p)
			if err != nil {
				t.Error(err)
				return
			}
			streams[i] = s
			_ = s.Write(mediatest.Pictures(mediatest.H264(1, 1000), 1, 0, 40))
		})
	}
	work.Wait()
	live := h.List()
	if len(live) != 1 {
		t.Fatalf("%d live", len(live))
	}
	for i, s := range streams {
		_, out := kicked.Load(i)
		if r, ok := attached.Load(s); !ok || (s == live[0]) == out || (s.Ended() == nil) == out || (r.(*Reader).Take().End != nil) != out {
			t.Errorf("stream %d: kicked %v, ended %v", i, out, s.Ended())
		}
	}
}

// TestKickHoldsNoLock calls back into everything from Kick.
func TestKickHoldsNoLock(t *testing.T) {
	for _, how := range []func(*Hub, *Stream){
		func(_ *Hub, s *Stream) { s.Drop(EndDropped, "why"); s.Drop(EndDropped, "again") },
		func(h *Hub, _ *Stream) { h.Close(); h.Close() },
		func(h *Hub, _ *Stream) { _, _ = h.Publish(publisher("192.0.2.2:1", "")) },
	} {
		kicked := 0
		var h *Hub
		var s *Stream
		var r *Reader
		p := publisher("192.0.2.1:1", "")
		p.Kick = func(detail string) {
			kicked++
			other := p
			other.Key.Stream, other.Kick = "other", nil
			_, _ = h.Publish(other)
			if s.End(EndClient, "") || s.Ended() == nil || detail != s.Ended().Detail || len(s.Tracks()) != 0 || h.Get(key) == s {
				t.Errorf("kicked %q, ended %v", detail, s.Ended())
			}
			h.List()
			s.NewReader(ReaderOptions{}).Close()
			if r.Take().End == nil {
				t.Error("kicked before the reader knew")
			}
			r.Close()
		}
		h = &Hub{Takeover: TakeoverAlways, Attach: func(s *Stream) { s.NewReader(ReaderOptions{}) }}
		var err error
		if s, err = h.Publish(p); err != nil {
			t.Fatal(err)
		}
		r = s.NewReader(ReaderOptions{})
		how(h, s)
		if kicked != 1 {
			t.Errorf("kicked %d times", kicked)
		}
	}
}

// TestPublisherWhoEndsIsNotKicked checks that nobody closes a connection that has ended its stream itself.
func TestPublisherWhoEndsIsNotKicked(t *testing.T) {
	p := publisher("192.0.2.1:1", "")
	p.Kick = func(detail string) { t.Errorf("kicked: %s", detail) }
	h := &Hub{}
	s, err := h.Publish(p)
	if err != nil {
		t.Fatal(err)
	}
	s.End(EndClient, "done")
	s.Drop(EndDropped, "too late")
	h.Close()
	if e := s.Ended(); e.Reason != EndClient || e.Detail != "done" || e.At.Before(s.Start) {
		t.Errorf("%+v", e)
	}
}

// TestCloseLetsNobodyIn races publishers against Close: whoever got in is ended.
func TestCloseLetsNobodyIn(t *testing.T) {
	h := &Hub{}
	var work sync.WaitGroup
	var mu sync.Mutex
	var in []*Stream
	for i := range 50 {
		work.Go(func() {
			k := key
			k.Stream = strings.Repeat("x", i+1)
			s, err := h.Publish(Publisher{Key: k})
			if err != nil {
				if !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
				return
			}
			mu.Lock()
			in = append(in, s)
			mu.Unlock()
		})
		if i == 25 {
			work.Go(h.Close)
		}
	}
	work.Wait()
	if len(h.List()) != 0 {
		t.Errorf("%d live", len(h.List()))
	}
	for _, s := range in {
		if s.Ended() == nil || s.Ended().Reason != EndShutdown {
			t.Errorf("%v", s.Ended())
		}
	}
}

// TestListOrder checks the order of several domains and apps.
func TestListOrder(t *testing.T) {
	h := &Hub{}
	want := []string{"a/live/z", "a/x/a", "b/live/a", "b/live/b"}
	for _, i := range []int{2, 0, 3, 1} {
		parts := strings.Split(want[i], "/")
		if _, err := h.Publish(Publisher{Key: media.StreamKey{Domain: parts[0], App: parts[1], Stream: parts[2]}}); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range h.List() {
		if s.Key().String() != want[i] {
			t.Errorf("%d: %s, want %s", i, s.Key(), want[i])
		}
	}
}

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := live(t, ReaderOptions{})
		if got := s.Stats(); !got.LastByte.Equal(s.Start) {
			t.Errorf("%+v", got)
		}
		time.Sleep(time.Second) // of the bubble's clock
		s.Received(100, time.Now())
		time.Sleep(time.Second)
		s.Received(0, time.Now())
		write(t, s, mediatest.Pictures(mediatest.H264(1, 1000), 3, 0, 40)...)
		got := s.Stats()
		if got.Bytes != 100 || got.Units != 3 || time.Since(got.LastByte) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// TestSilenceIsMeasuredByASteadyClock checks that setting the machine's clock makes no publisher stale.
func TestSilenceIsMeasuredByASteadyClock(t *testing.T) {
	s, _, _ := live(t, ReaderOptions{})
	s.Received(1, time.Now())
	if got := s.Stats().LastByte; got == got.Round(0) {
		t.Errorf("%s has lost its monotonic reading", got)
	}
}
