package relay

import (
	"time"

	"aircheck/ingest/media"
)

// Room for the head and the end of a chunk of HTTP's chunked coding around a block, so that a block is sent with one write in either form.
const (
	chunkHead = 8 + 2
	chunkTail = 2
)

// block is what players get of one delivery, encoded.
type block struct {
	// unit holds the memory that whole is in.
	unit *media.Unit
	// whole is the block as a chunk of HTTP's chunked coding.
	whole []byte
	// access tells that decoding can start here, with tracks, at ms; the block's first known bytes tell of the tracks.
	access bool
	known  int
	tracks []*media.Track
	ms     uint32
	wall   time.Time
}

// data returns the block without the form of a chunk.
func (b *block) data() []byte { return b.whole[chunkHead : len(b.whole)-chunkTail] }

// appendChunkHead appends the head of a chunk of n bytes (RFC 9112, 7.1), always of chunkHead bytes.
func appendChunkHead(dst []byte, n int) []byte {
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		dst = append(dst, digits[n>>shift&15])
	}
	return append(dst, '\r', '\n')
}

// frame returns bytes as a chunk.
func frame(b []byte) []byte {
	out := appendChunkHead(make([]byte, 0, chunkHead+len(b)+chunkTail), len(b))
	return append(append(out, b...), '\r', '\n')
}
