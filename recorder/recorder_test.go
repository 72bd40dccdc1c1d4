package recorder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"path/filepath"
	"runtime"
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
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
)

func formats() map[string]container.Format {
	return map[string]container.Format{"flv": flv.Format{}, "mp4": mp4.Format{}, "hls": hls.Format{}, "tiny": tiny{}, "tinygroup": tiny{group: 4}}
}

func TestRecord(t *testing.T) {
	for name, format := range formats() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var c catalogue
			m := newManager(dir, &c)
			open(t, m)
			var h stream.Hub
			s := publish(t, m, &h, spec(name))
			units := show(3*time.Second, 5000)
			write(t, s, units, 17)
			s.End(stream.EndClient, "")
			closeManager(t, m)

			files := c.list()
			if len(files) != 1 {
				t.Fatalf("%d files, want 1", len(files))
			}
			f := files[0]
			wantKey := "push.example.com/live/news/studio%201/2026-03-01/" +
				"studio%201_2026-03-01-12-00-05_2026-03-01-12-00-08"
			if goesOn(format) {
				wantKey += fmt.Sprintf("_%d/media.ts", f.ID)
			} else {
				wantKey += "." + name
			}
			if f.ObjectKey != wantKey || f.Name != "studio 1_2026-03-01-12-00-05_2026-03-01-12-00-08" {
				t.Errorf("key %q, name %q", f.ObjectKey, f.Name)
			}
			if !f.Start.Equal(mediatest.Wall.Add(5 * time.Second)) {
				t.Errorf("start %v", f.Start)
			}
			if d := f.End.Sub(f.Start); (d - 3*time.Second).Abs() > 150*time.Millisecond {
				t.Errorf("end %v, %v after the start", f.End, d)
			}
			if f.Reason != CutStreamEnd || f.Recovered || f.StorageID != "test-storage" || len(f.Gaps) != 0 {
				t.Errorf("%+v", f)
			}
			path := filepath.Join(dir, filepath.FromSlash(f.ObjectKey))
			sameMedia(t, read(t, format, path), units, 5*time.Second)
			if got := tree(t, dir); len(got) != stored(files) {
				t.Errorf("in the storage: %q", got)
			}
		})
	}
}

// TestInterval: over any number of files each unit is in exactly one, at its time, and each file but the first starts
// with a random access point.
func TestInterval(t *testing.T) {
	for name, format := range formats() {
		if goesOn(format) {
			continue // TestGoesOn
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var c catalogue
			m := newManager(dir, &c)
			open(t, m)
			var h stream.Hub
			sp := spec(name)
			sp.Interval = time.Second
			s := publish(t, m, &h, sp)
			units := show(5*time.Second, 5000)
			write(t, s, units, 7)
			s.End(stream.EndClient, "")
			closeManager(t, m)

			files := c.list()
			if len(files) != 5 {
				t.Fatalf("%d files, want 5", len(files))
			}
			var all []*media.Unit
			base := 5 * time.Second
			for i, f := range files {
				got := read(t, format, filepath.Join(dir, f.ObjectKey))
				if !got[0].RandomAccess || got[0].Track.Codec.Kind() != media.Video {
					t.Errorf("file %d starts with %+v", i, got[0].Track)
				}
				for _, u := range got {
					c := *u
					c.DTS += int64(base / time.Millisecond)
					all = append(all, &c)
				}
				base += 1200 * time.Millisecond // the key frame after a second
				if want := []CutReason{CutInterval, CutStreamEnd}[i/4]; f.Reason != want {
					t.Errorf("file %d ended by %s", i, f.Reason)
				}
			}
			if name == "flv" {
				sameMedia(t, all, units, 0)
			}
			if len(all) != len(units) {
				t.Errorf("%d units, want %d", len(all), len(units))
			}
		})
	}
}

// TestShortPush: a push that ends before its tracks are known leaves a file, too.
func TestShortPush(t *testing.T) {
	for _, n := range []int{1, 2, 10} {
		dir := t.TempDir()
		var c catalogue
		m := newManager(dir, &c)
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("flv"), spec("mp4"))
		s.Expect(stream.Expected{Known: true, Video: true, Audio: true})
		units := mediatest.Pictures(mediatest.H264(1, 1000), n, 0, 40)
		write(t, s, units, n)
		s.End(stream.EndLost, "")
		closeManager(t, m)
		files := c.list()
		if len(files) != 2 {
			t.Fatalf("%d pictures: %d files, want 2", n, len(files))
		}
		for _, f := range files {
			sameMedia(t, read(t, formats()[f.Spec.Format], filepath.Join(dir, f.ObjectKey)), units, 0)
		}
	}
}

// TestNoUnits: a push without media leaves nothing.
func TestNoUnits(t *testing.T) {
	dir := t.TempDir()
	var c catalogue
	m := newManager(dir, &c)
	open(t, m)
	var h stream.Hub
	publish(t, m, &h, spec("flv")).End(stream.EndClient, "")
	closeManager(t, m)
	if len(c.list()) != 0 || len(tree(t, dir)) != 1 {
		t.Errorf("files %v, storage %q", c.list(), tree(t, dir))
	}
}

func TestRefusals(t *testing.T) {
	var c catalogue
	m := newManager(t.TempDir(), &c)
	var h stream.Hub
	s, _ := h.Publish(stream.Publisher{Key: key})
	if err := m.Record(spec("flv"), s); !errors.Is(err, ErrClosed) {
		t.Errorf("before open: %v", err)
	}
	open(t, m)
	if err := m.Record(spec("ogg"), s); !errors.Is(err, ErrUnknownFormat) {
		t.Errorf("unknown format: %v", err)
	}
	closeManager(t, m)
	if err := m.Record(spec("flv"), s); !errors.Is(err, ErrClosed) {
		t.Errorf("after close: %v", err)
	}
	if _, err := m.Recover(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("recover after close: %v", err)
	}
	m = newManager(t.TempDir(), &c)
	m.Node = 256
	if err := m.Open(); err == nil {
		t.Error("node 256 was accepted")
	}
}

// TestShutdown: Close ends what is being recorded, and what has arrived is in the file.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		var c catalogue
		m := newManager(dir, &c)
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("mp4"))
		units := show(2*time.Second, 0)
		write(t, s, units, len(units))
		synctest.Wait()
		st := m.Active()
		if len(st) != 1 || st[0].FileID == 0 || st[0].Bytes == 0 || st[0].Err != "" || st[0].Spec.SessionID != s.ID ||
			!st[0].Start.Equal(mediatest.Wall) || st[0].Duration < 1900*time.Millisecond || st[0].LastWrite.IsZero() {
			t.Errorf("status %+v", st)
		}
		closeManager(t, m)
		files := c.list()
		if len(files) != 1 || files[0].Reason != CutShutdown || len(m.Active()) != 0 {
			t.Fatalf("%+v", files)
		}
		sameMedia(t, read(t, mp4.Format{}, filepath.Join(dir, files[0].ObjectKey)), units, 0)
		write(t, s, units[:1], 1) // the stream goes on without us
	})
}

// TestCollision: a file is never overwritten.
func TestCollision(t *testing.T) {
	dir := t.TempDir()
	var c catalogue
	m := newManager(dir, &c)
	open(t, m)
	sp := spec("flv")
	sp.FileName = "same"
	for range 3 {
		var h stream.Hub
		s := publish(t, m, &h, sp)
		write(t, s, show(time.Second, 0), 20)
		s.End(stream.EndClient, "")
	}
	closeManager(t, m)
	keys := map[string]bool{}
	for _, f := range c.list() {
		keys[path.Base(f.ObjectKey)] = true
		if f.Name != "same" {
			t.Errorf("name %q", f.Name)
		}
	}
	if !keys["same.flv"] || !keys["same-2.flv"] || !keys["same-3.flv"] || len(tree(t, dir)) != 4 {
		t.Errorf("keys %v", keys)
	}
}

// TestManyEndAtOnce: a stop with 200 recordings on a disk that takes 20 ms for each sync is done well within the 10 s that a
// server has, and files that want the same name still get one each.
func TestManyEndAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := scratch(t)
		var c catalogue
		m := newManager(dir, &c)
		m.before = func(o op) error {
			if o.kind == "sync" || o.kind == "syncdir" {
				time.Sleep(20 * time.Millisecond)
			}
			return nil
		}
		open(t, m)
		var hubs [2]stream.Hub
		units := show(time.Second, 0)
		for i := range 200 {
			sp := spec("mp4")
			sp.Key.Stream, sp.FileName = fmt.Sprint("studio ", i/2), "same"
			write(t, publish(t, m, &hubs[i%2], sp), units, 20)
		}
		time.Sleep(2 * time.Second)
		begin := time.Now()
		closeManager(t, m)
		if took := time.Since(begin); took > 6*time.Second {
			t.Errorf("took %s", took)
		}
		if n := len(tree(t, dir)); len(c.list()) != 200 || n != 201 {
			t.Errorf("%d files in the catalogue, %d in the storage with its identity", len(c.list()), n)
		}
	})
}

// TestManyAreSyncedInTime: on a slow disk 200 growing files are still synced about as often as SyncInterval says, together or, where
// that does not work or takes too long, one by one.
func TestManyAreSyncedInTime(t *testing.T) {
	one := 10 * time.Millisecond
	t.Run("together", func(t *testing.T) {
		synced := syncedOf200(t, func(kind string) error {
			if kind == "sync" {
				return errTest
			}
			time.Sleep(one)
			return nil
		})
		if late := synced[openDir]; len(synced) != 1 || late > 3*time.Second {
			t.Errorf("the filesystem was synced %s ago, %d files beside it", late, len(synced)-1)
		}
	})
	for name, together := range map[string]func() error{
		"not supported": func() error { return errors.ErrUnsupported },
		"failing":       func() error { return errTest },
		"slow":          func() error { time.Sleep(3 * time.Second); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synced := syncedOf200(t, func(kind string) error {
				if kind == "syncfs" {
					return together()
				}
				time.Sleep(one)
				return nil
			})
			delete(synced, openDir)
			if len(synced) != 400 {
				t.Errorf("%d files and journals were synced", len(synced))
			}
			for name, late := range synced {
				if late > 3*time.Second {
					t.Errorf("%s was synced %s ago", name, late)
				}
			}
		})
	}
}

// syncedOf200 records 200 streams for 10 s on a disk that syncs as told, and returns how long ago each name was synced.
func syncedOf200(t *testing.T, disk func(kind string) error) map[string]time.Duration {
	ago := map[string]time.Duration{}
	synctest.Test(t, func(t *testing.T) {
		var c catalogue
		m := newManager(scratch(t), &c)
		var mu sync.Mutex
		synced := map[string]time.Time{}
		counting := true
		m.before = func(o op) error {
			if o.kind != "sync" && o.kind != "syncfs" || o.name == identityFile+newSuffix {
				return nil
			}
			mu.Lock()
			on := counting
			mu.Unlock()
			if !on {
				return nil
			}
			err := disk(o.kind)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				synced[o.name] = time.Now()
			}
			return err
		}
		open(t, m)
		var h stream.Hub
		var streams []*stream.Stream
		for i := range 200 {
			sp := spec("flv")
			sp.Key.Stream = fmt.Sprint("studio ", i)
			streams = append(streams, publish(t, m, &h, sp))
		}
		for second := range int64(10) {
			for _, s := range streams {
				write(t, s, show(time.Second, 1000*second), 100)
			}
			time.Sleep(time.Second)
		}
		mu.Lock()
		for name, at := range synced {
			ago[name] = time.Since(at)
		}
		counting = false
		mu.Unlock()
		h.Close()
		closeManager(t, m)
	})
	return ago
}

// TestCatalogueDown: the catalogue is tried until it takes the file.
func TestCatalogueDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := catalogue{refuse: errTest}
		m := newManager(t.TempDir(), &c)
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("flv"))
		write(t, s, show(time.Second, 0), 20)
		s.End(stream.EndClient, "")
		time.Sleep(3 * time.Minute)
		c.mu.Lock()
		if c.calls < 8 || c.calls > 20 {
			t.Errorf("%d calls in 3 minutes", c.calls)
		}
		c.refuse = nil
		c.mu.Unlock()
		time.Sleep(time.Minute)
		if files := c.list(); len(files) != 1 || files[0].Reason != CutStreamEnd || files[0].Recovered {
			t.Fatalf("files %+v", files)
		}
		closeManager(t, m)
	})
}

// TestCatalogueStaysDown: a file that the catalogue never took is handed over by the next start.
func TestCatalogueStaysDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		m := newManager(dir, &catalogue{refuse: errTest})
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("flv"))
		write(t, s, show(time.Second, 0), 20)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := m.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("close: %v", err)
		}
		var c catalogue
		m = newManager(dir, &c)
		open(t, m)
		if n, err := m.Recover(t.Context()); n != 1 || err != nil {
			t.Fatalf("%d files, %v", n, err)
		}
		closeManager(t, m)
		if files := c.list(); len(files) != 1 || files[0].Reason != CutShutdown || !files[0].Recovered || files[0].Size == 0 {
			t.Errorf("files %+v", files)
		}
		if names := tree(t, dir); len(names) != 2 {
			t.Errorf("storage %q", names)
		}
	})
}

// TestUnsupportedCodec: a track the format cannot carry is left out; a stream of such tracks alone leaves no file.
func TestUnsupportedCodec(t *testing.T) {
	dir := t.TempDir()
	var c catalogue
	m := newManager(dir, &c)
	open(t, m)
	var h stream.Hub
	s := publish(t, m, &h, spec("tiny"))
	s.Expect(stream.Expected{Known: true, Video: true, Audio: true})
	pictures := mediatest.Pictures(mediatest.H265(1, 1000), 50, 0, 40)
	frames := sound(mediatest.AAC(2, 1000), 2*time.Second, 0)
	write(t, s, mediatest.Interleave(pictures, frames), 10)
	s.End(stream.EndClient, "")

	other := spec("tiny")
	other.Key.Stream = "pictures"
	s = publish(t, m, &h, other)
	write(t, s, pictures, 10)
	deadline := time.Now().Add(10 * time.Second)
	for {
		st := m.Active()
		if len(st) == 1 && strings.Contains(st[0].Err, "h265") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("status %+v", st)
		}
		runtime.Gosched()
	}
	s.End(stream.EndClient, "")
	closeManager(t, m)
	files := c.list()
	if len(files) != 1 || len(files[0].Gaps) != 0 {
		t.Fatalf("files %+v", files)
	}
	sameMedia(t, read(t, tiny{}, filepath.Join(dir, files[0].ObjectKey)), frames, 0)
	if len(tree(t, dir)) != 2 {
		t.Errorf("storage %q", tree(t, dir))
	}
}

// TestSecondSoundTrack: FLV carries one track of G.711. The other is left out of every file, with one warning.
func TestSecondSoundTrack(t *testing.T) {
	dir := t.TempDir()
	var c catalogue
	m := newManager(dir, &c)
	var log strings.Builder
	m.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	open(t, m)
	var h stream.Hub
	sp := spec("flv")
	sp.Interval = time.Second
	s := publish(t, m, &h, sp)
	first := mediatest.Interleave(mediatest.Pictures(mediatest.H264(1, 1000), 100, 0, 40), mediatest.Units(mediatest.Track("g711a", 2, 1000), 200, 0))
	units := mediatest.Interleave(first, mediatest.Units(mediatest.Track("g711u", 3, 1000), 200, 0))
	write(t, s, units, len(units))
	s.End(stream.EndClient, "")
	closeManager(t, m)
	n := 0
	for _, f := range c.list() {
		n += len(read(t, flv.Format{}, filepath.Join(dir, f.ObjectKey)))
	}
	if n != len(first) || len(c.list()) != 4 {
		t.Errorf("%d units in %d files, want %d in 4", n, len(c.list()), len(first))
	}
	if got := log.String(); strings.Count(got, "left out") != 1 || !strings.Contains(got, "track=3 codec=g711u") {
		t.Errorf("log: %s", got)
	}
}

// TestSilence: what the container keeps back reaches the disk when nothing more arrives, and is synced.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		var c catalogue
		m := newManager(dir, &c)
		var mu sync.Mutex
		syncs := 0
		m.before = func(o op) error {
			mu.Lock()
			defer mu.Unlock()
			if o.kind == "sync" && strings.HasSuffix(o.name, ".mp4") {
				syncs++
			}
			return nil
		}
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("mp4"))
		units := show(1300*time.Millisecond, 0)
		write(t, s, units, len(units))
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		sameMedia(t, read(t, mp4.Format{}, mediaPath(dir, "mp4")), units, 0)
		time.Sleep(time.Minute)
		synctest.Wait()
		mu.Lock()
		if syncs < 1 || syncs > 2 {
			t.Errorf("%d syncs of a file that does not grow", syncs)
		}
		mu.Unlock()
		closeManager(t, m)
	})
}

// TestSlowDisk: while the disk hangs the publisher goes on; what its reader cannot hold is a gap.
func TestSlowDisk(t *testing.T) {
	dir := t.TempDir()
	var c catalogue
	m := newManager(dir, &c)
	hang, reached := make(chan struct{}), make(chan struct{})
	var once sync.Once
	m.before = func(o op) error {
		if o.kind == "write" && strings.HasSuffix(o.name, ".flv") {
			once.Do(func() { close(reached) })
			<-hang
		}
		return nil
	}
	open(t, m)
	var h stream.Hub
	s := publish(t, m, &h, spec("flv"))
	s.Expect(stream.Expected{Known: true, Video: true})
	key := mediatest.Pictures(mediatest.H264(1, 1000), 1, 0, 40)[0]
	big := mediatest.Grow(key, 1<<20)
	at := int64(0)
	push := func(n int) {
		for range n {
			u := *big
			u.DTS, u.PTS = at, at
			write(t, s, []*media.Unit{&u}, 1)
			at += 40
		}
	}
	push(1)
	<-reached
	push(100) // 64 fit
	if st := m.Active(); len(st) != 1 {
		t.Errorf("status %+v", st)
	}
	close(hang)
	deadline := time.Now().Add(10 * time.Second)
	for m.Active()[0].Bytes < 60<<20 {
		if time.Now().After(deadline) {
			t.Fatal("nothing is written any more")
		}
		runtime.Gosched()
	}
	push(1)
	s.End(stream.EndClient, "")
	closeManager(t, m)
	files := c.list()
	if len(files) != 1 || len(files[0].Gaps) != 1 || files[0].Gaps[0].Reason != whySlow {
		t.Fatalf("files %+v", files)
	}
	g := files[0].Gaps[0]
	if n := int(files[0].Summary.Tracks[0].Units); n+g.Units != 102 || g.Units < 30 || g.At < 2*time.Second {
		t.Errorf("%d units, gap %+v", n, g)
	}
}

// TestJournalGoesLast: were the journal gone for good, and the file's old name not, a power loss would leave a file without journal.
func TestJournalGoesLast(t *testing.T) {
	for name := range formats() {
		t.Run(name, func(t *testing.T) {
			var c catalogue
			m := newManager(t.TempDir(), &c)
			var mu sync.Mutex
			var ops []string
			m.before = func(o op) error {
				mu.Lock()
				defer mu.Unlock()
				if o.kind == "remove" || o.kind == "syncdir" {
					ops = append(ops, o.kind+" "+strings.TrimLeft(filepath.Base(o.name), "0123456789"))
				}
				return nil
			}
			open(t, m)
			var h stream.Hub
			s := publish(t, m, &h, spec(name))
			write(t, s, show(10*time.Second, 0), 50)
			s.End(stream.EndClient, "")
			closeManager(t, m)
			media, journal := slices.Index(ops, "remove ."+name), slices.Index(ops, "remove .journal")
			if media < 0 || journal < media || !slices.Contains(ops[media:journal], "syncdir "+openDir) {
				t.Errorf("%q", ops)
			}
		})
	}
}
