package compose_test

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"aircheck/vod"
	"aircheck/vod/compose"
	"aircheck/vod/ffmpeg"
	"aircheck/vod/task"
)

// TestBehindTheEnd: of a range behind the end of a file nothing is made: it is refused at once, and where the length is known only later the task
// fails. Both name the field.
func TestBehindTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	path := clip(t, "a.mp4", "2")
	a := r.adopt(path, "mp4", 0, nil)
	unknown := r.adopt(path, "mp4", 0, func(a *vod.Asset) { a.Duration = 0 })
	live := r.adopt(path, "mp4", 0, func(a *vod.Asset) { a.Status = vod.StatusRecording })
	const field = "Tracks.1.TrackItems.1.VideoItem.SourceMediaStartTime"
	for _, precision := range []string{"rough", "precise"} {
		out := compose.ComposeMediaOutput{Precision: precision}
		var bad *vod.InvalidError
		_, err := r.Compose(t.Context(), request(out, track("Audio"), track("Video", video(a, 0, 1), video(a, 1000, 5))))
		if !errors.As(err, &bad) || bad.Field != field || !strings.Contains(bad.Reason, a.ID.String()) || !strings.Contains(bad.Reason, a.Duration.String()) {
			t.Errorf("%s: %v", precision, err)
		}
		for name, items := range map[string][]compose.MediaTrackItem{
			"not known":     {video(a, 0, 1), video(unknown, 1000, 5)},
			"recorded":      {video(a, 0, 1), video(live, 1000, 5)},
			"to be encoded": {video(a, 0, 1, func(v *compose.VideoTrackItem) { v.TargetDuration = 2 }), video(live, 1000, 5)},
		} {
			id, err := r.Compose(t.Context(), request(out, track("Audio"), track("Video", items...)))
			if err != nil {
				t.Fatal(err)
			}
			if ended, made := r.wait(id); ended.Code != task.CodeInput || !strings.Contains(ended.Message, field) || made != nil {
				t.Errorf("%s, %s: %d %s", precision, name, ended.Code, ended.Message)
			}
		}
	}
	// Behind its beginning there is the last picture, but none begins there any more.
	id, err := r.Compose(t.Context(), request(compose.ComposeMediaOutput{Precision: "precise"}, track("Video", video(a, 1.995, 0))))
	if err != nil {
		t.Fatal(err)
	}
	if ended, made := r.wait(id); ended.Code != task.CodeInput || !strings.Contains(ended.Message, "Tracks.0.TrackItems.0.VideoItem.SourceMediaStartTime") {
		t.Errorf("%d %s %+v", ended.Code, ended.Message, made)
	}
}

// TestWithoutFfmpeg: what has to be encoded fails once, and says once what is missing.
func TestWithoutFfmpeg(t *testing.T) {
	t.Parallel()
	for name, encoder := range map[string]compose.Encoder{
		"none":    nil,
		"missing": &ffmpeg.Runner{Path: t.TempDir() + "/ffmpeg", Log: slog.New(slog.NewTextHandler(io.Discard, nil))},
	} {
		r := newRig(t)
		r.Encoder = encoder
		r.start()
		a := r.adopt(clip(t, "a.mp4", "2"), "mp4", 0, nil)
		id, err := r.Compose(t.Context(), request(compose.ComposeMediaOutput{Precision: "precise"}, track("Video", video(a, 0.5, 1))))
		if err != nil {
			t.Fatal(err)
		}
		ended, _ := r.wait(id)
		if ended.Code != task.CodeInternal || strings.Count(ended.Message, "cannot be encoded")+strings.Count(ended.Message, "does not have") != 1 ||
			strings.Count(ended.Message, "is not there") > 1 {
			t.Errorf("%s: %d %s", name, ended.Code, ended.Message)
		}
	}
}

// TestOddCanvas: that a size was made even is said.
func TestOddCanvas(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	q := request(compose.ComposeMediaOutput{}, track("Video", video(r.adopt(clip(t, "a.mp4", "0.4"), "mp4", 0, nil), 0, 0)))
	q.Canvas = &compose.Canvas{Width: 101, Height: 64}
	if path, _, out := r.compose(q); !strings.Contains(out.Reason, "102 x 64") || probe(t, path, "-select_streams", "v", "-show_entries", "stream=width,height")[0] != "102,64" {
		t.Errorf("%+v", out)
	}
	q = request(compose.ComposeMediaOutput{}, track("Video", video(r.adopt(clip(t, "b.mp4", "0.4"), "mp4", 0, nil), 0, 0, func(v *compose.VideoTrackItem) { v.Width = "100000px" })))
	var bad *vod.InvalidError
	if _, err := r.Compose(t.Context(), q); !errors.As(err, &bad) || !strings.Contains(bad.Reason, "10000,") && !strings.HasSuffix(bad.Reason, "10000") {
		t.Errorf("%v", err)
	}
}
