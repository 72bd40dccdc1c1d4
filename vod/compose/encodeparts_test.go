package compose_test

import (
	"log/slog"
	"math"
	"testing"

	"aircheck/vod"
	"aircheck/vod/compose"
	"aircheck/vod/ffmpeg"
)

// TestEncodeMany encodes more pieces, of two sizes, than ffmpeg has memory for at once: they follow one another like those of one run, and sound
// has no hole.
func TestEncodeMany(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Encoder = &ffmpeg.Runner{Memory: 1 << 30, Log: slog.New(slog.DiscardHandler)}
	r.start()
	small, large := clip(t, "a.mp4", "1", "-s", "160x90"), clip(t, "b.mp4", "1", "-s", "320x180", "-ar", "22050")
	files := []vod.Asset{r.adopt(small, "mp4", 0, nil), r.adopt(large, "mp4", 0, nil)}
	const n, each = 26, 0.4
	for _, kind := range []string{"Video", "Audio"} {
		track := compose.MediaTrack{Type: kind}
		for i := range n {
			it := compose.MediaTrackItem{Type: kind}
			if id := files[i%2].ID.String(); kind == "Video" {
				it.VideoItem = &compose.VideoTrackItem{SourceMedia: id, Duration: each}
			} else {
				it.AudioItem = &compose.AudioTrackItem{SourceMedia: id, Duration: each}
			}
			track.TrackItems = append(track.TrackItems, it)
		}
		id, err := r.Compose(t.Context(), &compose.Request{Input: compose.Input{
			Tracks: []compose.MediaTrack{track}, Output: compose.ComposeMediaOutput{FileName: "many"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		path, a, out := r.done(id)
		if out.Method != compose.MethodEncode || len(out.Items) != n {
			t.Fatalf("%s: %s, %d items", kind, out.Method, len(out.Items))
		}
		for i, it := range out.Items {
			if math.Abs(it.Offset-float64(i)*each) > 0.1 || it.FileID != files[i%2].ID.String() {
				t.Errorf("%s: item %d: %+v", kind, i, it)
			}
		}
		if d := a.Duration.Seconds(); math.Abs(d-n*each) > 0.15 {
			t.Errorf("%s: it lasts %v s", kind, d)
		}
		decodes(t, path)
		if got := len(packets(t, path, "v")); kind == "Video" && got != n*10 {
			t.Errorf("%d pictures of %d", got, n*10)
		}
		sound := packets(t, path, "a")
		for i := 2; i < len(sound); i++ { // the first is what the decoder needs
			if d := sound[i].pts - sound[i-1].pts; d <= 0 || d > 0.035 {
				t.Errorf("%s: %v s from the sound at %v to the next", kind, d, sound[i-1].pts)
			}
		}
	}
	if left := r.files(); len(left) != 4 {
		t.Errorf("%q", left)
	}
}
