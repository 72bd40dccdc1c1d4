package server

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/rules"
)

// TestStalled: media that came and did not reach the disk is a stall, and nothing else is.
func TestStalled(t *testing.T) {
	now := time.Now()
	long, short := now.Add(-stallTime), now.Add(-stallTime+time.Second)
	h := &stream.Hub{}
	begin := func(name string) *stream.Stream {
		s, err := h.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "a", Stream: name}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	write := func(s *stream.Stream, at time.Time) {
		units := mediatest.Pictures(mediatest.H264(1, 1000), 3, 0, 40)
		for _, u := range units {
			u.Wall = at
		}
		if err := s.Write(units); err != nil {
			t.Fatal(err)
		}
	}
	status := func(s *stream.Stream, waiting time.Time, change func(*recorder.Status)) recorder.Status {
		st := recorder.Status{Spec: recorder.Spec{Key: s.Key(), Format: "mp4"}, Waiting: waiting}
		if change != nil {
			change(&st)
		}
		return st
	}
	var active []recorder.Status
	var want []string
	add := func(st recorder.Status, stalls bool) {
		active = append(active, st)
		if stalls {
			want = append(want, st.Spec.Key.String()+" (mp4)")
		}
	}
	add(status(begin("fine"), time.Time{}, nil), false)
	add(status(begin("waits for tracks"), short, nil), false)
	add(status(begin("stalls"), long, nil), true)
	add(status(begin("disk full"), long, func(st *recorder.Status) { st.Interrupted = true }), true)
	add(status(begin("splice"), long, func(st *recorder.Status) { st.Suspended = true }), false)
	over := begin("over")
	add(status(over, long, nil), false)
	over.End(stream.EndClient, "")

	hung := begin("hung")
	defer hung.NewReader(stream.ReaderOptions{HoldsBack: true}).Close()
	write(hung, long)
	want = append(want, "d/a/hung")
	quick := begin("in time")
	defer quick.NewReader(stream.ReaderOptions{HoldsBack: true}).Close()
	write(quick, short)
	write(begin("not recorded"), long)
	watched := begin("watched by a slow viewer")
	defer watched.NewReader(stream.ReaderOptions{Prompt: true}).Close()
	write(watched, long)

	var got []string
	stalls := stalled(now, active, h.List())
	for _, st := range stalls {
		got = append(got, st.what)
		if !st.since.Equal(long) {
			t.Errorf("%s since %s", st.what, st.since)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	err := stallError(stalls, now)
	if err == nil || !strings.Contains(err.Error(), "for 10s") || !strings.Contains(err.Error(), "of 3 recordings") ||
		strings.Contains(err.Error(), "hung") {
		t.Error(err)
	}
	if err := stallError(nil, now); err != nil {
		t.Error(err)
	}
}

func TestSilent(t *testing.T) {
	h := &stream.Hub{}
	s, err := h.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "a", Stream: "s"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := silent(s.Start.Add(silence-1), h.List()); len(got) != 0 {
		t.Error("at once:", got)
	}
	if got := silent(s.Start.Add(silence), h.List()); len(got) != 1 || got[0] != s {
		t.Error("nothing ever came:", got)
	}
	units := mediatest.Pictures(mediatest.H264(1, 1000), 1, 0, 40)
	units[0].Wall = s.Start.Add(time.Minute)
	if err := s.Write(units); err != nil {
		t.Fatal(err)
	}
	s.Received(100, s.Start.Add(2*time.Minute)) // bytes are not media
	if got := silent(s.Start.Add(time.Minute+silence-1), h.List()); len(got) != 0 {
		t.Error("before it is time:", got)
	}
	if got := silent(s.Start.Add(time.Minute+silence), h.List()); len(got) != 1 {
		t.Error("media stopped:", got)
	}
}

// TestAlarmEvents: a publisher that sends nothing, and room that runs short, are told to the receivers of events.
func TestAlarmEvents(t *testing.T) {
	cfg := testConfig(t)
	s, stop := start(t, cfg, slog.New(slog.DiscardHandler))
	key := media.StreamKey{Domain: "localhost", App: "live", Stream: "mute"}
	st, err := s.hub.Publish(stream.Publisher{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	s.chronicle.Notice(silenceOf(st, time.Now()))
	for _, state := range []recorder.RoomState{recorder.RoomEnough, recorder.RoomLow} {
		s.recorder.OnRoom(recorder.Room{State: state, Why: "little is left"})
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	exceptions := 0
	for _, x := range eventsOf(t, cfg.DataDir) {
		if x.kind == rules.EventRecordException {
			exceptions++
		}
	}
	if exceptions != 3 {
		t.Errorf("%d exceptions, not one for the stream and one for each of its formats: %+v", exceptions, eventsOf(t, cfg.DataDir))
	}
}

// TestReadyzNamesTheCheck takes the lock file away, and puts it back.
func TestReadyzNamesTheCheck(t *testing.T) {
	cfg := testConfig(t)
	var log record
	s, _ := start(t, cfg, slog.New(slog.NewTextHandler(&log, nil)))
	ask := func() (int, readiness) {
		t.Helper()
		status, body := get(t, "http://"+s.listener.Addr().String()+"/readyz")
		var r readiness
		if err := json.Unmarshal(body, &r); err != nil {
			t.Fatal(err)
		}
		return status, r
	}
	lock := filepath.Join(cfg.DataDir, "lock")
	for what, change := range map[string]func() error{
		"gone":    func() error { return os.Rename(lock, lock+".away") },
		"another": func() error { return errors.Join(os.Rename(lock, lock+".away"), os.WriteFile(lock, nil, 0o600)) },
	} {
		if status, r := ask(); status != http.StatusOK || !r.Ready || len(r.Failed) != 0 {
			t.Fatalf("before: %d %+v", status, r)
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		status, r := ask()
		if status != http.StatusServiceUnavailable || r.Ready || !slices.Equal(r.Failed, []string{"lock"}) ||
			len(r.Problems) != 1 || !strings.HasPrefix(r.Problems[0], "lock: ") {
			t.Errorf("%s: %d %+v", what, status, r)
		}
		m := scrapeOf(t, s)
		if v, _ := m.value("aircheck_check_failed", "check", "lock"); v != 1 {
			t.Errorf("%s: check_failed is %g", what, v)
		}
		if v, ok := m.value("aircheck_ready"); !ok || v != 0 {
			t.Errorf("%s: ready is %g", what, v)
		}
		if err := os.Rename(lock+".away", lock); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOneCheckHangs: the others are passed all the same.
func TestOneCheckHangs(t *testing.T) {
	s, err := New(t.Context(), testConfig(t), "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	for name, p := range map[string]*probe{checkDatabase: &s.monitor.database, checkLock: &s.monitor.lock} {
		p.running = &probing{began: time.Now(), done: make(chan struct{})}
		if failed, problems := failing(s.monitor.checks(t.Context())); !slices.Equal(failed, []string{name}) {
			t.Errorf("while %s hangs: %q", name, problems)
		}
		p.running = nil
	}
}

// record is a log that may be read while it is written.
type record struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) count(text string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Count(r.text.String(), text)
}

// TestMonitorTellsOnce: what is wrong is logged when it begins and when it ends, however often it is looked at.
func TestMonitorTellsOnce(t *testing.T) {
	var log record
	s, err := New(t.Context(), testConfig(t), "test", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	look := func(began, over int) {
		t.Helper()
		for range 3 {
			s.monitor.look(t.Context())
		}
		if a, b := log.count("not ready"), log.count("over: not ready"); a-b != began || b != over {
			t.Errorf("begun %d, over %d; want %d, %d", a-b, b, began, over)
		}
	}
	look(0, 0)
	lock := s.data.join("lock")
	if err := os.Rename(lock, lock+".away"); err != nil {
		t.Fatal(err)
	}
	look(1, 0)
	if log.count("check=lock") != 1 {
		t.Error("the check is not named")
	}
	if err := os.Rename(lock+".away", lock); err != nil {
		t.Fatal(err)
	}
	look(1, 1)
}

// TestProbe: a check that hangs is made once, whoever asks, and its answer is had when it comes.
func TestProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p probe
		hang, made := make(chan struct{}), 0
		wrong := errors.New("wrong")
		check := func() error { made++; <-hang; return wrong }
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := p.run(ctx, check); err == nil || !strings.HasPrefix(err.Error(), "no answer for ") {
				t.Error(err)
			}
			cancel()
		}
		synctest.Wait()
		if made != 1 {
			t.Errorf("made %d times", made)
		}
		close(hang)
		synctest.Wait()
		if err := p.run(t.Context(), check); !errors.Is(err, wrong) || made != 2 {
			t.Error(err, made)
		}
	})
}
