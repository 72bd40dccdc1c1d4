package vod_test

import (
	"fmt"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media/mediatest"
	"aircheck/vod"
)

// TestAdopt loses the database, and compares what comes back with what was there.
func TestAdopt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := newLibrary(t)
		before := recordShow(t, old)
		l := newLibrary(t)
		must(t, os.RemoveAll(l.dir))
		must(t, os.Rename(old.dir, l.dir))
		must(t, os.MkdirAll(old.dir, 0o755))
		r := l.reconciler()
		wantReport(t, l.compare(t, r), vod.ReconcileReport{Files: 4, Adopted: 4})
		page, err := l.Search(t.Context(), vod.Filter{Limit: 100})
		must(t, err)
		got := page.Assets
		slices.SortFunc(got, func(a, b vod.Asset) int { return strings.Compare(a.Container, b.Container) })
		if len(got) != len(before) {
			t.Fatal(len(got), "files")
		}
		for i, a := range got {
			want := before[i]
			if a.ID <= 1000 || a.Reason != "adopted" || !a.ExpireTime.IsZero() || a.SessionID != "" {
				t.Errorf("%+v", a)
			}
			if d := (a.Duration - want.Duration).Abs(); d > 25*time.Millisecond {
				t.Errorf("%s: %v long, want %v", a.Container, a.Duration, want.Duration)
			}
			if d := a.Start.Sub(want.Start).Abs(); d > 50*time.Millisecond {
				t.Errorf("%s: begins at %v, want %v", a.Container, a.Start, want.Start)
			}
			for j := range a.Tracks { // the transport stream and the byte stream count a little otherwise
				if d := a.Tracks[j].Bytes - want.Tracks[j].Bytes; d < -want.Tracks[j].Bytes/5 || d > want.Tracks[j].Bytes/5 {
					t.Errorf("%s: %+v, want %+v", a.Container, a.Tracks[j], want.Tracks[j])
				}
				a.Tracks[j].Bytes = want.Tracks[j].Bytes
			}
			want.ID, want.CreateTime, want.UpdateTime, want.Start, want.End = a.ID, a.CreateTime, a.UpdateTime, a.Start, a.End
			want.Duration, want.Reason, want.SessionID, want.StorageClass = a.Duration, a.Reason, "", a.StorageClass
			if d := cmp.Diff(want, a); d != "" {
				t.Errorf("%s: %s", a.Container, d)
			}
			path := l.path(a.ObjectKey)
			if a.PlaylistKey != "" {
				path = l.path(a.PlaylistKey)
			}
			mediatest.Run(t, "ffprobe", "-v", "error", path)
		}
		// A second time, nothing is left to do.
		wantReport(t, l.compare(t, l.reconciler()), vod.ReconcileReport{Assets: 4, Files: 4})
	})
}

// clip is a whole MP4 of one picture and some sound.
func clip(t *testing.T) []byte {
	t.Helper()
	l := newLibrary(t)
	for _, a := range recordShow(t, l) {
		if a.Container == "mp4" {
			data, err := os.ReadFile(l.path(a.ObjectKey))
			must(t, err)
			return data
		}
	}
	t.Fatal("no MP4")
	return nil
}

// TestAdoptMany shows pages on both sides, new IDs for what was deleted, and that two comparisons at once adopt each file once.
func TestAdoptMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		first := l.path("x/1.mp4")
		l.put(t, "x/1.mp4", string(clip(t)))
		for i := range 230 {
			must(t, os.Link(first, l.path(fmt.Sprintf("x/%d.mp4", i+2))))
		}
		a := file(5)
		a.ObjectKey = "x/7.mp4"
		must(t, l.AddFile(t.Context(), a, ruleEvent))
		must(t, l.MarkDeleting(t.Context(), 5))
		must(t, l.PurgeAsset(t.Context(), 5))
		b := file(6)
		b.ObjectKey = "x/8.mp4"
		must(t, l.AddFile(t.Context(), b, ruleEvent))
		must(t, l.MarkDeleting(t.Context(), 6)) // its file is to be removed
		r, other := l.reconciler(), l.reconciler()
		second := vod.FileID(5000)
		other.NewID = func() vod.FileID { second++; return second }
		r.Start()
		other.Start()
		one, two := finished(t, r), finished(t, other)
		r.Close()
		other.Close()
		if one.Adopted+two.Adopted != 230 || one.Files != 231 || len(one.Findings) > 100 {
			t.Error(one.Adopted, two.Adopted, one.Files, len(one.Findings))
		}
		page, err := l.Search(t.Context(), vod.Filter{Limit: 1000})
		must(t, err)
		keys := map[string]bool{}
		for _, a := range page.Assets {
			keys[a.ObjectKey] = true
			if a.ID <= 1000 || a.Stream != "" || a.Size == 0 {
				t.Errorf("%+v", a)
			}
		}
		if len(keys) != 230 || keys["x/8.mp4"] || !keys["x/7.mp4"] {
			t.Error(len(keys), "files are known")
		}
		wantReport(t, l.compare(t, l.reconciler()), vod.ReconcileReport{Assets: 230, Files: 231})
	})
}

// TestAdoptNothingElse: what is not a recording, not finished or not whole is counted and left alone.
func TestAdoptNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		good := string(clip(t))
		const day = "push.example.com/live/a%2Fb/2026-03-01/"
		for key, content := range map[string]string{
			// Four that are adopted.
			day + "good%20%C3%BC.mp4": good, ".lost+found/77.mp4": good, "top.mp4": good, day + "cut_1/index.mp4": good,
			// Three that cannot be read.
			day + "bad.mp4": "this is text", day + "empty.flv": "", ".lost+found/78.aac": strings.Repeat("\x00", 5000),
			// Ignored: other files.
			day + "notes.txt": "x", day + "clip.mkv": "x", day + "alone.ts": good, day + ".hidden.mp4": good,
			// A foreign HLS folder: a playlist and two of its segments are ignored.
			"web/index.m3u8": "#EXTM3U\nseg1.ts\nseg2.ts\n", "web/seg1.ts": "x", "web/seg2.ts": "x",
			// Not looked at.
			".open/9.mp4": good, ".snapshots/x/a.mp4": good, "lost+found/b.mp4": good,
			// Pending: one is young, one is a recording's.
			day + "young.mp4": good, day + "claimed.mp4": good,
		} {
			l.put(t, key, content)
		}
		outside := t.TempDir()
		must(t, os.WriteFile(filepath.Join(outside, "c.mp4"), []byte(good), 0o600))
		must(t, os.Symlink(outside, l.path("web/folder")))
		must(t, os.Symlink(filepath.Join(outside, "c.mp4"), l.path("web/c.mp4")))
		must(t, os.Symlink(l.path("top.mp4"), l.path("web/d.mp4")))
		socket, err := net.Listen("unix", filepath.Join(l.dir, "s.mp4"))
		must(t, err)
		defer socket.Close()
		must(t, os.Chtimes(l.path(day+"young.mp4"), time.Now(), time.Now().Add(-9*time.Minute)))
		r := l.reconciler()
		asked := 0
		r.Claimed = func(id string, keys []string) ([]string, error) {
			asked++
			if id != storageID || asked == 1 && slices.Contains(keys, day+"young.mp4") {
				t.Error(id, keys)
			}
			return []string{day + "claimed.mp4", "else.mp4"}, nil
		}
		r.Start()
		wantReport(t, finished(t, r), vod.ReconcileReport{Files: 9, Adopted: 4, Unreadable: 3, Ignored: 11, Pending: 2})
		names := map[string]string{}
		for _, id := range l.visible(t) {
			found, err := l.Get(t.Context(), []vod.FileID{id})
			must(t, err)
			a := found[0]
			names[a.ObjectKey] = strings.Join([]string{a.Domain, a.App, a.Stream, a.Name}, "|")
		}
		if d := cmp.Diff(map[string]string{
			day + "good%20%C3%BC.mp4": "push.example.com|live|a/b|good ü", ".lost+found/77.mp4": "|||77", "top.mp4": "|||top",
			day + "cut_1/index.mp4": "|||index",
		}, names); d != "" {
			t.Error(d)
		}
		// What was pending is looked at again before the day is over.
		time.Sleep(10 * time.Minute)
		wantReport(t, finished(t, r), vod.ReconcileReport{Assets: 4, Files: 9, Adopted: 1, Unreadable: 3, Ignored: 11, Pending: 1})
		r.Close()
	})
}

// TestAdoptCut: a recording of which the end is missing is adopted as far as it goes.
func TestAdoptCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLibrary(t)
		for _, a := range recordShow(t, l) {
			must(t, os.Truncate(l.path(a.ObjectKey), a.Size/2))
			must(t, os.MkdirAll(l.path(path.Join("cut", a.Container)), 0o755))
			from, to := a.ObjectKey, path.Join("cut", a.Container, path.Base(a.ObjectKey))
			must(t, os.Rename(l.path(from), l.path(to)))
			if a.PlaylistKey != "" {
				must(t, os.Rename(l.path(a.PlaylistKey), l.path(path.Join("cut", a.Container, "index.m3u8"))))
			}
		}
		got := l.compare(t, l.reconciler())
		// A finished MP4 without its end has no index.
		wantReport(t, got, vod.ReconcileReport{Assets: 4, Files: 4, Adopted: 3, Unreadable: 1, Lost: 4, Missing: 4})
		page, err := l.Search(t.Context(), vod.Filter{Statuses: []vod.Status{vod.StatusNormal}, Limit: 10})
		must(t, err)
		for _, a := range page.Assets {
			if a.Duration < 2*time.Second || a.Duration > 4*time.Second {
				t.Errorf("%s: %v", a.Container, a.Duration)
			}
		}
	})
}
