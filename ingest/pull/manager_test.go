package pull

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// nothing is a database without sources.
type nothing struct{ Store }

func (nothing) Pulls(context.Context) ([]Config, error) { return nil, nil }

func key(name string) media.StreamKey { return media.StreamKey{Domain: "d", App: "live", Stream: name} }

// bench is a manager with sources of the configuration, whose player is a function of the test.
type bench struct {
	*Manager
	hub   *stream.Hub
	log   strings.Builder
	start time.Time

	mu    sync.Mutex
	tried []time.Duration // when the player was called, since start
	plays playing
}

// playing is what a player does.
type playing func(ctx context.Context, s Session) (stream.EndReason, error)

// play says what the player does from now on.
func (b *bench) play(f playing) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plays = f
}

func (b *bench) tries() []time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.tried)
}

func (b *bench) call(ctx context.Context, s Session) (stream.EndReason, error) {
	b.mu.Lock()
	b.tried = append(b.tried, time.Since(b.start))
	f := b.plays
	b.mu.Unlock()
	return f(ctx, s)
}

func newBench(t *testing.T, fixed ...Config) *bench {
	t.Helper()
	b := &bench{start: time.Now()}
	b.hub = &stream.Hub{Ended: func(s *stream.Stream) { b.Ended(s) }}
	player := Player{Protocol: "rtmp", Play: b.call}
	b.Manager = &Manager{
		Hub: b.hub, Store: nothing{}, Fixed: fixed, Players: map[string]Player{"rtmp": player},
		Log: slog.New(slog.NewTextHandler(&b.log, nil)),
	}
	if err := b.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// status returns that of the only source, once all goroutines wait.
func (b *bench) status() Status {
	synctest.Wait()
	return b.List()[0]
}

var from = netip.MustParseAddrPort("192.0.2.1:1935")

// lasting is a player whose source is live for a time.
func lasting(d time.Duration) playing {
	return func(ctx context.Context, s Session) (stream.EndReason, error) {
		if _, err := s.Publish(from, from); err != nil {
			return "", err
		}
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return stream.EndLost, errors.New("the line is cut")
		case <-ctx.Done():
			return stream.EndLost, ctx.Err()
		}
	}
}

func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{URL: "rtmp://admin:hunter2@h/a/b?k=geheim", Key: key("a")})
		b.play(func(context.Context, Session) (stream.EndReason, error) {
			return "", errors.New("rtmp://h/a/b?k=geheim says that hunter2 is wrong")
		})
		b.Start()
		time.Sleep(20 * time.Minute)
		st := b.status()
		if st.State != Waiting || !st.Failed || st.Tries != len(b.tries()) || st.Next.IsZero() {
			t.Errorf("status %+v after %d tries", st, len(b.tries()))
		}
		tries := b.tries()
		for i, at := range tries[1:] {
			most := min(30*time.Second, time.Second<<min(i, 5))
			if gap := at - tries[i]; gap < most/2 || gap > most {
				t.Errorf("%s before try %d, want %s to %s", gap, i+1, most/2, most)
			}
		}
		if n := strings.Count(b.log.String(), "pull failed"); n < 4 || n > 5 {
			t.Errorf("%d lines in 20 minutes:\n%s", n, b.log.String())
		}
		for _, text := range []string{b.log.String(), st.Reason} {
			if strings.Contains(text, "hunter2") || strings.Contains(text, "geheim") {
				t.Errorf("secrets in %s", text)
			}
		}
		// Half a minute of media is not enough for the failures to be forgotten, a minute is.
		b.play(lasting(30 * time.Second))
		time.Sleep(45 * time.Second)
		if st := b.status(); st.Tries < 10 {
			t.Errorf("%d tries after half a minute of media", st.Tries)
		}
		b.play(lasting(time.Minute))
		for b.status().Tries > 1 {
			time.Sleep(time.Second)
		}
		b.play(lasting(time.Hour))
		time.Sleep(time.Second)
		if st := b.status(); st.State != Live || st.Session == "" || st.Reason != "" || st.Failed {
			t.Errorf("status %+v", st)
		}
		live := b.hub.Get(key("a"))
		b.Close()
		b.Close()
		if end := live.Ended(); end == nil || end.Reason != stream.EndShutdown {
			t.Errorf("end %+v", end)
		}
	})
}

func TestPushComesFirst(t *testing.T) {
	for _, policy := range []stream.Takeover{stream.TakeoverAlways, stream.TakeoverNever, stream.TakeoverStale} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{URL: "rtmp://h/a/b", Key: key("a")})
			b.hub.Takeover, b.hub.Stale = policy, 3*time.Second
			b.play(lasting(time.Hour))
			push := func() *stream.Stream {
				t.Helper()
				st, err := b.hub.Publish(stream.Publisher{Key: key("a"), Protocol: "rtmp"})
				if err != nil {
					t.Fatal(err)
				}
				return st
			}
			pushed := push()
			b.Start()
			time.Sleep(time.Hour)
			if st := b.status(); st.State != Waiting || !strings.Contains(st.Reason, "pushes") || len(b.tries()) != 0 {
				t.Errorf("%s: %+v after %d tries", policy, st, len(b.tries()))
			}
			pushed.End(stream.EndClient, "")
			time.Sleep(2 * time.Second)
			pulled := b.hub.Get(key("a"))
			if st := b.status(); st.State != Live || pulled == nil || !pulled.Publisher.Pulled() || st.Session != pulled.ID {
				t.Fatalf("%s: %+v", policy, st)
			}
			pushed = push()
			time.Sleep(time.Minute)
			if end := pulled.Ended(); end == nil || end.Reason != stream.EndReplaced {
				t.Errorf("%s: end %+v", policy, end)
			}
			if st := b.status(); st.State != Waiting || st.Tries != 0 || pushed.Ended() != nil {
				t.Errorf("%s: %+v", policy, st)
			}
			// A player that comes too late does not take over either, whatever the policy.
			if _, err := b.hub.Publish(stream.Publisher{Key: key("a"), Protocol: "rtsp" + stream.PulledSuffix}); !errors.Is(err, stream.ErrBusy) {
				t.Errorf("%s: %v", policy, err)
			}
			b.Close()
			b.hub.Close()
		})
	}
}

func TestDroppedStreamComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{URL: "rtmp://h/a/b", Key: key("a")})
		b.play(lasting(time.Hour))
		b.Start()
		synctest.Wait()
		first := b.hub.Get(key("a"))
		first.Drop(stream.EndDropped, "disconnected by DropLiveStream")
		if st := b.status(); st.State != Waiting || !strings.Contains(st.Reason, "DropLiveStream") {
			t.Errorf("%+v", st)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if again := b.hub.Get(key("a")); again == nil || again.ID == first.ID {
			t.Error("it did not come again")
		}
		b.Close()
	})
}

func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now().Add(3 * time.Hour)
		b := newBench(t, Config{URL: "rtmp://h/a/b", Key: key("a"), Start: begin, End: begin.Add(time.Hour)})
		b.play(lasting(24 * time.Hour))
		b.Start()
		time.Sleep(3*time.Hour - time.Second)
		if st := b.status(); st.State != Waiting || !st.Next.Equal(begin) || len(b.tries()) != 0 {
			t.Errorf("%+v", st)
		}
		time.Sleep(2 * time.Second)
		live := b.hub.Get(key("a"))
		if st := b.status(); st.State != Live {
			t.Fatalf("%+v", st)
		}
		time.Sleep(time.Hour)
		if st := b.status(); st.State != Over {
			t.Errorf("%+v", st)
		}
		if end := live.Ended(); end == nil || end.Reason != stream.EndClient || !strings.Contains(end.Detail, "over") {
			t.Errorf("end %+v", end)
		}
		if len(b.tries()) != 1 {
			t.Errorf("%d tries", len(b.tries()))
		}
		b.Close()
	})
}

func TestForbiddenStreamIsNotLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{URL: "rtmp://h/a/b", Key: key("a")})
		b.play(lasting(time.Hour))
		b.Permit = func(media.StreamKey) error { return errors.New("not today") }
		b.Start()
		time.Sleep(time.Minute)
		if st := b.status(); st.State != Waiting || st.Reason != "not today" || b.hub.Get(key("a")) != nil {
			t.Errorf("%+v", st)
		}
		if states, failures := b.Stats(); states[Waiting] != 1 || failures != int64(len(b.tries())) {
			t.Errorf("%v, %d failures", states, failures)
		}
		b.Close()
	})
}

func TestNotStarted(t *testing.T) {
	b := newBench(t, Config{URL: "rtmp://h/a/b", Key: key("a")})
	if st := b.List()[0]; st.State != Waiting || !st.Fixed || st.ID != "config:d/live/a" {
		t.Errorf("%+v", st)
	}
	b.Close()
}

func TestFixedSourcesAreChecked(t *testing.T) {
	good := Config{URL: "rtmp://h/a/b", Key: key("a")}
	for want, bad := range map[string]Config{
		"FromUrl":     {URL: "http://h/a/b", Key: key("b")},
		"ToUrl":       {URL: "rtmp://h/a/b", Key: key("")},
		"Transport":   {URL: "rtmp://h/a/b", Key: key("b"), Transport: "smoke"},
		"Fingerprint": {URL: "rtmp://h/a/b", Key: key("b"), Fingerprint: "abc"},
		"already":     {URL: "rtmp://other/a/b", Key: key("a")},
	} {
		m := &Manager{Hub: &stream.Hub{}, Store: nothing{}, Fixed: []Config{good, bad}, Log: slog.New(slog.DiscardHandler)}
		err := m.Open(t.Context())
		var at *FixedError
		if !errors.As(err, &at) || at.Index != 1 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestPushBeginsLate: a publisher has the stream only some time after it took it from the source, which is no failure of that. If nobody has
// it by then, it is one.
func TestPushBeginsLate(t *testing.T) {
	for _, comes := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{URL: "rtmp://h/a/b", Key: key("a")})
			source, err := b.find(b.List()[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			pulled, err := b.hub.Publish(stream.Publisher{Key: key("a"), Protocol: "rtmp" + stream.PulledSuffix})
			if err != nil {
				t.Fatal(err)
			}
			pulled.Drop(stream.EndReplaced, "replaced")
			if comes {
				time.AfterFunc(100*time.Millisecond, func() {
					if _, err := b.hub.Publish(stream.Publisher{Key: key("a"), Protocol: "rtmp"}); err != nil {
						t.Error(err)
					}
				})
			}
			if got := source.replaced(t.Context(), pulled, errKicked); got != comes {
				t.Errorf("somebody comes: %v, replaced: %v", comes, got)
			}
			if st := source.Status(); st.State != Waiting || st.Reason != errPushed.Error() {
				t.Errorf("%+v", st)
			}
			b.Close()
			b.hub.Close()
		})
	}
}
