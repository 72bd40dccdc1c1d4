package recorder

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/container"
)

// replayAll replays every prefix instead of some.
var replayAll = flag.Bool("replay.all", false, "replay every prefix of what was done to a storage (minutes)")

// replay is a session that was recorded, and what became of it undisturbed.
type replay struct {
	tape *tape
	// whole are the units of each file, bytes what it is when it is finished.
	whole map[int64][]*media.Unit
	bytes map[int64][]byte
	dir   string
	// seen are images that were tried, by their sum and what the catalogue knew.
	seen   map[string]bool
	images int
}

// syncedOften is a SyncInterval that falls into files of a second.
const syncedOften = 700 * time.Millisecond

// rehearse records streams into all formats, in virtual time: several files of each, cuts, and changes of parameters.
func rehearse(t *testing.T, streams int, syncs time.Duration, late time.Duration) *replay {
	t.Helper()
	r := &replay{
		tape: newTape(), whole: map[int64][]*media.Unit{}, bytes: map[int64][]byte{}, dir: scratch(t), seen: map[string]bool{},
	}
	dir := filepath.Join(r.dir, "session")
	var files []File
	synctest.Test(t, func(t *testing.T) {
		c := &catalogue{}
		m := r.manager(dir, c, r.tape)
		m.SyncInterval = syncs
		open(t, m)
		var hub stream.Hub
		var live []*stream.Stream
		for n := range streams {
			var specs []Spec
			for _, name := range []string{"flv", "mp4", "hls", "aac"} {
				sp := spec(name)
				sp.Key.Stream, sp.Interval = fmt.Sprint("s", n), time.Second
				specs = append(specs, sp)
			}
			live = append(live, publish(t, m, &hub, specs...))
		}
		play(t, live, late)
		closeManager(t, m)
		files = c.list()
	})
	n := map[string]int{}
	for _, f := range files {
		r.whole[f.ID] = read(t, formatOf(f.Spec.Format), filepath.Join(dir, f.ObjectKey))
		n[f.Spec.Format] += len(r.whole[f.ID])
		b, err := os.ReadFile(filepath.Join(dir, f.ObjectKey))
		if err != nil {
			t.Fatal(err)
		}
		r.bytes[f.ID] = b
	}
	if len(files) < 7*streams || n["flv"] != n["mp4"] || n["flv"] != n["hls"] {
		t.Fatalf("%d files with %v units", len(files), n)
	}
	return r
}

// play writes a show of 3 s into streams. Its sound is promised, and comes that late.
func play(t *testing.T, live []*stream.Stream, late time.Duration) {
	t.Helper()
	units := slices.DeleteFunc(show(3*time.Second, 0), func(u *media.Unit) bool {
		return u.Track.Codec.Kind() == media.Audio && u.Time() < late
	})
	for _, s := range live {
		s.Expect(stream.Expected{Known: true, Video: true, Audio: true})
	}
	for i, u := range units {
		if u.Track.Codec.Kind() == media.Video && u.RandomAccess {
			units[i] = mediatest.Grow(u, 6000+i)
		}
	}
	for from := 0; from < len(units); from += 12 {
		for _, s := range live {
			write(t, s, units[from:min(from+12, len(units))], 12)
		}
		synctest.Wait()
		time.Sleep(170 * time.Millisecond)
	}
	for _, s := range live {
		s.End(stream.EndClient, "")
	}
	synctest.Wait()
}

// manager returns one whose storage and catalogue are recorded.
func (r *replay) manager(dir string, c *catalogue, tp *tape) *Manager {
	m := newManager(dir, c)
	if tp != nil {
		m.before = tp.before
		var one sync.Mutex // as the commits of a database
		m.OnFile = func(ctx context.Context, f File) error {
			one.Lock()
			defer one.Unlock()
			err := c.add(ctx, f)
			tp.add(step{op: op{kind: commit, name: fmt.Sprint(f.ID)}, known: c.list()})
			return err
		}
	}
	return m
}

// units counts the whole units of each file in an image. Of a file that is being recorded they count once its journal has told what
// it is.
func (r *replay) units(img *image) map[int64]int {
	out := map[int64]int{}
	for id := range r.whole {
		b := img.data[img.names[journalName(id)]]
		_, there := img.names[journalName(id)]
		if node, waits := img.names[heldName(id)]; waits {
			b := img.data[node]
			if _, units, err := readHeld(bytes.NewReader(b), int64(len(b))); err == nil {
				out[id] = len(units)
			}
		}
		j, err := readJournal(bytes.NewReader(b), int64(len(b)))
		if !there || err != nil {
			continue
		}
		name := mediaName(id, j.head.Format)
		if _, there := img.names[name]; !there && j.key != nil {
			name = j.key.ObjectKey
		}
		if node, there := img.names[name]; there {
			out[id] = max(out[id], countIn(formatOf(j.head.Format), img.data[node]))
		}
	}
	return out
}

func countIn(format container.Format, b []byte) (n int) {
	for _, err := range format.Read(bytes.NewReader(b), int64(len(b))) {
		if err != nil {
			break
		}
		n++
	}
	return n
}

// recover recovers a folder.
func (r *replay) recover(dir string, known []File, tp *tape) (*catalogue, error) {
	c := &catalogue{files: slices.Clone(known)}
	m := r.manager(dir, c, tp)
	if err := m.Open(); err != nil {
		return nil, err
	}
	_, err := m.Recover(context.Background())
	return c, errors.Join(err, m.Close(context.Background()))
}

// check recovers an image and returns what is wrong with the outcome. Of each file there must be at least so many units.
func (r *replay) check(t testing.TB, img *image, least map[int64]int, known []File) error {
	t.Helper()
	id := fmt.Sprint(img.sum(), len(known))
	if r.seen[id] {
		return nil
	}
	r.seen[id] = true
	r.images++
	dir := filepath.Join(r.dir, "image")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	img.restore(t, dir)
	c, err := r.recover(dir, known, nil)
	if err == nil {
		err = r.judge(t, dir, c.list(), least)
	}
	if err != nil {
		return fmt.Errorf("%s, %d files known: %w", img.what, len(known), err)
	}
	if r.images%8 == 0 {
		again, err := r.recover(dir, c.list(), nil)
		if err != nil || again.calls != 0 {
			return fmt.Errorf("%s: a second recovery finished %d files, %w", img.what, again.calls, err)
		}
	}
	return nil
}

// try replays some prefixes of a tape and returns the first fault.
func (r *replay) try(t testing.TB, tp *tape, prefixes []int) (fault error) {
	t.Helper()
	for _, k := range prefixes {
		known := tp.known(k)
		safe := tp.safe(k, "")
		durable := r.units(tp.image(k, "", func(i int) fate {
			if safe[i] {
				return kept
			}
			return lost
		}))
		tp.crashes(k, func(img *image, powerLoss bool) bool {
			whole := durable
			if !powerLoss {
				whole = r.units(img)
			}
			if fault = r.check(t, img, r.least(whole, known), known); fault != nil {
				return false
			}
			// A commit may be lost with all that came after it; what it told of is then still to be told.
			if before, ok := tp.uncommitted(k, img); ok {
				fault = r.check(t, img, r.least(whole, before), before)
			}
			return fault == nil
		})
		if fault != nil {
			return fault
		}
	}
	return nil
}

// least is what must be there of each file after a crash that left so many whole units.
func (r *replay) least(whole map[int64]int, known []File) map[int64]int {
	least := maps.Clone(whole)
	for _, f := range known {
		least[f.ID] = catalogued([]File{f})
	}
	return least
}

// uncommitted is the catalogue before the last commit, if the file that it told of can still be told of again.
func (tp *tape) uncommitted(k int, img *image) ([]File, bool) {
	for i, s := range slices.Backward(tp.steps[:k]) {
		if s.kind == commit {
			id, _ := strconv.ParseInt(s.name, 10, 64)
			_, there := img.names[journalName(id)]
			return tp.known(i), there
		}
	}
	return nil, false
}

// TestReplay crashes a session after many of its steps, in many ways, and recovers.
func TestReplay(t *testing.T) {
	tests := map[string]struct {
		streams     int
		syncs, late time.Duration
	}{
		"synced one by one": {1, syncedOften, 0}, "synced together": {2, syncedOften, 0}, "synced at the end": {1, time.Hour, 0},
		"sound comes late": {1, syncedOften, 1300 * time.Millisecond},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := rehearse(t, tt.streams, tt.syncs, tt.late)
			prefixes := r.tape.prefixes(0, 48*tt.streams)
			if err := r.try(t, r.tape, prefixes); err != nil {
				t.Error(err)
			}
			t.Logf("%d of %d prefixes, %d images", len(prefixes), len(r.tape.steps), r.images)
		})
	}
}

// named is how many steps there are until the journal has the name of the first file with that ending, which has not been synced yet.
func (tp *tape) named(ext string) int {
	link := slices.IndexFunc(tp.steps, func(s step) bool { return s.kind == "link" && strings.HasSuffix(s.name, ext) })
	journal := strings.TrimSuffix(tp.steps[link].name, ext) + "." + journalExt
	for i, s := range slices.Backward(tp.steps[:link]) {
		if s.kind == "write" && s.name == journal {
			return i + 1
		}
	}
	return link
}

// TestReplayRecovery crashes recoveries in the same ways.
func TestReplayRecovery(t *testing.T) {
	r := rehearse(t, 1, syncedOften, 0)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 5 {
		k := len(r.tape.steps)/5 + rnd.IntN(len(r.tape.steps)*4/5)
		if i == 0 {
			k = r.tape.named(".hls") // what a killed process wrote may not be on the disk, although the recovery can read it
		}
		tp := r.tape.upTo(k)
		dir := filepath.Join(r.dir, "interrupted")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		tp.image(k, "", func(int) fate { return kept }).restore(t, dir)
		if _, err := r.recover(dir, tp.known(k), tp); err != nil {
			t.Fatal(err)
		}
		if err := r.try(t, tp, tp.prefixes(k, 16)); err != nil {
			t.Errorf("recovery after %s: %v", r.tape.at(k-1), err)
		}
	}
	t.Logf("%d images", r.images)
}

// TestReplayNoticesMissingSync takes away one sync after the other, wherever the code asks for one: the replay must notice each.
func TestReplayNoticesMissingSync(t *testing.T) {
	missed := map[string]bool{}
	for _, r := range []*replay{
		rehearse(t, 1, time.Hour, 0), rehearse(t, 1, syncedOften, 0), rehearse(t, 2, syncedOften, 0),
	} {
		sites := map[string][]int{}
		for i, s := range r.tape.steps {
			if s.site != "" {
				sites[s.site] = append(sites[s.site], i+1)
			}
		}
		for site, at := range sites {
			if found, tried := missed[site]; tried && !found {
				continue
			}
			r.tape.muted, r.seen = site, map[string]bool{}
			missed[site] = r.try(t, r.tape, r.tape.after(at, 12)) == nil
		}
	}
	if len(missed) < 10 {
		t.Errorf("only %d places that sync", len(missed))
	}
	for site, was := range missed {
		if was {
			t.Errorf("%s: nothing is lost without it", site)
		}
	}
}

// after returns the prefixes that end up to so many steps after some of them.
func (tp *tape) after(steps []int, n int) (out []int) {
	for _, i := range steps[:min(len(steps), 4)] {
		for k := i; k <= min(i+n, len(tp.steps)); k++ {
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}
