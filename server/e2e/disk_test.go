//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk fills the disk under recordings in every format, and makes room again.
func TestFullDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	source := clip(t, 30)
	testDisks(t, func(t *testing.T, d *testDisk) {
		s := d.server("AIRCHECK_STORAGE_MIN_FREE=1GiB") // which is far more than the disk has
		wait := s.pushing(source, "live/full")
		eventually(t, "some media", func() bool { return openBytes(s) > 100_000 })
		r := s.awaitState("enough")
		if want := r.Storage.Total / 20; r.Storage.Floor != want || r.Storage.Warn != 2*want {
			t.Errorf("floor %d, warning at %d of %d", r.Storage.Floor, r.Storage.Warn, r.Storage.Total)
		}
		d.leave(r.Storage.Floor * 3 / 2)
		if low := s.awaitState("low"); !low.Ready {
			t.Errorf("not ready: %v", low.Problems)
		}
		s.await("room for recordings runs short; make some, or recording stops")
		d.leave(r.Storage.Floor / 2)
		if none := s.awaitState("none"); none.Ready || len(none.Problems) == 0 {
			t.Error("ready without room")
		}
		eventually(t, "all files to end", func() bool { return openFiles(s) == 0 })
		if n := s.online(); n != 1 {
			t.Errorf("%d streams are live", n)
		}
		d.makeRoom()
		s.awaitState("enough")
		wait()
		s.finished()
		if s.accounted("full", source, "no_space") == 0 {
			t.Error("nothing was lost")
		}
		s.stop()
	})
}

// TestFullDiskWithoutFloor lets recordings run into the end of the disk.
func TestFullDiskWithoutFloor(t *testing.T) {
	if !alone(t) {
		return
	}
	source := clip(t, 40)
	testDisks(t, func(t *testing.T, d *testDisk) {
		s := d.server("AIRCHECK_STORAGE_MIN_FREE=0")
		wait := s.pushing(source, "live/full")
		eventually(t, "some media", func() bool { return openBytes(s) > 100_000 })
		d.leave(0)
		for _, f := range formats() {
			s.await("recording is interrupted, the storage cannot be written; make room on the disk, it is tried again by itself",
				"format", f.name)
		}
		if n := s.online(); n != 1 {
			t.Errorf("%d streams are live", n)
		}
		d.makeRoom()
		wait()
		s.finished()
		if s.accounted("full", source, "write_error") == 0 {
			t.Error("nothing was lost")
		}
		s.stop()
	})
}

// TestHangingDisk freezes the disk under recordings. Whoever does not need it notices nothing.
func TestHangingDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	source := clip(t, 25, "-b:v", "3M", "-minrate", "3M", "-maxrate", "3M", "-bufsize", "500k", "-x264-params", "nal-hrd=cbr")
	testDisks(t, func(t *testing.T, d *testDisk) {
		if d.kind == "tmpfs" {
			t.Log("tmpfs cannot be frozen")
			return
		}
		s := d.server("AIRCHECK_INGEST_QUEUE_TOTAL=1MiB")
		wait := s.pushing(source, "live/hung")
		eventually(t, "some media", func() bool { return openBytes(s) > 1_000_000 })
		thaw := d.freeze()
		late := s.pushing(clip(t, 5), "live/late")
		eventually(t, "another stream", func() bool { return s.online() == 2 })
		r := s.awaitState("hung")
		if r.Ready || len(s.searchStream("hung")) == 0 {
			t.Errorf("ready: %v, or nothing is found; problems %q", r.Ready, r.Problems)
		}
		late()
		thaw()
		s.awaitState("enough")
		wait()
		s.finished()
		if s.accounted("hung", source, "stream_end") == 0 {
			t.Error("nothing was lost")
		}
		s.stop()
	})
}

// TestStopWithHangingDisk: a stop does not wait for the disk, and costs nothing that the next start does not find.
func TestStopWithHangingDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	testDisks(t, func(t *testing.T, d *testDisk) {
		if d.kind == "tmpfs" {
			t.Log("tmpfs cannot be frozen")
			return
		}
		s := d.server()
		cmd := s.pusher(clip(t, 30), "live/stopped", true)
		d.must(cmd.Start())
		eventually(t, "recordings in the catalogue", func() bool { return len(s.searchStream("stopped")) == len(formats()) })
		thaw := d.freeze()
		s.awaitState("hung")
		d.must(s.cmd.Process.Signal(syscall.SIGTERM))
		s.await("stopped")
		_ = cmd.Wait() // ends with an error: its server is gone
		thaw()         // before that the system does not let go of a process that writes
		<-s.exited
		again := startIn(t, s.data)
		again.finished()
		for _, f := range formats() {
			got := again.courses("stopped", f)
			if len(got) != 1 || !got[0].Recovered || got[0].Status != "Normal" {
				t.Errorf("%s: %+v", f.name, got)
			}
		}
		again.stop()
	})
}

// TestUnmountedDisk takes the disk away under recordings, puts a foreign one in its place, and then the right one.
func TestUnmountedDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	source := clip(t, 30)
	testDisks(t, func(t *testing.T, d *testDisk) {
		s := d.server()
		dir := filepath.Join(s.data, "recordings")
		wait := s.pushing(source, "live/away")
		eventually(t, "some media", func() bool { return openBytes(s) > 100_000 })
		d.away(dir)
		if r := s.awaitState("gone"); r.Ready {
			t.Error("ready without storage")
		}
		late := s.pushing(source, "live/late")
		eventually(t, "another stream", func() bool { return s.online() == 2 })
		d.must(syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"))
		d.must(os.WriteFile(filepath.Join(dir, ".aircheck-storage"), []byte("other\n"), 0o600))
		eventually(t, "the foreign disk to be noticed", func() bool {
			return strings.Contains(strings.Join(s.readiness().Problems, ""), "other")
		})
		if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
			t.Errorf("on the foreign disk: %v, %v", list, err)
		}
		d.must(syscall.Unmount(dir, 0))
		if list, err := os.ReadDir(dir); err != nil || len(list) != 0 {
			t.Errorf("in the empty folder: %v, %v", list, err)
		}
		d.into(dir)
		s.awaitState("enough")
		wait()
		late()
		s.finished()
		if s.accounted("away", source, "no_storage") == 0 || s.accounted("late", source, "stream_end") == 0 {
			t.Error("nothing was lost")
		}
		s.stop()
	})
}

// TestStartWithoutDisk starts a server whose disk is mounted later. It was killed before.
func TestStartWithoutDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	source := clip(t, 30)
	testDisks(t, func(t *testing.T, d *testDisk) {
		s := d.server()
		dir := filepath.Join(s.data, "recordings")
		cmd := s.pusher(source, "live/killed", true)
		d.must(cmd.Start())
		eventually(t, "recordings in the catalogue", func() bool { return len(s.searchStream("killed")) == len(formats()) })
		s.kill()
		_ = cmd.Wait() // ends with an error: its server is gone
		d.away(dir)

		s = startIn(t, s.data)
		if r := s.awaitState("gone"); r.Ready {
			t.Error("ready without storage")
		}
		wait := s.pushing(source, "live/later")
		eventually(t, "the stream", func() bool { return s.online() == 1 })
		if n := len(s.searchStream("killed")); n != len(formats()) {
			t.Errorf("%d recordings of the first run are left in the catalogue", n)
		}
		if list, err := os.ReadDir(dir); err != nil || len(list) != 0 {
			t.Errorf("in the empty folder: %v, %v", list, err)
		}
		d.into(dir)
		s.awaitState("enough")
		wait()
		s.finished()
		for _, f := range formats() {
			if got := s.courses("killed", f); len(got) != 1 || !got[0].Recovered || got[0].Status != "Normal" {
				t.Errorf("%s: %+v", f.name, got)
			}
		}
		if s.accounted("later", source, "stream_end") == 0 {
			t.Error("nothing was lost")
		}
		s.stop()
	})
}
