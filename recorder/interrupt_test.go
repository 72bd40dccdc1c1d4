package recorder

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// TestRestless: a publisher that changes its parameters with every frame gets no more than a few files, and all the same is recorded
// again once it keeps them.
func TestRestless(t *testing.T) {
	for _, format := range []string{"flv", "mp4", "hls", "aac"} {
		t.Run(format, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := scratch(t)
				var c catalogue
				m := newManager(dir, &c)
				open(t, m)
				var h stream.Hub
				s := publish(t, m, &h, spec(format))
				a, b := mediatest.AAC(1, 1000), mediatest.OtherAAC(1, 1000)
				push := func(track func(i int) *media.Track, from, to int) {
					for i := from; i < to; i++ {
						u := *mediatest.Sound(track(i), 1, int64(i)*21)[0]
						write(t, s, []*media.Unit{&u}, 1)
						time.Sleep(21 * time.Millisecond)
						synctest.Wait()
					}
				}
				push(func(i int) *media.Track { return []*media.Track{a, b}[i%2] }, 0, 1000)
				restless := len(c.list())
				push(func(int) *media.Track { return a }, 1000, 3000)
				s.End(stream.EndClient, "")
				closeManager(t, m)

				if restless > maxChanges+25 || format != "hls" && restless < maxChanges {
					t.Errorf("%d files", restless)
				}
				files := c.list()
				last := files[len(files)-1]
				if n := last.Summary.Tracks[0].Units; n < 1400 || last.Reason != CutStreamEnd {
					t.Errorf("afterwards: %d units, ended by %s", n, last.Reason)
				}
				told := 0
				for _, f := range files {
					for _, g := range f.Gaps {
						if strings.Contains(g.Reason, "too often") {
							told += g.Units
						}
					}
				}
				if told < 500 {
					t.Errorf("%d units are told to be missing", told)
				}
			})
		})
	}
}

// TestBudget checks how often changes are let through.
func TestBudget(t *testing.T) {
	var b budget
	now := time.Now()
	taken := func(n int) (ok int) {
		for range n {
			if b.take(now) {
				ok++
			}
		}
		return ok
	}
	if n := taken(1000); n != maxChanges {
		t.Errorf("%d at once", n)
	}
	now = now.Add(5 * changeEvery)
	if n := taken(1000); n != 5 {
		t.Errorf("%d after five times as long as one takes", n)
	}
	now = now.Add(time.Hour)
	if n := taken(1000); n != maxChanges {
		t.Errorf("%d after an hour", n)
	}
}
