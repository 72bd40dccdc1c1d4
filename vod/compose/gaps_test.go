package compose_test

import (
	"testing"
	"time"

	"aircheck/vod"
	"aircheck/vod/compose"
)

// TestSpliceGaps: who asks for a splice is told of the same gaps as who looks at the new file: those between the files, by the server's clock even if
// the publisher's ran otherwise, and those that a file went on over.
func TestSpliceGaps(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	path := clip(t, "a.mp4", "2")
	hls := r.hls(path)
	away := vod.Gap{At: time.Second, Length: 7 * time.Second, Reason: "away"}
	lacks := vod.Gap{At: time.Second / 2, Units: 3, Reason: "units, but no time"}
	first := r.adopt(hls, "hls", 0, func(a *vod.Asset) {
		a.Gaps, a.End = []vod.Gap{lacks, away}, a.Start.Add(8700*time.Millisecond) // sent faster than it plays
		a.CreateTime = a.End
	})
	second := r.adopt(path, "mp4", 20*time.Second, func(a *vod.Asset) { a.Gaps = []vod.Gap{away} })
	third := r.adopt(path, "mp4", 40*time.Second, nil)
	found, err := r.Splice(t.Context(), compose.Splice{FileIDs: []vod.FileID{first.ID, second.ID, third.ID}})
	if err != nil {
		t.Fatal(err)
	}
	_, a, _ := r.done(found.TaskID)
	want := []struct {
		begin, length time.Duration
		reason        string
	}{
		{time.Second, away.Length, away.Reason},
		{8700 * time.Millisecond, 11300 * time.Millisecond, "nothing was recorded in that time"},
		{21 * time.Second, away.Length, away.Reason},
		{20*time.Second + second.Duration, 20*time.Second - second.Duration, "nothing was recorded in that time"},
	}
	var inside []vod.Gap
	for _, g := range a.Gaps {
		if g.Length > 0 {
			inside = append(inside, g)
		}
	}
	if len(found.Gaps) != len(want) || len(inside) != len(want) {
		t.Fatalf("%+v\n%+v", found.Gaps, inside)
	}
	for i, w := range want {
		g := found.Gaps[i]
		if g.Start.Sub(at) != w.begin || g.End.Sub(g.Start) != w.length || g.Reason != w.reason || inside[i].Length != w.length || inside[i].Reason != w.reason {
			t.Errorf("gap %d: %+v, in the file %+v, want %+v", i, g, inside[i], w)
		}
	}
	// Of a stretch, those that lie in it.
	found, err = r.Splice(t.Context(), compose.Splice{
		Domain: "localhost", App: "live", Stream: "show", Start: at.Add(8500 * time.Millisecond), End: at.Add(20500 * time.Millisecond),
	})
	if err != nil || len(found.Gaps) != 1 || found.Gaps[0].Start.Sub(at) != want[1].begin {
		t.Errorf("%+v, %v", found, err)
	}
}
