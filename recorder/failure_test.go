package recorder

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// faults refuses changes of a storage while it is on; of a refused write the first half is done.
type faults struct {
	dir  string
	on   atomic.Bool
	hits func(op) bool
	n    atomic.Int64
}

func (f *faults) before(o op) error {
	if !f.on.Load() || !f.hits(o) {
		return nil
	}
	f.n.Add(1)
	if o.kind == "write" {
		file, err := os.OpenFile(filepath.Join(f.dir, o.name), os.O_RDWR, 0)
		if err == nil {
			_, err = file.WriteAt(o.data[:len(o.data)/2], o.off)
			err = errors.Join(err, file.Close())
		}
		if err != nil {
			return err
		}
	}
	return &os.PathError{Op: o.kind, Path: o.name, Err: syscall.ENOSPC}
}

// TestDiskFull fills the disk in the middle of a recording, at each kind of change, and empties it later.
func TestDiskFull(t *testing.T) {
	file := func(o op) bool { return o.kind == "write" && !strings.HasSuffix(o.name, "journal") }
	tests := map[string]func(op) bool{
		"all":     func(op) bool { return true },
		"media":   file,
		"journal": func(o op) bool { return o.kind == "write" && strings.HasSuffix(o.name, "journal") },
		"sync":    func(o op) bool { return o.kind == "sync" },
	}
	for name, format := range formats() {
		for what, hits := range tests {
			t.Run(name+" "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					dir := scratch(t)
					var c catalogue
					m := newManager(dir, &c)
					f := &faults{dir: dir, hits: hits}
					m.before = f.before
					open(t, m)
					var h stream.Hub
					s := publish(t, m, &h, spec(name))
					units := show(40*time.Second, 0)
					fill(t, s, f, units)
					s.End(stream.EndClient, "")
					closeManager(t, m)
					checkFull(t, &c, units, func(file File) []*media.Unit {
						return read(t, format, filepath.Join(dir, file.ObjectKey))
					})
					if n := len(tree(t, dir)); n != stored(c.list()) {
						t.Errorf("storage %q", tree(t, dir))
					}
				})
			})
		}
	}
}

// fill writes 40 s in real time; the disk is full from 5 s to 12 s.
func fill(t *testing.T, s *stream.Stream, f *faults, units []*media.Unit) {
	t.Helper()
	for len(units) > 0 {
		at := units[0].Time()
		f.on.Store(at >= 5*time.Second && at < 12*time.Second)
		n := 0
		for n < len(units) && units[n].Time() < at+200*time.Millisecond {
			n++
		}
		write(t, s, units[:n], n)
		units = units[n:]
		time.Sleep(200 * time.Millisecond)
	}
	if f.n.Load() == 0 {
		t.Error("the disk was never full")
	}
}

func checkFull(t *testing.T, c *catalogue, units []*media.Unit, read func(File) []*media.Unit) {
	t.Helper()
	files := c.list()
	if len(files) < 2 || files[0].Reason != CutWriteError || files[len(files)-1].Reason != CutStreamEnd {
		t.Fatalf("files %+v", files)
	}
	known := map[string]int{}
	for _, u := range units {
		known[string(u.Payload)]++
	}
	n, lost := 0, 0
	for _, f := range files {
		got := read(f)
		n += len(got)
		for _, u := range got {
			if known[string(u.Payload)]--; known[string(u.Payload)] < 0 {
				t.Fatal("a unit is in two files")
			}
		}
		for _, g := range f.Gaps {
			lost += g.Units
		}
	}
	if n+lost != len(units) || lost == 0 {
		t.Errorf("%d units recorded, %d lost, %d were pushed", n, lost, len(units))
	}
	if d := files[0].Summary.Duration; d < 3900*time.Millisecond || d > 7*time.Second {
		t.Errorf("the first file lasts %v", d)
	}
	// The disk has room at 12 s; it was tried at 5 s, so it is tried again at about 15 s.
	if d := files[len(files)-1].Summary.Duration; d < 20*time.Second {
		t.Errorf("the last file lasts %v", d)
	}
}

// TestFinishingFails: a file that cannot be finished is finished later, without harm to another.
func TestFinishingFails(t *testing.T) {
	for _, kind := range []string{"sync", "link", "mkdir", "remove", "truncate", "write"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := scratch(t)
				var c catalogue
				m := newManager(dir, &c)
				m.SyncInterval = time.Hour
				f := &faults{dir: dir, hits: func(o op) bool { return o.kind == kind || kind == "link" && o.kind == "rename" }}
				m.before = f.before
				open(t, m)
				var h stream.Hub
				s := publish(t, m, &h, spec("tiny"))
				units := show(2*time.Second, 0)
				write(t, s, units, len(units))
				synctest.Wait()
				f.on.Store(true)
				s.End(stream.EndClient, "")
				time.Sleep(time.Minute)
				if kind != "truncate" && (f.n.Load() < 3 || kind != "remove" && len(c.list()) != 0) {
					t.Errorf("%d tries, files %+v", f.n.Load(), c.list())
				}
				f.on.Store(false)
				time.Sleep(time.Minute)
				files := c.list()
				if len(files) != 1 || m.Ready() != nil {
					t.Fatalf("files %+v", files)
				}
				sameMedia(t, read(t, tiny{}, filepath.Join(dir, files[0].ObjectKey)), units, 0)
				if names := tree(t, dir); len(names) != 2 {
					t.Errorf("storage %q", names)
				}
				closeManager(t, m)
			})
		})
	}
}

// TestNoHardLinks: where files cannot have two names they are renamed, and not overwritten either.
func TestNoHardLinks(t *testing.T) {
	dir := scratch(t)
	var c catalogue
	m := newManager(dir, &c)
	m.before = func(o op) error {
		if o.kind == "link" {
			return syscall.EPERM
		}
		return nil
	}
	open(t, m)
	sp := spec("flv")
	sp.FileName = "same"
	for range 2 {
		var h stream.Hub
		s := publish(t, m, &h, sp)
		write(t, s, show(time.Second, 0), 20)
		s.End(stream.EndClient, "")
	}
	closeManager(t, m)
	files := c.list()
	if len(files) != 2 || files[0].ObjectKey == files[1].ObjectKey || len(tree(t, dir)) != 3 {
		t.Fatalf("files %+v, storage %q", files, tree(t, dir))
	}
}

// TestHoldsItsPublisherBack: a stream is behind for as long as its recording cannot write, which is what a publisher that is ahead of
// time waits for.
func TestHoldsItsPublisherBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c catalogue
		m := newManager(scratch(t), &c)
		m.before = func(o op) error {
			if o.kind == "write" && strings.HasSuffix(o.name, ".flv") {
				time.Sleep(time.Second)
			}
			return nil
		}
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("flv"))
		write(t, s, show(3*time.Second, 0), 1000) // begins the file
		synctest.Wait()
		write(t, s, show(time.Second, 3000), 1000)
		if s.Behind() == 0 {
			t.Error("nothing tells that the recording is behind")
		}
		time.Sleep(10 * time.Second)
		if n := s.Behind(); n != 0 {
			t.Errorf("%d bytes behind after the disk has caught up", n)
		}
		h.Close()
		closeManager(t, m)
	})
}
