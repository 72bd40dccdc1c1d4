package flv

import (
	"encoding/binary"
	"math"

	"aircheck/ingest/media"
)

// metaSize is the size of the onMetaData tag's data, from the first byte to the last, for the whole life of the file.
const metaSize = 16 << 10

// AMF0 type markers (AMF 0 Specification, 2.1).
const (
	amfNumber    = 0x00
	amfBoolean   = 0x01
	amfString    = 0x02
	amfObject    = 0x03
	amfNull      = 0x05
	amfUndefined = 0x06
	amfMap       = 0x08
	amfEnd       = 0x09
	amfArray     = 0x0a
)

const (
	amfNumberSize = 9
	// paddingSize is the property "padding" with one empty string, and the end of the map.
	paddingSize = 2 + len("padding") + 1 + 4 + minPadding + 3
)

// seekPoint is where decoding can start.
type seekPoint struct {
	time   int64 // milliseconds
	offset int64
}

// metadata is what onMetaData says.
type metadata struct {
	layout   layout
	duration int64 // milliseconds
	size     int64
	rate     float64 // pictures per second; 0 when unknown
	seek     []seekPoint
}

// append appends the data of an onMetaData tag, exactly metaSize bytes: what is not needed is taken by a last property, so
// the tag is valid AMF0 whatever it holds. Seek points that do not fit must have been left out; see seekRoom.
func (m metadata) append(dst []byte) []byte {
	start := len(dst)
	dst = m.appendProperties(dst)
	return appendPadding(dst, metaSize-(len(dst)-start))
}

// appendProperties appends everything up to the last property, the padding.
func (m metadata) appendProperties(dst []byte) []byte {
	dst = append(dst, amfString)
	dst = appendText(dst, "onMetaData")
	dst = append(dst, amfMap)
	countAt := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	n := uint32(1) // padding
	number := func(key string, v float64) {
		dst = appendNumber(appendText(dst, key), v)
		n++
	}
	number("duration", float64(m.duration)/1000)
	number("filesize", float64(m.size))
	for i, t := range m.layout.tracks {
		if m.layout.codings[i].id > 0 {
			continue
		}
		dst, n = m.appendTrack(dst, i, n)
		if t.Codec.Kind() == media.Video && m.rate > 0 {
			number("framerate", m.rate)
		}
	}
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		dst, n = m.appendMore(dst, kind, n)
	}
	dst = m.layout.appendList(dst)
	n++
	if len(m.seek) > 0 {
		dst = m.appendSeek(dst)
		n++
	}
	binary.BigEndian.PutUint32(dst[countAt:], n)
	return dst
}

// appendSeek appends the property "keyframes", as players expect it.
func (m metadata) appendSeek(dst []byte) []byte {
	dst = append(appendText(dst, "keyframes"), amfObject)
	dst = appendArrayHead(appendText(dst, "times"), len(m.seek))
	for _, p := range m.seek {
		dst = appendNumber(dst, float64(p.time)/1000)
	}
	dst = appendArrayHead(appendText(dst, "filepositions"), len(m.seek))
	for _, p := range m.seek {
		dst = appendNumber(dst, float64(p.offset))
	}
	return append(dst, 0, 0, amfEnd)
}

// seekRoom returns how many seek points fit.
func (m metadata) seekRoom() int {
	m.seek = []seekPoint{{}}
	rest := metaSize - paddingSize - len(m.appendProperties(nil))
	return 1 + rest/(2*amfNumberSize)
}

// appendPadding appends the last property and the end of the map, so that they take size bytes. What is left is filled with
// short strings: they are what every reader copes with, where long strings and nulls are not.
func appendPadding(dst []byte, size int) []byte {
	left := max(size-paddingSize+minPadding, 0)
	n := (left + maxPadding - 1) / maxPadding
	dst = appendArrayHead(appendText(dst, "padding"), n)
	for ; n > 0; n-- {
		k := left / n
		dst = binary.BigEndian.AppendUint16(append(dst, amfString), uint16(k-minPadding))
		for range k - minPadding {
			dst = append(dst, ' ')
		}
		left -= k
	}
	return append(dst, 0, 0, amfEnd)
}

// Sizes of the strings of the padding, their 3 bytes of type and length included.
const (
	minPadding = 3
	maxPadding = 200
)

func appendText(dst []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(s))), s...)
}

func appendNumber(dst []byte, v float64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, amfNumber), math.Float64bits(v))
}

func appendArrayHead(dst []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(append(dst, amfArray), uint32(n))
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}
