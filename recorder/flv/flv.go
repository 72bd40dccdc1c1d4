// Package flv writes, finishes, repairs and reads FLV files: Adobe Flash Video File Format 10.1, and Enhanced RTMP
// version 2 (veovera.org) for codecs that FLV has no number for, and for tracks beyond the first of their kind.
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

// Supports reports whether FLV has a number or a fourCC for the codec. G.711 has a number alone, which means 8 kHz, so that of other
// rates and a second track of it have no place.
func (Format) Supports(c media.Codec) bool {
	_, ok := codingOf(c, 0)
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
	audioMP3       = 2
	audioG711A     = 7
	audioG711U     = 8
	audioAAC       = 10
	audioMP3Slow   = 14 // 8 kHz
	audioEnhanced  = 9
	videoEnhanced  = 0x80
	frameKey       = 1
	frameInter     = 2
	packetSequence = 0
	packetFrames   = 1
	packetEnd      = 2
	packetFramesX  = 3 // enhanced video: composition time 0, not sent
	packetMultiA   = 5 // enhanced audio: several tracks
	packetMultiV   = 6 // enhanced video: several tracks
	packetModEx    = 7
	oneTrack       = 0 // of the kinds of multitrack tags, the one that is written

	// maxTracks is how many there may be, so that onMetaData has room for what it says of each.
	maxTracks = 64
)

// layout is where the tracks of a file go.
type layout struct {
	tracks  []*media.Track
	codings []coding
}

// newLayout gives each track its place among those of its kind: the first is the one that every player shows, and has the number 0. That
// is the first by ID, unless another can be nowhere else.
func newLayout(tracks []*media.Track) (layout, error) {
	l := layout{tracks: tracks, codings: make([]coding, len(tracks))}
	if len(tracks) > maxTracks {
		return l, fmt.Errorf("%w: FLV has room for %d tracks here, and these are %d", container.ErrUnsupported, maxTracks, len(tracks))
	}
	main := map[media.Kind]int{}
	for i, t := range tracks {
		kind := t.Codec.Kind()
		if _, ok := codingOf(t.Codec, 0); !ok {
			return l, fmt.Errorf("%w: FLV cannot carry %s (track %d)", container.ErrUnsupported, t.Codec.Name(), t.ID)
		}
		_, movable := codingOf(t.Codec, 1)
		first, taken := main[kind]
		if taken && !movable {
			if _, ok := codingOf(tracks[first].Codec, 1); !ok {
				return l, fmt.Errorf("%w: FLV has room for one track of %s, and track %d is a second one after track %d",
					container.ErrUnsupported, t.Codec.Name(), t.ID, tracks[first].ID)
			}
		}
		if !taken || !movable {
			main[kind] = i
		}
	}
	next := map[media.Kind]byte{}
	for i, t := range tracks {
		kind, id := t.Codec.Kind(), byte(0)
		if main[kind] != i {
			next[kind]++
			id = next[kind]
		}
		l.codings[i], _ = codingOf(t.Codec, id)
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

// place returns the position of the track that such tags with that number belong to, or -1.
func (l layout) place(tag, id byte) int {
	for i, c := range l.codings {
		if c.tag == tag && c.id == id {
			return i
		}
	}
	return -1
}

// video returns the position of the first video track, or -1.
func (l layout) video() int { return l.place(tagVideo, 0) }
