package compose_test

import (
	"context"
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

// TestChosenPieces: of the first and the third piece of a show, what lies between them was recorded, and neither who asks nor who looks at the
// new file is told otherwise; a piece of another stream, or one that was forbidden, does not count.
func TestChosenPieces(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	path := clip(t, "a.mp4", "2")
	var show []vod.Asset
	for i := range 4 {
		show = append(show, r.adopt(path, "mp4", time.Duration(i)*10*time.Second, func(a *vod.Asset) { a.Forbidden = i == 3 }))
	}
	show = append(show, r.adopt(path, "mp4", 40*time.Second, nil))
	r.adopt(path, "mp4", 34*time.Second, func(a *vod.Asset) { a.Stream = "another" })
	found, err := r.Splice(t.Context(), compose.Splice{FileIDs: []vod.FileID{show[0].ID, show[2].ID, show[4].ID}})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Gaps) != 2 || len(found.Gaps[0].Others) != 1 || len(found.Gaps[1].Others) != 0 {
		t.Fatalf("%+v", found.Gaps)
	}
	if o := found.Gaps[0].Others[0]; o.FileID != show[1].ID || !o.Start.Equal(show[1].Start) || !o.End.Equal(show[1].End) {
		t.Errorf("%+v is not file %s", o, show[1].ID)
	}
	_, a, _ := r.done(found.TaskID)
	for i, want := range []string{"that time was left out", "nothing was recorded in that time"} {
		if len(a.Gaps) != 2 || a.Gaps[i].Reason != want || found.Gaps[i].Reason != want {
			t.Errorf("gap %d: %+v, in the file %+v, want %s", i, found.Gaps, a.Gaps, want)
		}
	}
}

// TestChosenFarApart: files may be joined between which more was recorded than can be told of.
func TestChosenFarApart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := clip(t, "a.mp4", "2")
	first, last := r.adopt(path, "mp4", 0, nil), r.adopt(path, "mp4", 300*24*time.Hour, nil)
	r.Recordings = func(context.Context, string, string, string, time.Time, time.Time) ([]vod.Asset, error) {
		return nil, &vod.InvalidError{Field: "StartTime", Reason: "there are 2000 files or more in that time; ask for less"}
	}
	found, err := r.Splice(t.Context(), compose.Splice{FileIDs: []vod.FileID{first.ID, last.ID}, Plan: true})
	if err != nil || len(found.Gaps) != 1 || found.Gaps[0].Reason != "that time was left out" || len(found.Gaps[0].Others) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
