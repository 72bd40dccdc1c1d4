package process_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"aircheck/vod"
	"aircheck/vod/process"
)

func covers(at string) process.Flow {
	return process.Flow{Covers: []process.Cover{{Definition: 10, At: at}}}
}

func TestProcedures(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	s, ctx := l.Service, t.Context()
	for i := range process.MaxProcedures {
		must(t, s.Create(ctx, process.Procedure{Name: fmt.Sprint("p", i), Comment: "c", Flow: covers("1s")}))
	}
	if err := s.Create(ctx, process.Procedure{Name: "p7", Flow: covers("1s")}); !errors.Is(err, process.ErrExists) {
		t.Errorf("twice: %v", err)
	}
	if err := s.Create(ctx, process.Procedure{Name: "more", Flow: covers("1s")}); !errors.Is(err, process.ErrLimit) {
		t.Errorf("too many: %v", err)
	}
	must(t, s.Create(ctx, process.Procedure{SubAppID: 5, Name: "p7", Flow: covers("1s")})) // of another application
	must(t, s.Reset(ctx, process.Procedure{Name: "p7", Comment: "new", Flow: covers("7%")}))
	p, err := s.Find(ctx, 0, "p7")
	must(t, err)
	if p.Comment != "new" || p.Flow.Covers[0].At != "7%" || p.Created.IsZero() || !p.Updated.After(p.Created) {
		t.Errorf("changed: %+v", p)
	}
	must(t, s.Delete(ctx, 0, "p8"))
	for what, err := range map[string]error{
		"delete": s.Delete(ctx, 0, "p8"), "reset": s.Reset(ctx, process.Procedure{Name: "p8", Flow: covers("1s")}),
	} {
		if !errors.Is(err, process.ErrNotFound) {
			t.Errorf("%s what is not there: %v", what, err)
		}
	}
	var bad *vod.InvalidError
	for what, err := range map[string]error{
		"delete": s.Delete(ctx, 0, "Cover"), "reset": s.Reset(ctx, process.Procedure{Name: "Cover", Flow: covers("1s")}),
	} {
		if !errors.As(err, &bad) {
			t.Errorf("%s what is built in: %v", what, err)
		}
	}
	total, page, err := s.List(ctx, process.Query{ByName: true, Limit: 2, Offset: 1})
	must(t, err)
	if total != 49+4 || len(page) != 2 || page[0].Name != "p1" || page[1].Name != "p10" {
		t.Errorf("%d, page %+v", total, page)
	}
	total, page, err = s.List(ctx, process.Query{Kind: process.KindPreset})
	must(t, err)
	if total != 4 || !page[0].Preset {
		t.Errorf("built in: %d, %+v", total, page)
	}
	for i := range page {
		if err := page[i].Flow.Validate(); err != nil {
			t.Errorf("%s: %v", page[i].Name, err)
		}
	}
}

// TestRefusals: what cannot be done is refused before it is stored, and the error names the field and what would be right.
func TestRefusals(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	for _, c := range []struct {
		name  string
		flow  process.Flow
		field string
	}{
		{"", covers("1s"), "Name: "},
		{strings.Repeat("ü", 21), covers("1s"), "Name: "},
		{"p", process.Flow{}, "MediaProcessTask: "},
		{"p", covers("1 Frame"), "CoverBySnapshotTask.PositionValue: "},
		{"p", covers("101%"), "CoverBySnapshotTask.PositionValue: "},
		{"p", covers("-1s"), "CoverBySnapshotTask.PositionValue: "},
		{"p", covers("NaN"), "CoverBySnapshotTask.PositionValue: "},
		{"p", process.Flow{Covers: []process.Cover{{Definition: 11, At: "1"}}}, "CoverBySnapshotTask.Definition: there is no 11; there are 10, 20, 30"},
		{"p", process.Flow{Transcodes: []process.Transcode{{Definition: 99}}}, "TranscodeTask.Definition: "},
		{"p", process.Flow{Transcodes: []process.Transcode{{Definition: 10, Start: -1}}}, "TranscodeTask.StartTimeOffset: "},
		{"p", process.Flow{Transcodes: []process.Transcode{{Definition: 10, Start: 5, End: 4}}}, "TranscodeTask.EndTimeOffset: "},
		{"p", process.Flow{Transcodes: []process.Transcode{{Definition: 10}, {Definition: 10, Start: 3}}}, "TranscodeTaskSet: has the Definition 10 twice"},
		{"p", process.Flow{Snapshots: []process.Snapshot{{Definition: 10}}}, "SnapshotByTimeOffsetTask.ExtTimeOffsetSet: "},
		{"p", process.Flow{Samples: []process.Sample{{Definition: 11}}}, "SampleSnapshotTask.Definition: "},
		{"p", process.Flow{Sprites: []process.Sprite{{Definition: 11}}}, "ImageSpriteTask.Definition: "},
		{"p", process.Flow{Adaptives: []process.Adaptive{{Definition: 11}}}, "AdaptiveDynamicStreamingTask.Definition: "},
		{"p", process.Flow{Animations: []process.Animation{{Definition: 20000, End: 61}}}, "AnimatedGraphicTask.EndTimeOffset: "},
	} {
		var bad *vod.InvalidError
		err := l.Service.Create(t.Context(), process.Procedure{Name: c.name, Flow: c.flow})
		if !errors.As(err, &bad) || !strings.HasPrefix(bad.Error(), c.field) {
			t.Errorf("%+v: %v, expected %s", c.flow, err, c.field)
		}
	}
}
