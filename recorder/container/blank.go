package container

import (
	"encoding/binary"
	"math/bits"

	"aircheck/ingest/media"
)

// pageSize is what a crash loses at least of a file that had grown but whose data had not reached the disk.
const pageSize = 4096

// Blank looks for pages of zeros, which a power loss leaves where data never reached the disk. No payload of a
// codec that NeverBlank names has that many zeros in a row.
type Blank struct {
	run   int
	found bool
}

// Add looks at the next bytes.
func (z *Blank) Add(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		if v := binary.LittleEndian.Uint64(b); v != 0 {
			z.run = bits.LeadingZeros64(v) / 8
		} else if z.run += 8; z.run > pageSize-8 {
			z.found = true
		}
	}
	for _, c := range b {
		if z.run++; c != 0 {
			z.run = 0
		}
		z.found = z.found || z.run >= pageSize
	}
}

// Found reports whether a page of zeros has been seen.
func (z *Blank) Found() bool { return z.found }

// Tail reports whether everything from the last page boundary before end to end was zero, where end is the
// file offset behind the last byte seen.
func (z *Blank) Tail(end int64) bool {
	rest := int(end % pageSize)
	return rest > 0 && z.run >= rest
}

// NeverBlank reports whether a page of zeros cannot be part of a codec's payload: H.264 and H.265 forbid three
// zero bytes in a row (emulation prevention), and a frame of AAC, MP3 or AC-3 is too short to hold a page.
func NeverBlank(c media.Codec) bool {
	switch c.Name() {
	case "h264", "h265", "aac", "mp3", "ac3":
		return true
	}
	return false
}
