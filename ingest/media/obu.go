package media

import (
	"errors"
	"iter"
)

// Types of OBU (AV1 bitstream specification, 6.2.2).
const (
	obuSequenceHeader    = 1
	obuTemporalDelimiter = 2
	obuFrameHeader       = 3
	obuFrame             = 6
)

// ErrBadOBU says that bytes are no sequence of OBUs.
var ErrBadOBU = errors.New("not a sequence of OBUs")

// obu is one open bitstream unit.
type obu struct {
	kind  byte
	sized bool
	// whole has header and size, body has neither.
	whole, body []byte
}

// takeOBU reads the first OBU of b. One without a size reaches to the end.
func takeOBU(b []byte) (o obu, rest []byte, ok bool) {
	if len(b) < 1 || b[0]&0x80 != 0 {
		return obu{}, nil, false
	}
	o.kind, o.sized = b[0]>>3&15, b[0]&2 != 0
	head := 1
	if b[0]&4 != 0 {
		head = 2
	}
	if len(b) < head {
		return obu{}, nil, false
	}
	size := len(b) - head
	if o.sized {
		var n int
		if size, n = leb128(b[head:]); n == 0 || size > len(b)-head-n {
			return obu{}, nil, false
		}
		head += n
	}
	end := head + size
	o.whole, o.body = b[:end:end], b[head:end:end]
	return o, b[end:], true
}

// leb128 reads a size; n is how many bytes it takes, 0 if it is none.
func leb128(b []byte) (v, n int) {
	for i := range min(len(b), 5) {
		v |= int(b[i]&0x7f) << (7 * i)
		if b[i]&0x80 == 0 {
			if v > 1<<31-1 {
				return 0, 0
			}
			return v, i + 1
		}
	}
	return 0, 0
}

func appendLEB128(dst []byte, v int) []byte {
	for ; v > 0x7f; v >>= 7 {
		dst = append(dst, byte(v)|0x80)
	}
	return append(dst, byte(v))
}

// obus yields the OBUs of a payload. It stops at the first that does not fit.
func obus(payload []byte) iter.Seq[obu] {
	return func(yield func(obu) bool) {
		for len(payload) > 0 {
			o, rest, ok := takeOBU(payload)
			if !ok || !yield(o) {
				return
			}
			payload = rest
		}
	}
}

// AppendOBU appends an OBU, with or without its own size, in the form that a unit of AV1 holds; temporal delimiters are left out.
// Of an empty or damaged one it appends nothing and returns ErrBadOBU.
func AppendOBU(dst, b []byte) ([]byte, error) {
	o, rest, ok := takeOBU(b)
	switch {
	case !ok || len(rest) > 0:
		return dst, ErrBadOBU
	case o.kind == obuTemporalDelimiter:
		return dst, nil
	case o.sized:
		return append(dst, o.whole...), nil
	}
	head := len(o.whole) - len(o.body)
	dst = append(dst, o.whole[0]|2)
	dst = append(dst, o.whole[1:head]...)
	dst = appendLEB128(dst, len(o.body))
	return append(dst, o.body...), nil
}

// TrimOBUs returns a temporal unit in the form that a unit of AV1 holds (AV1 in ISO base media files, 2.4): every OBU has
// its size, and there are no temporal delimiters. It returns a part of b where that suffices, which is the rule, and else a copy.
// Its only error is ErrBadOBU.
func TrimOBUs(b []byte) ([]byte, error) {
	trimmed, clean := b, true
	for rest := b; len(rest) > 0; {
		o, after, ok := takeOBU(rest)
		if !ok {
			return nil, ErrBadOBU
		}
		switch {
		case o.kind == obuTemporalDelimiter && len(trimmed) == len(rest):
			trimmed = after
		case o.kind == obuTemporalDelimiter || !o.sized:
			clean = false
		}
		rest = after
	}
	if clean {
		return trimmed, nil
	}
	out := make([]byte, 0, len(trimmed)+8)
	for o := range obus(trimmed) {
		var err error
		if out, err = AppendOBU(out, o.whole); err != nil {
			return nil, err
		}
	}
	return out, nil
}
