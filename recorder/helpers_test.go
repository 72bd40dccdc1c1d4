package recorder

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
)

var key = media.StreamKey{Domain: "push.example.com", App: "live/news", Stream: "studio 1"}

// catalogue is what OnFile fills.
type catalogue struct {
	mu     sync.Mutex
	files  []File
	calls  int
	refuse error
}

func (c *catalogue) add(_ context.Context, f File) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	if c.refuse != nil {
		return c.refuse
	}
	for _, have := range c.files {
		if have.ID == f.ID {
			return nil
		}
	}
	c.files = append(c.files, f)
	return nil
}

// list returns the files by their ID.
func (c *catalogue) list() []File {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortFunc(c.files, func(a, b File) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Clone(c.files)
}

// stored is how many files a storage has that holds these and nothing else.
func stored(files []File) int {
	n := 1 // the identity
	for _, f := range files {
		if n++; f.PlaylistKey != "" {
			n++
		}
	}
	return n
}

// goesOn reports whether a format is not cut.
func goesOn(f container.Format) bool {
	_, ok := f.(container.Playlisted)
	return ok
}

// newManager returns a manager that is not open yet.
func newManager(dir string, c *catalogue) *Manager {
	return &Manager{
		Dir: dir, StorageID: "test-storage", Node: 3, SyncInterval: time.Second,
		Formats: []container.Format{flv.Format{}, mp4.Format{}, hls.Format{}, aac.Format{}, tiny{}, tiny{group: 4}},
		OnFile:  c.add, Log: slog.New(slog.DiscardHandler),
	}
}

func open(t testing.TB, m *Manager) {
	t.Helper()
	if err := m.Open(); err != nil {
		t.Fatal(err)
	}
}

func closeManager(t testing.TB, m *Manager) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := m.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// scratch returns a folder for a test that syncs thousands of times: in memory, where the system has such a filesystem.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "recorder")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// publish starts a stream that is recorded.
func publish(t testing.TB, m *Manager, h *stream.Hub, specs ...Spec) *stream.Stream {
	t.Helper()
	s, err := h.Publish(stream.Publisher{Key: specs[0].Key, Protocol: "rtmp"})
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range specs {
		spec.SessionID = s.ID
		if err := m.Record(spec, s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func spec(format string) Spec {
	return Spec{Key: key, Format: format, Interval: time.Minute, Cause: Cause{Kind: "rule", ID: "r"}}
}

// show returns the units of a show of that length in the order of arrival: 25 pictures and about 47 frames of
// sound per second, in milliseconds from start on.
func show(length time.Duration, start int64) []*media.Unit {
	video, audio := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	return mediatest.Interleave(
		mediatest.Pictures(video, int(length/(40*time.Millisecond)), start, 40),
		sound(audio, length, start),
	)
}

func sound(t *media.Track, length time.Duration, start int64) []*media.Unit {
	return mediatest.Sound(t, int(length*mediatest.AACRate/mediatest.AACSamples/time.Second), start)
}

// write gives units to a stream in batches of n.
func write(t testing.TB, s *stream.Stream, units []*media.Unit, n int) {
	t.Helper()
	for batch := range slices.Chunk(units, n) {
		lent, done := mediatest.Lend(batch)
		if err := s.Write(lent); err != nil {
			t.Fatal(err)
		}
		done()
	}
}

// read returns the units of a finished or unfinished file.
func read(t testing.TB, format container.Format, path string) []*media.Unit {
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
	var out []*media.Unit
	for u, err := range format.Read(f, info.Size()) {
		if err != nil {
			t.Fatalf("%s: unit %d: %v", path, len(out), err)
		}
		out = append(out, u)
	}
	return out
}

// sameMedia fails unless got has the units of want, track by track, in order, at the times of want less base.
func sameMedia(t testing.TB, got, want []*media.Unit, base time.Duration) {
	t.Helper()
	byKind := func(units []*media.Unit, k media.Kind) (out []*media.Unit) {
		for _, u := range units {
			if u.Track.Codec.Kind() == k {
				out = append(out, u)
			}
		}
		return out
	}
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		g, w := byKind(got, kind), byKind(want, kind)
		if len(g) != len(w) {
			t.Fatalf("%d units of %s, want %d", len(g), kind, len(w))
		}
		for i := range g {
			if string(g[i].Payload) != string(w[i].Payload) {
				t.Fatalf("%s unit %d: another payload", kind, i)
			}
			if d := g[i].Time() - (w[i].Time() - base); d.Abs() > time.Millisecond {
				t.Fatalf("%s unit %d: at %v, want %v", kind, i, g[i].Time(), w[i].Time()-base)
			}
		}
	}
}

// tree lists the files below a folder.
func tree(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, relErr := filepath.Rel(dir, path)
			out = append(out, filepath.ToSlash(rel))
			err = relErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var errTest = errors.New("test")
