package mp4_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
	"aircheck/recorder/recordertest"
)

var options = recordertest.Options{KeepsIDs: true}

func TestCodecs(t *testing.T) {
	recordertest.Codecs(t, mp4.Format{}, options, mediatest.Codecs()...)
}

func TestTracks(t *testing.T) {
	recordertest.Tracks(t, mp4.Format{}, options, mediatest.Codecs()...)
}

func TestPlays(t *testing.T) {
	recordertest.Plays(t, mp4.Format{}, options, map[string]string{"g711a": "pcm_alaw", "g711u": "pcm_mulaw"},
		"av1", "vp9", "vp8", "opus", "mp3", "ac3", "g711a", "g711u")
}

// TestDefaults has ffprobe say which of several tracks are played by default: the first of each kind.
func TestDefaults(t *testing.T) {
	var tracks []*media.Track
	var all [][]*media.Unit
	for i, name := range []string{"aac", "h264", "opus", "vp9", "mp3"} {
		track := mediatest.Track(name, 1+i, 1000)
		tracks, all = append(tracks, track), append(all, mediatest.Units(track, 20, 0))
	}
	data, index := write(t, tracks, mediatest.Interleave(all...))
	for what, data := range map[string][]byte{"unfinished": data, "finished": finish(t, tracks, data, index)} {
		path := filepath.Join(t.TempDir(), "many.mp4")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		out := mediatest.Run(t, "ffprobe", "-v", "error", "-show_entries", "stream=codec_name:stream_disposition=default", "-of", "csv=p=0", path)
		if got := strings.Join(strings.Fields(string(out)), " "); got != "aac,1 h264,1 opus,0 vp9,0 mp3,0" {
			t.Errorf("%s: %s", what, got)
		}
	}
}

// TestLengths checks how long the last unit of a file lasts, as its codec says, and not the one before it.
func TestLengths(t *testing.T) {
	opus := func(toc ...byte) []byte { return append(toc, make([]byte, 40)...) }
	for _, test := range []struct {
		codec   string
		scale   uint32
		payload []byte
		want    time.Duration
	}{
		{"opus", 48000, opus(0x18), 60 * time.Millisecond},        // one frame of 60 ms
		{"opus", 48000, opus(0xe0), 2500 * time.Microsecond},      // one of 2.5 ms
		{"opus", 1000, opus(0xfb, 3), 60 * time.Millisecond},      // three of 20 ms
		{"g711a", 8000, make([]byte, 240), 30 * time.Millisecond}, // a byte each
		{"g711u", 90000, make([]byte, 1600), 200 * time.Millisecond},
		{"mp3", 48000, nil, 24 * time.Millisecond},
		{"ac3", 48000, nil, 32 * time.Millisecond},
	} {
		track := mediatest.Track(test.codec, 1, test.scale)
		units := mediatest.Units(track, 2, 0)
		units[1].DTS, units[1].PTS = int64(track.Timescale), int64(track.Timescale) // one second later
		if test.payload != nil {
			units[1].Payload = test.payload
		}
		tracks := []*media.Track{track}
		data, index := write(t, tracks, units)
		e, err := mp4.Format{}.Finish(container.Unfinished{Tracks: tracks, Size: int64(len(data)), Index: one(index)})
		if err != nil {
			t.Fatal(err)
		}
		want := time.Second + test.want
		if test.codec == "opus" && test.scale == 48000 {
			want -= media.Duration(int64(track.Codec.(*media.Opus).PreSkip()), 48000) // which is not heard
		}
		if d := e.Summary.Duration - want; max(d, -d) > time.Microsecond {
			t.Errorf("%s at %d Hz: %v, want %v", test.codec, test.scale, e.Summary.Duration, want)
		}
	}
}
