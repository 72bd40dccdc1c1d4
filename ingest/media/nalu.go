package media

import (
	"encoding/binary"
	"errors"
	"iter"
)

// ErrBadNALU says that a length prefix does not fit the payload, or has no size that a length can have.
var ErrBadNALU = errors.New("NAL unit length does not fit the payload")

// NALUs yields the NAL units of a payload with 4-byte lengths. It stops at the first length that
// does not fit; empty units are skipped.
func NALUs(payload []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(payload) > 4 {
			n := binary.BigEndian.Uint32(payload)
			if uint64(n) > uint64(len(payload)-4) {
				return
			}
			if n > 0 && !yield(payload[4:4+n]) {
				return
			}
			payload = payload[4+n:]
		}
	}
}

// WidenLengths returns a copy of a payload with length prefixes of size bytes (1 to 4) that has prefixes of 4.
// With size 4 it returns the payload itself, unchecked. Its only error is ErrBadNALU.
func WidenLengths(payload []byte, size int) ([]byte, error) {
	if size == 4 {
		return payload, nil
	}
	if size < 1 || size > 4 {
		return nil, ErrBadNALU
	}
	out := make([]byte, 0, len(payload)+16)
	for len(payload) > 0 {
		if len(payload) < size {
			return nil, ErrBadNALU
		}
		n := 0
		for _, b := range payload[:size] {
			n = n<<8 | int(b)
		}
		payload = payload[size:]
		if n > len(payload) {
			return nil, ErrBadNALU
		}
		out = binary.BigEndian.AppendUint32(out, uint32(n))
		out = append(out, payload[:n]...)
		payload = payload[n:]
	}
	return out, nil
}
