package hls_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/hls"
	"aircheck/recorder/recordertest"
)

func options(extension string) recordertest.Options {
	return recordertest.Options{
		Slack: time.Second / 90000, AnnexB: true, Rebuilt: true, Streamed: true, Wraps: (1 << 33) * time.Second / 90000, Extension: extension,
	}
}

func TestCodecs(t *testing.T) {
	recordertest.Codecs(t, hls.Format{}, options("ts"), "h264", "h265", "av1", "vp9", "aac", "opus", "mp3", "ac3")
}

// TestTransportTracks has several tracks of a kind in a transport stream.
func TestTransportTracks(t *testing.T) {
	recordertest.Tracks(t, hls.Format{}, options("ts"), "h264", "aac", "mp3", "ac3")
}

func TestPlays(t *testing.T) {
	recordertest.Plays(t, hls.Format{}, options("mp4"), nil, "av1", "vp9", "opus")
	recordertest.Plays(t, hls.Format{}, options("ts"), nil, "mp3", "ac3")
}

// TestTogether checks which kind of file tracks need together, and which cannot be together.
func TestTogether(t *testing.T) {
	for tracks, want := range map[string]string{
		"h264 aac":           "media.ts",
		"h264 mp3 aac ac3":   "media.ts",
		"h264 h264 aac aac":  "media.ts",
		"h264 opus":          "media.mp4",
		"h265 ac3":           "media.mp4",
		"av1 aac":            "media.mp4",
		"vp9 opus":           "media.mp4",
		"opus":               "media.mp4",
		"h265 mp3":           "media.mp4",
		"h264 opus mp3":      "media.mp4",
		"vp8 aac":            "HLS cannot carry vp8 in fragmented MP4 (track 1)",
		"h264 g711u":         "HLS cannot carry g711u in fragmented MP4 (track 2)",
		"av1 aac opus":       "media.mp4",
		"h264 av1 aac":       "media.mp4",
		"h265 aac opus h264": "media.mp4",
		"h264 opus vp8":      "HLS cannot carry vp8 in fragmented MP4 (track 3)",
	} {
		var all []*media.Track
		for i, name := range strings.Fields(tracks) {
			all = append(all, mediatest.Track(name, 1+i, 1000))
		}
		_, err := hls.Format{}.NewWriter(all)
		if err != nil {
			if !errors.Is(err, container.ErrUnsupported) || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%s: %v, want %s", tracks, err, want)
			}
			continue
		}
		if got := (hls.Format{}).MediaName(all); got != want {
			t.Errorf("%s: %s, want %s", tracks, got, want)
		}
	}
}

// TestContinueTogether checks that a file in fragmented MP4 does not go on with what it cannot hold.
func TestContinueTogether(t *testing.T) {
	video, sound := mediatest.Track("av1", 1, 1000), mediatest.Track("opus", 2, 1000)
	r := begin(t, 0, video, sound)
	r.add(mediatest.Interleave(mediatest.Units(video, 50, 0), mediatest.Units(sound, 100, 0))...)
	for _, tracks := range [][]*media.Track{
		{video, mediatest.Track("mp3", 2, 1000)},
		{video, sound, mediatest.Track("aac", 3, 1000)},
		{mediatest.Track("vp8", 1, 1000), sound},
	} {
		if _, _, err := r.w.(container.Continuer).Continue(nil, tracks, 0, true); !errors.Is(err, container.ErrUnsupported) {
			t.Errorf("%d tracks, %s and %s: %v", len(tracks), tracks[0].Codec.Name(), tracks[1].Codec.Name(), err)
		}
	}
	other := mediatest.Track("vp9", 1, 1000)
	r.goOn(0, true, other)
	r.add(mediatest.Units(other, 50, 0)...)
	r.finish()
}
