package audit

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gate is a Store that can be shut and made to fail.
type gate struct {
	mu     sync.Mutex
	rows   []Entry
	err    error
	shut   chan struct{} // AddAudit waits for it to be closed; nil: it does not
	sweeps int
	cutoff time.Time
}

func (g *gate) AddAudit(_ context.Context, entries []Entry) error {
	if g.shut != nil {
		<-g.shut
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return g.err
	}
	g.rows = append(g.rows, entries...)
	return nil
}

func (g *gate) Audit(context.Context, Filter) ([]Entry, int, error) { return nil, 0, nil }

func (g *gate) SweepAudit(_ context.Context, before time.Time, _, _ int) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweeps++
	g.cutoff = before
	return 0, nil
}

func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.rows)
}

// swept returns how often was swept, and from before when the last time.
func (g *gate) swept() (int, time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sweeps, g.cutoff
}

func (g *gate) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = err
}

func open(g *gate) *Log {
	l := &Log{Store: g, Log: slog.New(slog.DiscardHandler)}
	l.Start()
	return l
}

// TestLogNeverWaits checks that a store that does not answer holds nobody up, that what is too much is counted, and that Close writes the rest.
func TestLogNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{shut: make(chan struct{})}
		l := open(g)
		l.Add(Entry{Action: "first"})
		synctest.Wait() // it is being written
		for range queueSize + 7 {
			l.Add(Entry{Action: "more"})
		}
		if s := l.Stats(); s != (Stats{Lost: 7}) {
			t.Errorf("%+v", s)
		}
		close(g.shut)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if s := l.Stats(); s != (Stats{Written: queueSize + 1, Lost: 7}) || g.count() != queueSize+1 || g.rows[0].Action != "first" || g.rows[0].Time.IsZero() {
			t.Errorf("%+v, %d rows", s, g.count())
		}
		l.Add(Entry{})
		if s := l.Stats(); s.Lost != 8 {
			t.Errorf("after the end: %+v", s)
		}
		var none *Log
		none.Add(Entry{})
	})
}

// TestLogTriesAgain checks that a disk that is full for a while loses nothing, and that one that stays so holds up no stop.
func TestLogTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{err: errors.New("the disk is full")}
		l := open(g)
		for range 3 {
			l.Add(Entry{})
		}
		time.Sleep(time.Minute)
		if g.count() != 0 {
			t.Fatal("written")
		}
		g.fail(nil)
		time.Sleep(2 * retry)
		if g.count() != 3 || l.Stats() != (Stats{Written: 3}) {
			t.Errorf("%d rows, %+v", g.count(), l.Stats())
		}
		g.fail(errors.New("the disk is full again"))
		for range queueSize {
			l.Add(Entry{})
		}
		begin := time.Now()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took > farewell+2*retry || l.Stats().Lost != queueSize {
			t.Errorf("took %s, %+v", took, l.Stats())
		}
	})
}

// TestLogSweeps checks when what is over is removed.
func TestLogSweeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		l := open(g)
		time.Sleep(10*sweepEvery + time.Second)
		if n, before := g.swept(); n != 11 || time.Since(before)-Keep > sweepEvery {
			t.Errorf("%d sweeps, the last of what was before %s", n, before)
		}
		for range 2 * sweepAfter / batch {
			for range batch {
				l.Add(Entry{})
			}
			synctest.Wait()
		}
		if n, _ := g.swept(); n < 13 {
			t.Errorf("%d sweeps", n)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}
