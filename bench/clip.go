package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"
)

// The types of an FLV tag.
const (
	tagAudio = 8
	tagVideo = 9
	tagData  = 18
)

// tagFrame is what FLV adds to the payload of a tag: its header and the size that follows it.
const tagFrame = 11 + 4

// tag is one FLV tag.
type tag struct {
	kind byte
	// config tells a decoder configuration or metadata, sent once, from pictures and sound.
	config bool
	at     time.Duration
	body   []byte
}

// clip is an FLV file in memory, to be published over and over.
type clip struct {
	tags []tag
	// length is what one round adds to the times of the next.
	length time.Duration
}

// readClip reads an FLV file.
func readClip(path string) (*clip, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := parseClip(b)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return c, nil
}

// parseClip takes an FLV file apart (Adobe FLV 10.1, annex E). The tags share the memory of b.
func parseClip(b []byte) (*clip, error) {
	if len(b) < 13 || string(b[:3]) != "FLV" {
		return nil, errors.New("this is not an FLV file")
	}
	start := binary.BigEndian.Uint32(b[5:])
	if start < 9 || int64(start)+4 > int64(len(b)) {
		return nil, fmt.Errorf("its header claims to have %d bytes", start)
	}
	c := &clip{}
	for b = b[start+4:]; len(b) > 0; {
		if len(b) < tagFrame {
			return nil, errors.New("it ends within a tag")
		}
		size := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		if len(b) < tagFrame+size {
			return nil, errors.New("it ends within a tag")
		}
		ms := uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6]) | uint32(b[7])<<24
		if ms >= 1<<24-1 {
			return nil, errors.New("its times are too large for a chunk header without extension")
		}
		t := tag{kind: b[0], at: time.Duration(ms) * time.Millisecond, body: b[11 : 11+size]}
		t.config = isConfig(t.kind, t.body)
		if size > 0 && !endsSequence(t) {
			c.tags = append(c.tags, t)
		}
		b = b[tagFrame+size:]
	}
	return c, c.measure()
}

// isConfig tells what a publisher sends once, at the start.
func isConfig(kind byte, body []byte) bool {
	switch kind {
	case tagVideo, tagAudio:
		return len(body) > 1 && body[1] == 0 // the sequence header of AVC, or of AAC
	}
	return true
}

// endsSequence tells the mark that ffmpeg writes behind the last picture; no encoder sends it in the middle.
func endsSequence(t tag) bool { return t.kind == tagVideo && len(t.body) > 1 && t.body[1] == 2 }

// measure finds the length of a round: the pictures of the next one follow those of this one in the same rhythm.
func (c *clip) measure() error {
	first, last, n := time.Duration(-1), time.Duration(0), 0
	for _, t := range c.tags {
		if t.kind != tagVideo || t.config {
			continue
		}
		if first < 0 {
			first = t.at
		}
		last = t.at
		n++
	}
	if n < 2 {
		return errors.New("it has fewer than two pictures")
	}
	c.length = ((last - first) * time.Duration(n) / time.Duration(n-1)).Round(time.Millisecond)
	if c.length <= 0 {
		return errors.New("its pictures do not come one after the other")
	}
	return c.trim()
}

// trim leaves out sound beyond the round: it would come later than the first of the next.
func (c *clip) trim() error {
	first, last := map[byte]time.Duration{}, map[byte]time.Duration{}
	kept := c.tags[:0]
	for _, t := range c.tags {
		if t.config {
			kept = append(kept, t)
			continue
		}
		if _, known := first[t.kind]; !known {
			first[t.kind] = t.at
		}
		if t.at < last[t.kind] {
			return fmt.Errorf("its times fall from %v to %v", last[t.kind], t.at)
		}
		last[t.kind] = t.at
		if t.at < first[t.kind]+c.length {
			kept = append(kept, t)
		}
	}
	c.tags = kept
	return nil
}

// count is a number of pictures and of frames of sound.
type count struct{ Video, Audio int }

// until counts what a publisher that loops the clip in real time has sent after d.
func (c *clip) until(d time.Duration) count {
	var n count
	for shift := time.Duration(0); shift <= d; shift += c.length {
		for _, t := range c.tags {
			if !t.config && t.at+shift <= d {
				n.add(t.kind)
			}
		}
	}
	return n
}

func (n *count) add(kind byte) {
	switch kind {
	case tagVideo:
		n.Video++
	case tagAudio:
		n.Audio++
	}
}
