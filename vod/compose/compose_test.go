package compose_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aircheck/vod"
	"aircheck/vod/compose"
	"aircheck/vod/ffmpeg"
	"aircheck/vod/task"
)

// video is an item of a file.
func video(a vod.Asset, start, duration float64, change ...func(*compose.VideoTrackItem)) compose.MediaTrackItem {
	v := &compose.VideoTrackItem{SourceMedia: a.ID.String(), SourceMediaStartTime: start, Duration: duration}
	for _, c := range change {
		c(v)
	}
	return compose.MediaTrackItem{Type: "Video", VideoItem: v}
}

func request(output compose.ComposeMediaOutput, tracks ...compose.MediaTrack) *compose.Request {
	if output.FileName == "" {
		output.FileName = "made"
	}
	return &compose.Request{Input: compose.Input{Tracks: tracks, Output: output}}
}

func track(kind string, items ...compose.MediaTrackItem) compose.MediaTrack {
	return compose.MediaTrack{Type: kind, TrackItems: items}
}

func (r *rig) compose(q *compose.Request) (string, vod.Asset, *compose.Output) {
	r.t.Helper()
	id, err := r.Compose(r.t.Context(), q)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.done(id)
}

// TestCopyCuts cuts without encoding: pieces begin at the random access point before, end at the picture, and say so.
func TestCopyCuts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	a := r.adopt(clip(t, "a.mp4", "4", "-bf", "0"), "mp4", 0, nil)
	path, made, out := r.compose(request(compose.ComposeMediaOutput{}, track("Video", video(a, 1.5, 1), video(a, 3, 0), video(a, 0, 0.4))))
	if out.Method != compose.MethodCopy || len(out.Items) != 3 {
		t.Fatalf("%+v", out)
	}
	for i, want := range [][3]float64{{1, 2.52, 0}, {3, 4, 1.48}, {0, 0.4, 2.5}} {
		got := out.Items[i]
		if math.Abs(got.StartTime-want[0]) > 0.03 || math.Abs(got.EndTime-want[1]) > 0.03 || math.Abs(got.Offset-want[2]) > 0.06 {
			t.Errorf("item %d: %+v, want about %v", i, got, want)
		}
	}
	decodes(t, path)
	if d := lengthOf(t, path); (d-2920*time.Millisecond).Abs() > 60*time.Millisecond || (d-made.Duration).Abs() > 50*time.Millisecond {
		t.Errorf("%v, and the catalogue says %v", d, made.Duration)
	}
	sound := packets(t, path, "a")
	for i := 1; i < len(sound); i++ {
		if step := sound[i].pts - sound[i-1].pts; math.Abs(step-1024.0/44100) > 0.002 {
			t.Errorf("frame %d of sound comes %.4f s behind the one before it", i, step)
		}
	}
	path, _, out = r.compose(request(compose.ComposeMediaOutput{Container: "m4a"}, track("Video", video(a, 1, 2))))
	if out.Method != compose.MethodCopy || len(packets(t, path, "v")) != 0 || len(packets(t, path, "a")) < 80 {
		t.Errorf("m4a: %+v", out)
	}
}

// TestEncode has ffmpeg make what cannot be copied.
func TestEncode(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	a := r.adopt(clip(t, "a.mp4", "2"), "mp4", 0, nil)
	b := r.adopt(clip(t, "b.flv", "2", "-s", "160x90", "-ar", "48000"), "flv", 0, nil)
	cases := map[string]struct {
		q      *compose.Request
		length float64
		is     string
	}{
		"other size": {request(compose.ComposeMediaOutput{}, track("Video", video(a, 0, 1), video(b, 0.5, 1))), 2, "h264,320,240"},
		"hls":        {request(compose.ComposeMediaOutput{Container: "hls"}, track("Video", video(b, 0, 1), video(a, 0.5, 1))), 2, "h264,160,90"},
		"mp3":        {request(compose.ComposeMediaOutput{Container: "mp3"}, track("Video", video(a, 0, 1))), 1, "mp3"},
		"everything": {everything(a, b), 3.5, "h264,480,360"},
	}
	ids := map[string]string{}
	for name, c := range cases {
		var err error
		if ids[name], err = r.Compose(t.Context(), c.q); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range cases {
		path, made, out := r.done(ids[name])
		if out.Method != compose.MethodEncode || out.Reason == "" {
			t.Errorf("%s: %+v", name, out)
		}
		is := strings.Join(probe(t, path, "-select_streams", "v", "-show_entries", "stream=codec_name,width,height"), " ")
		if is == "" {
			is = strings.Join(probe(t, path, "-show_entries", "stream=codec_name"), " ")
		}
		if !strings.HasPrefix(is, c.is) || math.Abs(lengthOf(t, path).Seconds()-c.length) > 0.13 || math.Abs(made.Duration.Seconds()-c.length) > 0.13 {
			t.Errorf("%s: %s, %v, the catalogue says %v", name, is, lengthOf(t, path), made.Duration)
		}
		decodes(t, path)
		if name == "hls" {
			begins(t, filepath.Join(r.dir, made.PlaylistKey), made.Start)
		}
	}
}

// begins checks the time of day of the first segment of a playlist.
func begins(t *testing.T, path string, want time.Time) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(text), "#EXT-X-PROGRAM-DATE-TIME:")
	line, _, _ = strings.Cut(line, "\n")
	if got, err := time.Parse(time.RFC3339, line); err != nil || got.Sub(want).Abs() > 100*time.Millisecond {
		t.Errorf("the first segment is of %q, the catalogue says %v", line, want)
	}
}

// everything asks for all that ffmpeg does.
func everything(a, b vod.Asset) *compose.Request {
	pass := compose.MediaTrackItem{Type: "Transition", TransitionItem: &compose.MediaTransitionItem{
		Duration: 0.5, Transitions: []compose.TransitionOperation{{Type: "ImageFadeInFadeOut"}, {Type: "AudioFadeInFadeOut"}},
	}}
	empty := compose.MediaTrackItem{Type: "Empty", EmptyItem: &compose.EmptyTrackItem{Duration: 0.5}}
	first := video(a, 0, 1, func(v *compose.VideoTrackItem) {
		v.TargetDuration = 2
		v.ImageOperations = []compose.ImageTransform{{Type: "Rotate", RotateAngle: 90}, {Type: "Flip", Flip: "Horizental"}}
		v.AudioOperations = []compose.AudioTransform{{Type: "Volume", VolumeParam: &compose.AudioVolumeParam{Gain: -6}}}
	})
	small := video(b, 0, 1, func(v *compose.VideoTrackItem) {
		v.CoordinateOrigin, v.XPos, v.YPos, v.Width = "TopLeft", "10%", "20px", "25%"
		v.ImageOperations = []compose.ImageTransform{{Type: "Rotate", RotateAngle: 30}}
	})
	mute := compose.MediaTrackItem{Type: "Audio", AudioItem: &compose.AudioTrackItem{
		SourceMedia: b.ID.String(), Duration: 1, AudioOperations: []compose.AudioTransform{{Type: "Volume", VolumeParam: &compose.AudioVolumeParam{Mute: 1}}},
	}}
	sticker := compose.MediaTrackItem{Type: "Sticker", StickerItem: &compose.StickerTrackItem{
		SourceMedia: "/vod/" + a.ID.String() + "/a.mp4", Duration: 1, StartTime: 0.5, XPos: "-10%", Width: "64px",
	}}
	q := request(compose.ComposeMediaOutput{
		VideoStream: &compose.OutputVideoStream{Codec: "libx264", Fps: 30}, AudioStream: &compose.OutputAudioStream{SampleRate: 32000, AudioChannel: 1, Bitrate: 64},
	}, track("Video", first, pass, video(b, 0, 2)), track("Video", empty, small), track("Audio", empty, mute), track("Sticker", sticker))
	q.Canvas = &compose.Canvas{Color: "White", Width: 480, Height: 360}
	return q
}

// TestComposeRefuses checks what a request may not be.
func TestComposeRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := vod.Asset{ID: 4711}
	many := make([]compose.MediaTrackItem, 501)
	for i := range many {
		many[i] = video(a, 0, 1)
	}
	good := track("Video", video(a, 0, 1))
	for field, q := range map[string]*compose.Request{
		"Tracks":                     request(compose.ComposeMediaOutput{}),
		"Tracks.0.Type":              request(compose.ComposeMediaOutput{}, track("Text")),
		"Tracks.0.TrackItems.0.Type": request(compose.ComposeMediaOutput{}, track("Audio", video(a, 0, 1))),
		"Tracks.0.TrackItems.0":      request(compose.ComposeMediaOutput{}, track("Video", compose.MediaTrackItem{Type: "Video"})),
		"Tracks.1.TrackItems.0.VideoItem.SourceMedia": request(compose.ComposeMediaOutput{}, good, track("Video", video(a, 0, 1, func(v *compose.VideoTrackItem) {
			v.SourceMedia = "http://example.com/secret.mp4"
		}))),
		"Tracks.0.TrackItems.0.VideoItem.Width": request(compose.ComposeMediaOutput{}, track("Video", video(a, 0, 1, func(v *compose.VideoTrackItem) { v.Width = "10;x" }))),
		"Output.Container":                      request(compose.ComposeMediaOutput{Container: "exe"}, good),
		"Output.VideoStream.Fps":                request(compose.ComposeMediaOutput{VideoStream: &compose.OutputVideoStream{Fps: 61}}, good),
		"Output.AudioStream.Bitrate":            request(compose.ComposeMediaOutput{AudioStream: &compose.OutputAudioStream{Bitrate: 25}}, good),
		"SourceMedia":                           request(compose.ComposeMediaOutput{}, good),
	} {
		var bad *vod.InvalidError
		if _, err := r.Compose(t.Context(), q); !errors.As(err, &bad) || bad.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	var bad *vod.InvalidError
	if _, err := r.Compose(t.Context(), request(compose.ComposeMediaOutput{}, track("Video", many...))); !errors.As(err, &bad) || bad.Field != "Tracks" {
		t.Errorf("501 items: %v", err)
	}
}

// missing is an encoder that is not there.
type missing struct{}

func (missing) Run(context.Context, ffmpeg.Job) error {
	return fmt.Errorf("%w: test", ffmpeg.ErrMissing)
}

// TestWithoutFFmpeg: what can be copied is, the rest fails and says why, and leaves nothing.
func TestWithoutFFmpeg(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Encoder = missing{}
	r.start()
	a := r.adopt(clip(t, "a.mp4", "1"), "mp4", 0, nil)
	r.compose(request(compose.ComposeMediaOutput{}, track("Video", video(a, 0, 0), video(a, 0, 0))))
	before := len(r.files())
	id, err := r.Compose(t.Context(), request(compose.ComposeMediaOutput{Container: "mp3"}, track("Video", video(a, 0, 0))))
	if err != nil {
		t.Fatal(err)
	}
	if done, _ := r.wait(id); done.Code != task.CodeInternal || !strings.Contains(done.Message, "ffmpeg") {
		t.Errorf("%d %s", done.Code, done.Message)
	}
	if now := r.files(); len(now) != before {
		t.Errorf("left: %v", now)
	}
}

// TestSourceGoes: a file that is gone when the task begins is told; nothing is left.
func TestSourceGoes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.adopt(clip(t, "a.mp4", "1"), "mp4", 0, nil)
	b := r.adopt(clip(t, "a.mp4", "1"), "mp4", 0, nil)
	gone, err := r.Compose(t.Context(), request(compose.ComposeMediaOutput{}, track("Video", video(a, 0, 0))))
	if err != nil {
		t.Fatal(err)
	}
	missing, err := r.Compose(t.Context(), request(compose.ComposeMediaOutput{}, track("Video", video(b, 0, 0))))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.store.MarkDeleting(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(r.dir + "/" + b.ObjectKey); err != nil {
		t.Fatal(err)
	}
	r.start()
	for id, says := range map[string]string{gone: "deleted", missing: "does not have it"} {
		if done, _ := r.wait(id); done.Code != task.CodeSource || !strings.Contains(done.Message, says) {
			t.Errorf("%d %s", done.Code, done.Message)
		}
	}
	if left := r.files(); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// TestDiskFull: a task for which the room runs out fails, and leaves nothing.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.adopt(clip(t, "a.mp4", "2"), "mp4", 0, nil)
	asked := 0
	r.Intake.Room = func(string) error {
		if asked++; asked > 2 { // the drafts have begun
			return fmt.Errorf("%w: test", vod.ErrNoRoom)
		}
		return nil
	}
	r.start()
	id, err := r.Compose(t.Context(), request(compose.ComposeMediaOutput{}, track("Video", video(a, 0, 0))))
	if err != nil {
		t.Fatal(err)
	}
	if done, _ := r.wait(id); done.Code != task.CodeInternal || !strings.Contains(done.Message, "too little room") {
		t.Errorf("%d %s", done.Code, done.Message)
	}
	if left := r.files(); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// TestBeginsAgain: a task that was cut short just behind its end has its file already.
func TestBeginsAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	a := r.adopt(clip(t, "a.mp4", "1"), "mp4", 0, nil)
	_, made, _ := r.compose(request(compose.ComposeMediaOutput{}, track("Video", video(a, 0, 0))))
	before := len(r.files())
	done, _ := r.wait(made.Cause)
	done.Attempts = 2
	again, err := r.Jobs()[task.Compose](t.Context(), done, func(int, any) {})
	if err != nil {
		t.Fatal(err)
	}
	if out, ok := again.(*compose.Output); !ok || out.FileID != made.ID.String() || len(r.files()) != before {
		t.Errorf("%+v, %v", again, r.files())
	}
}
