package view_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// cases are files of every format and of codecs of both kinds of segments.
func cases() map[string]struct {
	format container.Format
	scale  uint32
	codecs []string
	ext    string
} {
	type c = struct {
		format container.Format
		scale  uint32
		codecs []string
		ext    string
	}
	return map[string]c{
		"flv h264 aac":  {flvFormat, 1000, []string{"h264", "aac"}, ".ts"},
		"flv h265 aac":  {flvFormat, 1000, []string{"h265", "aac"}, ".m4s"},
		"flv av1 opus":  {flvFormat, 1000, []string{"av1", "opus"}, ".m4s"},
		"flv aac":       {flvFormat, 1000, []string{"aac"}, ".ts"},
		"flv h264 mp3":  {flvFormat, 1000, []string{"h264", "mp3"}, ".ts"},
		"mp4 h264 aac":  {mp4Format, 90000, []string{"h264", "aac"}, ".ts"},
		"mp4 h265 aac":  {mp4Format, 90000, []string{"h265", "aac"}, ".m4s"},
		"mp4 av1 opus":  {mp4Format, 48000, []string{"av1", "opus"}, ".m4s"},
		"mp4 vp9 opus":  {mp4Format, 48000, []string{"vp9", "opus"}, ".m4s"},
		"mp4 h264 opus": {mp4Format, 1000, []string{"h264", "opus"}, ".m4s"},
		"mp4 h264":      {mp4Format, 1000, []string{"h264"}, ".ts"},
		"aac":           {aacFormat, 48000, []string{"aac"}, ".ts"},
	}
}

// key tells a unit by what must not change.
func key(u *media.Unit, at time.Duration) string {
	return fmt.Sprintf("%d %x", at.Round(time.Millisecond).Milliseconds(), u.Payload[max(0, len(u.Payload)-24):])
}

// unitsIn reads a file with the recorder's own reader: the times, and the ends of the payloads, of all units by codec.
func unitsIn(t *testing.T, f container.Format, data []byte) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for u, err := range f.Read(bytes.NewReader(data), int64(len(data))) {
		must(t, err)
		pts := media.Duration(u.PTS, u.Track.Timescale)
		name := u.Track.Codec.Name()
		out[name] = append(out[name], key(u, pts))
	}
	return out
}

// near reports whether two lists have the same units, up to a millisecond, in the same order.
func near(t *testing.T, what string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d units, want %d", what, len(got), len(want))
		return
	}
	for i := range want {
		var a, b int
		var x, y string
		fmt.Sscanf(got[i], "%d %s", &a, &x)
		fmt.Sscanf(want[i], "%d %s", &b, &y)
		if x != y || a-b > 1 || b-a > 1 {
			t.Errorf("%s: unit %d is %s, want %s", what, i, got[i], want[i])
			return
		}
	}
}

func TestSegmentsHaveAllUnits(t *testing.T) {
	b := newBench(t)
	for name, c := range cases() {
		t.Run(name, func(t *testing.T) {
			r := record(t, c.format, show(20, c.scale, c.codecs...))
			a := b.add(t, r)
			playlist, data := b.fetch(t, a, "")
			if n := len(segments([]byte(playlist))); n != 4 && n != 3 || !strings.Contains(playlist, c.ext) {
				t.Errorf("%d segments:\n%s", n, playlist)
			}
			got, want := unitsOf(t, c.ext, data), unitsIn(t, c.format, r.done)
			for codec, list := range want {
				near(t, codec, got[codec], list)
			}
			if len(got) != len(want) {
				t.Errorf("%v, want %v", slices.Collect(maps.Keys(got)), slices.Collect(maps.Keys(want)))
			}
			if strings.Contains(playlist, "DISCONTINUITY") || !strings.Contains(playlist, "#EXT-X-ENDLIST") {
				t.Error(playlist)
			}
		})
	}
}

// unitsOf reads segments: transport streams one by one, since each can be played by itself; fragments behind their initialization section
// are an MP4 file.
func unitsOf(t *testing.T, ext string, parts [][]byte) map[string][]string {
	t.Helper()
	if ext == ".m4s" {
		return unitsIn(t, mp4Format, slices.Concat(parts...))
	}
	all := map[string][]string{}
	for _, p := range parts {
		for codec, list := range unitsIn(t, hlsFormat, p) {
			all[codec] = append(all[codec], list...)
		}
	}
	return all
}

// TestFFmpegPlaysViews has ffmpeg play the view and the file, and compares pictures and sound one by one.
func TestFFmpegPlaysViews(t *testing.T) {
	b := newBench(t)
	for name, c := range cases() {
		if !slices.Contains([]string{"flv h264 aac", "flv av1 opus", "mp4 h265 aac", "aac"}, name) {
			continue // that they have all units is tested above
		}
		t.Run(name, func(t *testing.T) {
			a := b.add(t, record(t, c.format, show(20, c.scale, c.codecs...)))
			decode := []string{"-map", "0:v?", "-fps_mode", "passthrough"}
			view := hashes(t, append([]string{"-i", b.m3u8(a)}, decode...)...)
			file := b.file(a)
			if c.format == flvFormat && c.codecs[0] != "h264" && c.codecs[0] != "aac" {
				// What this ffmpeg does not know in FLV it reads from MP4.
				file = b.file(b.add(t, record(t, mp4Format, show(20, c.scale, c.codecs...))))
			}
			want := hashes(t, append([]string{"-i", file}, decode...)...)
			if c.codecs[0] != "aac" && (len(want["0"]) < 490 || !slices.Equal(view["0"], want["0"])) {
				t.Errorf("%d pictures, want %d", len(view["0"]), len(want["0"]))
			}
			if !slices.Contains(c.codecs, "aac") {
				return
			}
			// Sound is compared as it is coded: a decoder begins with silence of its own.
			view = hashes(t, "-i", b.m3u8(a), "-map", "0:a", "-c", "copy", "-bsf:a", "aac_adtstoasc")
			want = hashes(t, "-i", file, "-map", "0:a", "-c", "copy", "-bsf:a", "aac_adtstoasc")
			if len(want["0"]) < 900 || !slices.Equal(view["0"], want["0"]) {
				t.Errorf("%d frames of sound, want %d", len(view["0"]), len(want["0"]))
			}
		})
	}
}

// TestOpening: the first segment is short, so that a player begins soon.
func TestOpening(t *testing.T) {
	b := newBench(t)
	for _, r := range []recorded{
		record(t, flvFormat, show(20, 1000, "h264", "aac")), record(t, mp4Format, show(20, 90000, "h264", "aac")),
		record(t, aacFormat, show(20, 48000, "aac")),
	} {
		playlist, _ := b.fetch(t, b.add(t, r), "")
		var lengths []float64
		for line := range strings.Lines(playlist) {
			if text, ok := strings.CutPrefix(line, "#EXTINF:"); ok {
				var d float64
				_, err := fmt.Sscanf(text, "%f,", &d)
				must(t, err)
				lengths = append(lengths, d)
			}
		}
		if len(lengths) != 4 || lengths[0] < 2 || lengths[0] > 2.5 || lengths[1] < 6 || lengths[2] < 6 {
			t.Errorf("%s: %v", r.format.Name(), lengths)
		}
	}
}
