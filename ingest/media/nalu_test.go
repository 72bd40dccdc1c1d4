package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"aircheck/ingest/media"
)

// prefixed puts a length of size bytes before each NAL unit.
func prefixed(size int, nalus ...string) []byte {
	var out []byte
	for _, n := range nalus {
		out = append(out, binary.BigEndian.AppendUint32(nil, uint32(len(n)))[4-size:]...)
		out = append(out, n...)
	}
	return out
}

func TestNALUs(t *testing.T) {
	for _, ca := range []struct {
		name, payload string
		want          []string
	}{
		{"nothing", "", nil},
		{"one", "\x00\x00\x00\x02ab", []string{"ab"}},
		{"two", "\x00\x00\x00\x02ab\x00\x00\x00\x01c", []string{"ab", "c"}},
		{"an empty one between", "\x00\x00\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x01b", []string{"a", "b"}},
		{"an empty one at the end", "\x00\x00\x00\x01a\x00\x00\x00\x00", []string{"a"}},
		{"a length cut short", "\x00\x00\x00\x01a\x00\x00", []string{"a"}},
		{"a unit cut short", "\x00\x00\x00\x01a\x00\x00\x00\x03bc", []string{"a"}},
		{"the largest length", "\xff\xff\xff\xffab", nil},
		{"start codes", "\x00\x00\x00\x01\x67\x42\x00\x00\x00\x01\x68", []string{"\x67"}},
	} {
		var got []string
		for n := range media.NALUs([]byte(ca.payload)) {
			got = append(got, string(n))
		}
		if !slices.Equal(got, ca.want) {
			t.Errorf("%s: %q, want %q", ca.name, got, ca.want)
		}
	}
	for n := range media.NALUs(prefixed(4, "a", "b")) {
		if string(n) != "a" {
			t.Errorf("went on to %q after a break", n)
		}
		break
	}
}

// TestWidenedLengthsKeepTheUnits writes the same units with lengths of each size.
func TestWidenedLengthsKeepTheUnits(t *testing.T) {
	units := []string{"a", "", strings.Repeat("b", 255), strings.Repeat("c", 3)}
	want := prefixed(4, units...)
	for size := 1; size <= 4; size++ {
		in := prefixed(size, units...)
		before := bytes.Clone(in)
		got, err := media.WidenLengths(in, size)
		if err != nil || !bytes.Equal(got, want) || !bytes.Equal(in, before) {
			t.Errorf("size %d: %d bytes, want %d; %v", size, len(got), len(want), err)
		}
	}
}

// TestTornLengths cuts a payload at every byte: only between units it is whole.
func TestTornLengths(t *testing.T) {
	for size := 1; size <= 3; size++ {
		whole := prefixed(size, "ab", "", "c")
		good := []int{0, size + 2, 2*size + 2, 3*size + 3}
		for n := range len(whole) + 1 {
			_, err := media.WidenLengths(whole[:n], size)
			if slices.Contains(good, n) != (err == nil) || err != nil && !errors.Is(err, media.ErrBadNALU) {
				t.Errorf("size %d, %d bytes: %v", size, n, err)
			}
		}
	}
}

func TestLengthsOfNoSize(t *testing.T) {
	for _, size := range []int{-1, 0, 5, 8} {
		if got, err := media.WidenLengths(make([]byte, 40), size); err == nil {
			t.Errorf("size %d: %d bytes", size, len(got))
		}
	}
}

// TestRandomAccessByType gives each NAL unit type alone, and behind an access unit delimiter.
func TestRandomAccessByType(t *testing.T) {
	h264, err := media.New("h264", media.Video, unhex(avcBase))
	if err != nil {
		t.Fatal(err)
	}
	h265, err := media.New("h265", media.Video, unhex(hvcMain))
	if err != nil {
		t.Fatal(err)
	}
	for kind := range byte(64) {
		want265 := kind >= 16 && kind <= 23 // BLA, IDR, CRA and what is reserved for more of them
		nalu := string([]byte{kind << 1, 1, 0x80})
		for _, p := range [][]byte{prefixed(4, nalu), prefixed(4, "\x46\x01\x50", nalu)} {
			if h265.RandomAccess(p) != want265 {
				t.Errorf("H.265 type %d: want %v", kind, want265)
			}
		}
		if kind >= 32 {
			continue
		}
		nalu = string([]byte{0x60 | kind, 0x80, 0x80})
		for _, p := range [][]byte{prefixed(4, nalu), prefixed(4, "\x09\xf0", nalu)} {
			if h264.RandomAccess(p) != (kind == 5) {
				t.Errorf("H.264 type %d: want %v", kind, kind == 5)
			}
		}
	}
	for _, c := range []media.Codec{h264, h265} {
		for _, garbage := range []string{"", "\x00", "\xff\xff\xff\xff\x65", strings.Repeat("\x00", 64), strings.Repeat("\xff", 64)} {
			if c.RandomAccess([]byte(garbage)) {
				t.Errorf("%s: % x is a random access point", c.Name(), garbage)
			}
		}
	}
	if !(media.Opaque{}).RandomAccess(nil) {
		t.Error("an opaque codec must be random access everywhere")
	}
}

func TestUnitTime(t *testing.T) {
	u := media.Unit{Track: &media.Track{Timescale: 90000}, DTS: 3003, PTS: 9009}
	if got := fmt.Sprint(u.Time()); got != "33.366667ms" {
		t.Error(got)
	}
}
