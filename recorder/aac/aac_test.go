package aac_test

import (
	"bytes"
	"errors"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
)

// codec returns AAC of a configuration.
func codec(t testing.TB, config ...byte) media.Codec {
	t.Helper()
	c, err := media.NewAAC(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newWriter(t testing.TB, tracks ...*media.Track) container.Writer {
	t.Helper()
	w, err := aac.Format{}.NewWriter(tracks)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// write returns a file and its index.
func write(t testing.TB, units []*media.Unit) (data, index []byte) {
	t.Helper()
	w := newWriter(t, units[0].Track)
	data = w.Header(nil, mediatest.Base(units))
	var err error
	for _, u := range units {
		if data, err = w.Append(data, u); err != nil {
			t.Fatal(err)
		}
	}
	return data, w.Index(nil)
}

func one(part []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) { yield(part, nil) }
}

// scan returns how much of a file is whole, and the frames that its index tells of.
func scan(t *testing.T, data []byte, from int, track *media.Track) (valid, frames int64) {
	t.Helper()
	tracks := []*media.Track{track}
	var index []byte
	valid, err := aac.Format{}.Scan(bytes.NewReader(data), int64(len(data)), int64(from), tracks, func(part []byte) error {
		index = append(index, part...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := aac.Format{}.Finish(container.Unfinished{Tracks: tracks, Size: valid - int64(from), Index: one(index)})
	if err != nil {
		t.Fatal(err)
	}
	return valid, e.Summary.Tracks[0].Units
}

// readAll returns the units of a file, and the error that stopped it.
func readAll(data []byte) (units []*media.Unit, err error) {
	for u, err := range (aac.Format{}).Read(bytes.NewReader(data), int64(len(data))) {
		if err != nil {
			return units, err
		}
		units = append(units, u)
	}
	return units, nil
}

// TestRefused checks that what a header cannot tell is refused, and that the reason names it.
func TestRefused(t *testing.T) {
	sound, picture := mediatest.AAC(2, 1000), mediatest.H264(1, 1000)
	track := func(c media.Codec) *media.Track { return &media.Track{ID: 7, Codec: c, Timescale: 1000} }
	for name, c := range map[string]struct {
		tracks []*media.Track
		why    string
	}{
		"nothing":                {nil, "needs a track"},
		"pictures":               {[]*media.Track{picture}, "h264"},
		"pictures and sound":     {[]*media.Track{picture, sound}, "h264"},
		"sound and pictures":     {[]*media.Track{mediatest.AAC(1, 1000), mediatest.H265(2, 1000)}, "h265"},
		"two of sound":           {[]*media.Track{mediatest.AAC(1, 1000), sound}, "track 2 (aac) is a second one"},
		"opus":                   {[]*media.Track{track(media.Opaque{FourCC: "opus", Of: media.Audio})}, "opus"},
		"960 samples":            {[]*media.Track{track(codec(t, 0x11, 0x94))}, "aac with frames of 960 samples"},
		"program config element": {[]*media.Track{track(codec(t, 0x11, 0x80))}, "program config element"},
		"odd rate":               {[]*media.Track{track(codec(t, 0x17, 0x80, 0x50, 0x00, 0x10))}, "aac of 40960 Hz"},
	} {
		_, err := aac.Format{}.NewWriter(c.tracks)
		if !errors.Is(err, container.ErrUnsupported) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, want %q", name, err, c.why)
		}
		if len(c.tracks) == 1 && (aac.Format{}).Supports(c.tracks[0].Codec) {
			t.Errorf("%s: supported", name)
		}
	}
}

// TestHeaders checks how frames are labelled.
func TestHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		codec media.Codec
		head  string
	}{
		"48 kHz, stereo":       {codec(t, 0x11, 0x90), "\xff\xf1\x4c\x80\x01\x7f\xfc"},
		"44.1 kHz, mono":       {codec(t, 0x12, 0x08), "\xff\xf1\x50\x40\x01\x7f\xfc"},
		"5.1":                  {codec(t, 0x11, 0xb0), "\xff\xf1\x4d\x80\x01\x7f\xfc"},
		"7.1":                  {codec(t, 0x11, 0xb8), "\xff\xf1\x4d\xc0\x01\x7f\xfc"},
		"HE-AAC as its core":   {codec(t, 0x2b, 0x92, 0x08, 0x00), "\xff\xf1\x5c\x80\x01\x7f\xfc"},
		"44.1 kHz, spelt out":  {codec(t, 0x17, 0x80, 0x56, 0x22, 0x10), "\xff\xf1\x50\x80\x01\x7f\xfc"},
		"band replication off": {codec(t, 0x11, 0x90, 0x56, 0xe5, 0x00), "\xff\xf1\x4c\x80\x01\x7f\xfc"},
	} {
		track := &media.Track{ID: 1, Codec: c.codec, Timescale: 1000}
		data, _ := write(t, []*media.Unit{{Track: track, Payload: []byte("abcd")}})
		if string(data) != c.head+"abcd" {
			t.Errorf("%s: % x, want % x", name, data, c.head)
		}
	}
}

// TestTooLarge checks that a frame no header can tell the length of is refused, and the file goes on.
func TestTooLarge(t *testing.T) {
	units := mediatest.Sound(mediatest.AAC(1, 48000), 3, 0)
	large := *units[1]
	large.Payload = bytes.Repeat([]byte{1}, container.MaxADTSPayload+1)
	w := newWriter(t, units[0].Track)
	data, err := w.Append(w.Header(nil, 0), units[0])
	if err != nil {
		t.Fatal(err)
	}
	if out, err := w.Append(data, &large); err == nil || len(out) != len(data) {
		t.Errorf("%d bytes, %v", len(out)-len(data), err)
	}
	large.Payload = large.Payload[1:]
	if data, err = w.Append(data, &large); err != nil {
		t.Fatal(err)
	}
	if data, err = w.Append(data, units[2]); err != nil {
		t.Fatal(err)
	}
	got, err := readAll(data)
	if err != nil || len(got) != 3 || !bytes.Equal(got[1].Payload, large.Payload) || !bytes.Equal(got[2].Payload, units[2].Payload) {
		t.Errorf("%d units, %v", len(got), err)
	}
}

// TestForeign reads what ffmpeg wrote.
func TestForeign(t *testing.T) {
	for name, c := range map[string]struct{ encode, mux []string }{
		"stereo": {encode: []string{"-ac", "2"}},
		"mono":   {encode: []string{"-ar", "44100", "-ac", "1"}},
		"MPEG-2": {mux: []string{"-write_mpeg2", "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encode := append([]string{"-t", "2", "-vn", "-c:a", "aac"}, c.encode...)
			source := readFile(t, flv.Format{}, mediatest.Clip(t, "clip.flv", "25", encode...))
			got := readFile(t, aac.Format{}, mediatest.Clip(t, "clip.aac", "25", append(encode, c.mux...)...))
			if len(got) != len(source) || len(got) < 80 {
				t.Fatalf("%d frames, want %d", len(got), len(source))
			}
			for i, u := range got {
				if !bytes.Equal(u.Payload, source[i].Payload) {
					t.Fatalf("frame %d is another one", i)
				}
			}
		})
	}
}

func readFile(t *testing.T, f container.Format, path string) (units []*media.Unit) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for u, err := range f.Read(bytes.NewReader(data), int64(len(data))) {
		if err != nil {
			t.Fatal(err)
		}
		units = append(units, u)
	}
	return units
}

// TestRead checks what Read makes of headers that this server does not write.
func TestRead(t *testing.T) {
	units := mediatest.Sound(mediatest.AAC(1, 48000), 3, 0)
	data, _ := write(t, units)
	other, _ := write(t, []*media.Unit{{Track: mediatest.OtherAAC(1, 1000), Payload: []byte{1, 2, 3}}})
	summed := []byte{0xff, 0xf0, 0x4c, 0x80, 0x01, 0x9f, 0xfc, 0xaa, 0xbb, 'a', 'b', 'c'}
	empty := []byte{0xff, 0xf1, 0x4c, 0x80, 0x00, 0xff, 0xfc}
	for name, c := range map[string]struct {
		data  []byte
		units int
		ok    bool
	}{
		"whole":         {data, 3, true},
		"torn":          {data[:len(data)-1], 2, false},
		"torn header":   {slices.Concat(data, data[:6]), 3, false},
		"checksum":      {slices.Concat(data, summed, data), 7, true},
		"torn checksum": {slices.Concat(data, summed[:8]), 3, false},
		"another kind":  {slices.Concat(data, other), 3, false},
		"no payload":    {slices.Concat(data, empty), 3, false},
		"noise":         {slices.Concat(data, []byte("noise behind")), 3, false},
		"nothing":       {nil, 0, true},
	} {
		got, err := readAll(c.data)
		if len(got) != c.units || (err == nil) != c.ok || err != nil && !errors.Is(err, container.ErrCorrupt) {
			t.Errorf("%s: %d units, %v", name, len(got), err)
		}
		for i, u := range got {
			if u.DTS != int64(i)*1024 || u.PTS != u.DTS || u.Track.Timescale != 48000 || !u.RandomAccess {
				t.Errorf("%s: unit %d: %+v", name, i, u)
			}
		}
	}
	if got, _ := readAll(slices.Concat(data, summed)); len(got) != 4 || string(got[3].Payload) != "abc" {
		t.Error("the checksum is taken for payload")
	}
}

// TestScanStops checks where Scan sees the end of what is whole.
func TestScanStops(t *testing.T) {
	track := mediatest.AAC(1, 48000)
	frame := func(size, zeros int) []byte {
		p := bytes.Repeat([]byte{0x21}, size)
		clear(p[size-zeros:])
		data, _ := write(t, []*media.Unit{{Track: track, Payload: p}})
		return data
	}
	const page = 4096
	// first ends 100 bytes in front of a page boundary; what follows it crosses that.
	first := frame(page-100-7, 0)
	other, _ := write(t, []*media.Unit{{Track: mediatest.OtherAAC(1, 1000), Payload: []byte{1, 2, 3}}})
	summed := []byte{0xff, 0xf0, 0x4c, 0x80, 0x01, 0x9f, 0xfc, 0xaa, 0xbb, 'a', 'b', 'c'}
	for name, c := range map[string]struct {
		behind []byte // the first frame
		frames int64  // whole ones of it
		valid  int
	}{
		"nothing":                       {nil, 0, 0},
		"a frame":                       {frame(200, 0), 1, 207},
		"another kind":                  {other, 0, 0},
		"a checksum":                    {summed, 0, 0},
		"a torn frame":                  {frame(200, 0)[:206], 0, 0},
		"zeros up to the boundary":      {frame(200, 107)[:207], 0, 0},
		"zeros, but not all":            {frame(200, 106), 1, 207},
		"more zeros":                    {frame(200, 190), 0, 0},
		"zeros, and a frame":            {slices.Concat(frame(200, 107), frame(50, 0)), 2, 264},
		"zeros, and no frame":           {slices.Concat(frame(200, 107), make([]byte, 9000)), 0, 0},
		"two blank ends":                {slices.Concat(frame(200, 107), frame(page-8, 107)), 0, 0},
		"two blank ends, and a frame":   {slices.Concat(frame(200, 107), frame(page-8, 108), frame(9, 0)), 3, 207 + page - 1 + 16},
		"a blank end off the boundary":  {frame(50, 40), 1, 57},
		"a page of zeros inside":        {slices.Concat(frame(page+200, page), frame(50, 0)), 0, 0},
		"not quite a page of zeros":     {slices.Concat(frame(page+200, page-1), frame(50, 0)), 2, page + 207 + 57},
		"frames behind a page of zeros": {slices.Concat(make([]byte, page), frame(50, 0)), 0, 0},
	} {
		data := slices.Concat(first, c.behind)
		valid, frames := scan(t, data, 0, track)
		if valid != int64(len(first)+c.valid) || frames != 1+c.frames {
			t.Errorf("%s: %d of %d bytes and %d frames are whole, want %d and %d",
				name, valid, len(data), frames, len(first)+c.valid, 1+c.frames)
		}
		valid, frames = scan(t, data, len(first), track)
		if valid != int64(len(first)+c.valid) || frames != c.frames {
			t.Errorf("%s, from the second frame: %d bytes and %d frames are whole", name, valid, frames)
		}
		if v, n := scan(t, data[:valid], 0, track); v != valid || n != 1+c.frames {
			t.Errorf("%s: of %d whole bytes %d are whole, with %d frames", name, valid, v, n)
		}
	}
}

// TestScanBegin checks that a file torn inside its first frame is told from one of another kind.
func TestScanBegin(t *testing.T) {
	track := mediatest.AAC(1, 48000)
	data, _ := write(t, mediatest.Sound(track, 1, 0))
	emit := func([]byte) error { return errors.New("emitted something") }
	for n := range len(data) {
		if valid, err := (aac.Format{}).Scan(bytes.NewReader(data), int64(n), 0, []*media.Track{track}, emit); valid != 0 || err != nil {
			t.Errorf("cut at %d: %d, %v", n, valid, err)
		}
	}
	for _, bad := range []string{"F", "FLV\x01", "\xff\xf9", "\xff\xf1\x50\x40\x01\x7f\xfcabcd", "\xff\xf1\x4c\x80\x00\xff\xfc"} {
		valid, err := aac.Format{}.Scan(strings.NewReader(bad), int64(len(bad)), 0, []*media.Track{track}, emit)
		if valid != 0 || !errors.Is(err, container.ErrCorrupt) {
			t.Errorf("%q: %d, %v", bad, valid, err)
		}
	}
}

// TestScanStopsAtErrors checks that a failing disk or journal is not taken for the end of the file.
func TestScanStopsAtErrors(t *testing.T) {
	track := mediatest.AAC(1, 48000)
	data, _ := write(t, mediatest.Sound(track, 3, 0))
	boom := errors.New("boom")
	fails := func([]byte) error { return boom }
	if _, err := (aac.Format{}).Scan(bytes.NewReader(data), int64(len(data)), 0, []*media.Track{track}, fails); !errors.Is(err, boom) {
		t.Errorf("journal: %v", err)
	}
	if _, err := (aac.Format{}).Scan(broken{boom}, 100, 0, []*media.Track{track}, fails); !errors.Is(err, boom) {
		t.Errorf("disk: %v", err)
	}
	if _, err := (aac.Format{}).Probe(broken{boom}, 100); !errors.Is(err, boom) {
		t.Errorf("probe: %v", err)
	}
}

type broken struct{ err error }

func (b broken) ReadAt([]byte, int64) (int, error) { return 0, b.err }

// TestIndexSize checks that the index of any number of frames stays a few bytes.
func TestIndexSize(t *testing.T) {
	track := mediatest.AAC(1, 48000)
	w := newWriter(t, track)
	u := mediatest.Sound(track, 1, 0)[0]
	var buf, index []byte
	for range 50 { // a journal record of each second
		for range 47 {
			var err error
			if buf, err = w.Append(buf[:0], u); err != nil {
				t.Fatal(err)
			}
		}
		index = w.Index(index)
	}
	if len(index) > 50*4 || len(w.Index(nil)) != 0 {
		t.Errorf("%d bytes for 50 records", len(index))
	}
}

// TestFinish checks what an index may tell.
func TestFinish(t *testing.T) {
	tracks := []*media.Track{mediatest.AAC(1, 48000)}
	for name, c := range map[string]struct {
		part   string
		size   int64
		frames int64 // 0 for ErrCorrupt
	}{
		"one":                  {"\x01\x05", 12, 1},
		"two parts in one":     {"\x01\x05\x02\x09", 12 + 23, 3},
		"more than the file":   {"\x01\x05", 11, 0},
		"no frames":            {"\x00\x05", 100, 0},
		"less than a byte":     {"\x05\x04", 100, 0},
		"half":                 {"\x01", 100, 0},
		"an endless number":    {"\x80\x80", 100, 0},
		"frames beyond 63 bit": {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 100, 0},
		"a negative size":      {"\x01\x05", -1, 0},
	} {
		e, err := aac.Format{}.Finish(container.Unfinished{Tracks: tracks, Size: c.size, Index: one([]byte(c.part))})
		if c.frames == 0 {
			if !errors.Is(err, container.ErrCorrupt) {
				t.Errorf("%s: %+v, %v", name, e.Summary, err)
			}
			continue
		}
		if err != nil || e.Summary.Tracks[0].Units != c.frames || len(e.Trailer)+len(e.Patches) != 0 {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
	e, err := aac.Format{}.Finish(container.Unfinished{Tracks: tracks, Index: func(func([]byte, error) bool) {}})
	if err != nil || e.Summary.Duration != 0 || e.Summary.Tracks[0].Last != 0 {
		t.Errorf("nothing: %+v, %v", e.Summary, err)
	}
}
