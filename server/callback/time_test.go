package callback_test

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/rules"
)

// pipes is a network inside the process, whose connections a clock that stands still can wait for.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// dial connects to whoever accepts.
func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// reach lets the fixture's outbox reach the receiver at any address. Call the result when done.
func (f *fixture) reach(r *receiver) (done func()) {
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: r}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(p) }()
	f.outbox.Client.Transport = &http.Transport{DialContext: p.dial}
	return func() {
		f.outbox.Client.CloseIdleConnections()
		_ = server.Close()
		<-served
	}
}

// bubble runs a test on a clock of its own.
func bubble(t *testing.T, test func(t *testing.T, f *fixture, r *receiver)) {
	synctest.Test(t, func(t *testing.T) {
		f, r := newFixture(t), newReceiver(t, nil)
		done := f.reach(r)
		f.bind("live", everything("http://receiver.example", ""))
		test(t, f, r)
		f.close()
		done()
	})
}

// TestParked: twelve tries a minute apart, then the next event goes on, and the first is tried aside with growing pauses.
func TestParked(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture, r *receiver) {
		var up atomic.Bool
		r.answer = func(w http.ResponseWriter, g received) {
			if !up.Load() && g.id() == 1 {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}
		f.outbox.Start()
		begin := time.Now()
		f.happens(rules.EventStreamBegin, "s", `{}`)
		f.happens(rules.EventStreamEnd, "s", `{}`)
		time.Sleep(11*time.Minute + time.Second)
		synctest.Wait()
		if d := cmp.Diff(append(slices.Repeat([]int{1}, 12), 2), r.ids()); d != "" {
			t.Error(d)
		}
		for i, g := range r.all[:12] {
			if at := g.at.Sub(begin); at != time.Duration(i)*time.Minute || g.header.Get("X-Aircheck-Late") != "" {
				t.Errorf("try %d after %s, headers %v", i+1, at, g.header)
			}
		}
		if s, err := f.outbox.Stats(t.Context()); err != nil || s.Pending != 0 || s.Parked != 1 {
			t.Errorf("%+v, %v", s, err)
		}
		begin = begin.Add(11 * time.Minute)
		time.Sleep(24 * time.Hour)
		up.Store(true)
		time.Sleep(time.Hour)
		synctest.Wait()
		late := r.all[13:]
		var at []time.Duration
		for _, g := range late {
			at = append(at, g.at.Sub(begin))
			if g.id() != 1 || g.header.Get("X-Aircheck-Late") != "1" {
				t.Errorf("late: event %d, headers %v", g.id(), g.header)
			}
		}
		want := []time.Duration{2 * time.Minute, 6 * time.Minute, 14 * time.Minute, 30 * time.Minute, 62 * time.Minute, 122 * time.Minute}
		for len(want) < 28 {
			want = append(want, want[len(want)-1]+time.Hour)
		}
		if d := cmp.Diff(want, at); d != "" {
			t.Error(d)
		}
		if len(f.queued()) != 0 {
			t.Errorf("left %v", f.queued())
		}
	})
}

// TestDropped: an event that nobody takes is given up when it is old, and its tries are forgotten later still.
func TestDropped(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture, r *receiver) {
		f.outbox.Tries, f.outbox.Keep = 2, 10*time.Minute
		r.answer = func(w http.ResponseWriter, _ received) { w.WriteHeader(http.StatusForbidden) }
		f.outbox.Start()
		f.happens(rules.EventStreamBegin, "s", `{}`)
		time.Sleep(time.Hour)
		synctest.Wait()
		if d := cmp.Diff([]int{1, 1, 1, 1}, r.ids()); d != "" { // at once, after 1, 3 and 7 minutes
			t.Error(d)
		}
		if len(f.queued()) != 0 || len(f.log()) != 4 {
			t.Errorf("left %v, logged %v", f.queued(), f.log())
		}
		time.Sleep(14 * 24 * time.Hour)
		synctest.Wait()
		if _, err := f.db.Event(t.Context(), 1); err == nil || len(f.log()) != 0 {
			t.Errorf("kept for ever: %v, %v", err, f.log())
		}
	})
}

// TestSlowReceiver: 20 seconds are the limit, and the next try comes when it would have come anyway.
func TestSlowReceiver(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture, r *receiver) {
		begin := time.Now()
		r.answer = func(http.ResponseWriter, received) {
			switch len(r.ids()) {
			case 1:
				time.Sleep(21 * time.Second)
			case 2:
				time.Sleep(19 * time.Second)
			}
		}
		f.outbox.Start()
		f.happens(rules.EventStreamBegin, "s", `{}`)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		log := f.log()
		if len(log) != 2 || log[0].Code != rules.CodeNoAnswer || log[0].AnswerAt.Sub(begin) != 20*time.Second ||
			log[1].Code != rules.CodeDelivered || log[1].At.Sub(begin) != time.Minute {
			t.Errorf("logged %+v", log)
		}
	})
}

// TestClose: what is due goes out, but nobody waits long for a receiver that hangs, and that is no try.
func TestClose(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture, r *receiver) {
		f.bind("hung", everything("http://hung.example", ""))
		release := make(chan struct{})
		r.answer = func(_ http.ResponseWriter, g received) {
			if g.id() == 1 {
				<-release
			}
		}
		f.outbox.Start()
		f.happensIn("hung", rules.EventStreamBegin, "s", `{}`)
		synctest.Wait()
		for range 5 {
			f.happens(rules.EventStreamBegin, "s", `{}`)
		}
		begin := time.Now()
		f.outbox.Close()
		if took := time.Since(begin); took != 2*time.Second {
			t.Errorf("it took %s", took)
		}
		if q := f.queued(); len(q) != 1 || q[1].Attempts != 0 || q[1].State != rules.EventPending {
			t.Errorf("left %+v", q)
		}
		close(release)
	})
}

// TestCloseIdle: with nothing to do a stop takes no time, whatever waits for later.
func TestCloseIdle(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture, r *receiver) {
		r.answer = func(w http.ResponseWriter, _ received) { w.WriteHeader(http.StatusForbidden) }
		f.outbox.Start()
		f.happens(rules.EventStreamBegin, "s", `{}`)
		synctest.Wait()
		begin := time.Now()
		f.outbox.Close()
		if took := time.Since(begin); took != 0 || len(r.ids()) != 1 {
			t.Errorf("it took %s, %v", took, r.ids())
		}
	})
}

// TestQuiet: an outbox with nothing to do leaves the database alone.
func TestQuiet(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture, _ *receiver) {
		counted := &counting{Store: f.db}
		f.outbox.Store = counted
		f.outbox.Start()
		time.Sleep(time.Second)
		synctest.Wait()
		before := counted.n.Load()
		time.Sleep(59 * time.Minute)
		synctest.Wait()
		if n := counted.n.Load(); n != before {
			t.Errorf("%d questions in an hour", n-before)
		}
	})
}

// TestKilled: a copy of the database as a killed server leaves it has what was pending, and its tries.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	f := open(t, path)
	r := newReceiver(t, func(w http.ResponseWriter, _ received) { w.WriteHeader(http.StatusInternalServerError) })
	f.bind("live", everything(r.serve(), ""))
	f.outbox.Tries, f.outbox.Interval = 3, time.Millisecond
	f.outbox.Start()
	f.happens(rules.EventStreamBegin, "s", `{}`)
	f.happens(rules.EventStreamEnd, "s", `{}`)
	f.settled()
	killed := open(t, copied(t, path))
	fine := newReceiver(t, nil)
	must(t, killed.callbacks.ModifyTemplate(t.Context(), 1, func(c *rules.CallbackTemplate) error {
		key := c.Name
		*c = everything(fine.serve(), "k")
		c.Name = key
		return nil
	}))
	killed.outbox.Interval = time.Millisecond
	killed.outbox.Start()
	for range 2 {
		if g := fine.next(); g.header.Get("X-Aircheck-Late") != "1" || g.header.Get("X-Aircheck-Signature") == "" {
			t.Errorf("headers %v", g.header)
		}
	}
}
