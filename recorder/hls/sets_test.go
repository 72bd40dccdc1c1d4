package hls_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/hls"
)

// withSets is a track of H.264 with these parameter sets.
func withSets(t *testing.T, of *media.Track, sps, pps [][]byte) *media.Track {
	t.Helper()
	config := slices.Clone(of.Codec.Config()[:5])
	for _, list := range []struct {
		mark byte
		sets [][]byte
	}{{0xe0, sps}, {0, pps}} {
		config = append(config, list.mark|byte(len(list.sets)))
		for _, s := range list.sets {
			config = append(binary.BigEndian.AppendUint16(config, uint16(len(s))), s...)
		}
	}
	c, err := media.NewH264(config)
	if err != nil {
		t.Fatal(err)
	}
	return &media.Track{ID: of.ID, Codec: c, Timescale: of.Timescale}
}

// sequenceSets are the different sequence parameter sets that a picture of a file brings itself, and with those of its track's configuration.
func sequenceSets(u *media.Unit) (own, all int) {
	var found [][]byte
	for nalu := range media.NALUs(u.Payload) {
		if nalu[0]&0x1f == 7 {
			found = append(found, nalu)
		}
	}
	own = len(found)
	configured, _ := u.Track.Codec.(*media.H264).ParameterSets()
	found = append(found, configured...)
	slices.SortFunc(found, bytes.Compare)
	return own, len(slices.CompactFunc(found, bytes.Equal))
}

// TestParameterSets: no random access point of a transport stream has two sequence parameter sets. Pictures that refer to several are in
// fragmented MP4, whose configuration has all of them.
func TestParameterSets(t *testing.T) {
	plain, sound := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	sps, pps := plain.Codec.(*media.H264).ParameterSets()
	more := slices.Concat(sps[0], []byte{0x80}) // another one, of which nobody reads more than its beginning
	for name, c := range map[string]struct {
		track *media.Track
		file  string
		sets  int
	}{
		"one":         {plain, "media.ts", 1},
		"one twice":   {withSets(t, plain, [][]byte{sps[0], sps[0]}, pps), "media.ts", 1},
		"two":         {withSets(t, plain, [][]byte{sps[0], more}, pps), "media.mp4", 2},
		"two pps":     {withSets(t, plain, sps[:1], [][]byte{pps[0], slices.Concat(pps[0], []byte{0x80})}), "media.ts", 1},
		"two of each": {withSets(t, plain, [][]byte{sps[0], more}, [][]byte{pps[0], slices.Concat(pps[0], []byte{0x80})}), "media.mp4", 2},
	} {
		tracks := []*media.Track{c.track, sound}
		if got := (hls.Format{}).MediaName(tracks); got != c.file {
			t.Errorf("%s: %s, want %s", name, got, c.file)
		}
		r := begin(t, 0, tracks...)
		r.add(mediatest.Interleave(mediatest.Pictures(c.track, 400, 0, 40), mediatest.Sound(sound, 750, 0))...)
		e := r.finish()
		if list := parse(t, text(t, e)); len(list) < 2 {
			t.Errorf("%s: %d segments", name, len(list))
		}
		points := 0
		for u, err := range (hls.Format{}).Read(bytes.NewReader(r.data), int64(len(r.data))) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if u.Track.Codec.Kind() != media.Video || !u.RandomAccess {
				continue
			}
			points++
			if own, all := sequenceSets(u); own != 0 || all != c.sets {
				t.Errorf("%s: %d sequence parameter sets at %d, %d of its own; want %d and none", name, all, u.DTS, own, c.sets)
			}
		}
		if points < 2 {
			t.Errorf("%s: %d random access points", name, points)
		}
	}
}

// TestSetsAppear: a transport stream does not go on with pictures that refer to several sequence parameter sets; fragmented MP4 goes on without.
func TestSetsAppear(t *testing.T) {
	plain := mediatest.H264(1, 1000)
	sps, pps := plain.Codec.(*media.H264).ParameterSets()
	two := withSets(t, plain, [][]byte{sps[0], slices.Concat(sps[0], []byte{0x80})}, pps)
	r := begin(t, 0, plain)
	r.add(mediatest.Pictures(plain, 50, 0, 40)...)
	if _, _, err := r.w.(container.Continuer).Continue(nil, []*media.Track{two}, 0, true); err == nil {
		t.Error("a transport stream goes on with two sequence parameter sets")
	}
	r = begin(t, 0, two)
	r.add(mediatest.Pictures(two, 50, 0, 40)...)
	r.goOn(2*time.Second, true, plain)
	r.add(mediatest.Pictures(plain, 50, 0, 40)...)
	if list := parse(t, text(t, r.finish())); len(list) != 2 || !list[1].discontinuity || list[1].init == list[0].init {
		t.Errorf("%+v", list)
	}
}
