package compose_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"aircheck/vod"
	"aircheck/vod/compose"
	"aircheck/vod/task"
)

// TestTenJoins joins eleven recordings of three formats: no packet is lost or doubled, and sound stays with its pictures to half a frame of
// sound, at the last join as at the first.
func TestTenJoins(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	paths := map[string]string{"mp4": clip(t, "a.mp4", "1.33"), "flv": clip(t, "b.flv", "1.1")}
	paths["hls"] = r.hls(clip(t, "c.mp4", "1.7"))
	splice := compose.Splice{New: compose.New{Name: "joined"}}
	var order []string
	for i := range 11 {
		format := []string{"mp4", "flv", "hls"}[i%3]
		a := r.adopt(paths[format], format, time.Duration(i)*10*time.Second, nil)
		splice.FileIDs = append(splice.FileIDs, a.ID)
		order = append(order, paths[format])
	}
	found, err := r.Splice(t.Context(), splice)
	if err != nil {
		t.Fatal(err)
	}
	path, a, out := r.done(found.TaskID)
	if out.Method != compose.MethodCopy || len(out.Items) != 11 || len(found.Gaps) != 10 || len(a.Gaps) != 10 {
		t.Errorf("%+v, %d gaps, %d in the file", out, len(found.Gaps), len(a.Gaps))
	}
	decodes(t, path)
	video, audio := packets(t, path, "v"), packets(t, path, "a")
	type both struct{ v, a []packet }
	own := map[string]both{}
	for _, from := range paths {
		own[from] = both{packets(t, from, "v"), packets(t, from, "a")}
	}
	for i, from := range order {
		v, s := own[from].v, own[from].a
		if len(video) < len(v) || len(audio) < len(s) {
			t.Fatalf("piece %d: only %d pictures and %d frames of sound left", i, len(video), len(audio))
		}
		shift := video[0].pts - v[0].pts
		for k := range v {
			if i%3 == 0 && video[k].hash != v[k].hash || math.Abs(video[k].pts-v[k].pts-shift) > 0.002 {
				t.Fatalf("piece %d: picture %d is another, or %.4f s off", i, k, video[k].pts-v[k].pts-shift)
			}
		}
		for k := range s {
			if off := audio[k].pts - s[k].pts - shift; audio[k].hash != s[k].hash && i%3 < 2 || math.Abs(off) > 0.0125 {
				t.Fatalf("piece %d: frame %d of sound is another, or %.4f s off its pictures", i, k, off)
			}
		}
		video, audio = video[len(v):], audio[len(s):]
	}
	if len(video)+len(audio) > 0 {
		t.Errorf("%d pictures and %d frames of sound too many", len(video), len(audio))
	}
}

// hls makes an HLS recording of an MP4 file.
func (r *rig) hls(path string) string {
	r.t.Helper()
	a := r.adopt(path, "mp4", time.Hour, nil)
	found, err := r.Splice(r.t.Context(), compose.Splice{FileIDs: []vod.FileID{a.ID}, New: compose.New{Container: "hls"}})
	if err != nil {
		r.t.Fatal(err)
	}
	made, _, _ := r.done(found.TaskID)
	return made
}

// TestSpliceChooses: of one session that was recorded twice one recording is taken, overlaps are cut, and what lies outside is left out.
func TestSpliceChooses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	mp4, flv := clip(t, "a.mp4", "4"), clip(t, "a.flv", "4")
	session := func(name string) func(*vod.Asset) { return func(a *vod.Asset) { a.SessionID = name } }
	first := r.adopt(mp4, "mp4", 0, session("one"))
	r.adopt(flv, "flv", 0, session("one"))
	second := r.adopt(mp4, "mp4", 2*time.Second, session("two")) // as if the encoder had come back before it was gone
	r.adopt(mp4, "mp4", 2500*time.Millisecond, func(a *vod.Asset) {
		a.SessionID, a.End = "three", a.Start.Add(time.Second)
	})
	r.adopt(mp4, "mp4", time.Hour, nil)
	r.adopt(mp4, "mp4", 10*time.Second, func(a *vod.Asset) { a.SourceType = vod.SourceVideoProcessing })
	found, err := r.Splice(t.Context(), compose.Splice{
		Domain: "localhost", App: "live", Stream: "show", Start: at, End: at.Add(5 * time.Second),
	})
	if err != nil {
		t.Fatal(err)
	}
	var ids []vod.FileID
	for _, p := range found.Pieces {
		ids = append(ids, p.FileID)
	}
	if !slices.Equal(ids, []vod.FileID{first.ID, second.ID}) || len(found.Gaps) != 0 {
		t.Fatalf("%+v", found)
	}
	path, a, out := r.done(found.TaskID)
	if d := lengthOf(t, path); d < 4900*time.Millisecond || d > 5200*time.Millisecond || out.Items[0].EndTime > 2.1 {
		t.Errorf("%v long: %+v", d, out.Items)
	}
	if a.Stream != "show" || a.Name != "show_2026-01-02-03-04-05_2026-01-02-03-04-10" || a.SourceType != vod.SourceVideoProcessing {
		t.Errorf("%+v", a)
	}
	decodes(t, path)
}

// TestSplicePlan tells what would be joined, and makes nothing.
func TestSplicePlan(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := clip(t, "a.mp4", "1")
	first := r.adopt(path, "mp4", 0, nil)
	second := r.adopt(path, "mp4", 10*time.Second, nil)
	found, err := r.Splice(t.Context(), compose.Splice{FileIDs: []vod.FileID{first.ID, second.ID}, Plan: true})
	if err != nil {
		t.Fatal(err)
	}
	if found.TaskID != "" || len(found.Pieces) != 2 || len(found.Gaps) != 1 || !found.Gaps[0].Start.Equal(first.End) || !found.Gaps[0].End.Equal(second.Start) {
		t.Errorf("%+v", found)
	}
	if tasks, err := r.Queue.(*task.Queue).List(t.Context(), task.Filter{Limit: 1}); err != nil || len(tasks) != 0 {
		t.Errorf("%v, %v", tasks, err)
	}
}

// TestSpliceRefuses checks what a request may not be.
func TestSpliceRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for field, q := range map[string]compose.Splice{
		"StreamName":      {},
		"EndTime":         {Stream: "show", Start: at, End: at},
		"StartTime":       {Stream: "show", Start: at, End: at.AddDate(0, 2, 0)},
		"FileIds":         {FileIDs: []vod.FileID{4711}},
		"OutputMediaType": {Stream: "show", New: compose.New{Container: "avi"}},
		"ExpireTime":      {Stream: "show", New: compose.New{ExpireTime: at.AddDate(-1, 0, 0)}},
		"FileName":        {Stream: "show", New: compose.New{Name: string(make([]byte, 65))}},
	} {
		var bad *vod.InvalidError
		if _, err := r.Splice(t.Context(), q); !errors.As(err, &bad) || bad.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := r.Splice(t.Context(), compose.Splice{Stream: "nobody"}); !errors.Is(err, compose.ErrNoRecordings) {
		t.Error(err)
	}
}
