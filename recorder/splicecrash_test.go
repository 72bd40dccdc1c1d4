package recorder

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// watchedSplice records a stream that is interrupted by its publisher and by a stop of the server, and returns the state before each
// change of the storage.
func watchedSplice(t *testing.T, f container.Format, sessions ...[]*media.Unit) (states []state) {
	dir, into := scratch(t), scratch(t)
	synctest.Test(t, func(t *testing.T) {
		c := &catalogue{}
		cam := &camera{t: t, dir: dir, into: into, c: c}
		sh := &interrupted{T: t, dir: dir, c: c, format: f, spec: spec(f.Name()), before: cam.before}
		sh.spec.FlowContinueDuration = window
		sh.start()
		for i, units := range sessions {
			sh.push(units)
			if i == 1 {
				sh.stop()
			} else {
				sh.drop()
			}
			time.Sleep(time.Second)
		}
		sh.after()
		states = cam.states
	})
	return states
}

// TestSpliceKill kills the server before each change of the storage while a stream is recorded, waited for and spliced. The next one
// goes on in the same file, with all that was whole.
func TestSpliceKill(t *testing.T) {
	sessions := [][]*media.Unit{show(1500*time.Millisecond, 0), show(1500*time.Millisecond, 300), show(1500*time.Millisecond, 0)}
	for name, f := range splicing() {
		t.Run(name, func(t *testing.T) {
			states := watchedSplice(t, f, sessions...)
			if len(states) < 40 {
				t.Fatalf("%d states", len(states))
			}
			n := 0
			for i, st := range states {
				if len(st.known) > 0 || placed(t, st) {
					continue // the window was over: see TestKill
				}
				if i%7 == 0 {
					killReopening(t, f, st, sessions)
				}
				goOnFrom(t, f, st, sessions, nil)
				n++
			}
			if n < 30 {
				t.Errorf("only %d states", n)
			}
		})
	}
}

// placed reports whether a file of a state has been given the name of its place.
func placed(t *testing.T, st state) bool {
	for _, name := range tree(t, st.dir) {
		if filepath.Ext(name) != "."+journalExt {
			continue
		}
		b, err := os.ReadFile(filepath.Join(st.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if j, err := readJournal(bytes.NewReader(b), int64(len(b))); err == nil && j.key != nil {
			return true
		}
	}
	return false
}

// goOnFrom starts a server on a state, and has the stream come back. It returns the states before each change that the start made.
func goOnFrom(t *testing.T, f container.Format, st state, sessions [][]*media.Unit, cam *camera) {
	t.Helper()
	there := wholeUnits(t, f, st)
	synctest.Test(t, func(t *testing.T) {
		sh := &interrupted{T: t, dir: st.dir, c: &catalogue{}, format: f, spec: spec(f.Name()), starts: 10}
		sh.spec.FlowContinueDuration = window
		if cam != nil {
			cam.c, sh.before = sh.c, cam.before
		}
		sh.start()
		if cam != nil {
			closeManager(t, sh.m)
			return
		}
		last := show(500*time.Millisecond, 70)
		sh.push(last)
		sh.drop()
		files := sh.after()
		if len(files) != 1 {
			t.Fatalf("%s: %d files", st.op, len(files))
		}
		file := files[0]
		got := read(t, f, filepath.Join(st.dir, file.ObjectKey))
		if len(got) < there+len(last) {
			t.Errorf("%s: %d units, want the %d that were there and %d", st.op, len(got), there, len(last))
		}
		if file.PlaylistKey != "" {
			checkPlaylist(t, st, file)
		}
		for _, kind := range []media.Kind{media.Video, media.Audio} {
			var want [][]*media.Unit
			for _, units := range sessions {
				want = append(want, ofKind(units, kind))
			}
			if have := ofKind(got, kind); !begins(have, want, ofKind(last, kind)) {
				t.Errorf("%s: %d units of %v are not what was sent", st.op, len(have), kind)
			}
		}
		if left := tree(t, filepath.Join(st.dir, openDir)); len(left) > 0 {
			t.Errorf("%s: left over: %v", st.op, left)
		}
	})
}

// begins reports whether units are the beginnings of lists, one after the other, and then all of the last.
func begins(have []*media.Unit, lists [][]*media.Unit, last []*media.Unit) bool {
	same := func(a, b *media.Unit) bool { return bytes.Equal(a.Payload, b.Payload) }
	if len(lists) == 0 {
		return slices.EqualFunc(have, last, same)
	}
	for n := 0; ; n++ {
		if begins(have[n:], lists[1:], last) {
			return true
		}
		if n == len(have) || n == len(lists[0]) || !same(have[n], lists[0][n]) {
			return false
		}
	}
}

// killReopening kills a server while it starts on a state.
func killReopening(t *testing.T, f container.Format, st state, sessions [][]*media.Unit) {
	t.Helper()
	dir := scratch(t)
	copyStorage(t, st.dir, dir)
	cam := &camera{t: t, dir: dir, into: scratch(t)}
	goOnFrom(t, f, state{dir: dir, op: st.op}, sessions, cam)
	for _, again := range cam.states {
		again.op = st.op + ", then " + again.op
		goOnFrom(t, f, again, sessions, nil)
	}
}
