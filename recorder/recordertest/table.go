package recordertest

import (
	"path"
	"slices"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
)

// Encoded has the real ffmpeg code about a second of any codec that mediatest.Codecs names, and returns its units on a track with ID 1. reader
// reads MP4, in which ffmpeg delivers what mediatest.Encode does not know.
func Encoded(t *testing.T, reader container.Format, codec string) []*media.Unit {
	t.Helper()
	args, ok := map[string][]string{
		"h264": {"-an", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2"},
		"h265": {"-an", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error"},
		"aac":  {"-vn", "-c:a", "aac"},
	}[codec]
	if !ok {
		return mediatest.Encode(t, codec, 1, 1000, "-t", "1")
	}
	return unitsOf(t, reader, mediatest.Clip(t, "source.mp4", "25", append([]string{"-t", "1"}, args...)...))
}

// Carries checks that units go through a format's writer and come back, in every state of its file. probe is what ffprobe calls the codec;
// it is not asked if that is empty.
func Carries(t *testing.T, f container.Format, o Options, units []*media.Unit, probe string) {
	t.Helper()
	if !f.Supports(units[0].Track.Codec) {
		t.Fatalf("%s does not support %s", f.Name(), units[0].Track.Codec.Name())
	}
	roundTrip(t, f, o, tracksOf(units), units, 7)
	if probe == "" {
		return
	}
	r := record(t, f, units, 7, false)
	done, _ := finish(t, f, r.unfinished(r.parts, int64(len(r.data))), r.data)
	if p, ok := f.(container.Playlisted); ok {
		o.Extension = strings.TrimPrefix(path.Ext(p.MediaName(r.tracks)), ".")
	}
	out := mediatest.Run(t, "ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", save(t, f, "finished", done, o))
	// Side data has a field of its own, and a program tells its streams again.
	got := strings.FieldsFunc(string(out), func(r rune) bool { return r == ',' || r == '\n' })
	if got = slices.Compact(got); !slices.Equal(got, []string{probe}) {
		t.Errorf("ffprobe says %q", out)
	}
}

// Refuses checks that a format refuses a codec by name.
func Refuses(t *testing.T, f container.Format, c media.Codec) {
	t.Helper()
	refuses(t, f, c)
}
