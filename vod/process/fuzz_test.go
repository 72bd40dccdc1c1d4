package process

import (
	"testing"
	"time"
)

func FuzzIndex(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x2csidx\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x03\xe8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"+
		"\x00\x00\x00\x10\x00\x00\x03\xe8\x90\x00\x00\x00"), int64(44), int64(60))
	f.Fuzz(func(t *testing.T, box []byte, end, size int64) {
		if end < 0 || size < end {
			return
		}
		segments, err := parseIndex(box, end, size)
		if err != nil {
			return
		}
		for _, s := range segments {
			if s.offset < end || s.size <= 0 || s.offset+s.size > size || s.seconds < 0 {
				t.Fatalf("%+v of %d bytes behind %d", s, size, end)
			}
		}
	})
}

func FuzzParameterSets(f *testing.F) {
	f.Add(append(make([]byte, 22), 1, 0x20, 0, 1, 0, 2, 0x40, 1))
	f.Fuzz(func(t *testing.T, config []byte) {
		n := 0
		for set := range hevcSets(config) {
			n += len(set)
		}
		if n > len(config) {
			t.Fatalf("%d bytes of sets in %d", n, len(config))
		}
	})
}

func FuzzMoment(f *testing.F) {
	f.Add("12.5s", int64(time.Minute))
	f.Add("50%", int64(time.Minute))
	f.Fuzz(func(t *testing.T, text string, length int64) {
		if length < 0 {
			return
		}
		if at, err := moment(text, time.Duration(length)); err == nil && (at < 0 || at > time.Duration(length)) {
			t.Fatalf("%q of %v is %v", text, time.Duration(length), at)
		}
	})
}
