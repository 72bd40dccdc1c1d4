package recorder

import (
	"slices"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/stream"
)

// TestSegmenterTracks cuts streams with several tracks of pictures and of sound. Words are those of script.
func TestSegmenterTracks(t *testing.T) {
	two := stream.Expected{Known: true, Video: true, Audio: true, Videos: 2, Audios: 2}
	for _, tt := range []struct {
		name     string
		expected stream.Expected
		in       string
		want     []string
	}{
		{
			"all that were announced are waited for", two, "V0 a0 v40 X50 a60 c70 v80",
			[]string{"0: V0 a0 v40 X50 a60 c70 v80 | stream_end"},
		},
		{
			"but not for ever", two, "V0 a0 X5 v1000 v2001 c2010 v2040",
			[]string{"0: V0 a0 X5 v1000 | no_random_access", "2001: v2001 c2010 v2040 | stream_end"},
		},
		{
			"key frames at one time, the leading track first", two,
			"V0 X0 a0 c0 v500 x500 V1000 X1000 a990 c990 a1010 c1010 v1040 x1040",
			[]string{"0: V0 X0 a0 c0 v500 x500 a990 c990 | interval", "1000: V1000 X1000 a1010 c1010 v1040 x1040 | stream_end"},
		},
		{
			"key frames at one time, the other track first", two,
			"X0 V0 a0 c0 x500 v500 X1000 V1000 a990 c990 a1010 c1010 x1040 v1040 x1500 v1500 X2000 V2000 a2005 c2005",
			[]string{
				"0: X0 V0 a0 c0 x500 v500 a990 c990 | interval", "1000: X1000 V1000 a1010 c1010 x1040 v1040 x1500 v1500 | interval",
				"2000: X2000 V2000 a2005 c2005 | stream_end",
			},
		},
		{
			"the other track a little ahead", two, "X0 V20 a0 c0 x500 v500 X1000 v1010 V1020 a1000 c1000 x1040 v1040",
			[]string{"0: X0 V20 a0 c0 x500 v500 v1010 | interval", "1000: X1000 V1020 a1000 c1000 x1040 v1040 | stream_end"},
		},
		{
			"the other track's key frame soon follows: its pictures before it stay", two,
			"V0 X100 a0 c0 v500 x500 V1000 x1040 a1000 c1000 X1100 v1100 x1140",
			[]string{"0: V0 X100 a0 c0 v500 x500 x1040 | interval", "1000: V1000 a1000 c1000 X1100 v1100 x1140 | stream_end"},
		},
		{
			"the other track has its key frames elsewhere: it goes on without", two,
			"V0 X700 a0 c0 v500 x900 V1000 x1040 a1000 c1000 v1400 x1540 v1560 X1700",
			[]string{"0: V0 X700 a0 c0 v500 x900 x1040 | interval", "1000: V1000 a1000 c1000 v1400 x1540 v1560 X1700 | stream_end"},
		},
		{
			"the other track has more key frames: they do not cut", two,
			"V0 X0 a0 c0 X300 X600 X900 v999 X1200 v1300 a1300 c1300 V1500 X1500 a1500 c1500",
			[]string{"0: V0 X0 a0 c0 X300 X600 X900 v999 X1200 v1300 a1300 c1300 | interval", "1500: V1500 X1500 a1500 c1500 | stream_end"},
		},
		{
			"the other track has two key frames for each of the leading track, one just before it: the one between does not cut", two,
			"X0 V20 a0 c0 X400 v500 X800 V820 X1200 v1220 v1500 v1580 X1600 V1620 x1700 X2000 v2100 X2400 V2420",
			[]string{"0: X0 V20 a0 c0 X400 v500 X800 V820 X1200 v1220 v1500 v1580 | interval", "1600: X1600 V1620 x1700 X2000 v2100 X2400 V2420 | stream_end"},
		},
		{
			"parameters of both tracks change at once",
			stream.Expected{Known: true, Video: true, Videos: 2},
			"V0 X0 v40 x40 W80 X80 w120 x120",
			[]string{"0: V0 X0 v40 x40 | parameters", "80: W80 X80 w120 x120 | stream_end"},
		},
		{
			"the leading track vanishes", two, "V0 X0 a0 c0 X1000 a1000 c1000 X2010 a2010 c2010 x2100",
			[]string{"0: V0 X0 a0 c0 X1000 a1000 c1000 | no_random_access", "2010: X2010 a2010 c2010 x2100 | stream_end"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScript(time.Second, tt.expected)
			s.play(tt.in)
			s.seg.end(CutStreamEnd)
			if !slices.Equal(s.notes.files, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(s.notes.files, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}
