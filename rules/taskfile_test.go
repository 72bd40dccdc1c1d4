package rules_test

import (
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/stream"
	"aircheck/recorder/rewind"
	"aircheck/rules"
)

// TestTaskWithoutMedia: a task whose stream came without anything is missed, and not done; one session with media is enough.
func TestTaskWithoutMedia(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.publish("silent")
		r.publish("left").End(stream.EndLost, "")
		silent, left, once := r.create("silent", 0, time.Minute), r.create("left", 0, time.Minute), r.create("once", 0, time.Minute)
		for range 3 {
			r.publish("left").End(stream.EndLost, "")
			r.publish("once").End(stream.EndLost, "")
		}
		r.push("once").End(stream.EndLost, "")
		r.publish("once")
		r.sleep(59 * time.Second)
		r.is(silent, waiting, recordingT)
		r.sleep(5 * time.Second)
		r.is(silent, waiting, recordingT, missed)
		task, err := r.Task(t.Context(), silent)
		must(t, err)
		for id, want := range map[string]rules.TaskState{left: missed, once: done} {
			if got, err := r.Task(t.Context(), id); err != nil || got.State != want {
				t.Errorf("%s: %s, %v; want %s", got.Key, got.State, err, want)
			}
		}
		if n := len(r.alarms()); task.Reason == "" || task.Reason == "the stream did not come" || n != 2 {
			t.Errorf("%q, %d alarms", task.Reason, n)
		}
		if open := len(r.Of(streamKey("silent"))) + len(r.Of(streamKey("left"))); open != 0 {
			t.Errorf("%d are still open", open)
		}
	})
}

// TestPastGone: a clip of what is given up before it is read is missed.
func TestPastGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPastRig(t)
		p.hold(time.Minute, time.Minute)
		p.past.gone = true
		made, err := p.Create(t.Context(), ask("cam", -20*time.Second, -10*time.Second))
		must(t, err)
		synctest.Wait()
		got, err := p.Task(t.Context(), made.ID)
		must(t, err)
		if files := p.made(); got.State != missed || got.Reason == "" || len(files) != 0 {
			t.Errorf("%+v, %+v", got, files)
		}
		p.close()
	})
}

// TestPushAtEnd: a stream that comes while a clip is being cut, whose window has passed, is not recorded for it.
func TestPushAtEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPastRig(t)
		p.hold(time.Minute, time.Minute)
		p.past.hang = make(chan struct{})
		made, err := p.Create(t.Context(), ask("cam", -20*time.Second, -10*time.Second))
		must(t, err)
		p.publish("cam")
		p.sleep(5 * time.Second)
		p.is(made.ID, waiting, recordingT)
		close(p.past.hang)
		p.is(made.ID, waiting, recordingT, done)
		if len(p.taken) != 0 || len(p.made()) != 1 {
			t.Errorf("%+v, %+v", p.taken, p.made())
		}
		p.close()
	})
}

// TestKillAmidCatchUp: what is being read of the past when the server is killed is not read again; what is to come is recorded.
func TestKillAmidCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPastRig(t)
		p.hold(time.Minute, time.Minute)
		p.past.hang = make(chan struct{})
		clip, err := p.Create(t.Context(), ask("cam", -20*time.Second, -10*time.Second))
		must(t, err)
		longer, err := p.Create(t.Context(), ask("cam", -20*time.Second, time.Hour))
		must(t, err)
		p.is(clip.ID, waiting, recordingT)
		p.is(longer.ID, waiting, recordingT)
		p.kill()
		close(p.past.hang)
		must(t, p.feeder.Close(t.Context()))
		must(t, p.rec.Close(t.Context()))
		before := len(p.made())
		time.Sleep(time.Minute)
		p.open(p.Service, func(tasks *rules.Tasks) { tasks.Rewind = &rewind.Feeder{Pasts: []rewind.Past{p.past}} })
		p.is(clip.ID, waiting, recordingT, done)
		p.is(longer.ID, waiting, recordingT, interrupted)
		p.push("cam")
		p.is(longer.ID, waiting, recordingT, interrupted, recordingT)
		if k := p.recorded(1); k.spec.Cause.ID != longer.ID || len(p.made()) != before {
			t.Errorf("%+v; %d files more", k, len(p.made())-before)
		}
		p.hub.Close()
		must(t, p.Close(t.Context()))
	})
}
