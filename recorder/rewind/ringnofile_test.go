package rewind

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// TestRingFailsBetweenRecords: a write that fails because of a gap's record costs what it would have written, though a track follows.
func TestRingFailsBetweenRecords(t *testing.T) {
	var fails atomic.Bool
	rh := newRing(t, func(r *Ring) {
		r.before = func(op, _ string) error {
			if op == "write" && fails.Load() {
				return syscall.EIO
			}
			return nil
		}
	})
	video, audio := ringTracks()
	begin := time.Now().Add(-30 * time.Second)
	s := rh.publish("a")
	rh.write(s, ringShow(video, audio, begin, 0, 1))
	fails.Store(true)

	// As much as is gathered but for less than a gap takes, something that is refused, and parameters that are new.
	var units []*media.Unit
	left := writeSize - 20
	for _, u := range cameAt(begin, mediatest.Pictures(video, 8, 1000, 40)) {
		size := min(bigUnit, left-recordHeader)
		units = append(units, mediatest.Grow(u, size))
		if left -= recordHeader + len(units[len(units)-1].Payload); left < recordHeader {
			break
		}
	}
	odd := cameAt(begin, mediatest.Sound(mediatest.AAC(1<<16, 1000), 1, 2000))
	other := cameAt(begin, mediatest.Sound(mediatest.OtherAAC(2, 1000), 1, 2100))
	if err := s.Write(append(append(units, odd...), other...)); err != nil {
		t.Fatal(err)
	}
	rh.settle()
	if lost := rh.ring.Stats().Lost; lost != int64(len(units)+2) {
		t.Errorf("%d units are lost of %d", lost, len(units)+2)
	}
	s.End(stream.EndClient, "")
	if got := heldBy(t, rh.only("a"), time.Time{}); len(got) != len(ringShow(video, audio, begin, 0, 1)) {
		t.Errorf("%d units are held", len(got))
	}
}

// TestRingHeadFails: a page whose head cannot be written is none, and its bytes are nobody else's.
func TestRingHeadFails(t *testing.T) {
	var fails atomic.Bool
	rh := newRing(t, func(r *Ring) {
		r.before = func(op, _ string) error {
			if op == "write" && fails.Load() {
				return syscall.EIO
			}
			return nil
		}
	})
	fails.Store(true)
	params := make([]byte, bigUnit+1)
	for i := range params {
		params[i] = 'a'
	}
	s, err := rh.hub.Publish(stream.Publisher{Key: ringKey("a"), Protocol: "rtmp", Params: string(params)})
	if err != nil {
		t.Fatal(err)
	}
	video, audio := ringTracks()
	units := ringShow(video, audio, time.Now().Add(-30*time.Second), 0, 1)
	rh.write(s, units)
	if p := rh.ring.Problem(); rh.ring.Stats().Lost != int64(len(units)) || p != "the ring cannot be written: "+syscall.EIO.Error() {
		t.Errorf("%+v, %q", rh.ring.Stats(), p)
	}
	if n, _ := rh.files(); n > 0 {
		t.Errorf("%d pages", n)
	}
}

// TestRingFolderHangs: a server starts though the ring's disk does not answer.
func TestRingFolderHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := make(chan struct{})
		begin := time.Now()
		rh := newRing(t, func(r *Ring) {
			r.before = func(op, _ string) error {
				if op == "folder" {
					<-hangs
				}
				return nil
			}
		})
		if took := time.Since(begin); took > time.Second {
			t.Errorf("opening took %v", took)
		}
		time.Sleep(2 * stuck)
		if p := rh.ring.Problem(); !strings.Contains(p, "not answered") {
			t.Errorf("the problem is %q", p)
		}
		close(hangs)
		rh.live(rh.publish("a"), 0, 5*time.Second)
		if p := rh.ring.Problem(); p != "" || len(heldBy(t, rh.only("a"), time.Time{})) == 0 {
			t.Errorf("it answers again, and the problem is %q", p)
		}
		rh.close()
	})
}

// TestRingWithoutFolder: a folder that cannot be made stays a problem until it can, also while nobody publishes.
func TestRingWithoutFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		rh := newRing(t, func(r *Ring) { r.Dir = filepath.Join(file, "rewind") })
		for range 5 {
			if p := rh.ring.Problem(); !strings.Contains(p, "folder cannot be made") {
				t.Errorf("the problem is %q", p)
			}
			time.Sleep(upkeepEvery)
			synctest.Wait()
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * upkeepEvery)
		synctest.Wait()
		if p := rh.ring.Problem(); p != "" {
			t.Errorf("it can be made, and the problem is %q", p)
		}
		rh.close()
	})
}
