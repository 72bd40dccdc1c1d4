package rtmp

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
)

// Limits of AMF from a peer. Everything is checked before anything is allocated for it: a decoder that trusts depth
// or counts lets one message overflow the stack.
const (
	maxAMFSize   = 256 << 10
	maxAMFDepth  = 32
	maxAMFValues = 32 << 10
)

var (
	errAMFLimit = errors.New("AMF is larger or deeper than any encoder's")
	errAMFShort = errors.New("AMF value is cut short")
	errAMFType  = errors.New("AMF value has an unknown type")
)

// AMF0 markers (AMF 0 specification, 2.1).
const (
	amfNumber, amfBoolean, amfString, amfObject = 0, 1, 2, 3
	amfNull, amfUndefined, amfReference         = 5, 6, 7
	amfECMAArray, amfObjectEnd, amfStrictArray  = 8, 9, 10
	amfDate, amfLongString, amfUnsupported      = 11, 12, 13
	amfXML, amfTypedObject                      = 15, 16
)

// object is a decoded AMF0 object or ECMA array.
type object map[string]any

// amfReader decodes AMF0 values: float64, bool, string, object, []any, or nil for all else.
type amfReader struct {
	b      []byte
	values int
}

// readAMF decodes the values of a message. With an error come those before the first bad one.
func readAMF(b []byte) ([]any, error) {
	if len(b) > maxAMFSize {
		return nil, errAMFLimit
	}
	r := amfReader{b: b}
	var out []any
	for len(r.b) > 0 {
		v, err := r.value(0)
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (r *amfReader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.b)) {
		return nil, errAMFShort
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b, nil
}

func (r *amfReader) value(depth int) (any, error) {
	if r.values++; depth > maxAMFDepth || r.values > maxAMFValues {
		return nil, errAMFLimit
	}
	m, err := r.take(1)
	if err != nil {
		return nil, err
	}
	switch m[0] {
	case amfNumber:
		b, err := r.take(8)
		if err != nil {
			return nil, err
		}
		return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
	case amfBoolean:
		b, err := r.take(1)
		if err != nil {
			return nil, err
		}
		return b[0] != 0, nil
	case amfString:
		return r.text(2)
	case amfLongString, amfXML:
		return r.text(4)
	case amfNull, amfUndefined, amfUnsupported:
		return nil, nil
	case amfReference:
		_, err := r.take(2)
		return nil, err
	case amfDate:
		_, err := r.take(10)
		return nil, err
	case amfStrictArray:
		return r.array(depth)
	}
	return r.compound(m[0], depth)
}

func (r *amfReader) compound(marker byte, depth int) (any, error) {
	switch marker {
	case amfECMAArray:
		if _, err := r.take(4); err != nil { // a count that encoders get wrong
			return nil, err
		}
	case amfTypedObject:
		if _, err := r.text(2); err != nil {
			return nil, err
		}
	case amfObject:
	default:
		return nil, errAMFType
	}
	out := object{}
	for {
		if len(r.b) == 0 {
			return out, nil // some encoders leave the end marker out
		}
		name, err := r.text(2)
		if err != nil {
			return nil, err
		}
		if len(r.b) > 0 && r.b[0] == amfObjectEnd {
			r.b = r.b[1:]
			return out, nil
		}
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
}

func (r *amfReader) array(depth int) (any, error) {
	b, err := r.take(4)
	if err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(r.b)) { // every value has a byte at least
		return nil, errAMFShort
	}
	var out []any
	for range n {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// text reads a string behind a length of size bytes.
func (r *amfReader) text(size uint64) (string, error) {
	b, err := r.take(size)
	if err != nil {
		return "", err
	}
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	b, err = r.take(n)
	return string(b), err
}

// plain returns a value as text: some encoders send names as numbers.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// property is one member of an object to be written, in order.
type property struct {
	name  string
	value any
}

// appendAMF appends values: float64, bool, string, []property, []any; all else is null.
func appendAMF(dst []byte, values ...any) []byte {
	for _, v := range values {
		switch v := v.(type) {
		case float64:
			dst = binary.BigEndian.AppendUint64(append(dst, amfNumber), math.Float64bits(v))
		case bool:
			dst = append(dst, amfBoolean, 0)
			if v {
				dst[len(dst)-1] = 1
			}
		case string:
			dst = appendText(append(dst, amfString), v)
		case []any:
			dst = binary.BigEndian.AppendUint32(append(dst, amfStrictArray), uint32(len(v)))
			dst = appendAMF(dst, v...)
		case []property:
			dst = append(dst, amfObject)
			for _, p := range v {
				dst = appendAMF(appendText(dst, p.name), p.value)
			}
			dst = append(dst, 0, 0, amfObjectEnd)
		default:
			dst = append(dst, amfNull)
		}
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	s = s[:min(len(s), math.MaxUint16)]
	return append(append(dst, byte(len(s)>>8), byte(len(s))), s...)
}
