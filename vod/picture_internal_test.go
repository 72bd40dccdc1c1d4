package vod

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"
)

// FuzzCover takes all kinds of bytes for pictures: whatever they are, it is known soon.
func FuzzCover(f *testing.F) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("GIF89a\xff\xff\xff\xff\x80\x00\x00"))
	f.Add([]byte("\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := checkPicture(data); err != nil && !errors.Is(err, ErrImage) {
			t.Error(err)
		}
	})
}

// FuzzComponent makes names of files of all kinds of names.
func FuzzComponent(f *testing.F) {
	for _, s := range []string{"", "a", ".", "..", "-", "a/b", "\x00", "名字", "\xff\xfe", string(make([]byte, 300))} {
		f.Add(s)
	}
	// The cut is to leave no dot at the end either.
	f.Add(strings.Repeat("a", maxComponent-3) + "...b")
	f.Add(strings.Repeat(".", 2*maxComponent))
	f.Fuzz(func(t *testing.T, name string) {
		got := component(name)
		if got == "" || len(got) > maxComponent || got[0] == '.' || got[0] == '-' || got[len(got)-1] == '.' ||
			bytes.ContainsAny([]byte(got), "/\\\x00\n") {
			t.Errorf("%q of %q", got, name)
		}
	})
}
