// Package flv writes, finishes, repairs and reads FLV files: Adobe Flash Video File Format 10.1, and Enhanced RTMP
// version 2 for codecs that FLV has no number for.
//
// A file is the header, one onMetaData tag of fixed size, the sequence headers, and then one tag per unit in the order of
// arrival, so it is whole and playable after every tag. Finish overwrites the onMetaData tag. Times are milliseconds,
// each rounded by itself. Units without payload are left out: they carry nothing to decode.
package flv

import (
	"fmt"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Format is the FLV container. It implements container.Format.
type Format struct{}

var _ container.Format = Format{}

// Expects reports true: a silent track is a sequence header and nothing else.
func (Format) Expects([]*media.Track) bool { return true }

// Name returns "flv".
func (Format) Name() string { return "flv" }

// ContentType returns "video/x-flv".
func (Format) ContentType() string { return "video/x-flv" }

// Supports reports whether FLV has a number or a fourCC for the codec.
func (Format) Supports(c media.Codec) bool {
	_, ok := codingOf(c)
	return ok
}

// Sizes and numbers of the format.
const (
	fileHeaderSize = 9
	tagHeaderSize  = 11
	tagTrailerSize = 4 // PreviousTagSize
	maxTagData     = 1<<24 - 1

	tagAudio  = 8
	tagVideo  = 9
	tagScript = 18

	flagAudio = 0x04
	flagVideo = 0x01

	videoAVC       = 7
	videoHEVC      = 12 // widespread in China, never standardised
	audioAAC       = 10
	audioEnhanced  = 9
	videoEnhanced  = 0x80
	frameKey       = 1
	frameInter     = 2
	packetSequence = 0
	packetFrames   = 1
	packetEnd      = 2
	packetFramesX  = 3 // enhanced video: composition time 0, not sent
	packetModEx    = 7
)

// coding is how units of a codec are laid out in a tag.
type coding struct {
	tag byte
	// fourCC is set for codecs without a number.
	fourCC string
	// number is the codec's number, and what onMetaData says of it.
	number byte
	// offset tells that a composition time offset is sent with each picture.
	offset bool
}

// fourCCs are the codes of Enhanced RTMP version 2, by the name that media.Opaque gives them.
var fourCCs = map[string]coding{
	"av01": {tag: tagVideo, fourCC: "av01"},
	"vp08": {tag: tagVideo, fourCC: "vp08"},
	"vp09": {tag: tagVideo, fourCC: "vp09"},
	"vvc1": {tag: tagVideo, fourCC: "vvc1", offset: true},
	"opus": {tag: tagAudio, fourCC: "Opus"},
	"flac": {tag: tagAudio, fourCC: "fLaC"},
	"ac-3": {tag: tagAudio, fourCC: "ac-3"},
	"ec-3": {tag: tagAudio, fourCC: "ec-3"},
	".mp3": {tag: tagAudio, fourCC: ".mp3"},
}

// codingOf maps codecs to FLV. H.265 is written under its fourCC: that is the only standard way, and current ffmpeg, VLC,
// OBS and mpegts.js read it; codec id 12 is read as well, but never written.
func codingOf(c media.Codec) (coding, bool) {
	switch c.Name() {
	case "h264":
		return coding{tag: tagVideo, number: videoAVC, offset: true}, true
	case "h265":
		return coding{tag: tagVideo, fourCC: "hvc1", offset: true}, true
	case "aac":
		return coding{tag: tagAudio, number: audioAAC}, true
	}
	e, ok := fourCCs[c.Name()]
	return e, ok && (e.tag == tagVideo) == (c.Kind() == media.Video)
}

// metadataID is what onMetaData names the codec by: its number, or its fourCC as a number.
func (c coding) metadataID() float64 {
	if c.fourCC == "" {
		return float64(c.number)
	}
	f := c.fourCC
	return float64(uint32(f[0])<<24 | uint32(f[1])<<16 | uint32(f[2])<<8 | uint32(f[3]))
}

// layout is where the tracks of a file go.
type layout struct {
	tracks  []*media.Track
	codings []coding
}

func newLayout(tracks []*media.Track) (layout, error) {
	l := layout{tracks: tracks}
	seen := map[byte]int{}
	for _, t := range tracks {
		c, ok := codingOf(t.Codec)
		if !ok {
			return l, fmt.Errorf("%w: FLV cannot carry %s (track %d)", container.ErrUnsupported, t.Codec.Name(), t.ID)
		}
		if first, ok := seen[c.tag]; ok {
			return l, fmt.Errorf("%w: FLV has room for one %s track, and track %d is a second one after track %d",
				container.ErrUnsupported, t.Codec.Kind(), t.ID, first)
		}
		seen[c.tag] = t.ID
		l.codings = append(l.codings, c)
	}
	return l, nil
}

// index returns the position of the track with that id, or -1.
func (l layout) index(id int) int {
	for i, t := range l.tracks {
		if t.ID == id {
			return i
		}
	}
	return -1
}

// byTag returns the position of the track that such tags belong to, or -1.
func (l layout) byTag(tag byte) int {
	for i, c := range l.codings {
		if c.tag == tag {
			return i
		}
	}
	return -1
}

// video returns the position of the video track, or -1.
func (l layout) video() int { return l.byTag(tagVideo) }
