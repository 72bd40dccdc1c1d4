package recorder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/stream"
	"aircheck/recorder/container"
)

// TestSpliceRecovered: a file is marked recovered if the server was killed while it recorded into it, however it went on; not if it
// was stopped.
func TestSpliceRecovered(t *testing.T) {
	again := func(sh *interrupted) { sh.push(showPart(0)); sh.drop() }
	for name, sc := range map[string]struct {
		ways      []func(*interrupted)
		recovered bool
	}{
		"stopped":                   {[]func(*interrupted){(*interrupted).stop}, false},
		"stopped, gone on":          {[]func(*interrupted){(*interrupted).stop, again}, false},
		"killed":                    {[]func(*interrupted){(*interrupted).kill}, true},
		"killed and stopped":        {[]func(*interrupted){(*interrupted).kill, (*interrupted).stop}, true},
		"killed, gone on, stopped":  {[]func(*interrupted){(*interrupted).kill, again, (*interrupted).stop}, true},
		"killed, stopped, gone on":  {[]func(*interrupted){(*interrupted).kill, (*interrupted).stop, again}, true},
		"stopped for too long":      {[]func(*interrupted){late}, false},
		"killed, stopped very long": {[]func(*interrupted){(*interrupted).kill, again, late}, true},
	} {
		t.Run(name, func(t *testing.T) {
			spliced(t, func(t *testing.T, f container.Format) {
				sh := interrupt(t, f)
				sh.push(showPart(0))
				for _, way := range sc.ways {
					way(sh)
				}
				files := sh.after()
				if len(files) != 1 || files[0].Recovered != sc.recovered {
					t.Errorf("files: %+v, want recovered: %v", files, sc.recovered)
				}
			})
		})
	}
}

// late stops the server for longer than the window.
func late(sh *interrupted) {
	sh.live.End(stream.EndShutdown, "")
	closeManager(sh, sh.m)
	time.Sleep(window + time.Second)
	sh.start()
}

// TestWaitsInTheCatalogue: a file that the catalogue had not been told of when the server was killed can be found while it waits.
func TestWaitsInTheCatalogue(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		sh.push(showPart(0))
		dir := scratch(t)
		copyStorage(t, sh.dir, dir)
		sh.drop()
		closeManager(t, sh.m)
		m := newManager(dir, &catalogue{})
		var told atomic.Int64
		m.OnBegin = func(_ context.Context, f File) error {
			told.Store(f.ID)
			return nil
		}
		open(t, m)
		synctest.Wait()
		if active := m.Active(); len(active) != 1 || told.Load() != active[0].FileID {
			t.Errorf("told of %d, active: %+v", told.Load(), active)
		}
		closeManager(t, m)
	})
}

// TestWaitsWhole: while a file waits, its playlist tells of all of it, and all of it is safe against a power failure.
func TestWaitsWhole(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		var mu sync.Mutex
		synced := map[string]int64{}
		sh := interrupt(t, f)
		closeManager(t, sh.m)
		sh.before = func(o op) error {
			if o.kind == "sync" || o.kind == "syncfs" {
				mu.Lock()
				defer mu.Unlock()
				for _, name := range tree(t, filepath.Join(sh.dir, openDir)) {
					if path := filepath.Join(openDir, name); o.kind == "syncfs" || o.name == path {
						synced[path] = fileSize(t, filepath.Join(sh.dir, path))
					}
				}
			}
			return nil
		}
		sh.start()
		sh.push(showPart(0))
		sh.drop()
		st := sh.m.Active()
		if len(st) != 1 {
			t.Fatalf("active: %+v", st)
		}
		durable := func() {
			mu.Lock()
			defer mu.Unlock()
			for _, name := range []string{mediaName(st[0].FileID, f.Name()), journalName(st[0].FileID)} {
				if size := fileSize(t, filepath.Join(sh.dir, name)); synced[name] != size {
					t.Errorf("%s: %d bytes of %d are durable", name, synced[name], size)
				}
			}
			clear(synced)
		}
		durable()
		if goesOn(f) {
			text, err := os.ReadFile(filepath.Join(sh.dir, playlistName(st[0].FileID)))
			if err != nil {
				t.Fatal(err)
			}
			end := int64(0)
			for line := range strings.Lines(string(text)) {
				var size, offset int64
				if n, _ := fmt.Sscanf(line, "#EXT-X-BYTERANGE:%d@%d", &size, &offset); n == 2 {
					end = offset + size
				}
			}
			if end != st[0].Bytes || bytes.Contains(text, []byte("ENDLIST")) {
				t.Errorf("%d bytes of %d in the playlist:\n%s", end, st[0].Bytes, text)
			}
		}
		sh.kill() // perhaps before that
		time.Sleep(2 * sh.m.SyncInterval)
		synctest.Wait()
		durable()
		sh.after()
	})
}

// TestWaitsNoLonger: a clock that was set back while the server was down makes nobody wait for longer than the window.
func TestWaitsNoLonger(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		sh.stepped = time.Hour // when the units came; the start comes an hour before that
		sh.push(showPart(0))
		sh.kill()
		if st := sh.m.Active(); len(st) != 1 || st[0].Until.After(time.Now().Add(window)) {
			t.Errorf("active: %+v", st)
		}
		if files := sh.after(); len(files) != 1 {
			t.Errorf("files: %+v", files)
		}
	})
}

// TestSuspendedIsClosed: whatever becomes of a file that waited, it does not stay open.
func TestSuspendedIsClosed(t *testing.T) {
	for name, end := range map[string]func(*interrupted){
		"the server stops":   func(sh *interrupted) { closeManager(sh, sh.m) },
		"the window is over": func(sh *interrupted) { sh.after() },
		"it is superseded":   func(sh *interrupted) { sh.m.Supersede(key, "rule", nil); sh.after() },
	} {
		t.Run(name, func(t *testing.T) {
			spliced(t, func(t *testing.T, f container.Format) {
				sh := interrupt(t, f)
				sh.push(showPart(0))
				sh.drop()
				s := sh.m.take(sh.m.normal(sh.spec).suspensionKey())
				o := s.output
				sh.m.mu.Lock()
				sh.m.hold(s)
				sh.m.mu.Unlock()
				end(sh)
				for _, f := range []*file{o.media, o.journal, o.playlist} {
					if f == nil {
						continue
					}
					if _, err := f.size(); !errors.Is(err, os.ErrClosed) {
						t.Errorf("%s is open: %v", f.name, err)
					}
				}
			})
		})
	}
}

// TestTwoWait: of two files that wait for the same, the one before is finished.
func TestTwoWait(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		sh.push(showPart(0))
		sh.drop()
		first := sh.m.take(sh.m.normal(sh.spec).suspensionKey())
		sh.push(showPart(0))
		sh.drop()
		sh.m.mu.Lock()
		sh.m.hold(first)
		sh.m.mu.Unlock()
		synctest.Wait()
		if n := len(sh.c.list()); n != 1 {
			t.Errorf("%d files", n)
		}
		files := sh.after()
		sh.has(files, 0)
		if len(files) != 2 {
			t.Errorf("files: %+v", files)
		}
	})
}

// TestWaitsOn: a start in the middle of the wait changes neither its end nor how many gaps the file may still have.
func TestWaitsOn(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		for gaps := range 3 {
			sh.push(showPart(0))
			time.Sleep(4 * time.Second) // it falls silent first
			sh.drop()
			want := sh.m.Active()[0].Until
			time.Sleep(time.Second)
			sh.stop()
			st := sh.m.Active()
			if len(st) != 1 || !st[0].Until.Equal(want) {
				t.Fatalf("active: %+v, want until %v", st, want)
			}
			s := sh.m.take(sh.m.normal(sh.spec).suspensionKey())
			if n := s.output.gaps.written; n != gaps {
				t.Errorf("%d gaps, want %d", n, gaps)
			}
			sh.m.mu.Lock()
			sh.m.hold(s)
			sh.m.mu.Unlock()
		}
		sh.has(sh.after(), 0)
	})
}
