package recorder

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// hangs makes every change of a storage wait while it is on.
type hangs struct {
	on     atomic.Bool
	thawed chan struct{}
}

func (h *hangs) before(op) error {
	if h.on.Load() {
		<-h.thawed
	}
	return nil
}

// TestHungDisk: a disk that does not answer for half a minute costs a viewer nothing, nor the recording of the same stream on another
// disk, and the own recording what does not fit into the memory for all readers, which is listed.
func TestHungDisk(t *testing.T) {
	for name, format := range formats() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hung := &hangs{thawed: make(chan struct{})}
				dirs := []string{scratch(t), scratch(t)}
				var cs [2]catalogue
				bad, good := newManager(dirs[0], &cs[0]), newManager(dirs[1], &cs[1])
				bad.before = hung.before
				open(t, bad)
				open(t, good)
				h := stream.Hub{TotalQueue: 256 << 10}
				s := publish(t, bad, &h, spec(name))
				must(t, good.Record(spec(name), s))
				viewer := s.NewReader(stream.ReaderOptions{Prompt: true})
				seen, noticed := 0, false
				units := show(time.Minute, 0)
				inRealTime(t, s, units, func(at time.Duration) {
					switch {
					case at < 10*time.Second || at > 40*time.Second:
						if hung.on.CompareAndSwap(true, false) {
							close(hung.thawed)
						}
					default:
						hung.on.Store(true)
						noticed = noticed || bad.Room().State == RoomHung
					}
					seen += len(viewer.Take().Units)
				})
				seen += len(viewer.Take().Units)
				if seen != len(units) || !noticed || good.Room().State != RoomEnough {
					t.Errorf("the viewer saw %d of %d units; noticed: %v; the other disk: %+v", seen, len(units), noticed, good.Room())
				}
				s.End(stream.EndClient, "")
				closeManager(t, bad)
				closeManager(t, good)
				files := cs[1].list()
				if len(files) != 1 || len(files[0].Gaps) != 0 {
					t.Fatalf("on the other disk: %+v", files)
				}
				sameMedia(t, read(t, format, filepath.Join(dirs[1], files[0].ObjectKey)), units, 0)
				sameUnits(t, cs[0].list(), units, whySlow, func(f File) []*media.Unit {
					return read(t, format, filepath.Join(dirs[0], f.ObjectKey))
				})
			})
		})
	}
}

// TestCloseWithHungDisk: a stop waits for as long as it is told.
func TestCloseWithHungDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung := &hangs{thawed: make(chan struct{})}
		var c catalogue
		m := newManager(scratch(t), &c)
		m.before = hung.before
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("flv"))
		write(t, s, show(3*time.Second, 0), 20)
		synctest.Wait()
		hung.on.Store(true)
		write(t, s, show(time.Second, 3000), 20)
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		if err := m.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		hung.on.Store(false)
		close(hung.thawed)
	})
}
