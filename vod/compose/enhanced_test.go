package compose_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/mp4"
	"aircheck/vod/compose"
)

// inFLV writes an MP4 file's units as an FLV recording.
func inFLV(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	var units []*media.Unit
	for u, err := range (mp4.Format{}).Read(f, info.Size()) {
		if err != nil {
			t.Fatal(err)
		}
		units = append(units, u)
	}
	slices.SortStableFunc(units, func(a, b *media.Unit) int { return int(a.Time() - b.Time()) })
	tracks, err := (mp4.Format{}).Probe(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	w, err := (flv.Format{}).NewWriter(tracks)
	if err != nil {
		t.Fatal(err)
	}
	text := w.Header(nil, units[0].Time())
	for _, u := range units {
		if text, err = w.Append(text, u); err != nil {
			t.Fatal(err)
		}
	}
	text, index := w.Flush(text), w.Index(nil)
	end, err := (flv.Format{}).Finish(container.Unfinished{
		Tracks: tracks, Size: int64(len(text)), Index: func(yield func([]byte, error) bool) { yield(index, nil) }, IndexSize: int64(len(index)),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range end.Patches {
		copy(text[p.Offset:], p.Bytes)
	}
	out := filepath.Join(t.TempDir(), "a.flv")
	if err := os.WriteFile(out, append(text, end.Trailer...), 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEncodeEnhancedFLV encodes H.265 of an FLV recording, which ffmpeg reads from version 6.1 on only: it is handed what it can read.
func TestEncodeEnhancedFLV(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	source := clip(t, "a.mp4", "2", "-c:v", "libx265", "-x265-params", "log-level=none", "-bf", "0")
	probed := r.adopt(source, "mp4", 0, nil)
	path := inFLV(t, source)
	r.probed[path] = probed
	a := r.adopt(path, "flv", 0, nil)
	q := request(compose.ComposeMediaOutput{VideoStream: &compose.OutputVideoStream{Codec: "libx264"}}, track("Video", video(a, 0.5, 1)))
	id, err := r.Compose(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	made, out, result := r.done(id)
	if result.Method != compose.MethodEncode || out.Tracks[0].Codec != "h264" || len(packets(t, made, "v")) != 25 || len(packets(t, made, "a")) < 40 {
		t.Errorf("%+v, %+v", result, out.Tracks)
	}
	decodes(t, made)
	if left := r.files(); len(left) != 3 {
		t.Errorf("%q", left)
	}
}
