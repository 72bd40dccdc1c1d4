package compose_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"aircheck/ingest/media"
	"aircheck/recorder/hls"
	"aircheck/vod/compose"
)

// numbers reads the first n Exp-Golomb numbers of a NAL unit (ITU-T H.264, 9.1), which has no emulation prevention as early as that.
func numbers(nalu []byte, skip, n int) (out []int) {
	at := 8 * skip
	bit := func() (b int) {
		if at < 8*len(nalu) {
			b = int(nalu[at/8] >> (7 - at%8) & 1)
		}
		at++
		return b
	}
	for range n {
		zeros, v := 0, 1
		for bit() == 0 && zeros < 31 {
			zeros++
		}
		for range zeros {
			v = v<<1 | bit()
		}
		out = append(out, v-1)
	}
	return out
}

// setsOf are the sequence parameter sets, by ID, that a configuration has, and which one each picture parameter set refers to (7.3.2.1.1, 7.3.2.2).
func setsOf(c *media.H264) (sequences map[int]bool, refers map[int]int) {
	sequences, refers = map[int]bool{}, map[int]int{}
	sps, pps := c.ParameterSets()
	for _, s := range sps {
		sequences[numbers(s, 4, 1)[0]] = true
	}
	for _, p := range pps {
		ids := numbers(p, 1, 2)
		refers[ids[0]] = ids[1]
	}
	return sequences, refers
}

// TestEdgeSets: as HLS, pictures that were encoded and pictures that were copied refer to sets that the configuration has, and none are repeated among
// them: hls.js would make another configuration of those.
func TestEdgeSets(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	for name, more := range map[string][]string{"high": nil, "baseline": {"-profile:v", "baseline", "-bf", "0"}} {
		a := r.adopt(clip(t, name+".mp4", "4", more...), "mp4", 0, nil)
		path, _, out := r.compose(request(compose.ComposeMediaOutput{Precision: "precise", Container: "hls"}, track("Video", video(a, 0.4, 3))))
		if out.Method != compose.MethodEdges || filepath.Base(path) != "media.mp4" {
			t.Fatalf("%s: %s, %+v", name, path, out)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var used []int // by the random access points, in their order
		for u, err := range (hls.Format{}).Read(bytes.NewReader(data), int64(len(data))) {
			if err != nil {
				t.Fatal(err)
			}
			c, ok := u.Track.Codec.(*media.H264)
			if !ok {
				continue
			}
			sequences, refers := setsOf(c)
			for nalu := range media.NALUs(u.Payload) {
				switch nalu[0] & 0x1f {
				case 1, 5:
					id := numbers(nalu, 1, 3)[2] // first_mb_in_slice, slice_type, pic_parameter_set_id (7.3.3)
					if s, known := refers[id]; !known || !sequences[s] {
						t.Errorf("%s: the picture at %d refers to set %d of %v and %v", name, u.DTS, id, refers, sequences)
					}
					if u.RandomAccess && !slices.Contains(used, id) {
						used = append(used, id)
					}
				case 7, 8:
					t.Errorf("%s: the picture at %d has parameter sets of its own", name, u.DTS)
				}
			}
		}
		if len(used) != 2 {
			t.Errorf("%s: random access points refer to the sets %v", name, used)
		}
	}
}
