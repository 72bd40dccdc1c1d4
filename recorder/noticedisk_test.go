package recorder

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// TestNoticesOfAFullDisk: an interruption is told once, whatever is tried meanwhile, and so is that it is over.
func TestNoticesOfAFullDisk(t *testing.T) {
	for _, since := range []time.Duration{0, 5 * time.Second} {
		t.Run(fmt.Sprint(since), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := scratch(t)
				var c catalogue
				var told noticed
				m := newManager(dir, &c)
				m.OnNotice = told.add
				f := &faults{dir: dir, hits: func(o op) bool { return o.kind == "create" || o.kind == "write" }}
				m.before = f.before
				open(t, m)
				var h stream.Hub
				s := publish(t, m, &h, spec("flv"))
				units := show(90*time.Second, 0)
				for batch := range slices.Chunk(units, 20) {
					at := batch[0].Time()
					f.on.Store(at >= since && at < 40*time.Second)
					write(t, s, batch, 20)
					time.Sleep(280 * time.Millisecond)
				}
				s.End(stream.EndClient, "")
				synctest.Wait()
				closeManager(t, m)
				want := []NoticeKind{NoticeStarted, NoticeWriteError, NoticePaused, NoticeWriteError, NoticeResumed, NoticeEnded}
				if since == 0 {
					want = []NoticeKind{NoticeWriteError, NoticeStartFailed, NoticeWriteError, NoticeStarted, NoticeEnded}
				}
				if d := cmp.Diff(want, told.kinds("flv")); d != "" {
					t.Error(d)
				}
				if n := len(told.of(NoticeWriteError)); n < 3 {
					t.Errorf("%d write errors are told", n)
				}
			})
		})
	}
}

// TestNoticesOfAnEndAmidAnInterruption: what never will be recorded is told.
func TestNoticesOfAnEndAmidAnInterruption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := scratch(t)
		var c catalogue
		var told noticed
		m := newManager(dir, &c)
		m.OnNotice = told.add
		f := &faults{dir: dir, hits: func(o op) bool { return o.kind == "write" }}
		m.before = f.before
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("flv"))
		live(t, s, show(3*time.Second, 0))
		f.on.Store(true)
		live(t, s, show(3*time.Second, 3000))
		s.End(stream.EndClient, "")
		synctest.Wait()
		f.on.Store(false)
		closeManager(t, m)
		want := []NoticeKind{NoticeStarted, NoticeWriteError, NoticePaused, NoticeError, NoticeEnded}
		if d := cmp.Diff(want, told.kinds("flv")); d != "" {
			t.Error(d)
		}
		if lost := told.of(NoticeError); len(lost) != 1 || lost[0].Count < 100 || !strings.Contains(lost[0].Detail, whyUnwritable) {
			t.Errorf("%+v", lost)
		}
	})
}

// TestNoticesOfDroppedUnits: units that a container cannot take are told one by one; who hears of them counts.
func TestNoticesOfDroppedUnits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c catalogue
		var told noticed
		m := newManager(scratch(t), &c)
		m.OnNotice = told.add
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("aac"))
		units := sound(mediatest.AAC(2, 1000), 3*time.Second, 0)
		for i := 100; i < 110; i++ {
			units[i] = mediatest.Grow(units[i], 9000)
		}
		live(t, s, units)
		s.End(stream.EndClient, "")
		synctest.Wait()
		closeManager(t, m)
		if n := len(told.of(NoticeDroppedAudio)); n != 10 {
			t.Errorf("%d dropped units are told", n)
		}
	})
}

// TestNoticeOfASlowDisk: what overflows is told with its number.
func TestNoticeOfASlowDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c catalogue
		var told noticed
		m := newManager(scratch(t), &c)
		m.OnNotice = told.add
		m.before = func(o op) error {
			if o.kind == "write" && strings.HasSuffix(o.name, ".flv") {
				time.Sleep(3 * time.Minute)
			}
			return nil
		}
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("flv"))
		live(t, s, show(100*time.Second, 0))
		time.Sleep(10 * time.Minute)
		live(t, s, show(2*time.Second, 100000))
		time.Sleep(10 * time.Minute)
		s.End(stream.EndClient, "")
		time.Sleep(10 * time.Minute)
		closeManager(t, m)
		if lost := told.of(NoticeWriteError); len(lost) == 0 || lost[0].Count < 100 || lost[0].Detail != whySlow {
			t.Errorf("%+v", lost)
		}
	})
}
