package rtmp

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eventually waits for a condition of another goroutine.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// gatherers runs a test with both ways of reading sockets.
func gatherers(t *testing.T, f func(t *testing.T, portable bool)) {
	t.Run("tick", func(t *testing.T) { f(t, false) })
	t.Run("portable", func(t *testing.T) { f(t, true) })
}

// allow lets everybody publish under the domain "d".
func allow(r PublishRequest) (Permission, error) {
	key := media.StreamKey{Domain: "d", App: r.App, Stream: r.Stream}
	return Permission{Key: key, Params: r.Params}, key.Validate()
}

// logged collects a server's log.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logged) count(s string) int { return strings.Count(l.String(), s) }

// fixture is a running server and what its streams received.
type fixture struct {
	*Server
	t   testing.TB
	log *logged

	mu      sync.Mutex
	streams []*recorded
}

// recorded is a stream with a reader from its start.
type recorded struct {
	*stream.Stream
	reader *stream.Reader
	mu     sync.Mutex
	units  []*media.Unit
	end    *stream.End
}

// take takes what has arrived.
func (r *recorded) take() ([]*media.Unit, *stream.End) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.reader.Take()
	r.units = append(r.units, b.Units...)
	if b.End != nil {
		r.end = b.End
	}
	return r.units, r.end
}

// start starts a server; change may set it up.
func start(t testing.TB, change func(*Server)) *fixture {
	t.Helper()
	f := listening(t, change)
	f.Start()
	return f
}

// listening returns a server that is not started yet.
func listening(t testing.TB, change func(*Server)) *fixture {
	t.Helper()
	f := &fixture{t: t, log: &logged{}}
	f.Server = &Server{
		Address: "127.0.0.1:0", Authorize: allow, Tick: 5 * time.Millisecond,
		Hub: &stream.Hub{Takeover: stream.TakeoverNever},
		Log: slog.New(slog.NewTextHandler(f.log, nil)),
	}
	f.Hub.Attach = func(s *stream.Stream) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.streams = append(f.streams, &recorded{Stream: s, reader: s.NewReader(stream.ReaderOptions{})})
	}
	if change != nil {
		change(f.Server)
	}
	if err := f.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if n := f.Stats().Connections; n != 0 {
			t.Errorf("%d connections left", n)
		}
		if n := f.Stats().Partial; n != 0 {
			t.Errorf("%d bytes of unfinished messages left", n)
		}
	})
	return f
}

// stream waits for the n-th stream.
func (f *fixture) stream(n int) *recorded {
	f.t.Helper()
	var r *recorded
	eventually(f.t, "a stream", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.streams) > n {
			r = f.streams[n]
		}
		return r != nil
	})
	return r
}

// named waits for the stream of that name.
func (f *fixture) named(name string) *recorded {
	f.t.Helper()
	var found *recorded
	eventually(f.t, "the stream "+name, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, r := range f.streams {
			if r.Key().Stream == name {
				found = r
			}
		}
		return found != nil
	})
	return found
}

// await waits for n units and returns them.
func (r *recorded) await(t testing.TB, n int) []*media.Unit {
	t.Helper()
	var units []*media.Unit
	eventually(t, "units", func() bool { units, _ = r.take(); return len(units) >= n })
	if len(units) != n {
		t.Errorf("%d units, want %d", len(units), n)
	}
	return units
}

// ended waits for the end of the stream.
func (r *recorded) ended(t testing.TB) ([]*media.Unit, stream.End) {
	t.Helper()
	var units []*media.Unit
	var end *stream.End
	eventually(t, "the end of the stream", func() bool { units, end = r.take(); return end != nil })
	return units, *end
}
