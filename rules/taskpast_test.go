package rules_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/rewind"
	"aircheck/rules"
)

// remembered is what is held of one session.
type remembered struct {
	mu      sync.Mutex
	session string
	units   []*media.Unit
	growing bool
	// gone: it is given up before it is read. hang: nothing can be read until it is closed.
	gone bool
	hang chan struct{}
}

func (m *remembered) Stretches(_ media.StreamKey, from, to time.Time) ([]rewind.Stretch, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.units) == 0 || !m.units[0].Wall.Before(to) || m.units[len(m.units)-1].Wall.Before(from) {
		return nil, nil
	}
	return []rewind.Stretch{{
		SessionID: m.session, Begin: m.units[0].Wall, End: m.units[len(m.units)-1].Wall, Growing: m.growing,
		Units: func(from time.Time) iter.Seq2[*media.Unit, error] {
			m.mu.Lock()
			defer m.mu.Unlock()
			units := slices.Clone(m.units)
			if m.gone {
				units = nil
			}
			return func(yield func(*media.Unit, error) bool) {
				if m.hang != nil {
					<-m.hang
				}
				first := 0
				for i, u := range units {
					if u.RandomAccess && u.Track.Codec.Kind() == media.Video && !u.Wall.After(from) {
						first = i
					}
				}
				for _, u := range units[first:] {
					c := *u
					if !yield(&c, nil) {
						return
					}
				}
			}
		},
	}}, nil
}

// pastRig is a rig whose past is remembered, and recorded by a recorder.
type pastRig struct {
	*rig
	past   *remembered
	feeder *rewind.Feeder
	rec    *recorder.Manager

	mu    sync.Mutex
	files []recorder.File
}

func newPastRig(t *testing.T) *pastRig {
	t.Helper()
	p := &pastRig{past: &remembered{}}
	p.rec = &recorder.Manager{
		Dir: t.TempDir(), StorageID: "test", SyncInterval: time.Minute, Log: slog.New(slog.DiscardHandler), Formats: []container.Format{flv.Format{}},
		OnFile: func(_ context.Context, f recorder.File) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.files = append(p.files, f)
			return nil
		},
	}
	must(t, p.rec.Open())
	p.feeder = &rewind.Feeder{Pasts: []rewind.Past{p.past}, Record: p.rec.RecordWindow, Log: slog.New(slog.DiscardHandler)}
	p.rig = newRig(t, func(tasks *rules.Tasks) { tasks.Rewind = p.feeder })
	return p
}

func (p *pastRig) close() {
	p.hub.Close()
	must(p.t, p.Close(p.t.Context()))
	must(p.t, p.feeder.Close(p.t.Context()))
	must(p.t, p.rec.Close(p.t.Context()))
}

// sessionOf is the ID of a session that began at a time. uuid's own goes by the latest time of the process, in whichever bubble that was.
func sessionOf(begun time.Time) string {
	id := uuid.UUID{6: 0x70, 8: 0x80}
	for i := range 6 {
		id[i] = byte(begun.UnixMilli() >> (8 * (5 - i)))
	}
	return id.String()
}

// hold remembers a session that began some time ago, of which the last so much is held.
func (p *pastRig) hold(ago, held time.Duration) {
	p.t.Helper()
	p.past.session = sessionOf(time.Now())
	time.Sleep(ago)
	p.past.units = mediatest.Pictures(mediatest.H264(1, 1000), int(ago/(40*time.Millisecond)), 0, 40)
	begin := time.Now().Add(-ago)
	for _, u := range p.past.units {
		u.Wall = begin.Add(u.Time())
	}
	p.past.units = slices.DeleteFunc(p.past.units, func(u *media.Unit) bool { return u.Wall.Before(time.Now().Add(-held)) })
}

// write sends a second of pictures to a live stream, which are remembered too.
func (p *pastRig) write(s *stream.Stream, at int64) {
	p.t.Helper()
	for _, u := range mediatest.Pictures(mediatest.H264(1, 1000), 25, at*1000, 40) {
		time.Sleep(40 * time.Millisecond)
		u.Wall = time.Now()
		p.past.mu.Lock()
		p.past.units = append(p.past.units, u)
		p.past.mu.Unlock()
		must(p.t, s.Write([]*media.Unit{u}))
	}
}

func (p *pastRig) made() []recorder.File {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.files)
}

func ask(name string, from, to time.Duration) rules.Task {
	now := time.Now().UTC()
	return rules.Task{Kind: rules.TaskCurrent, Key: streamKey(name), Start: now.Add(from), End: now.Add(to)}
}

// TestClipTask: a task whose window has passed is done at once; what is not held is said, and is a gap.
func TestClipTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPastRig(t)
		p.hold(time.Minute, 30*time.Second)
		made, err := p.Create(t.Context(), ask("cam", -20*time.Second, -10*time.Second))
		must(t, err)
		synctest.Wait()
		task, err := p.Task(t.Context(), made.ID)
		must(t, err)
		files := p.made()
		if task.State != rules.TaskDone || len(files) != 1 || files[0].Spec.Cause.ID != made.ID || made.Note != "" || !made.Actual.Equal(task.Start) {
			t.Fatalf("%+v, %+v, %+v", task, made, files)
		}
		if d := task.Start.Sub(files[0].Start); d < 0 || d > 2*time.Second || files[0].End.Sub(task.End).Abs() > 100*time.Millisecond {
			t.Errorf("from %v to %v, asked for %v to %v", files[0].Start, files[0].End, task.Start, task.End)
		}
		made, err = p.Create(t.Context(), ask("cam", -50*time.Second, -time.Second))
		must(t, err)
		files = p.made()
		if len(files) != 2 || len(files[1].Gaps) != 1 {
			t.Fatalf("%+v", files)
		}
		if g := files[1].Gaps[0]; g.At != 0 || (g.Length-20*time.Second).Abs() > time.Second || g.Reason != made.Note || made.Note == "" {
			t.Errorf("%+v, %+v", g, made)
		}
		if !made.Actual.Equal(files[1].Start) {
			t.Errorf("it was said to begin at %v, not %v", made.Actual, files[1].Start)
		}
		p.close()
	})
}

// TestNothingHeld: what lies wholly in the past, and is not held, is refused; what goes on is recorded from now on.
func TestNothingHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPastRig(t)
		_, err := p.Create(t.Context(), ask("cam", -20*time.Second, -10*time.Second))
		var bad *rules.InvalidError
		if !errors.As(err, &bad) || bad.Field != "EndTime" {
			t.Errorf("refused with %v", err)
		}
		if open := p.Of(streamKey("cam")); len(open) != 0 {
			t.Errorf("%+v", open)
		}
		made, err := p.Create(t.Context(), ask("cam", -20*time.Second, 10*time.Second))
		must(t, err)
		if made.Note == "" || !made.Actual.Equal(time.Now()) {
			t.Errorf("%+v", made)
		}
		p.publish("cam")
		if len(p.taken) != 1 {
			t.Errorf("%+v", p.taken)
		}
		p.close()
	})
}

// TestPastGoesOn: a task that began in the past records what comes of the live session in the same file, then each push in its own.
func TestPastGoesOn(t *testing.T) {
	for name, stop := range map[string]bool{"to its end": false, "until it is stopped": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPastRig(t)
				s := p.publish("cam")
				p.past.session, p.past.growing = s.ID, true
				for i := range int64(10) {
					p.write(s, i)
				}
				made, err := p.Create(t.Context(), ask("cam", -5*time.Second, 5*time.Second))
				must(t, err)
				p.write(s, 10)
				if got, err := p.Task(t.Context(), made.ID); err != nil || got.State != rules.TaskRecording || len(p.taken) != 0 {
					t.Errorf("%+v, %v; taken %+v", got, err, p.taken)
				}
				want := rules.TaskDone
				if stop {
					must(t, p.Stop(t.Context(), rules.TaskCurrent, made.ID))
					want = rules.TaskStopped
				}
				for i := range int64(5) {
					p.write(s, 11+i)
				}
				files := p.made()
				got, err := p.Task(t.Context(), made.ID)
				must(t, err)
				end := got.End
				if stop {
					end = got.StoppedAt
				}
				if got.State != want || len(files) != 1 || len(files[0].Gaps) != 0 || files[0].End.Sub(end).Abs() > 200*time.Millisecond {
					t.Fatalf("%+v, %+v", got, files)
				}
				if d := got.Start.Sub(files[0].Start); d < 0 || d > 2*time.Second {
					t.Errorf("it begins %v before the start", d)
				}
				p.close()
			})
		})
	}
}

// TestPastThenPush: after the session that is held, the task waits for the next push.
func TestPastThenPush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPastRig(t)
		p.hold(20*time.Second, time.Minute)
		made, err := p.Create(t.Context(), ask("cam", -time.Minute, time.Minute))
		must(t, err)
		synctest.Wait()
		if got, err := p.Task(t.Context(), made.ID); err != nil || got.State != rules.TaskInterrupted || len(p.made()) != 1 {
			t.Errorf("%+v, %v", got, err)
		}
		p.publish("cam")
		if got, err := p.Task(t.Context(), made.ID); err != nil || got.State != rules.TaskRecording || len(p.taken) != 1 {
			t.Errorf("%+v, %v, %+v", got, err, p.taken)
		}
		p.close()
	})
}
