package recorder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
)

// state is what a process killed at some moment leaves behind.
type state struct {
	dir string
	op  string
	// known is the catalogue at that moment.
	known []File
}

// camera takes the state of a storage before each change of it.
type camera struct {
	t testing.TB
	// dir is what it looks at, into where it puts its pictures.
	dir, into string
	c         *catalogue

	mu     sync.Mutex
	states []state
}

func (cam *camera) before(o op) error {
	cam.mu.Lock()
	defer cam.mu.Unlock()
	st := state{dir: filepath.Join(cam.into, fmt.Sprint(len(cam.states))), op: o.kind + " " + o.name, known: cam.c.list()}
	copyStorage(cam.t, cam.dir, st.dir)
	cam.states = append(cam.states, st)
	return nil
}

// copyStorage copies a folder that may be changing. A file with two names is one file with two names in the copy, too.
func copyStorage(t testing.TB, from, to string) {
	var copied []string
	var infos []os.FileInfo
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(from, path)
		if err != nil || e.IsDir() {
			return errors.Join(err, os.MkdirAll(filepath.Join(to, rel), 0o755))
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil // it was renamed meanwhile
		}
		for i, other := range infos {
			if os.SameFile(info, other) {
				return os.Link(copied[i], filepath.Join(to, rel))
			}
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		copied, infos = append(copied, filepath.Join(to, rel)), append(infos, info)
		return os.WriteFile(filepath.Join(to, rel), b, 0o644)
	})
	if err != nil {
		t.Error(err)
	}
}

// wholeUnits counts the units of a state, as far as they are whole: of the unfinished files, and of those that are known. A file
// may be both, until it has lost its first name.
func wholeUnits(t testing.TB, format container.Format, st state) (n int) {
	t.Helper()
	known := map[string]bool{}
	for _, f := range st.known {
		known[mediaName(f.ID, format.Name())] = true
	}
	for _, name := range tree(t, st.dir) {
		if strings.HasPrefix(name, openDir) && strings.HasSuffix(name, "."+format.Name()) && !known[name] {
			n += countUnits(t, format, filepath.Join(st.dir, name))
		}
	}
	return n + catalogued(st.known)
}

func countUnits(t testing.TB, format container.Format, path string) (n int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range format.Read(f, info.Size()) {
		if err != nil {
			break
		}
		n++
	}
	return n
}

// recordAndWatch records units in batches, in virtual time, and returns the state before every change of the storage.
func recordAndWatch(t *testing.T, format string, units []*media.Unit) (states []state, all []File) {
	dir, into := scratch(t), scratch(t)
	synctest.Test(t, func(t *testing.T) {
		var c catalogue
		m := newManager(dir, &c)
		m.SyncInterval = 700 * time.Millisecond
		cam := &camera{t: t, dir: dir, into: into, c: &c}
		m.before = cam.before
		open(t, m)
		sp := spec(format)
		sp.Interval = time.Second
		var h stream.Hub
		s := publish(t, m, &h, sp)
		write(t, s, units[:12], 12)
		synctest.Wait()
		for from := 12; from < len(units); from += 12 {
			time.Sleep(170 * time.Millisecond)
			write(t, s, units[from:min(from+12, len(units))], 12)
			synctest.Wait()
		}
		s.End(stream.EndClient, "")
		synctest.Wait()
		closeManager(t, m)
		states, all = cam.states, c.list()
	})
	return states, all
}

// recovery runs Recover on a copied state and returns the catalogue after it.
func recovery(t *testing.T, st state, before func(op) error) *catalogue {
	t.Helper()
	c := &catalogue{files: append([]File(nil), st.known...)}
	m := newManager(st.dir, c)
	m.before = before
	open(t, m)
	defer closeManager(t, m)
	if _, err := m.Recover(context.Background()); err != nil {
		t.Fatalf("%s: %v", st.op, err)
	}
	return c
}

// TestKill kills a recording before each change it makes to the storage, and recovers.
func TestKill(t *testing.T) {
	units := show(2500*time.Millisecond, 0)
	for name, format := range formats() {
		t.Run(name, func(t *testing.T) {
			states, all := recordAndWatch(t, name, units)
			want := 3
			if goesOn(format) {
				want = 1
			}
			if len(all) != want || len(states) < 50 {
				t.Fatalf("%d files, %d states", len(all), len(states))
			}
			for i, st := range states {
				if i%12 == 0 {
					killRecovery(t, st, format, units)
				}
				there := wholeUnits(t, format, st)
				checkRecovered(t, st, recovery(t, st, nil), format, units, there)
			}
		})
	}
}

func catalogued(files []File) (n int) {
	for _, f := range files {
		for _, s := range f.Summary.Tracks {
			n += int(s.Units)
		}
	}
	return n
}

// checkRecovered compares the catalogue with what had been written: no unit is missing, none doubled, and
// nothing is left to be done.
func checkRecovered(t *testing.T, st state, c *catalogue, format container.Format, units []*media.Unit, there int) {
	t.Helper()
	files := c.list()
	var got []*media.Unit
	for _, f := range files {
		part := read(t, format, filepath.Join(st.dir, f.ObjectKey))
		if n := catalogued([]File{f}); n != len(part) {
			t.Errorf("%s: the summary of %s says %d units, it has %d", st.op, f.ObjectKey, n, len(part))
		}
		got = append(got, part...)
	}
	if len(got) < there {
		t.Errorf("%s: %d units, %d were whole before", st.op, len(got), there)
	}
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		g, w := ofKind(got, kind), ofKind(units, kind)
		for i, u := range g {
			if !bytes.Equal(u.Payload, w[i].Payload) {
				t.Fatalf("%s: %s unit %d is another", st.op, kind, i)
			}
		}
	}
	for _, f := range files {
		if f.PlaylistKey != "" {
			checkPlaylist(t, st, f)
		}
	}
	if names := tree(t, st.dir); len(names) != stored(files) {
		t.Errorf("%s: %d files in the catalogue, in the storage %q", st.op, len(files), names)
	}
	calls := c.calls
	again := recovery(t, state{dir: st.dir, op: st.op, known: files}, nil)
	if again.calls != 0 || len(again.list()) != len(files) {
		t.Errorf("%s: a second recovery had %d calls after %d", st.op, again.calls, calls)
	}
}

// checkPlaylist checks that a playlist is finished, and that its byte ranges make up the file.
func checkPlaylist(t *testing.T, st state, f File) {
	t.Helper()
	if err := playlistFault(st.dir, f); err != nil {
		t.Errorf("%s: %v", st.op, err)
	}
}

// playlistFault is what is wrong with a finished playlist.
func playlistFault(dir string, f File) error {
	text, err := os.ReadFile(filepath.Join(dir, f.PlaylistKey))
	if err != nil {
		return err
	}
	if !bytes.HasSuffix(text, []byte("#EXT-X-ENDLIST\n")) {
		return fmt.Errorf("the playlist is not finished:\n%s", text)
	}
	data, err := os.ReadFile(filepath.Join(dir, f.ObjectKey))
	if err != nil {
		return err
	}
	// There may be the beginning of a period in which nothing came.
	idle := func(from, to int64) bool {
		return from+8 <= to && to <= int64(len(data)) && string(data[from+4:from+8]) == "ftyp" && !bytes.Contains(data[from:to], []byte("moof"))
	}
	end := int64(0)
	for line := range strings.Lines(string(text)) {
		var size, offset int64
		if n, _ := fmt.Sscanf(line, "#EXT-X-MAP:URI=\"media.mp4\",BYTERANGE=\"%d@%d\"", &size, &offset); n != 2 {
			if n, _ = fmt.Sscanf(line, "#EXT-X-BYTERANGE:%d@%d", &size, &offset); n != 2 {
				continue
			}
		}
		if offset != end && !idle(end, offset) {
			return fmt.Errorf("a segment begins at %d, the one before ended at %d", offset, end)
		}
		end = offset + size
	}
	if end != f.Size && !idle(end, f.Size) {
		return fmt.Errorf("segments up to %d, the file has %d bytes:\n%s", end, f.Size, text)
	}
	return nil
}

func ofKind(units []*media.Unit, k media.Kind) (out []*media.Unit) {
	for _, u := range units {
		if u.Track.Codec.Kind() == k {
			out = append(out, u)
		}
	}
	return out
}

// killRecovery kills a recovery before each change it makes, and recovers.
func killRecovery(t *testing.T, st state, format container.Format, units []*media.Unit) {
	t.Helper()
	there := wholeUnits(t, format, st)
	cam := &camera{t: t, dir: filepath.Join(scratch(t), "copy"), into: scratch(t)}
	copyStorage(t, st.dir, cam.dir)
	c := &catalogue{files: append([]File(nil), st.known...)}
	cam.c = c
	m := newManager(cam.dir, c)
	m.before = cam.before
	open(t, m)
	_, err := m.Recover(context.Background())
	closeManager(t, m) // what was held back is finished in the background
	if err != nil {
		t.Fatalf("%s: %v", st.op, err)
	}
	for _, second := range cam.states {
		second.op = st.op + ", then " + second.op
		checkRecovered(t, second, recovery(t, second, nil), format, units, there)
	}
}

// TestCut cuts the files of a killed recording at many places, as a power loss may do, and recovers.
func TestCut(t *testing.T) {
	units := show(2500*time.Millisecond, 0)[:60]
	for name, format := range formats() {
		t.Run(name, func(t *testing.T) {
			states, _ := recordAndWatch(t, name, units)
			st := lastOpen(t, states, name)
			size := fileSize(t, mediaPath(st.dir, name))
			for cut := size; cut >= 0; cut -= size/25 + 1 {
				for _, what := range []string{"media", "journal", "both"} {
					t.Run(fmt.Sprintf("%s at %d", what, cut), func(t *testing.T) { cutAndRecover(t, st, format, units, what, cut) })
				}
			}
		})
	}
}

// lastOpen returns the last state with an unfinished file that has no closing record.
func lastOpen(t *testing.T, states []state, name string) state {
	t.Helper()
	for i := len(states) - 1; i >= 0; i-- {
		media, journals := filepath.Glob(filepath.Join(states[i].dir, openDir, "*."+name))
		if journals == nil && len(media) == 1 && strings.HasPrefix(states[i].op, "write .open") {
			b, err := os.ReadFile(strings.TrimSuffix(media[0], name) + "journal")
			if err == nil && !bytes.Contains(b, []byte(`"Reason"`)) {
				return states[i]
			}
		}
	}
	t.Fatal("no such state")
	return state{}
}

func mediaPath(dir, ext string) string {
	names, _ := filepath.Glob(filepath.Join(dir, openDir, "*."+ext))
	return names[0]
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func cutAndRecover(t *testing.T, from state, format container.Format, units []*media.Unit, what string, cut int64) {
	st := state{dir: filepath.Join(scratch(t), "copy"), op: what}
	copyStorage(t, from.dir, st.dir)
	media := mediaPath(st.dir, format.Name())
	journal := strings.TrimSuffix(media, format.Name()) + "journal"
	if what != "journal" {
		if err := os.Truncate(media, cut); err != nil {
			t.Fatal(err)
		}
	}
	known := true
	if what != "media" {
		size := min(cut, fileSize(t, journal))
		if err := os.Truncate(journal, size); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(journal)
		if err != nil {
			t.Fatal(err)
		}
		_, err = readJournal(bytes.NewReader(b), size)
		known = err == nil
	}
	there := wholeUnits(t, format, st)
	c := recovery(t, st, nil)
	if known {
		checkRecovered(t, st, c, format, units, there)
		return
	}
	if c.calls != 0 {
		t.Errorf("%d files raised without a journal", c.calls)
	}
	lost := slices.DeleteFunc(tree(t, st.dir), func(name string) bool {
		return !strings.HasPrefix(name, lostDir) || strings.HasSuffix(name, playlistExt)
	})
	if there == 0 {
		return // removed if its head was whole, put aside if not
	}
	if len(lost) != 1 {
		t.Fatalf("put aside: %q, all: %q", lost, tree(t, st.dir))
	}
	if got := countUnits(t, format, filepath.Join(st.dir, lost[0])); got != there {
		t.Errorf("%d units put aside, %d were there", got, there)
	}
}

// TestLostPage: of a file that had grown since its last sync, a power loss may take any page. What is recovered is what
// was pushed up to there.
func TestLostPage(t *testing.T) {
	const page = 4096
	var units []*media.Unit
	for i, u := range mediatest.Intra(mediatest.H264(1, 1000), 50, 0, 40) {
		units = append(units, mediatest.Grow(u, 3000+i))
	}
	for name, format := range formats() {
		t.Run(name, func(t *testing.T) {
			states, _ := recordAndWatch(t, name, units[:24])
			from := lastOpen(t, states, name)
			path := mediaPath(from.dir, name)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			synced := journalSynced(t, strings.TrimSuffix(path, name)+"journal")
			for at := (synced/page + 1) * page; at+page <= int64(len(b)); at += page {
				st := state{dir: filepath.Join(scratch(t), "copy"), op: fmt.Sprintf("page at %d of %d, %d synced", at, len(b), synced)}
				copyStorage(t, from.dir, st.dir)
				damaged := bytes.Clone(b)
				clear(damaged[at : at+page])
				if err := os.WriteFile(mediaPath(st.dir, name), damaged, 0o644); err != nil {
					t.Fatal(err)
				}
				there := wholeUnits(t, format, st)
				if err := os.Truncate(mediaPath(st.dir, name), at); err != nil {
					t.Fatal(err)
				}
				there = min(there, wholeUnits(t, format, st))
				if err := os.WriteFile(mediaPath(st.dir, name), damaged, 0o644); err != nil {
					t.Fatal(err)
				}
				checkRecovered(t, st, recovery(t, st, nil), format, units, there)
			}
		})
	}
}

func journalSynced(t *testing.T, path string) int64 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	j, err := readJournal(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return j.synced
}

// TestRecoverAmongRubble: what cannot be recovered is put aside and holds nothing up.
func TestRecoverAmongRubble(t *testing.T) {
	units := show(2*time.Second, 0)
	states, _ := recordAndWatch(t, "mp4", units)
	st := lastOpen(t, states, "mp4")
	rubble := map[string]string{
		"111.mp4":         "no MP4 at all",
		"222.flv":         "",
		"333.journal":     "no journal",
		"444.journal.new": "half",
		"555.ogg":         "a format that is gone",
		"README":          "not ours",
		"-5.mp4":          "not ours",
	}
	for name, text := range rubble {
		if err := os.WriteFile(filepath.Join(st.dir, openDir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	there := wholeUnits(t, mp4.Format{}, st)
	c := &catalogue{files: st.known}
	m := newManager(st.dir, c)
	open(t, m)
	if n, err := m.Recover(t.Context()); n != 1 || err != nil {
		t.Errorf("%d files, %v", n, err)
	}
	closeManager(t, m)
	files := c.list()
	last := files[len(files)-1]
	if !last.Recovered || last.Reason != CutCrash || catalogued(files) < there {
		t.Errorf("%+v", last)
	}
	for name, text := range rubble {
		where := lostDir
		switch name {
		case "README", "-5.mp4":
			where = openDir
		case "333.journal", "444.journal.new":
			if _, err := os.Stat(filepath.Join(st.dir, openDir, name)); err == nil {
				t.Errorf("%s is still there", name)
			}
			continue
		}
		if b, err := os.ReadFile(filepath.Join(st.dir, where, name)); err != nil || string(b) != text {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

// TestRecoverLater: a file that the catalogue does not take is reported, and handed over once it does.
func TestRecoverLater(t *testing.T) {
	states, _ := recordAndWatch(t, "flv", show(2*time.Second, 0))
	st := lastOpen(t, states, "flv")
	synctest.Test(t, func(t *testing.T) {
		c := &catalogue{files: st.known, refuse: errTest}
		m := newManager(st.dir, c)
		open(t, m)
		if n, err := m.Recover(t.Context()); n != 0 || !errors.Is(err, errTest) {
			t.Errorf("%d files, %v", n, err)
		}
		c.mu.Lock()
		c.refuse = nil
		c.mu.Unlock()
		time.Sleep(time.Minute)
		if files := c.list(); len(files) != len(st.known)+1 || !files[len(files)-1].Recovered {
			t.Errorf("%+v", files)
		}
		closeManager(t, m)
	})
}
