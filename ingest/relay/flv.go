package relay

import (
	"encoding/binary"

	"aircheck/ingest/media"
)

// FLV is the encoding of HTTP-FLV: an FLV file without end (Adobe Flash Video File Format 10.1, enhanced RTMP version 2 for codecs without a
// number). It has room for one track of pictures and one of sound.
type FLV struct{}

var _ Encoding = FLV{}

// tagHeaderSize is the size of what stands in front of a tag's data.
const tagHeaderSize = 11

// maxTagData is the most that a tag holds.
const maxTagData = 1<<24 - 1

// Carries is Encoding's.
func (FLV) Carries(c media.Codec) bool {
	_, ok := TagOf(c)
	return ok
}

// Begin appends the file header and the first PreviousTagSize.
func (FLV) Begin(dst []byte, tracks []*media.Track) []byte {
	flags := byte(0)
	for _, t := range tracks {
		if t.Codec.Kind() == media.Video {
			flags |= 1
		} else {
			flags |= 4
		}
	}
	return append(dst, 'F', 'L', 'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0)
}

// Config appends onMetaData and the sequence headers.
func (FLV) Config(dst []byte, tracks []*media.Track, ms uint32) []byte {
	at := len(dst)
	dst = AppendMetadata(appendTagHead(dst, tagScript, 0, ms), tracks)
	dst = closeTag(dst, at)
	for _, t := range tracks {
		tag, _ := TagOf(t.Codec)
		config := tag.Config(t.Codec)
		if len(config) == 0 {
			continue
		}
		at := len(dst)
		dst = tag.AppendConfig(appendTagHead(dst, tag.Kind, 0, ms))
		dst = closeTag(append(dst, config...), at)
	}
	return dst
}

// Unit appends a tag. What is too large for one is left out.
func (FLV) Unit(dst []byte, u *media.Unit, ms uint32, cts int32) []byte {
	tag, _ := TagOf(u.Track.Codec)
	if len(u.Payload) > maxTagData-8 {
		return dst
	}
	at := len(dst)
	dst = tag.AppendUnit(appendTagHead(dst, tag.Kind, 0, ms), u.RandomAccess, cts)
	return closeTag(append(dst, u.Payload...), at)
}

// appendTagHead appends the 11 bytes in front of a tag's data.
func appendTagHead(dst []byte, kind byte, size int, ms uint32) []byte {
	return append(dst, kind, byte(size>>16), byte(size>>8), byte(size), byte(ms>>16), byte(ms>>8), byte(ms), byte(ms>>24), 0, 0, 0)
}

// closeTag tells the size of the tag that begins at a place in dst, in front of it and behind it.
func closeTag(dst []byte, at int) []byte {
	size := len(dst) - at
	n := size - tagHeaderSize
	dst[at+1], dst[at+2], dst[at+3] = byte(n>>16), byte(n>>8), byte(n)
	return binary.BigEndian.AppendUint32(dst, uint32(size))
}
