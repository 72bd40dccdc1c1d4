package mpegts_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/mpegts"
)

// TestRoundTrip reads back what was written, byte for byte.
func TestRoundTrip(t *testing.T) {
	h264, aac := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	sound := mediatest.Sound(aac, 60, 0)
	for name, units := range map[string][]*media.Unit{
		"B pictures": mediatest.Interleave(mediatest.Pictures(h264, 40, 0, 40), sound),
		"open GOP":   mediatest.Interleave(mediatest.OpenPictures(h264, 40, 0, 40), sound),
		"intra":      mediatest.Intra(h264, 20, 0, 40),
		"sound first": slices.Concat(sound[:30], mediatest.Interleave(mediatest.Pictures(h264, 30, 700, 40),
			sound[30:])),
	} {
		t.Run(name, func(t *testing.T) {
			r := begin(t, h264, aac)
			r.segments(units, 10*clock, false)
			r.segments(units, 20*clock, true)
			r.all()
		})
	}
}

// TestSizes writes units of every length around those at which the packets are laid out differently.
func TestSizes(t *testing.T) {
	h264, aac := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	picture := *mediatest.Pictures(h264, 2, 0, 40)[1]
	r := begin(t, h264, aac)
	at := int64(0)
	add := func(u *media.Unit, size int) {
		next := *u
		next.DTS, next.PTS = at, at+40*(at%2)
		if u.Track == h264 {
			next.Payload = payload("\x41" + strings.Repeat("\xaa", size))
		} else {
			next.Payload = bytes.Repeat([]byte{0x55}, size)
		}
		r.add(&next, 0)
		at++
	}
	r.segments(mediatest.Pictures(h264, 1, 0, 40), 0, false)
	for size := range 3 * 188 {
		add(&picture, size)
		add(mediatest.Sound(aac, 1, 0)[0], size+1)
	}
	for size := 65535 - 200; size < 65535+200; size++ {
		add(&picture, size)
	}
	add(&picture, 8<<20)
	add(mediatest.Sound(aac, 1, 0)[0], container.MaxADTSPayload)
	r.all()
	inspect(t, r)
}

// TestManyNALUs writes pictures of NAL units of a byte each, with empty ones between.
func TestManyNALUs(t *testing.T) {
	h264 := mediatest.H264(1, 1000)
	u := *mediatest.Pictures(h264, 1, 0, 40)[0]
	nalus := append([]string{}, slices.Repeat([]string{"\x01", "\x41\x00\x00", "\x06\x00\x00\x01\x00"}, 3000)...)
	r := begin(t, h264)
	r.tables(false)
	for n := range 200 {
		u.Payload = payload(nalus[:9*(n+1)+n%3]...)
		r.add(&u, int64(n))
	}
	u.Payload = payload(nalus...)
	r.add(&u, 0)
	r.all()

	// Empty ones are left out.
	u.Payload = payload("", "\x41\x01", "", "", "\x41\x02", "")
	r.add(&u, 1000)
	r.want[len(r.want)-1].Payload = payload("\x41\x01", "\x41\x02")
	r.all()
}

// TestTracks writes as many tracks as there may be.
func TestTracks(t *testing.T) {
	for name, kinds := range map[string]string{
		"sound only": "a", "three of each": "avaavv", "most": strings.Repeat("va", 16), "most of sound": strings.Repeat("a", 32),
		"pictures only": strings.Repeat("v", 20),
	} {
		t.Run(name, func(t *testing.T) {
			var tracks []*media.Track
			var units [][]*media.Unit
			for i, kind := range kinds {
				if kind == 'v' {
					tracks = append(tracks, mediatest.H264(i+7, 90000))
					units = append(units, mediatest.Pictures(tracks[i], 12, int64(i)*200, 3600))
				} else {
					tracks = append(tracks, mediatest.AAC(i+7, 48000))
					units = append(units, mediatest.Sound(tracks[i], 20, int64(i)*100))
				}
			}
			r := begin(t, tracks...)
			r.segments(mediatest.Interleave(units...), 1<<40, false)
			r.all()
			inspect(t, r)
		})
	}
}

// TestWrap lets times pass 2^33 ticks, and zero from below.
func TestWrap(t *testing.T) {
	h264, aac := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	units := mediatest.Interleave(mediatest.Pictures(h264, 40, 0, 40), mediatest.Sound(aac, 60, 0))
	for _, shift := range []int64{-clock, 0, 63000, 1<<33 - clock, 1<<33 - 4*3600, 5<<33 - clock, -(5 << 33) - 17} {
		r := begin(t, h264, aac)
		r.segments(units, shift, false)
		r.all()
		inspect(t, r)
	}
}

// TestSetTracks changes tracks in the middle, in all kinds.
func TestSetTracks(t *testing.T) {
	h264, aac, other := mediatest.H264(1, 1000), mediatest.AAC(2, 1000), mediatest.OtherAAC(2, 1000)
	r := begin(t, h264, aac)
	units := mediatest.Interleave(mediatest.Pictures(h264, 20, 0, 40), mediatest.Sound(aac, 30, 0))
	r.segments(units, 0, false)
	for n := range 70 { // the version goes round
		r.setTracks(other)
		r.segments(mediatest.Sound(other, 3, 0), 0, n%3 > 0)
		r.setTracks(h264, other)
		r.segments(mediatest.Interleave(mediatest.Pictures(h264, 3, 0, 40), mediatest.Sound(other, 3, 0)), 0, n%2 > 0)
		if err := r.mux.SetTracks([]*media.Track{mediatest.H265(1, 1)}); !errors.Is(err, container.ErrUnsupported) {
			t.Fatal(err)
		}
		r.setTracks(aac, h264)
		r.segments(units[:4], 0, false)
	}
	r.all()
	inspect(t, r)
}

// TestSilentTrack lets a track begin long after the tables that announce it, with discontinuities before.
func TestSilentTrack(t *testing.T) {
	h264, aac := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	pictures := mediatest.Pictures(h264, 30, 0, 40)
	r := begin(t, h264, aac)
	r.tables(true)
	r.tables(true)
	r.segments(pictures[:20], 0, false)
	r.tables(false)
	d := mpegts.NewDemuxer(bytes.NewReader(r.data), 0, int64(len(r.data)), nil)
	for range 4 {
		if _, err := d.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if tracks := d.Tracks(); tracks[0].Codec.Name() != "h264" || tracks[1].Codec != nil {
		t.Errorf("%+v", tracks)
	}
	r.add(mediatest.Sound(aac, 1, 0)[0], 0)
	r.segments(mediatest.Interleave(pictures[20:], mediatest.Sound(aac, 5, 900)), 0, false)
	r.all()
	inspect(t, r)
	// From tables in the middle on, without tracks.
	for i, w := range r.want {
		if w.Tables {
			if _, err := r.check(r.data, i, nil); !errors.Is(err, io.EOF) {
				t.Errorf("from packet %d on: %v", i, err)
			}
		}
	}
}

// TestOwnSets takes units that have a delimiter or parameter sets themselves.
func TestOwnSets(t *testing.T) {
	h264 := mediatest.H264(1, 1000)
	sps, pps := h264.Codec.(*media.H264).ParameterSets()
	s, p, slice := string(sps[0]), string(pps[0]), "\x65\x88\x84"
	otherSPS, otherPPS := s+"\x01", p+"\x01"
	for name, c := range map[string]struct {
		random          bool
		nalus, wire, in []string
	}{
		"none":             {true, []string{slice}, []string{"\x09\xf0", s, p, slice}, []string{slice}},
		"no random access": {false, []string{"\x41\x01"}, []string{"\x09\xf0", "\x41\x01"}, []string{"\x41\x01"}},
		"delimiter":        {true, []string{"\x09\x10", slice}, []string{"\x09\x10", s, p, slice}, []string{slice}},
		"both":             {true, []string{"\x09\x30", s, p, slice}, []string{"\x09\x30", s, p, slice}, []string{slice}},
		"sets":             {true, []string{s, p, slice}, []string{"\x09\xf0", s, p, slice}, []string{slice}},
		"half":             {true, []string{p, slice}, []string{"\x09\xf0", s, p, p, slice}, []string{slice}},
		"behind":           {true, []string{"\x06\x01", s, p, slice}, []string{"\x09\xf0", "\x06\x01", s, p, slice}, []string{"\x06\x01", s, p, slice}},
		"others":           {true, []string{otherSPS, otherPPS, slice}, []string{"\x09\xf0", otherSPS, otherPPS, slice}, []string{otherSPS, otherPPS, slice}},
		"others, off":      {false, []string{otherPPS, slice}, []string{"\x09\xf0", otherPPS, slice}, []string{otherPPS, slice}},
		"nothing else":     {false, []string{"\x09\x10", s}, []string{"\x09\x10", s}, []string{"\x09\x10", s}},
		"torn delimiter":   {true, []string{"\x09\x00\x00\x00\x01\x06", slice}, []string{"\x09\xf0", s, p, "\x09", "\x06", slice}, []string{"\x09", "\x06", slice}},
		"late delimiter":   {false, []string{slice, "\x09\x10"}, []string{"\x09\xf0", slice, "\x09\x10"}, []string{slice, "\x09\x10"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := begin(t, h264)
			r.segments(mediatest.Pictures(h264, 2, 0, 40), 0, false)
			before := len(r.data)
			r.add(&media.Unit{Track: h264, Payload: payload(c.nalus...), RandomAccess: c.random}, 10*clock)
			wire := "\x00\x00\x00\x01" + strings.Join(c.wire, "\x00\x00\x00\x01")
			if !bytes.HasSuffix(r.data[before:], []byte(wire)) {
				t.Errorf("% x\nwant % x", r.data[before:], wire)
			}
			r.want[len(r.want)-1].Payload = payload(c.in...)
			r.all()
		})
	}
}

// TestInBandParameters rebuilds a track from the parameter sets that its first unit has itself.
func TestInBandParameters(t *testing.T) {
	h264 := mediatest.H264(1, 1000)
	for config, sets := range map[string][]string{
		"\x01\x64\x00\x1f\xff\xe1\x00\x08\x67\x64\x00\x1f\xb1\x2b\x40\x80\x01\x00\x02\x68\xee\xfd\xf8\xf8\x00": {
			"\x67\x64\x00\x1f\xb1\x2b\x40\x80", "\x68\xee",
		}, // High: sps_id 0, 4:2:0, 8 bits
		"\x01\x7a\x00\x1f\xff\xe1\x00\x08\x67\x7a\x00\x1f\xb6\x8a\x40\x80\x01\x00\x02\x68\xee\xfe\xfa\xf9\x00": {
			"\x67\x7a\x00\x1f\xb6\x8a\x40\x80", "\x68\xee",
		}, // High 4:2:2: 10 bits of luma, 9 of chroma
		"\x01\xf4\x00\x1f\xff\xe1\x00\x08\x67\xf4\x00\x1f\x90\xd8\x40\x80\x01\x00\x02\x68\xee\xff\xfa\xfa\x00": {
			"\x67\xf4\x00\x1f\x90\xd8\x40\x80", "\x68\xee",
		}, // High 4:4:4
		"\x01\x4d\x00\x1f\xff\xe2\x00\x04\x67\x4d\x00\x1f\x00\x05\x67\x4d\x00\x1f\x01\x02\x00\x02\x68\x01\x00\x02\x68\x02": {
			"\x67\x4d\x00\x1f", "\x67\x4d\x00\x1f\x01", "\x68\x01", "\x68\x02",
		}, // Main, several
		"\x01\x64\x00\x1f\xff\xe1\x00\x04\x67\x64\x00\x1f\x01\x00\x02\x68\xee\xfd\xf8\xf8\x00": {"\x67\x64\x00\x1f", "\x68\xee"}, // cut short
	} {
		r := begin(t, h264)
		r.tables(false)
		r.add(&media.Unit{Track: h264, RandomAccess: true, Payload: payload(append(sets, "\x65\x01")...)}, 0)
		d := mpegts.NewDemuxer(bytes.NewReader(r.data), 0, int64(len(r.data)), nil)
		if _, err := d.Next(); err != nil {
			t.Fatal(err)
		}
		p, err := d.Next()
		if err != nil || string(p.Payload) != string(payload("\x65\x01")) {
			t.Errorf("% x, %v", p.Payload, err)
		}
		if got := d.Tracks()[0].Codec.Config(); string(got) != config {
			t.Errorf("% x\nwant % x", got, config)
		}
	}
}

// TestCuts cuts a stream at every byte.
func TestCuts(t *testing.T) {
	r := small(t)
	last := len(r.want) - 14
	first, _ := r.whole(int64(r.want[5].End))
	for cut := range int64(len(r.data) + 1) {
		end, n := r.whole(cut)
		if cut > first && n < last && cut%97 != 0 {
			continue // every byte of the first and the last units
		}
		wantErr := io.ErrUnexpectedEOF
		if end == cut {
			wantErr = io.EOF
		}
		for _, from := range []int{0, last} {
			if n < from || from == 0 && n > last && cut%97 != 0 {
				continue
			}
			var tracks []*media.Track
			if from > 0 {
				tracks = r.want[from-1].tracks
			}
			d, err := r.check(r.data[:cut], from, tracks)
			if err != wantErr || d.Valid() != end {
				t.Fatalf("cut at %d: %d bytes are whole, want %d: %v", cut, d.Valid(), end, err)
			}
			if _, again := d.Next(); again != err {
				t.Fatalf("%v, then %v", err, again)
			}
		}
	}
}

// TestBlankPages loses pages, as a crash does.
func TestBlankPages(t *testing.T) {
	r := small(t)
	const page = 4096
	lost := func(data []byte, from int64) {
		t.Helper()
		end, _ := r.whole(from)
		d, err := r.check(data, 0, nil)
		if !isCorrupt(err) && err != io.ErrUnexpectedEOF || d.Valid() != end {
			t.Fatalf("zeros from %d to %d: %d bytes are whole, want %d: %v", from, len(data), d.Valid(), end, err)
		}
	}
	for at := 0; at+page <= len(r.data); at += 512 {
		data := slices.Clone(r.data)
		clear(data[at : at+page])
		lost(data, int64(at))
	}
	for _, w := range r.want {
		if at := w.End - w.End%page; at < w.End {
			data := slices.Clone(r.data[:w.End])
			clear(data[at:])
			lost(data, at)
		}
	}
}

// TestFlippedBits damages single bits: whatever they were, packets are never found where there are none.
func TestFlippedBits(t *testing.T) {
	h264, aac := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	r := begin(t, h264, aac)
	r.segments(mediatest.Interleave(mediatest.Pictures(h264, 3, 0, 40), mediatest.Sound(aac, 3, 0)), clock, true)
	noticed, firstCounters, firsts := 0, map[int64]bool{3: true, 188 + 3: true}, map[int]int{}
	for track := range 2 {
		firsts[track] = slices.IndexFunc(r.want, func(w want) bool { return !w.Tables && w.Track == track })
		firstCounters[r.want[firsts[track]].Offset+3] = true
	}
	for i := range 8 * len(r.data) {
		if firstCounters[int64(i/8)] && i%8 < 4 {
			continue // taken as they come
		}
		data := slices.Clone(r.data)
		data[i/8] ^= 1 << (i % 8)
		d := mpegts.NewDemuxer(bytes.NewReader(data), 0, int64(len(data)), nil)
		n := 0
		for ; ; n++ {
			p, err := d.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				// Nothing tells what the parameters of a track are, but its first unit.
				if w, first := r.want[n], r.want[firsts[r.want[n].Track]]; int64(i/8) < w.Offset && int64(i/8) < first.Offset {
					t.Fatalf("bit %d of byte %d: packet %d is lost: %v", i%8, i/8, n, err)
				}
				noticed++
				break
			}
			if w := r.want[n]; p.Offset != w.Offset || p.End != w.End || p.Track != w.Track || p.Tables && i/8 >= int(w.Offset) && i/8 < int(w.End) {
				t.Fatalf("bit %d of byte %d: %+v", i%8, i/8, p)
			}
		}
	}
	t.Logf("%d bits of %d noticed", noticed, 8*len(r.data))
}

// TestForeign refuses what the Muxer does not write.
func TestForeign(t *testing.T) {
	h264, aac := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	r := small(t)
	swap := func(a, b int) []byte {
		wa, wb := r.want[a], r.want[b]
		return slices.Concat(r.data[:wa.Offset], r.data[wb.Offset:wb.End], r.data[wa.End:wb.Offset], r.data[wa.Offset:wa.End], r.data[wb.End:])
	}
	without := func(a int) []byte {
		return slices.Delete(slices.Clone(r.data), int(r.want[a].Offset), int(r.want[a].End))
	}
	sound := slices.IndexFunc(r.want, func(w want) bool { return w.Track == 1 })
	for name, c := range map[string]struct {
		data   []byte
		tracks []*media.Track
		from   int64
	}{
		"units in another order": {data: swap(1, 3)},
		"a unit lost":            {data: without(3)},
		"tables lost":            {data: without(slices.IndexFunc(r.want[1:], func(w want) bool { return w.Tables }) + 1)},
		"no tables":              {data: r.data[376:]},
		"fewer tracks":           {data: r.data, tracks: []*media.Track{h264}, from: r.want[sound].Offset},
		"tracks exchanged":       {data: r.data, tracks: []*media.Track{aac, h264}, from: r.want[1].Offset},
		"other sound":            {data: r.data, tracks: []*media.Track{h264, mediatest.OtherAAC(2, 1000)}, from: r.want[sound].Offset},
		"before the start":       {data: r.data, from: -188},
		"behind the end":         {data: r.data, from: int64(len(r.data)) + 1},
		"inside a packet":        {data: r.data, from: 1},
		"null packet":            {data: slices.Concat(r.data[:376], append([]byte{0x47, 0x1f, 0xff, 0x10}, make([]byte, 184)...), r.data[376:])},
		"zeros behind":           {data: append(slices.Clone(r.data), make([]byte, 500)...)},
	} {
		d := mpegts.NewDemuxer(bytes.NewReader(c.data), c.from, int64(len(c.data)), c.tracks)
		err := error(nil)
		for err == nil {
			_, err = d.Next()
		}
		if !isCorrupt(err) {
			t.Errorf("%s: %v at %d", name, err, d.Valid())
		}
	}
	d := mpegts.NewDemuxer(bytes.NewReader(r.data), 0, 188, []*media.Track{mediatest.H265(1, 1)})
	if _, err := d.Next(); !errors.Is(err, container.ErrUnsupported) {
		t.Error(err)
	}
}

// TestFindsLastTables tells by the bytes before whether the first tables are others.
func TestFindsLastTables(t *testing.T) {
	h264 := mediatest.H264(1, 1000)
	r := begin(t, h264)
	u := mediatest.Grow(mediatest.Pictures(h264, 1, 0, 40)[0], 300000)
	r.tables(false)
	r.add(u, 0)
	r.tables(false)
	r.add(u, 1000)
	r.setTracks(mediatest.H264(1, 1000))
	r.tables(false)
	r.add(u, 2000)
	r.all()
	// Where nothing is left of them, everything may have changed.
	data := slices.Clone(r.data)
	clear(data[:r.want[1].End])
	d := mpegts.NewDemuxer(bytes.NewReader(data), r.want[1].End, int64(len(data)), r.tracks)
	if p, err := d.Next(); err != nil || !p.Changed || d.Tracks()[0] == r.tracks[0] {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestReadErrors passes on what the reader says.
func TestReadErrors(t *testing.T) {
	r := small(t)
	boom := errors.New("boom")
	for i, w := range r.want {
		for _, at := range []int64{w.Offset, w.Offset + 1, w.End - 1} {
			d := mpegts.NewDemuxer(failing{bytes.NewReader(r.data), at, boom}, r.want[max(i-1, 0)].Offset, int64(len(r.data)), w.tracks)
			err := error(nil)
			for err == nil {
				_, err = d.Next()
			}
			if !errors.Is(err, boom) {
				t.Fatalf("packet %d: %v", i, err)
			}
		}
	}
	// A file that is shorter than it was said to be.
	d := mpegts.NewDemuxer(bytes.NewReader(r.data[:1000]), 0, int64(len(r.data)), nil)
	err := error(nil)
	for err == nil {
		_, err = d.Next()
	}
	if err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
}

type failing struct {
	io.ReaderAt
	at  int64
	err error
}

func (f failing) ReadAt(b []byte, off int64) (int, error) {
	if off+int64(len(b)) > f.at {
		return 0, f.err
	}
	return f.ReaderAt.ReadAt(b, off)
}

// TestCheck refuses units that Append cannot write.
func TestCheck(t *testing.T) {
	h264, aac := mediatest.H264(3, 1000), mediatest.AAC(4, 1000)
	r := begin(t, h264, aac)
	for name, c := range map[string]struct {
		track   *media.Track
		payload []byte
		ok      bool
	}{
		"picture":           {h264, payload("\x41"), true},
		"same ID":           {mediatest.H264(3, 90000), payload("\x41"), true},
		"empty ones beside": {h264, payload("", "\x41", ""), true},
		"sound":             {aac, []byte{0}, true},
		"longest sound":     {aac, make([]byte, container.MaxADTSPayload), true},
		"too long":          {aac, make([]byte, container.MaxADTSPayload+1), false},
		"no sound":          {aac, nil, false},
		"no picture":        {h264, nil, false},
		"only empty ones":   {h264, payload("", ""), false},
		"half a length":     {h264, append(payload("\x41"), 0, 0), false},
		"half a NAL unit":   {h264, payload("\x41\x01")[:5], false},
		"length over":       {h264, []byte{0xff, 0xff, 0xff, 0xff, 1}, false},
		"another track":     {mediatest.AAC(5, 1000), []byte{1}, false},
	} {
		if err := r.mux.Check(&media.Unit{Track: c.track, Payload: c.payload}); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSupports checks what is refused, and that the error names it.
func TestSupports(t *testing.T) {
	he, err := media.NewAAC([]byte{0x13, 0x90, 0x56, 0xe5, 0xa0}) // HE-AAC, signalled behind
	if err != nil {
		t.Fatal(err)
	}
	short, err := media.NewAAC([]byte{0x11, 0x94}) // 960 samples
	if err != nil {
		t.Fatal(err)
	}
	bare, err := media.NewH264([]byte{1, 100, 0, 31, 0xff, 0xe0, 0})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		codec media.Codec
		ok    bool
	}{
		{mediatest.H264(1, 1).Codec, true},
		{mediatest.AAC(1, 1).Codec, true},
		{mediatest.OtherAAC(1, 1).Codec, true},
		{he, true},
		{short, false},
		{bare, false},
		{mediatest.H265(1, 1).Codec, false},
		{media.Opaque{FourCC: "opus", Of: media.Audio}, false},
		{media.Opaque{FourCC: "h264", Of: media.Video}, false},
	} {
		if mpegts.Supports(c.codec) != c.ok {
			t.Errorf("%s: supported %v", c.codec.Name(), !c.ok)
		}
		_, err := mpegts.NewMuxer([]*media.Track{mediatest.AAC(1, 1), {ID: 47, Codec: c.codec, Timescale: 1}})
		if (err == nil) != c.ok || err != nil && (!errors.Is(err, container.ErrUnsupported) ||
			!strings.Contains(err.Error(), c.codec.Name()) || !strings.Contains(err.Error(), "track 47")) {
			t.Errorf("%s: %v", c.codec.Name(), err)
		}
	}
	for _, n := range []int{0, 33} {
		if _, err := mpegts.NewMuxer(slices.Repeat([]*media.Track{mediatest.AAC(1, 1)}, n)); !errors.Is(err, container.ErrUnsupported) {
			t.Error(fmt.Sprint(n, " tracks: ", err))
		}
	}
}
