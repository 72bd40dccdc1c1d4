// Package mp4 writes, finishes, repairs and reads MP4 files (ISO 14496-12, -14 and -15).
//
// While it grows, a file is fragmented, and playable up to its last fragment:
//
//	ftyp | free (16 bytes) | moov with mvex | (moof mdat)*
//
// Finish makes a classic file of it without moving media: a moov with full sample tables is appended, and "free" becomes the
// 64-bit header of one mdat that covers everything up to it. The tables come from the index alone.
//
// Times are exact: each track keeps its own clock rate, and edit lists keep the tracks as far apart as they were. What the
// format cannot express gives way: decoding times never go back and are never below the file's zero; a unit's presentation
// time stays even then. Where tracks have different clock rates, each keeps the file's zero rounded to a tick of its own, so
// that their distance is exact to half a tick. Units without payload are left out: they carry nothing to decode.
package mp4

import (
	"encoding/binary"
	"fmt"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Format is the MP4 container. It implements container.Format.
type Format struct{}

var _ container.Format = Format{}

// Expects reports true: a finished file does not have the track that stayed silent.
func (Format) Expects([]*media.Track) bool { return true }

// Name returns "mp4".
func (Format) Name() string { return "mp4" }

// ContentType returns "video/mp4".
func (Format) ContentType() string { return "video/mp4" }

// Supports reports whether the codec has a sample entry.
func (Format) Supports(c media.Codec) bool {
	_, _, err := entryOf(c)
	return err == nil
}

// Flags of samples (ISO 14496-12, 8.8.3.1).
const (
	flagsSync     = 0x02000000 // depends on no other
	flagsNonSync  = 0x01010000 // depends on others, is no sync sample
	maskIsNonSync = 0x00010000
)

// be is the byte order of MP4.
var be = binary.BigEndian

// boxHead is the size of a box header with a 32-bit size.
const boxHead = 8

// maxTracks is how many tracks a file may have.
const maxTracks = 64

// sample is one unit in a file.
type sample struct {
	dts    int64 // in ticks of the track
	offset int32 // PTS - DTS
	size   uint32
	sync   bool
}

// run is samples of one track that lie one behind the other.
type run struct {
	track   int // position among the tracks of the file
	offset  int64
	samples []sample
	// last is how long the last sample lasts, if its codec tells; otherwise 0.
	last int64
	// offsets: there are composition offsets.
	offsets bool
	// spliced: the stream was interrupted before the first sample, so the time since the one before is no step.
	spliced bool
}

// bytes returns the size of all samples.
func (r run) bytes() (n int64) {
	for _, s := range r.samples {
		n += int64(s.size)
	}
	return n
}

// checkTracks reports the first track that the format cannot carry.
func checkTracks(tracks []*media.Track) error {
	if len(tracks) > maxTracks {
		return fmt.Errorf("%w: %d tracks, at most %d fit in a file", container.ErrUnsupported, len(tracks), maxTracks)
	}
	for _, t := range tracks {
		if _, _, err := entryOf(t.Codec); err != nil {
			return fmt.Errorf("%w (track %d)", err, t.ID)
		}
		if t.Timescale == 0 {
			return fmt.Errorf("track %d has no clock rate", t.ID)
		}
	}
	return nil
}

// movieScale returns a clock rate that expresses the times of all tracks exactly: the least common multiple of theirs, as
// long as it has 31 bits.
func movieScale(tracks []*media.Track) uint32 {
	scale := uint64(1)
	for _, t := range tracks {
		a, b := scale, uint64(t.Timescale)
		for b != 0 {
			a, b = b, a%b
		}
		if next := scale / a * uint64(t.Timescale); next < 1<<31 {
			scale = next
		}
	}
	if scale == 1 {
		return 1000
	}
	return uint32(scale)
}
