package stream

import (
	"errors"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
)

var key = media.StreamKey{Domain: "d", App: "live", Stream: "show"}

func publisher(remote, credential string) Publisher {
	return Publisher{Key: key, Remote: netip.MustParseAddrPort(remote), Credential: credential}
}

// TestTakeover checks who may replace whom.
func TestTakeover(t *testing.T) {
	const a, a2, b = "192.0.2.1:1000", "192.0.2.1:2000", "192.0.2.2:1000"
	for _, ca := range []struct {
		name          string
		policy        Takeover
		first, second Publisher
		silent        time.Duration
		replaced      bool
	}{
		{"alive", TakeoverStale, publisher(a, ""), publisher(b, ""), 0, false},
		{"nearly stale", TakeoverStale, publisher(a, ""), publisher(b, ""), 2999 * time.Millisecond, false},
		{"stale", TakeoverStale, publisher(a, ""), publisher(b, ""), 3 * time.Second, true},
		{"same address and key", TakeoverStale, publisher(a, "k"), publisher(a2, "k"), 0, true},
		{"same address without a key", TakeoverStale, publisher(a, ""), publisher(a2, ""), 0, false},
		{"same address, another key", TakeoverStale, publisher(a, "k"), publisher(a2, "l"), 0, false},
		{"same key, another address", TakeoverStale, publisher(a, "k"), publisher(b, "k"), 0, false},
		{"no policy is stale", "", publisher(a, ""), publisher(b, ""), 3 * time.Second, true},
		{"always", TakeoverAlways, publisher(a, ""), publisher(b, ""), 0, true},
		{"never", TakeoverNever, publisher(a, "k"), publisher(a2, "k"), time.Hour, false},
	} {
		t.Run(ca.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &Hub{Takeover: ca.policy, Stale: 3 * time.Second}
				kicked := ""
				ca.first.Kick = func(detail string) { kicked = detail }
				first, err := h.Publish(ca.first)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second) // of the bubble's clock
				first.Received(1, time.Now())
				time.Sleep(ca.silent)
				second, err := h.Publish(ca.second)
				if ca.replaced != (err == nil) || err != nil && !errors.Is(err, ErrBusy) {
					t.Fatalf("second publisher: %v", err)
				}
				end := first.Ended()
				if !ca.replaced {
					if end != nil || kicked != "" || h.Get(key) != first {
						t.Errorf("the first ended: %v, kicked %q", end, kicked)
					}
					return
				}
				if end == nil || end.Reason != EndReplaced || kicked != end.Detail || h.Get(key) != second {
					t.Errorf("the first ended: %v, kicked %q", end, kicked)
				}
				if first.Write(nil) != ErrEnded || second.Write(nil) != nil {
					t.Error("the first can still write, or the second cannot")
				}
			})
		})
	}
}

// TestOnlyOnePublisherWins lets many publish at once.
func TestOnlyOnePublisherWins(t *testing.T) {
	h := &Hub{Takeover: TakeoverNever}
	var mu sync.Mutex
	var work sync.WaitGroup
	attached, won := 0, 0
	h.Attach = func(*Stream) { mu.Lock(); attached++; mu.Unlock() }
	for range 50 {
		work.Go(func() {
			if _, err := h.Publish(publisher("192.0.2.1:1", "")); err == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	work.Wait()
	if attached != 1 || won != 1 {
		t.Errorf("%d attached, %d won", attached, won)
	}
	h = &Hub{Takeover: TakeoverAlways}
	for range 50 {
		work.Go(func() {
			s, err := h.Publish(publisher("192.0.2.1:1", ""))
			if err != nil {
				t.Error(err)
				return
			}
			s.End(EndClient, "")
		})
	}
	work.Wait()
	if got := h.List(); len(got) != 0 {
		t.Errorf("%d live", len(got))
	}
}

// TestHubClose checks that every stream ends and no other begins.
func TestHubClose(t *testing.T) {
	h := &Hub{}
	var streams []*Stream
	kicked := 0
	for _, name := range []string{"b", "a", "c"} {
		s, err := h.Publish(Publisher{Key: media.StreamKey{Domain: "d", App: "live", Stream: name}, Kick: func(string) { kicked++ }})
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, s)
	}
	if l := h.List(); len(l) != 3 || l[0].Key().Stream != "a" || l[2].Key().Stream != "c" {
		t.Errorf("%v", l)
	}
	streams[0].End(EndClient, "")
	h.Close()
	for i, s := range streams {
		want := EndShutdown
		if i == 0 {
			want = EndClient
		}
		if s.Ended() == nil || s.Ended().Reason != want {
			t.Errorf("stream %d: %v", i, s.Ended())
		}
	}
	if _, err := h.Publish(publisher("192.0.2.1:1", "")); !errors.Is(err, ErrClosed) || kicked != 2 || len(h.List()) != 0 {
		t.Errorf("%v, %d kicked, %d live", err, kicked, len(h.List()))
	}
}

// TestGrace: a publisher that comes before the goodbye of the one before it waits for that, but not for ever.
func TestGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &Hub{Takeover: TakeoverNever, Grace: 300 * time.Millisecond}
		key := media.StreamKey{Domain: "d", App: "a", Stream: "s"}
		first, err := h.Publish(Publisher{Key: key})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if _, err := h.Publish(Publisher{Key: key}); !errors.Is(err, ErrBusy) || time.Since(begin) != h.Grace {
			t.Errorf("beside a live publisher: %v after %v", err, time.Since(begin))
		}
		go func() {
			time.Sleep(200 * time.Millisecond)
			first.End(EndClient, "")
		}()
		begin = time.Now()
		if _, err := h.Publish(Publisher{Key: key}); err != nil || time.Since(begin) != 200*time.Millisecond {
			t.Errorf("after a goodbye: %v after %v", err, time.Since(begin))
		}
	})
}
