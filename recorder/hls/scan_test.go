package hls

import (
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// TestRename checks which IDs tracks get that a scan finds in a new period.
func TestRename(t *testing.T) {
	video, sound, more := mediatest.H264(5, 1000), mediatest.AAC(1, 1000), mediatest.AAC(8, 1000)
	found := func(list ...*media.Track) (out []*media.Track) {
		for i, t := range list {
			out = append(out, &media.Track{ID: i + 1, Timescale: clock})
			if t != nil {
				out[i].Codec = t.Codec
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		found, had []*media.Track
		want       []int
	}{
		"the same":              {found(sound, video), []*media.Track{sound, video}, []int{1, 5}},
		"other order":           {found(video, sound), []*media.Track{sound, video}, []int{5, 1}},
		"two of a kind":         {found(sound, sound), []*media.Track{sound, more}, []int{1, 8}},
		"one appears":           {found(video, sound), []*media.Track{video}, []int{5, 1}},
		"two appear":            {found(video, sound, sound), []*media.Track{sound}, []int{2, 1, 3}},
		"one vanishes":          {found(sound), []*media.Track{sound, video}, []int{1}},
		"silent":                {found(nil, video), []*media.Track{sound, video}, []int{1, 5}},
		"silent and never seen": {found(nil, video), []*media.Track{video}, []int{1, 5}},
	} {
		for i, got := range rename(c.found, c.had) {
			if got.ID != c.want[i] || got.Codec == nil {
				t.Errorf("%s: track %d is %d", name, i, got.ID)
			}
		}
	}
}
