package recorder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestStorageGoes takes the storage away in the middle of a recording and brings it back. What is found in its place meanwhile is not
// touched.
func TestStorageGoes(t *testing.T) {
	places := map[string]map[string]string{
		"nothing": nil,
		"empty":   {},
		"foreign": {identityFile: "other\n", "x.flv": "x"},
		"no file": {identityFile + "/x": ""},
	}
	for name, format := range formats() {
		for what, files := range places {
			t.Run(name+" "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					dir := filepath.Join(scratch(t), "storage")
					var c catalogue
					var told []error
					m := newManager(dir, &c)
					m.OnStorage = func(err error) { told = append(told, err) }
					open(t, m)
					var h stream.Hub
					s := publish(t, m, &h, spec(name))
					var before []string
					units := show(40*time.Second, 0)
					inRealTime(t, s, units, func(at time.Duration) {
						switch at.Truncate(200 * time.Millisecond) {
						case 10 * time.Second:
							must(t, os.Rename(dir, dir+".away"))
							putFiles(t, dir, files)
						case 15 * time.Second:
							before = tree(t, filepath.Dir(dir))
							if err := m.Ready(); !errors.Is(err, ErrForeignStorage) || errors.Is(err, os.ErrNotExist) || m.Room().State != RoomGone {
								t.Errorf("ready: %v, room %+v", err, m.Room())
							}
							if !m.Unfinished(1) {
								t.Error("what is out of sight is taken for finished")
							}
						case 25 * time.Second:
							if after := tree(t, filepath.Dir(dir)); !slices.Equal(before, after) {
								t.Errorf("something was written: %q, %q", before, after)
							}
							must(t, os.RemoveAll(dir))
							must(t, os.Rename(dir+".away", dir))
						}
					})
					if err := m.Ready(); err != nil {
						t.Error(err)
					}
					s.End(stream.EndClient, "")
					closeManager(t, m)
					got := c.list()
					if len(got) < 2 || !slices.ContainsFunc(got, func(f File) bool { return f.Reason == CutNoStorage }) ||
						got[len(got)-1].Reason != CutStreamEnd || got[0].Recovered {
						t.Fatalf("files %+v", got)
					}
					sameUnits(t, got, units, whyGone, func(f File) []*media.Unit { return read(t, format, filepath.Join(dir, f.ObjectKey)) })
					if len(told) != 2 || told[0] == nil || told[1] != nil {
						t.Errorf("told %v", told)
					}
					if n := len(tree(t, dir)); n != stored(got) {
						t.Errorf("storage %q", tree(t, dir))
					}
				})
			})
		}
	}
}

func putFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if files != nil {
		must(t, os.MkdirAll(dir, 0o755))
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
}

// TestIdentityRewritten: an identity file that is empty for a moment costs nothing.
func TestIdentityRewritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := scratch(t)
		var c catalogue
		m := newManager(dir, &c)
		m.OnStorage = func(err error) { t.Error(err) }
		open(t, m)
		path := filepath.Join(dir, identityFile)
		for range 20 {
			must(t, os.WriteFile(path, nil, 0o644))
			time.Sleep(attendGone / 2)
			must(t, os.WriteFile(path, []byte("test-storage"), 0o644))
			time.Sleep(2*attendEvery + 100*time.Millisecond)
		}
		closeManager(t, m)
	})
}

// TestAwaits starts without the storage: a stream is recorded from the moment it is there, and what an earlier run left is finished.
func TestAwaits(t *testing.T) {
	for what, files := range map[string]map[string]string{
		"nothing": nil, "empty": {}, "foreign": {identityFile: "other\n"}, "in use": {"x": ""},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := filepath.Join(scratch(t), "storage")
				var c catalogue
				leftBehind(t, dir+".away", &c)
				putFiles(t, dir, files)
				m := newManager(dir, &c)
				m.Used, m.Awaits = true, true
				m.LastID = 1 << 40
				back := make(chan error, 9)
				m.OnStorage = func(err error) { back <- err }
				if err := m.Open(); !errors.Is(err, ErrForeignStorage) {
					t.Fatalf("open: %v", err)
				}
				if _, err := m.Recover(context.Background()); !errors.Is(err, ErrForeignStorage) || !errors.Is(m.Ready(), ErrForeignStorage) {
					t.Errorf("recover: %v, ready: %v", err, m.Ready())
				}
				var h stream.Hub
				s := publish(t, m, &h, spec("flv"))
				units := show(30*time.Second, 0)
				inRealTime(t, s, units, func(at time.Duration) {
					if at.Truncate(200*time.Millisecond) == 10*time.Second {
						must(t, os.RemoveAll(dir))
						must(t, os.Rename(dir+".away", dir))
					}
				})
				if err := <-back; err != nil || m.Ready() != nil {
					t.Errorf("told %v, ready: %v", err, m.Ready())
				}
				if n, err := m.Recover(context.Background()); n != 1 || err != nil {
					t.Errorf("recovered %d, %v", n, err)
				}
				s.End(stream.EndClient, "")
				closeManager(t, m)
				got := c.list()
				if len(got) != 2 || !got[0].Recovered || got[1].Recovered || got[1].Summary.Duration < 15*time.Second {
					t.Fatalf("files %+v", got)
				}
				sameUnits(t, got[1:], units, whyGone, func(f File) []*media.Unit {
					return read(t, m.formats["flv"], filepath.Join(dir, f.ObjectKey))
				})
			})
		})
	}
}

// leftBehind makes a storage with a file that a crash left.
func leftBehind(t *testing.T, dir string, c *catalogue) {
	t.Helper()
	m := newManager(dir, c)
	refused := errors.New("killed")
	m.OnFile = func(context.Context, File) error { return refused }
	open(t, m)
	var h stream.Hub
	s := publish(t, m, &h, spec("flv"))
	write(t, s, show(3*time.Second, 0), 20)
	s.End(stream.EndClient, "")
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := m.Close(ctx); err == nil {
		t.Error("nothing is left")
	}
}

// TestNewStorageIsNotInvented: a folder that is empty, or not there, is given an identity only if there never was one.
func TestNewStorageIsNotInvented(t *testing.T) {
	for what, files := range map[string]map[string]string{"nothing": nil, "empty": {}, "new filesystem": {"lost+found/x": ""}} {
		dir := filepath.Join(t.TempDir(), "storage")
		putFiles(t, dir, files)
		var c catalogue
		m := newManager(dir, &c)
		m.Used = true
		if err := m.Open(); !errors.Is(err, ErrForeignStorage) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := os.Stat(filepath.Join(dir, identityFile)); err == nil {
			t.Errorf("%s: it has an identity", what)
		}
		m.Used = false
		open(t, m)
		closeManager(t, m)
	}
}

// TestStorageGoesWhileAFileWaits: a file that waits for its publisher does not keep the disk busy, and is finished when that is back; the
// publisher goes on in another one.
func TestStorageGoesWhileAFileWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(scratch(t), "storage")
		var c catalogue
		m := newManager(dir, &c)
		open(t, m)
		sp := spec("hls")
		sp.FlowContinueDuration = time.Hour
		var h stream.Hub
		units := show(10*time.Second, 0)
		for i := range 2 {
			s := publish(t, m, &h, sp)
			inRealTime(t, s, units, func(time.Duration) {})
			s.End(stream.EndLost, "")
			time.Sleep(time.Second)
			if i == 1 {
				break
			}
			if list := m.Active(); len(list) != 1 || !list[0].Suspended {
				t.Fatalf("nothing waits: %+v", list)
			}
			must(t, os.Rename(dir, dir+".away"))
			time.Sleep(time.Minute)
			if list := m.Active(); len(list) != 0 || len(c.list()) != 0 {
				t.Errorf("it waits still: %+v, or is finished: %+v", list, c.list())
			}
			must(t, os.Rename(dir+".away", dir))
			time.Sleep(2 * attendEvery)
		}
		if files := c.list(); len(files) != 1 || len(files[0].Gaps) != 0 {
			t.Errorf("finished: %+v", files)
		} else {
			sameMedia(t, read(t, m.formats["hls"], filepath.Join(dir, files[0].ObjectKey)), units, 0)
		}
		if list := m.Active(); len(list) != 1 || !list[0].Suspended {
			t.Errorf("nothing waits after it: %+v", list)
		}
		closeManager(t, m)
	})
}
