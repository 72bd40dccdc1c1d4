package flv

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"aircheck/ingest/media"
)

// trackList is the property of onMetaData that tells the tracks of a file in their order: for each a string of kind, number
// among those of its kind, codec, and the configuration where no sequence header tells it. Others may leave it unread.
const trackList = "tracks"

// longestScript bounds the tag that is looked at for it.
const longestScript = 64 << 10

// slot is a track of a file, of which the parameters may not be known yet.
type slot struct {
	kind media.Kind
	id   byte
	// config is what a sequence header told that does not tell enough by itself.
	config []byte
	track  *media.Track
}

// line is the track's entry in the list.
func (l layout) line(i int) string {
	c := l.tracks[i].Codec
	text := fmt.Sprintf("%s %d %s", c.Kind(), l.codings[i].id, c.Name())
	if config := c.Config(); len(sequenceOf(c)) < len(config) {
		text += " " + hex.EncodeToString(config)
	}
	return text
}

// parseLine reads an entry of the list.
func parseLine(text string) (slot, bool) {
	words := strings.Fields(text)
	if len(words) < 3 || len(words) > 4 {
		return slot{}, false
	}
	s := slot{kind: media.Video}
	if words[0] == media.Audio.String() {
		s.kind = media.Audio
	}
	if _, err := fmt.Sscanf(words[1], "%d", &s.id); err != nil {
		return s, false
	}
	if len(words) < 4 {
		return s, true
	}
	config, err := hex.DecodeString(words[3])
	if err != nil {
		return s, false
	}
	c, err := media.New(words[2], s.kind, config)
	if err != nil || c.Kind() != s.kind {
		return s, false
	}
	s.track = &media.Track{Codec: c, Timescale: 1000}
	return s, true
}

// parseList returns the tracks that an onMetaData tag lists; none if it has no list that makes sense.
func parseList(data []byte) (slots []slot) {
	r := amfReader{b: data}
	if r.byte() != amfString || r.text() != "onMetaData" || r.byte() != amfMap {
		return nil
	}
	r.take(4)
	for !r.bad {
		name := r.text()
		if name == "" {
			return nil
		}
		if name != trackList {
			r.skip(0)
			continue
		}
		if r.byte() != amfArray {
			return nil
		}
		n := binary.BigEndian.Uint32(r.take(4))
		if n > maxTracks {
			return nil
		}
		for range n {
			if r.byte() != amfString {
				return nil
			}
			s, ok := parseLine(r.text())
			if !ok || r.bad || find(slots, s.kind, s.id) >= 0 {
				return nil
			}
			slots = append(slots, s)
		}
		return slots
	}
	return nil
}

// find returns the position of the track, or -1.
func find(slots []slot, kind media.Kind, id byte) int {
	for i, s := range slots {
		if s.kind == kind && s.id == id {
			return i
		}
	}
	return -1
}

// amfReader passes over AMF0 values (AMF 0 Specification, 2). Beyond the end everything is zero, and bad is set.
type amfReader struct {
	b   []byte
	bad bool
}

// deepest is how far values may be in one another.
const deepest = 8

func (r *amfReader) take(n int) []byte {
	if n > len(r.b) {
		r.bad, r.b = true, nil
		return make([]byte, min(n, 8))
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *amfReader) byte() byte { return r.take(1)[0] }

func (r *amfReader) text() string {
	b := r.take(int(binary.BigEndian.Uint16(r.take(2))))
	if r.bad {
		return ""
	}
	return string(b)
}

// skip passes over a value.
func (r *amfReader) skip(depth int) {
	if depth > deepest {
		r.bad = true
	}
	if r.bad {
		return
	}
	switch r.byte() {
	case amfNumber:
		r.take(8)
	case amfBoolean:
		r.take(1)
	case amfString:
		r.text()
	case amfMap:
		r.take(4)
		r.properties(depth)
	case amfObject:
		r.properties(depth)
	case amfArray:
		for n := binary.BigEndian.Uint32(r.take(4)); n > 0 && !r.bad; n-- {
			r.skip(depth + 1)
		}
	case amfNull, amfUndefined:
	default:
		r.bad = true
	}
}

// properties passes over names and values up to the end of an object.
func (r *amfReader) properties(depth int) {
	for !r.bad && r.text() != "" {
		r.skip(depth + 1)
	}
	r.take(1)
}
