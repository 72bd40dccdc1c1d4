package flv_test

import (
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/flv"
	"aircheck/recorder/recordertest"
)

func TestSuite(t *testing.T) {
	recordertest.Suite(t, flv.Format{}, recordertest.Options{
		Slack:       500 * time.Microsecond,
		Sealed:      true,
		Unsupported: media.Opaque{FourCC: "rv40", Of: media.Video},
		Source:      flv.Format{},
	})
}

// all are the codecs that FLV carries.
var all = []string{"h264", "h265", "av1", "vp9", "vp8", "aac", "opus", "mp3", "ac3", "g711a", "g711u"}

func options() recordertest.Options {
	return recordertest.Options{Slack: 500 * time.Microsecond, Sealed: true, Source: flv.Format{}}
}

func TestCodecs(t *testing.T) { recordertest.Codecs(t, flv.Format{}, options(), all...) }

func TestManyTracks(t *testing.T) { recordertest.Tracks(t, flv.Format{}, options(), all[:9]...) }

// TestOldPlayers has ffmpeg read what FLV has had a number for since long.
func TestOldPlayers(t *testing.T) {
	recordertest.Plays(t, flv.Format{}, options(), map[string]string{"g711a": "pcm_alaw", "g711u": "pcm_mulaw"}, "mp3", "g711a", "g711u")
}
