package container

import (
	"encoding/binary"

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
	for len(b) >= 8 {
		if binary.NativeEndian.Uint64(b) != 0 {
			z.run = 0
		} else if z.run += 8; z.run >= pageSize-16 {
			z.found = true
		}
		b = b[8:]
	}
	for _, c := range b {
		if c != 0 {
			z.run = 0
		} else {
			z.run++
		}
	}
}

// Found reports whether a page of zeros has been seen.
func (z *Blank) Found() bool { return z.found }

// Tail reports whether everything from the last page boundary before end to end was zero, where end is the
// file offset of the last byte seen. A few bytes are no proof.
func (z *Blank) Tail(end int64) bool {
	rest := int(end % pageSize)
	return rest >= 16 && z.run >= rest-8
}

// NeverBlank reports whether a page of zeros cannot be part of a codec's payload: H.264 and H.265 forbid three
// zero bytes in a row (emulation prevention), and an AAC frame is too short to hold a page.
func NeverBlank(c media.Codec) bool {
	switch c.Name() {
	case "h264", "h265", "aac":
		return true
	}
	return false
}
