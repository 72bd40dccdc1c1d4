package mpegts_test

import (
	"errors"
	"slices"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/mpegts"
)

// TestSound writes MP3 of both kinds and AC-3 beside others.
func TestSound(t *testing.T) {
	low := mediatest.Encode(t, "mp3", 9, 90000, "-t", "1", "-ar", "22050", "-ac", "1")
	for _, names := range [][]string{{"mp3"}, {"ac3"}, {"h264", "mp3", "ac3"}, {"ac3", "aac", "mp3", "ac3", "h264"}} {
		units := [][]*media.Unit{low}
		tracks := []*media.Track{low[0].Track}
		for i, name := range names {
			track := mediatest.Track(name, 1+i, 90000)
			tracks = slices.Insert(tracks, len(tracks)-1, track)
			units = append(units, mediatest.Units(track, 30, int64(i)*100))
		}
		r := begin(t, tracks...)
		r.segments(mediatest.Interleave(units...), 1000, false)
		r.all()
		inspect(t, r)
	}
}

// TestSoundRefused checks that nothing is taken that could not be read again.
func TestSoundRefused(t *testing.T) {
	for _, name := range []string{"mp3", "ac3"} {
		track := mediatest.Track(name, 1, 1000)
		m, err := mpegts.NewMuxer([]*media.Track{track})
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range mediatest.Units(track, 3, 0) {
			if err := m.Check(u); err != nil {
				t.Errorf("%s, unit %d: %v", name, i, err)
			}
			for what, payload := range map[string][]byte{"cut": u.Payload[:3], "shifted": u.Payload[1:], "zeros": make([]byte, 400)} {
				other := *u
				other.Payload = payload
				if m.Check(&other) == nil {
					t.Errorf("%s, %s: it is taken", name, what)
				}
			}
		}
	}
}

// TestManyDescriptions fills the program map section, which has a packet and no more.
func TestManyDescriptions(t *testing.T) {
	var tracks []*media.Track
	for i := range mpegts.MaxTracks {
		tracks = append(tracks, mediatest.Track("ac3", 1+i, 1000))
		r, err := mpegts.NewMuxer(tracks)
		if fits := 16+11*(i+1) <= 181; fits != (err == nil) || err != nil && !errors.Is(err, container.ErrUnsupported) {
			t.Fatalf("%d tracks: %v", i+1, err)
		}
		if err == nil && len(r.Tables(nil, true)) != 2*188 {
			t.Fatalf("%d tracks: more than two packets", i+1)
		}
	}
}
