package recorder

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// notes writes down what a segmenter says: one line per file, "base: units | reason". The units are as in the script.
type notes struct {
	names map[*media.Unit]string
	files []string
	open  map[*part]int
}

func (n *notes) begin(p *part) {
	n.open[p] = len(n.files)
	n.files = append(n.files, fmt.Sprintf("%d:", p.base/time.Millisecond))
	for _, g := range p.gaps {
		n.gap(p, g)
	}
}

func (n *notes) add(p *part, s string) { n.files[n.open[p]] += " " + s }

func (n *notes) unit(p *part, u *media.Unit) { n.add(p, n.names[u]) }

func (n *notes) gap(p *part, g Gap) { n.add(p, fmt.Sprintf("-%d@%d", g.Units, g.At/time.Millisecond)) }

func (n *notes) end(p *part, reason CutReason) { n.add(p, "| "+string(reason)) }

// script turns words into units: a letter and a time in ms. Upper-case letters are random access points.
//
//	v  pictures of track 1      w  the same with other parameters    a  sound of track 2
//	b  sound with other parameters    c  sound of track 3    x  pictures of track 4    y  of track 5    l5  5 units are lost    t2000  so much wall time passes
type script struct {
	tracks map[string]*media.Track
	notes  *notes
	seg    *segmenter
	now    time.Time
}

func newScript(interval time.Duration, expected stream.Expected) *script {
	s := &script{notes: &notes{names: map[*media.Unit]string{}, open: map[*part]int{}}, now: mediatest.Wall}
	s.seg = newSegmenter(interval, func() stream.Expected { return expected }, s.notes)
	s.tracks = map[string]*media.Track{
		"v": mediatest.H264(1, 1000), "w": mediatest.H265(1, 1000), "a": mediatest.AAC(2, 1000),
		"b": mediatest.OtherAAC(2, 1000), "c": mediatest.AAC(3, 1000),
		"x": mediatest.H264(4, 1000), "y": mediatest.H265(5, 1000),
	}
	return s
}

func (s *script) play(words string) {
	for _, w := range strings.Fields(words) {
		n, err := strconv.Atoi(w[1:])
		if err != nil {
			panic(err)
		}
		switch w[0] {
		case 'l':
			s.seg.lose(stream.Lost{Units: n}, "")
			continue
		case 't':
			s.now = s.now.Add(time.Duration(n) * time.Millisecond)
			s.seg.tick(s.now)
			continue
		}
		track := s.tracks[strings.ToLower(w[:1])]
		u := &media.Unit{
			Track: track, DTS: int64(n), PTS: int64(n), Wall: s.now, Payload: make([]byte, 10),
			RandomAccess: track.Codec.Kind() == media.Audio || w[:1] == strings.ToUpper(w[:1]),
		}
		s.notes.names[u] = w
		s.seg.add(u, s.now)
	}
}

func TestSegmenter(t *testing.T) {
	both := stream.Expected{Known: true, Video: true, Audio: true}
	tests := []struct {
		name     string
		expected stream.Expected
		in       string
		want     []string
	}{
		{"nothing", both, "", nil},
		{"one unit", both, "V0", []string{"0: V0 | stream_end"}},
		{"no key frame: all is kept", both, "v0 a0 v40", []string{"0: v0 a0 v40 | stream_end"}},
		{
			"interval: the key frame starts the next file, sound before it stays", both,
			"V0 a5 v500 a990 V1000 a995 a1010 v1040 a1050 V2000 a2000",
			[]string{
				"0: V0 a5 v500 a990 a995 | interval", "1000: V1000 a1010 v1040 a1050 | interval",
				"2000: V2000 a2000 | stream_end",
			},
		},
		{
			"interval: first key frame after it", both, "V0 a0 V990 a990 v1000 a1000 v1500 V1600 a1600",
			[]string{"0: V0 a0 V990 a990 v1000 a1000 v1500 | interval", "1600: V1600 a1600 | stream_end"},
		},
		{
			"interval: sound comes late", both, "V0 a0 v600 a600 V1000 a700 v1200 a900 v1400 a1000 a1020",
			[]string{"0: V0 a0 v600 a600 a700 a900 | interval", "1000: V1000 v1200 v1400 a1000 a1020 | stream_end"},
		},
		{
			"interval: sound has gone and holds nothing up", both, "V0 a0 v500 v1000 v2050 V2080 v2100",
			[]string{"0: V0 a0 v500 v1000 | no_random_access", "2050: v2050 V2080 v2100 | stream_end"},
		},
		{
			"interval: sound stops at the cut, after 500 ms of media the file goes on", both,
			"V0 a0 v500 a990 V1000 v1500 v1600 t100 V2000 V2100 V2600",
			[]string{
				"0: V0 a0 v500 a990 | interval", "1000: V1000 v1500 v1600 | interval",
				"2000: V2000 V2100 V2600 | stream_end",
			},
		},
		{
			"interval: sound stops at the cut, after 2 s of wall time the file goes on", both,
			"V0 a0 v500 a990 V1000 t2000 v1100 a1100",
			[]string{"0: V0 a0 v500 a990 | interval", "1000: V1000 v1100 a1100 | stream_end"},
		},
		{
			"no key frame for long", both, "V0 a0 v1000 a1000 v1999 a1999 a2001 v2010 a2011 V2500",
			[]string{"0: V0 a0 v1000 a1000 v1999 a1999 a2001 | no_random_access", "2010: v2010 a2011 V2500 | stream_end"},
		},
		{
			"pictures vanish: the hard cap cuts at sound, later files have no pictures", both,
			"V0 a0 a1000 a1900 a2100 a3000 a4000 a4200 a5200 V5300 a5310",
			[]string{
				"0: V0 a0 a1000 a1900 | no_random_access", "2100: a2100 a3000 a4000 | no_random_access",
				"4200: a4200 | interval", "5200: a5200 | tracks", "5300: V5300 a5310 | stream_end",
			},
		},
		{
			"sound only",
			stream.Expected{Known: true, Audio: true},
			"a0 a500 a1000 a1500 a2010",
			[]string{"0: a0 a500 | interval", "1000: a1000 a1500 | interval", "2010: a2010 | stream_end"},
		},
		{
			"late sound is waited for", both, "V0 v40 v900 a880 v960",
			[]string{"0: V0 v40 v900 a880 v960 | stream_end"},
		},
		{
			"the base is the lowest first time", both, "V100 v140 a30 a50",
			[]string{"30: V100 v140 a30 a50 | stream_end"},
		},
		{
			"promised sound comes too late", both, "V0 v400 v800 v900 v990 v1100 v1900 v2000 a2010 v2040",
			[]string{"0: V0 v400 v800 v900 v990 v1100 v1900 | no_random_access", "2000: v2000 | tracks", "2010: a2010 v2040 | stream_end"},
		},
		{
			"no metadata: a second kind is waited for",
			stream.Expected{},
			"V0 v900 a900",
			[]string{"0: V0 v900 a900 | stream_end"},
		},
		{
			"no metadata: sound after 1 s",
			stream.Expected{},
			"V0 v500 v1001 a1010 v1040",
			[]string{"0: V0 v500 v1001 | tracks", "1010: a1010 v1040 | stream_end"},
		},
		{
			"a second sound track appears", both, "V0 a0 v40 c50 a60 v80",
			[]string{"0: V0 a0 v40 | tracks", "50: c50 a60 v80 | stream_end"},
		},
		{
			"parameters of pictures", both, "V0 a0 v40 W80 a70 a90 w120",
			[]string{"0: V0 a0 v40 a70 | parameters", "80: W80 a90 w120 | stream_end"},
		},
		{
			"parameters of pictures and sound", both, "V0 a0 v40 a50 W80 b90 w120 b110",
			[]string{"0: V0 a0 v40 a50 | parameters", "80: W80 b90 w120 b110 | stream_end"},
		},
		{
			"parameters of sound, whose last units come late", both, "V0 a0 v40 b60 v50 v80 a100",
			[]string{
				"0: V0 a0 v40 v50 | parameters", "60: b60 v80 | parameters", "100: a100 | stream_end",
			},
		},
		{
			"parameters twice before sound comes", both, "V0 a0 W40 V80 a50 a90",
			[]string{"0: V0 a0 | parameters", "40: W40 a50 | parameters", "80: V80 a90 | stream_end"},
		},
		{
			"jump back", both, "V5000 a5000 v5040 V0 a5020 a5041 a10 v40",
			[]string{"5000: V5000 a5000 v5040 a5020 a5041 | discontinuity", "0: V0 a10 v40 | stream_end"},
		},
		{
			"jump back, sound first", both, "V5000 a5000 v5040 a0 v5080 V40 a41",
			[]string{"5000: V5000 a5000 v5040 v5080 | discontinuity", "0: a0 V40 a41 | stream_end"},
		},
		{
			"jump forward", both, "V0 a0 v40 V20000 a60 a20010",
			[]string{"0: V0 a0 v40 a60 | discontinuity", "20000: V20000 a20010 | stream_end"},
		},
		{
			"a pause is no jump",
			stream.Expected{Known: true, Video: true},
			"v0 t20000 v20 t20000 v40",
			[]string{"0: v0 v20 v40 | stream_end"},
		},
		{"a small step back", both, "V1000 a1000 v1040 v600 a1020", []string{"1000: V1000 a1000 v1040 v600 a1020 | stream_end"}},
		{"loss", both, "l3 V0 a0 v100 l2 v900", []string{"0: -3@0 V0 a0 v100 -2@100 v900 | stream_end"}},
	}
	for _, tt := range tests {
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

// TestSegmenterSlides: one picture in 15 s, in real time, is no jump of the time line.
func TestSegmenterSlides(t *testing.T) {
	s := newScript(time.Minute, stream.Expected{Known: true, Video: true})
	s.play("V0 t15000 V15000 t15000 V30000 t15000 V45000 t15000 V60000")
	s.seg.end(CutStreamEnd)
	want := []string{"0: V0 V15000 V30000 V45000 | interval", "60000: V60000 | stream_end"}
	if !slices.Equal(s.notes.files, want) {
		t.Errorf("got %q", s.notes.files)
	}
}

// TestSegmenterHolds8MiB: what is held back while tracks are waited for is bounded.
func TestSegmenterHolds8MiB(t *testing.T) {
	s := newScript(time.Minute, stream.Expected{Known: true, Video: true, Audio: true})
	big := make([]byte, 1<<20)
	for i := range 10 {
		s.seg.add(&media.Unit{Track: s.tracks["v"], DTS: int64(i), Payload: big}, s.now)
		if begun := len(s.notes.files) > 0; begun != (i >= 7) {
			t.Fatalf("after %d MiB: begun %v", i+1, begun)
		}
	}
}

// FuzzSegmenter checks that no unit is lost or doubled, whatever comes.
func FuzzSegmenter(f *testing.F) {
	f.Add([]byte("v0a0V9t9w9c3l1b2"))
	f.Add([]byte("V0a0V9V9V9a0A9w0b0v0a0"))
	f.Add([]byte{11, 1, 1, 1, 4, 3, 10, 40, 11, 30, 0, 5, 1, 5, 12, 9, 13, 60, 1, 60})
	f.Fuzz(func(t *testing.T, in []byte) {
		s := newScript(300*time.Millisecond, stream.Expected{Known: len(in)%2 == 0, Video: true, Audio: true})
		var words []string
		at := 100000
		for len(in) >= 2 {
			letters := "vVwWaabctlxXyY"
			step := int(in[1]%64) * 5
			if in[1] >= 250 {
				step = -20000
			}
			at = max(at+step, 0)
			n := at
			if k := letters[int(in[0])%len(letters)]; k == 't' || k == 'l' {
				n = step * step
			}
			words = append(words, fmt.Sprintf("%c%d", letters[int(in[0])%len(letters)], max(n, 0)))
			in = in[2:]
		}
		s.play(strings.Join(words, " "))
		s.seg.end(CutStreamEnd)
		count := map[string]int{}
		for _, w := range words {
			if w[0] != 't' && w[0] != 'l' {
				count[w]++
			}
		}
		for _, line := range s.notes.files {
			if !strings.Contains(line, " | ") {
				t.Fatalf("not ended: %s", line)
			}
			for _, w := range strings.Fields(line)[1:] {
				if w[0] == '|' {
					break
				}
				if w[0] != '-' {
					count[w]--
				}
			}
		}
		for w, n := range count {
			if n != 0 {
				t.Fatalf("%s: %d too few; %q", w, n, s.notes.files)
			}
		}
	})
}
