package recorder

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"aircheck/ingest/stream"
)

// Ledger is a catalogue in a folder.
type Ledger interface {
	// Add is Manager.OnFile.
	Add(context.Context, File) error
	// Events counts the events of each asset.
	Events(context.Context) (map[int64]int, error)
	Close() error
}

// ledgers is a replay whose catalogue is on disk as well.
type ledgers struct {
	*replay
	open func(dir string) (Ledger, error)
	// copies are the ledger's folder after each commit, by the step.
	copies map[int]string
	empty  string
}

// ReplayWith replays a session together with its catalogue: what is known is what had been committed at that moment.
func ReplayWith(t *testing.T, open func(dir string) (Ledger, error)) {
	x := &ledgers{
		replay: &replay{tape: newTape(), dir: scratch(t), seen: map[string]bool{}}, open: open, copies: map[int]string{},
	}
	x.session(t)
	images := 0
	for _, k := range x.tape.prefixes(0, 8) {
		x.tape.crashes(k, func(img *image, powerLoss bool) bool {
			images++
			for _, from := range x.committed(k, img) {
				if err := x.verify(t, img, from); err != nil {
					t.Errorf("%s: %v", img.what, err)
				}
			}
			return !powerLoss && !t.Failed() // the killed process, and what is safe
		})
	}
	t.Logf("%d images", images)
}

// session records a few files of each format, as fast as it goes.
func (x *ledgers) session(t *testing.T) {
	dir, books := filepath.Join(x.dir, "session"), filepath.Join(x.dir, "ledger")
	x.empty = filepath.Join(x.dir, "empty")
	l := x.mustOpen(t, books)
	copyStorage(t, books, x.empty)
	m := newManager(dir, &catalogue{})
	m.SyncInterval, m.before = 0, x.tape.before
	var mu sync.Mutex
	var known []File
	m.OnFile = func(ctx context.Context, f File) error {
		mu.Lock()
		defer mu.Unlock()
		if err := l.Add(ctx, f); err != nil {
			return err
		}
		known = append(slices.Clone(known), f)
		copied := filepath.Join(x.dir, fmt.Sprint("ledger", len(known)))
		copyStorage(t, books, copied)
		x.tape.mu.Lock()
		x.copies[len(x.tape.steps)] = copied
		x.tape.steps = append(x.tape.steps, step{op: op{kind: commit, name: fmt.Sprint(f.ID)}, known: known})
		x.tape.mu.Unlock()
		return nil
	}
	open(t, m)
	var hub stream.Hub
	var specs []Spec
	for _, name := range []string{"flv", "mp4", "hls", "aac"} {
		sp := spec(name)
		sp.Interval = time.Second
		specs = append(specs, sp)
	}
	s := publish(t, m, &hub, specs...)
	units := show(3*time.Second, 0)
	for batch := range slices.Chunk(units, 12) {
		write(t, s, batch, 12)
		for behind(m) {
			runtime.Gosched()
		}
	}
	s.End(stream.EndClient, "")
	closeManager(t, m)
	if err := l.Close(); err != nil || len(known) < 8 {
		t.Fatalf("%d files, %v", len(known), err)
	}
}

func (x *ledgers) mustOpen(t *testing.T, dir string) Ledger {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := x.open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// committed returns copies of the ledger: the last before a prefix ended, and the one before if that must do as well.
func (x *ledgers) committed(k int, img *image) []string {
	at := slices.Sorted(maps.Keys(x.copies))
	at = at[:len(at)-len(slices.DeleteFunc(slices.Clone(at), func(i int) bool { return i < k }))]
	out := []string{x.empty}
	for _, i := range at {
		out = append(out, x.copies[i])
	}
	if _, ok := x.tape.uncommitted(k, img); ok {
		return out[len(out)-2:]
	}
	return out[len(out)-1:]
}

// verify recovers an image with a copy of the ledger. Then each file that it knows is there, and has one event.
func (x *ledgers) verify(t *testing.T, img *image, from string) error {
	dir, books := filepath.Join(x.dir, "image"), filepath.Join(x.dir, "books")
	for _, d := range []string{dir, books} {
		if err := os.RemoveAll(d); err != nil {
			t.Fatal(err)
		}
	}
	img.restore(t, dir)
	copyStorage(t, from, books)
	l := x.mustOpen(t, books)
	defer l.Close()
	before, err := l.Events(t.Context())
	if err != nil {
		return err
	}
	m := newManager(dir, &catalogue{})
	var mu sync.Mutex
	told := map[int64]string{}
	m.OnFile = func(ctx context.Context, f File) error {
		mu.Lock()
		told[f.ID] = f.ObjectKey
		mu.Unlock()
		return l.Add(ctx, f)
	}
	open(t, m)
	_, err = m.Recover(t.Context())
	closeManager(t, m)
	if err != nil {
		return err
	}
	after, err := l.Events(t.Context())
	if err != nil {
		return err
	}
	for id, n := range after {
		if n != 1 {
			return fmt.Errorf("%d events of file %d", n, id)
		}
		if _, ok := before[id]; !ok && told[id] == "" {
			return fmt.Errorf("file %d comes from nowhere", id)
		}
	}
	for id := range before {
		if after[id] != 1 {
			return fmt.Errorf("file %d was known and is not any more", id)
		}
	}
	// What lies in the storage is in the catalogue, and the other way round.
	files := 0
	for _, name := range tree(t, dir) {
		if name[0] != '.' && filepath.Ext(name) != "."+playlistExt {
			files++
		}
	}
	if files != len(after) {
		return fmt.Errorf("%d files in the storage, %d in the catalogue: %q", files, len(after), tree(t, dir))
	}
	return nil
}
