package recorder

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// inRealTime writes units as they would come, and calls step before each tick with the media time.
func inRealTime(t *testing.T, s *stream.Stream, units []*media.Unit, step func(at time.Duration)) {
	t.Helper()
	for len(units) > 0 {
		at := units[0].Time()
		step(at)
		n := 0
		for n < len(units) && units[n].Time() < at+200*time.Millisecond {
			n++
		}
		write(t, s, units[:n], n)
		units = units[n:]
		time.Sleep(200 * time.Millisecond)
	}
}

// sameUnits demands that each unit pushed is in one file, or counted in one gap with that reason.
func sameUnits(t *testing.T, files []File, pushed []*media.Unit, why string, read func(File) []*media.Unit) {
	t.Helper()
	known := map[string]int{}
	for _, u := range pushed {
		known[string(u.Payload)]++
	}
	recorded, lost := 0, 0
	for _, f := range files {
		for _, u := range read(f) {
			recorded++
			if known[string(u.Payload)]--; known[string(u.Payload)] < 0 {
				t.Fatal("a unit is in two files")
			}
		}
		for _, g := range f.Gaps {
			lost += g.Units
			if g.Reason != why {
				t.Errorf("file %d lacks %d units because %q", f.ID, g.Units, g.Reason)
			}
		}
	}
	if recorded+lost != len(pushed) || lost == 0 {
		t.Errorf("%d units recorded, %d lost, %d were pushed", recorded, lost, len(pushed))
	}
}

// rooms collects what OnRoom is told.
type rooms struct {
	mu  sync.Mutex
	all []Room
}

func (r *rooms) add(room Room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, room)
}

func (r *rooms) states() (out []RoomState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, room := range r.all {
		out = append(out, room.State)
	}
	return out
}

// TestQuota uses the quota up in the middle of a recording: first there is an alarm, then the file ends properly, and recording goes
// on by itself once files are gone.
func TestQuota(t *testing.T) {
	for name, format := range formats() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := scratch(t)
				var c catalogue
				var told rooms
				var others atomic.Int64
				m := newManager(dir, &c)
				m.Quota, m.OnRoom = 100<<20, told.add
				m.OnStored = func(context.Context) (int64, error) { return others.Load(), nil }
				open(t, m)
				var h stream.Hub
				s := publish(t, m, &h, spec(name))
				units := show(4*time.Minute, 0)
				live := s.NewReader(stream.ReaderOptions{Prompt: true})
				seen := 0
				inRealTime(t, s, units, func(at time.Duration) {
					switch {
					case at < 20*time.Second:
					case at < 70*time.Second:
						others.Store(95 << 20) // looked at within a minute
					case at < 130*time.Second:
						others.Store(100 << 20)
					default:
						others.Store(10 << 20)
					}
					b := live.Take()
					seen += len(b.Units)
					for _, u := range b.Units {
						u.Release()
					}
				})
				seen += len(live.Take().Units)
				live.Close()
				if r := m.Room(); r.State != RoomEnough || r.Quota != 100<<20 || r.Used < 10<<20 {
					t.Errorf("at the end: %+v", r)
				}
				s.End(stream.EndClient, "")
				closeManager(t, m)
				files := c.list()
				if len(files) < 2 || files[len(files)-1].Reason != CutStreamEnd {
					t.Fatalf("files %+v", files)
				}
				ended := map[CutReason]int{}
				for _, f := range files {
					ended[f.Reason]++
				}
				if ended[CutQuota] != 1 || ended[CutWriteError] != 0 {
					t.Errorf("files ended by %v", ended)
				}
				sameUnits(t, files, units, whyQuota, func(f File) []*media.Unit {
					return read(t, format, filepath.Join(dir, f.ObjectKey))
				})
				if got := told.states(); len(got) != 3 || got[0] != RoomLow || got[1] != RoomNone || got[2] != RoomEnough {
					t.Errorf("told of %v", got)
				}
				if seen != len(units) {
					t.Errorf("a viewer saw %d of %d units", seen, len(units))
				}
			})
		})
	}
}

// TestQuotaCountsWhatGrows: files being recorded count, and those that the catalogue was not asked about yet.
func TestQuotaCountsWhatGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c catalogue
		m := newManager(scratch(t), &c)
		m.Quota = 1 << 30
		m.OnStored = func(context.Context) (int64, error) { return 1000, nil }
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("flv"))
		inRealTime(t, s, show(5*time.Second, 0), func(time.Duration) {})
		time.Sleep(2 * attendEvery)
		growing := m.Active()[0].Bytes
		if r := m.Room(); growing == 0 || r.Used != 1000+growing {
			t.Errorf("%d bytes used with %d growing", r.Used, growing)
		}
		s.End(stream.EndClient, "")
		time.Sleep(2 * attendEvery)
		if r, size := m.Room(), c.list()[0].Size; r.Used != 1000+size {
			t.Errorf("%d bytes used with a finished file of %d", r.Used, size)
		}
		closeManager(t, m)
	})
}

// TestGauge goes down and up again.
func TestGauge(t *testing.T) {
	var g gauge
	for _, step := range []struct {
		left int64
		want RoomState
	}{
		{5000, RoomEnough},
		{2001, RoomEnough},
		{2000, RoomLow},
		{2200, RoomLow},
		{1001, RoomLow},
		{1000, RoomNone},
		{1249, RoomNone},
		{1250, RoomLow},
		{900, RoomNone},
		{1250, RoomLow},
		{2249, RoomLow},
		{2250, RoomEnough},
		{2249, RoomEnough},
		{0, RoomNone},
		{2250, RoomEnough},
	} {
		if got := g.read(step.left, 1000, 2000, 250); got != step.want {
			t.Errorf("%d left: %s, want %s", step.left, got, step.want)
		}
	}
}

// TestLimitsOfSmallDisks: the floor leaves most of a small disk to be used.
func TestLimitsOfSmallDisks(t *testing.T) {
	for _, ca := range []struct{ min, warn, total, floor, warnAt int64 }{
		{1 << 30, 0, 1 << 40, 1 << 30, 2 << 30},
		{1 << 30, 5 << 30, 1 << 40, 1 << 30, 5 << 30},
		{1 << 30, 0, 1000, 50, 100},
		{1 << 30, 5 << 30, 1000, 50, 100},
		{10, 60, 1000, 10, 60},
		{0, 0, 1000, 0, 0},
		{0, 60, 1000, 0, 60},
	} {
		m := Manager{MinFree: ca.min, WarnFree: ca.warn}
		if floor, warn := m.limits(ca.total); floor != ca.floor || warn != ca.warnAt {
			t.Errorf("%+v: floor %d, warning at %d", ca, floor, warn)
		}
	}
}

// TestRoomIsTheDisks compares what is told with what the system says.
func TestRoomIsTheDisks(t *testing.T) {
	dir := t.TempDir()
	free, total, err := diskSpace(dir)
	if err != nil || free <= 0 || free > total {
		t.Fatalf("%d bytes free of %d: %v", free, total, err)
	}
	if _, _, err := diskSpace(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there has room")
	}
	synctest.Test(t, func(t *testing.T) {
		var c catalogue
		m := newManager(dir, &c)
		m.MinFree = 1
		if r := m.Room(); r.State != RoomEnough || !r.At.IsZero() {
			t.Errorf("before: %+v", r)
		}
		open(t, m)
		time.Sleep(lookEvery)
		if r := m.Room(); r.Total != total || r.Floor != 1 || r.Free <= 0 || r.State != RoomEnough {
			t.Errorf("%+v, the disk has %d", r, total)
		}
		closeManager(t, m)
	})
}
