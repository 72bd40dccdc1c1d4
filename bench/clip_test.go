package main

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"
)

// flvTag is one tag of an FLV file, with the size that follows it.
func flvTag(kind byte, ms uint32, body ...byte) []byte {
	n := len(body)
	b := []byte{kind, byte(n >> 16), byte(n >> 8), byte(n), byte(ms >> 16), byte(ms >> 8), byte(ms), byte(ms >> 24), 0, 0, 0}
	return binary.BigEndian.AppendUint32(append(b, body...), uint32(11+n))
}

// flvFile is a file of 25 pictures a second for one second, with sound that outlasts them.
func flvFile() []byte {
	b := []byte{'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0}
	b = append(b, flvTag(tagData, 0, 2, 0, 0)...)
	b = append(b, flvTag(tagVideo, 0, 0x17, 0, 0, 0, 0)...)
	b = append(b, flvTag(tagAudio, 0, 0xaf, 0, 0x11)...)
	for ms := uint32(0); ms < 1000; ms += 40 {
		b = append(b, flvTag(tagVideo, ms, 0x27, 1, 0, 0, 0, byte(ms))...)
		b = append(b, flvTag(tagAudio, ms+10, 0xaf, 1, byte(ms))...)
	}
	b = append(b, flvTag(tagAudio, 1010, 0xaf, 1, 1)...)
	return append(b, flvTag(tagVideo, 1000, 0x17, 2, 0, 0, 0)...)
}

func TestParseClip(t *testing.T) {
	c, err := parseClip(flvFile())
	if err != nil {
		t.Fatal(err)
	}
	if c.length != time.Second {
		t.Errorf("a round has %v, want 1s", c.length)
	}
	if got, want := c.until(c.length-1), (count{Video: 25, Audio: 25}); got != want {
		t.Errorf("a round is %+v, want %+v: sound beyond it must be left out", got, want)
	}
	var configs []byte
	for _, tag := range c.tags {
		if tag.config {
			configs = append(configs, tag.kind)
		}
	}
	if want := []byte{tagData, tagVideo, tagAudio}; !slices.Equal(configs, want) {
		t.Errorf("configurations are %v, want %v", configs, want)
	}
}

func TestClipUntil(t *testing.T) {
	c, err := parseClip(flvFile())
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range map[time.Duration]count{
		0:                       {Video: 1, Audio: 0},
		39 * time.Millisecond:   {Video: 1, Audio: 1},
		40 * time.Millisecond:   {Video: 2, Audio: 1},
		999 * time.Millisecond:  {Video: 25, Audio: 25},
		2050 * time.Millisecond: {Video: 52, Audio: 52},
	} {
		if got := c.until(d); got != want {
			t.Errorf("after %v: %+v, want %+v", d, got, want)
		}
	}
}

func TestParseClipRefuses(t *testing.T) {
	good := flvFile()
	for name, b := range map[string][]byte{
		"nothing":       nil,
		"another":       []byte("RIFF and more than thirteen bytes"),
		"long header":   append([]byte{'F', 'L', 'V', 1, 5, 255, 255, 255, 255}, good[9:]...),
		"cut in a tag":  good[:len(good)-1],
		"cut in a head": good[:13+5],
		"late":          append(slices.Clone(good), flvTag(tagVideo, 1<<24, 0x27, 1)...),
		"falling":       append(slices.Clone(good), flvTag(tagAudio, 500, 0xaf, 1)...),
		"backwards":     append(append(slices.Clone(good[:13]), flvTag(tagVideo, 80, 0x17, 1)...), flvTag(tagVideo, 40, 0x27, 1)...),
		"one picture":   append(slices.Clone(good[:13]), flvTag(tagVideo, 0, 0x17, 1)...),
	} {
		if _, err := parseClip(b); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzParseClip(f *testing.F) {
	f.Add(flvFile())
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseClip(b)
		if err != nil {
			return
		}
		last := map[byte]time.Duration{}
		for round := range time.Duration(2) {
			for _, tag := range c.tags {
				if tag.config {
					continue
				}
				at := tag.at + round*c.length
				if at < last[tag.kind] {
					t.Fatalf("in round %d a tag of kind %d comes at %v, after one at %v", round, tag.kind, at, last[tag.kind])
				}
				last[tag.kind] = at
			}
		}
	})
}
