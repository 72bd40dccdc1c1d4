package recorder

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// TestHeld kills a recording while it waits for the sound that was promised, and while it begins. No picture is lost or doubled.
func TestHeld(t *testing.T) {
	for name, format := range formats() {
		t.Run(name, func(t *testing.T) {
			dir, into := scratch(t), scratch(t)
			c := &catalogue{}
			cam := &camera{t: t, dir: dir, into: into, c: c}
			pictures := ofKind(show(3*time.Second, 0), media.Video)
			written := map[int]int{} // by state
			synctest.Test(t, func(t *testing.T) {
				m := newManager(dir, c)
				var n atomic.Int64
				m.before = func(o op) error {
					cam.mu.Lock()
					written[len(cam.states)] = int(n.Load())
					cam.mu.Unlock()
					return cam.before(o)
				}
				open(t, m)
				var h stream.Hub
				s := publish(t, m, &h, spec(name))
				s.Expect(stream.Expected{Known: true, Video: true, Audio: true})
				for batch := range slices.Chunk(pictures, 5) {
					time.Sleep(200 * time.Millisecond)
					write(t, s, batch, 5)
					synctest.Wait()
					n.Add(int64(len(batch)))
				}
				s.End(stream.EndClient, "")
				closeManager(t, m)
			})
			heldStates := 0
			for i, st := range cam.states {
				if names, _ := filepath.Glob(filepath.Join(st.dir, openDir, "*."+heldExt)); len(names) > 0 {
					heldStates++
				}
				// Two rounds of 5: one that is too young to be held, and the one that is being written. MP4 keeps a fragment of 500 ms.
				missing := 10
				if name == "mp4" {
					missing += 13
				}
				least := max(written[i]-missing, wholeUnits(t, format, st))
				checkRecovered(t, st, recovery(t, st, nil), format, pictures, least)
			}
			if heldStates < 8 {
				t.Errorf("held in %d of %d states", heldStates, len(cam.states))
			}
		})
	}
}

// TestHeldCostsNothing: where all tracks come at once there is nothing to be held.
func TestHeldCostsNothing(t *testing.T) {
	for name := range formats() {
		states, _ := recordAndWatch(t, name, show(2500*time.Millisecond, 0))
		for _, st := range states {
			if names, _ := filepath.Glob(filepath.Join(st.dir, openDir, "*."+heldExt)); len(names) > 0 {
				t.Errorf("%s: %s: %q", name, st.op, names)
			}
		}
	}
}

func heldBytes(t testing.TB) []byte {
	t.Helper()
	units := show(time.Second, 0)
	dir := t.TempDir()
	m := newManager(dir, &catalogue{})
	open(t, m)
	defer closeManager(t, m)
	rec := &recording{m: m, spec: spec("flv"), now: units[0].Wall}
	h := &held{id: 77}
	if err := h.write(rec, &part{held: units, wall: units[0].Wall}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, heldName(77)))
	if err != nil {
		t.Fatal(err)
	}
	rec.dropHeld(h)
	return b
}

func TestReadHeld(t *testing.T) {
	b := heldBytes(t)
	want := show(time.Second, 0)
	for cut := len(b); cut >= 0; cut -= 97 {
		_, units, err := readHeld(bytes.NewReader(b[:cut]), int64(cut))
		if cut < 20 && err == nil || cut == len(b) && len(units) != len(want) {
			t.Fatalf("cut at %d: %d units, %v", cut, len(units), err)
		}
		for i, u := range units {
			w := want[i]
			if u.DTS != w.DTS || u.PTS != w.PTS || !u.Wall.Equal(w.Wall) || u.RandomAccess != w.RandomAccess || !bytes.Equal(u.Payload, w.Payload) {
				t.Fatalf("cut at %d: unit %d is another", cut, i)
			}
		}
	}
}

func FuzzHeld(f *testing.F) {
	b := heldBytes(f)
	f.Add(b)
	f.Add(b[:len(b)/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		_, units, err := readHeld(bytes.NewReader(b), int64(len(b)))
		size := 0
		for _, u := range units {
			size += len(u.Payload)
			_ = u.Time()
		}
		if err == nil && size > len(b) {
			t.Errorf("%d bytes from %d", size, len(b))
		}
	})
}
