package recorder

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/stream"
)

// TestClaimed: a file that has its final name is claimed until it is in the catalogue, also by an earlier run, and where the
// filesystem knows no hard links.
func TestClaimed(t *testing.T) {
	for name, links := range map[string]bool{"links": true, "no links": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				c := &catalogue{refuse: errTest}
				start := func() *Manager {
					m := newManager(dir, c)
					m.before = func(o op) error {
						if o.kind == "link" && !links {
							return errors.ErrUnsupported
						}
						return nil
					}
					open(t, m)
					return m
				}
				m := start()
				if _, err := new(Manager).Claimed(nil); !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
				var h stream.Hub
				s := publish(t, m, &h, spec("mp4"), spec("hls"))
				write(t, s, show(3*time.Second, 0), 50)
				synctest.Wait()
				check := func(when string, want ...string) {
					t.Helper()
					keys := slices.DeleteFunc(tree(t, dir), func(key string) bool { return strings.HasPrefix(key, ".") })
					got, err := m.Claimed(append(keys, "not/there.mp4"))
					if err != nil {
						t.Fatal(err)
					}
					var kinds []string
					for _, key := range got {
						kinds = append(kinds, path.Ext(key))
					}
					slices.Sort(kinds)
					if !slices.Equal(kinds, want) {
						t.Errorf("%s: %q of %q", when, got, keys)
					}
				}
				check("while it is recorded")
				s.End(stream.EndClient, "")
				time.Sleep(10 * time.Second)
				synctest.Wait()
				check("not catalogued", ".mp4", ".ts")
				m.cancel() // it is killed
				_ = m.Close(t.Context())
				m = start()
				check("after a start", ".mp4", ".ts")
				c.mu.Lock()
				c.refuse = nil
				c.mu.Unlock()
				if n, err := m.Recover(t.Context()); n != 2 || err != nil {
					t.Error(n, err)
				}
				check("catalogued")
				if a, b := m.NextID(), m.NextID(); a <= 0 || b <= a || a>>idCounterBits&(1<<idNodeBits-1) != int64(m.Node) {
					t.Error(a, b)
				}
				closeManager(t, m)
			})
		})
	}
}

// TestIDsGoOnAfterLeftovers: the clock was set back, and the catalogue does not know what a crash left.
func TestIDsGoOnAfterLeftovers(t *testing.T) {
	dir := t.TempDir()
	var c catalogue
	m := newManager(dir, &c)
	open(t, m)
	const future = int64(1) << 62
	if err := os.WriteFile(filepath.Join(dir, journalName(future)), []byte("not a journal"), 0o644); err != nil {
		t.Fatal(err)
	}
	closeManager(t, m)
	m = newManager(dir, &c)
	open(t, m)
	defer closeManager(t, m)
	if id := m.NextID(); id <= future {
		t.Errorf("FileID %d is not beyond %d, which was given out before", id, future)
	}
}
