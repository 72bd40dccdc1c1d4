package rewind

import (
	"bytes"
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// testPages returns the pages of a session with a change of parameters, a gap and an end.
func testPages(t testing.TB) (pages [][]byte) {
	t.Helper()
	r := &Ring{Dir: t.TempDir(), Window: time.Minute}
	if err := r.Open(); err != nil {
		t.Fatal(err)
	}
	h := stream.Hub{Attach: r.Attach}
	s, err := h.Publish(stream.Publisher{Key: ringKey("a"), Protocol: "rtmp"})
	if err != nil {
		t.Fatal(err)
	}
	video, audio := ringTracks()
	begin := time.Now().Add(-30 * time.Second)
	units := slices.Concat(ringShow(video, audio, begin, 0, 1), ringShow(video, mediatest.OtherAAC(2, 1000), begin, 1, 1))
	units = slices.Insert(units, 40, cameAt(begin, mediatest.Sound(mediatest.AAC(1<<16, 1000), 1, 0))...)
	if err := s.Write(units); err != nil {
		t.Fatal(err)
	}
	id := s.ID
	h.Close()
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	paths, err := ringPages(r.Dir + "/" + id)
	if err != nil || len(paths) == 0 {
		t.Fatal(len(paths), err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, b)
	}
	return pages
}

// rewrite writes down again what a page is read as, without its index.
func rewrite(t *testing.T, page []byte, end int64) (out []byte) {
	t.Helper()
	r := &pageReader{src: bytes.NewReader(page), end: end}
	for n := uint32(0); r.at < end; n++ {
		rec, _, err := r.next()
		if err != nil {
			t.Fatal(err)
		}
		out = append(appendHeader(out, &rec, n), rec.body...)
	}
	return out
}

// checkPage checks that whatever is taken of a page is what it says.
func checkPage(t *testing.T, page []byte) {
	t.Helper()
	_, x, err := readPage(bytes.NewReader(page), int64(len(page)))
	if err != nil {
		return
	}
	if x.size > int64(len(page)) {
		t.Fatalf("%d of %d bytes are right", x.size, len(page))
	}
	v := pageView{page: &ringPage{}, pageIndex: *x}
	for _, e := range append([]pageEntry{{}}, x.entries...) {
		in := &pageReader{src: bytes.NewReader(page), at: e.at, end: x.size, number: -1}
		last, n := int64(0), 0
		read, _, _ := v.read(in, &last, func(u *media.Unit, _ error) bool {
			n += len(u.Payload)
			return u.Track.Codec != nil
		})
		if n > len(page) || e.at == 0 && !x.ended && read != x.units {
			t.Fatalf("%d units of %d bytes from a page of %d with %d", read, n, len(page), x.units)
		}
	}
	if !x.ended && !bytes.Equal(rewrite(t, page, x.size), page[:x.size]) {
		t.Fatal("it is not what was read")
	}
}

// TestRingPage: a page reads the same with its index and without, and cut anywhere it holds all whole records.
func TestRingPage(t *testing.T) {
	page := testPages(t)[0]
	head, whole, err := readPage(bytes.NewReader(page), int64(len(page)))
	if err != nil || !whole.ended || head.Key != ringKey("a") || len(whole.tracks) != 3 || len(whole.gaps) != 1 || len(whole.entries) != 2 {
		t.Fatalf("%+v, %+v, %v", head, whole, err)
	}
	_, scanned, err := readPage(bytes.NewReader(page), whole.size)
	if err != nil || scanned.ended || scanned.size != whole.size || scanned.units != whole.units || scanned.first != whole.first ||
		scanned.last != whole.last || !slices.Equal(scanned.entries, whole.entries) || len(scanned.tracks) != 3 || len(scanned.gaps) != 1 {
		t.Errorf("%+v, want %+v: %v", scanned, whole, err)
	}
	for n := range page {
		_, x, err := readPage(bytes.NewReader(page[:n]), int64(n))
		if err == nil && (x.size > int64(n) || x.ended) {
			t.Fatalf("%d bytes: %+v", n, x)
		}
		if first := int(recordHeader + binary.LittleEndian.Uint32(page)); (err == nil) != (n >= first) {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if n%13 == 0 {
			damaged := bytes.Clone(page)
			damaged[n] ^= 0x10
			checkPage(t, damaged)
		}
	}
}

// FuzzRingPage: whatever a file holds, reading it ends, takes no more memory than the file has, and yields only what has a right checksum.
func FuzzRingPage(f *testing.F) {
	for _, page := range testPages(f) {
		f.Add(page)
		f.Add(page[:len(page)/2])
	}
	f.Add(append(appendHeader(nil, &pageRecord{kind: headRecord, body: []byte("{}")}, 0), "{}"...))
	f.Fuzz(func(t *testing.T, page []byte) {
		checkPage(t, page)
		// The same with the checksums that it takes to get further.
		checkPage(t, sealed(page))
	})
}

// sealed makes the checksums and numbers of a page's records right as far as there are any.
func sealed(page []byte) []byte {
	out := bytes.Clone(page)
	at := 0
	for n := uint32(0); len(out)-at >= recordHeader; n++ {
		size := int(binary.LittleEndian.Uint32(out[at:]))
		if size > len(out)-at-recordHeader {
			break
		}
		body := out[at+recordHeader:][:size]
		binary.LittleEndian.PutUint32(out[at+12:], n)
		r := pageRecord{
			kind: recordKind(out[at+8]), flags: out[at+9], track: binary.LittleEndian.Uint16(out[at+10:]), body: body,
			pts:  int64(binary.LittleEndian.Uint64(out[at+16:])),
			dts:  int64(binary.LittleEndian.Uint64(out[at+24:])),
			wall: int64(binary.LittleEndian.Uint64(out[at+32:])),
		}
		copy(out[at:], appendHeader(nil, &r, n))
		at += recordHeader + size
	}
	return out
}

func TestCoverPatterns(t *testing.T) {
	for _, ca := range []struct {
		pattern, key string
		want         bool
	}{
		{"*/*/*", "a.example/live/x", true},
		{"a.example/*/*", "a.example/live/x", true},
		{"A.Example/*/*", "a.example/live/deep/x", true},
		{"a.example/*/*", "b.example/live/x", false},
		{"*.example/live/x", "a.example/live/x", true},
		{"*.example/live/x", "a.example/live/y", false},
		{"*/live/cam*", "a/live/cam12", true},
		{"*/live/cam*", "a/live/acam12", false},
		{"*/live/*a*b", "a/live/xaxaxb", true},
		{"*/live/*a*b", "a/live/xbxa", false},
		{"*/live/a*a", "a/live/a", false},
		{"*/live/a**", "a/live/a", true},
		{"*/live/deep/*", "a/live/deep/x", true},
		{"*/live/deep/*", "a/live/x", false},
		{"*/*/x", "a/live/deep/x", true},
	} {
		covers, err := CoverPatterns([]string{"none/none/none", ca.pattern})
		if err != nil {
			t.Errorf("%s: %v", ca.pattern, err)
			continue
		}
		domain, path, _ := strings.Cut(ca.key, "/")
		app, name := media.SplitPath(path)
		if got := covers(media.StreamKey{Domain: domain, App: app, Stream: name}); got != ca.want {
			t.Errorf("%s covers %s: %v", ca.pattern, ca.key, got)
		}
	}
	for _, bad := range []string{"", "*", "a/b", "/a/b", "a//b", "a/b/", "a/b//"} {
		if _, err := CoverPatterns([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if covers, err := CoverPatterns(nil); err != nil || !covers(ringKey("a")) {
		t.Error("no patterns cover all")
	}
}
