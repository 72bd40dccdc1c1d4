package mp4_test

import (
	"errors"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
)

// FuzzResume takes any index for that of a file.
func FuzzResume(f *testing.F) {
	tracks := []*media.Track{mediatest.H264(1, 1000), mediatest.AAC(2, 1000)}
	w, err := mp4.Format{}.NewWriter(tracks)
	if err != nil {
		f.Fatal(err)
	}
	data := w.Header(nil, 0)
	for _, u := range mediatest.Interleave(mediatest.Pictures(tracks[0], 30, 0, 40), mediatest.Sound(tracks[1], 40, 0)) {
		if data, err = w.Append(data, u); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(w.Index(nil), int64(len(w.Flush(data))))
	f.Fuzz(func(t *testing.T, part []byte, size int64) {
		file := container.Unfinished{Tracks: tracks, Size: size, Index: func(yield func([]byte, error) bool) { yield(part, nil) }}
		w, s, err := mp4.Format{}.Resume(file, nil)
		if err != nil {
			if !errors.Is(err, container.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		if _, _, err := w.Splice(nil, tracks, time.Second, time.Second); err != nil && !errors.Is(err, container.ErrUnsupported) {
			t.Fatal(err)
		}
		if len(s.Tracks) != 2 {
			t.Errorf("%+v", s)
		}
	})
}

// TestSpliceParameters: a file goes on with the same tracks only, and in steps that the format can express.
func TestSpliceParameters(t *testing.T) {
	video, audio := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	for name, c := range map[string]struct {
		tracks []*media.Track
		gap    time.Duration
	}{
		"without sound":    {[]*media.Track{video}, 0},
		"other sound":      {[]*media.Track{video, mediatest.OtherAAC(2, 1000)}, 0},
		"another number":   {[]*media.Track{video, mediatest.AAC(3, 1000)}, 0},
		"another clock":    {[]*media.Track{video, mediatest.AAC(2, 44100)}, 0},
		"other pictures":   {[]*media.Track{mediatest.H265(1, 1000), audio}, 0},
		"after 30 days":    {[]*media.Track{video, audio}, 30 * 24 * time.Hour},
		"":                 {[]*media.Track{mediatest.H264(1, 1000), mediatest.AAC(2, 1000)}, 0},
		" after 1800 s":    {[]*media.Track{video, audio}, 1800 * time.Second},
		" after a moment ": {[]*media.Track{video, audio}, time.Nanosecond},
	} {
		w, err := mp4.Format{}.NewWriter([]*media.Track{video, audio})
		if err != nil {
			t.Fatal(err)
		}
		w.Header(nil, 0)
		for _, u := range mediatest.Interleave(mediatest.Pictures(video, 30, 0, 40), mediatest.Sound(audio, 40, 0)) {
			if _, err := w.Append(nil, u); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush(nil)
		_, zero, err := w.(container.Splicer).Splice(nil, c.tracks, 5*time.Second, c.gap)
		if fits := name == "" || name[0] == ' '; fits != (err == nil) || err != nil && !errors.Is(err, container.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
		if want := 5*time.Second - 1200*time.Millisecond - c.gap; err == nil && zero != want {
			t.Errorf("%s: the zero is at %v, want %v", name, zero, want)
		}
	}
}
