package recorder

import (
	"bytes"
	"context"
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
	"aircheck/recorder/hls"
)

// changes returns a show of 20 s in which, every 4 s, something changes: the parameters of the sound, the time line goes back, sound
// vanishes and comes again.
func changes(video *media.Track) (units []*media.Unit) {
	audio := mediatest.AAC(2, 1000)
	other := mediatest.OtherAAC(2, 1000)
	span := func(a *media.Track, start int64) {
		list := mediatest.Pictures(video, 100, start, 40)
		if a != nil {
			list = mediatest.Interleave(list, sound(a, 4*time.Second, start))
		}
		for _, u := range list {
			u.Wall = mediatest.Wall.Add(time.Duration(len(units)) * 15 * time.Millisecond)
		}
		units = append(units, list...)
	}
	span(audio, 0)
	span(other, 4000)
	span(audio, 0)
	span(nil, 4000)
	span(other, 8000)
	return units
}

// TestGoesOn records a show with changes into HLS: one file, however often the other formats begin a new one.
func TestGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := scratch(t)
		var c catalogue
		m := newManager(dir, &c)
		var begun []File
		var mu sync.Mutex
		m.OnBegin = func(_ context.Context, f File) error {
			mu.Lock()
			defer mu.Unlock()
			begun = append(begun, f)
			if len(f.Summary.Tracks) == 0 || f.Size == 0 {
				t.Errorf("begun with %d tracks and %d bytes", len(f.Summary.Tracks), f.Size)
			}
			if f.PlaylistKey != "" {
				text, err := os.ReadFile(filepath.Join(dir, f.PlaylistKey))
				if err != nil || !bytes.Contains(text, []byte("#EXT-X-PLAYLIST-TYPE:EVENT\n")) || !bytes.Contains(text, []byte("\nmedia.ts\n")) {
					t.Errorf("the playlist while it grows: %v\n%s", err, text)
				}
			}
			return nil
		}
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("hls"), spec("flv"))
		units := changes(mediatest.H264(1, 1000))
		for batch := range slices.Chunk(units, 20) {
			write(t, s, batch, 20)
			time.Sleep(200 * time.Millisecond)
			synctest.Wait()
		}
		s.End(stream.EndClient, "")
		closeManager(t, m)

		files := c.list()
		ofHLS := slices.DeleteFunc(slices.Clone(files), func(f File) bool { return f.Spec.Format != "hls" })
		if len(ofHLS) != 1 || len(files) < 5 || len(begun) != len(files) {
			t.Fatalf("%d HLS files of %d, %d begun", len(ofHLS), len(files), len(begun))
		}
		f := ofHLS[0]
		checkPlaylist(t, state{dir: dir}, f)
		text, _ := os.ReadFile(filepath.Join(dir, f.PlaylistKey))
		if n := strings.Count(string(text), "#EXT-X-DISCONTINUITY\n"); n != 3 {
			t.Errorf("%d discontinuities:\n%s", n, text)
		}
		if f.Summary.Duration < 19*time.Second || f.Summary.Duration > 20500*time.Millisecond || f.Reason != CutStreamEnd || len(f.Gaps) > 0 {
			t.Errorf("%+v", f)
		}
		got := read(t, hls.Format{}, filepath.Join(dir, f.ObjectKey))
		for _, kind := range []media.Kind{media.Video, media.Audio} {
			g, w := ofKind(got, kind), ofKind(units, kind)
			if len(g) != len(w) {
				t.Fatalf("%d units of %v, want %d", len(g), kind, len(w))
			}
			for i := range g {
				if !bytes.Equal(g[i].Payload, w[i].Payload) {
					t.Fatalf("%v unit %d is another", kind, i)
				}
			}
		}
	})
}

// TestKillOverChanges kills a recording that goes on over changes before each change of the storage, and recovers.
func TestKillOverChanges(t *testing.T) {
	for _, video := range []*media.Track{mediatest.H264(1, 1000), mediatest.H265(1, 1000)} {
		t.Run(video.Codec.Name(), func(t *testing.T) {
			units := changes(video)
			states, all := recordAndWatch(t, "hls", units)
			if len(all) != 1 || len(states) < 100 {
				t.Fatalf("%d files, %d states", len(all), len(states))
			}
			last := lastOpen(t, states, "hls")
			for _, what := range []string{"media", "journal"} {
				for cut := fileSize(t, mediaPath(last.dir, "hls")); cut > 0; cut -= 4801 {
					cutAndRecover(t, last, hls.Format{}, units, what, cut)
				}
			}
			for i, st := range states {
				there := wholeUnits(t, hls.Format{}, st)
				if i%40 == 0 {
					killRecovery(t, st, hls.Format{}, units)
				}
				checkRecovered(t, st, recovery(t, st, nil), hls.Format{}, units, there)
			}
		})
	}
}

// TestGone: a file that was announced but has nothing whole is forgotten.
func TestGone(t *testing.T) {
	dir := scratch(t)
	units := show(time.Second, 0)
	states, _ := recordAndWatch(t, "flv", units)
	st := lastOpen(t, states, "flv")
	copyStorage(t, st.dir, dir)
	if err := os.Truncate(mediaPath(dir, "flv"), 5); err != nil {
		t.Fatal(err)
	}
	var c catalogue
	m := newManager(dir, &c)
	var gone []int64
	m.OnGone = func(_ context.Context, id int64) error {
		gone = append(gone, id)
		return nil
	}
	open(t, m)
	if _, err := m.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	closeManager(t, m)
	if len(gone) != 1 || len(c.list()) != 0 || len(tree(t, dir)) != 1 {
		t.Errorf("gone %v, files %v, left %q", gone, c.list(), tree(t, dir))
	}
}
