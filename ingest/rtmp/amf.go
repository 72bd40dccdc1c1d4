package rtmp

import (
	"encoding/binary"
	"errors"
	"math"
)

// Limits of AMF values from a peer.
const (
	maxAMFSize   = 256 << 10
	maxAMFDepth  = 32
	maxAMFValues = 16 << 10
)

var (
	errAMFSize  = errors.New("AMF value is too large")
	errAMFShort = errors.New("AMF value is cut short")
	errAMFType  = errors.New("AMF value has an unknown type")
)

// AMF0 markers (AMF 0 specification, 2.1).
const (
	amfNumber, amfBoolean, amfString, amfObject = 0, 1, 2, 3
	amfNull, amfUndefined, amfReference         = 5, 6, 7
	amfECMAArray, amfObjectEnd, amfStrictArray  = 8, 9, 10
	amfDate, amfLongString, amfUnsupported      = 11, 12, 13
	amfXML, amfTypedObject, amfSwitchToAMF3     = 15, 16, 17
)

// object is a decoded AMF0 object or array.
type object map[string]any

// amfReader decodes AMF0 values: float64, bool, string, object, or nil for all else. Depth, size and number of
// values are checked before anything is allocated for them.
type amfReader struct {
	b      []byte
	values int
}

// readAMF decodes all values of a message. What follows the first bad value is left out, and reported.
func readAMF(b []byte) ([]any, error) {
	if len(b) > maxAMFSize {
		return nil, errAMFSize
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

func (r *amfReader) take(n int) ([]byte, error) {
	if n > len(r.b) {
		return nil, errAMFShort
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b, nil
}

func (r *amfReader) value(depth int) (any, error) {
	if r.values++; depth > maxAMFDepth || r.values > maxAMFValues {
		return nil, errAMFSize
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
		if len(r.b) == 0 && marker == amfECMAArray {
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
	if uint64(n) > uint64(len(r.b)) {
		return nil, errAMFShort
	}
	out := make([]any, 0, min(n, 64))
	for range n {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (r *amfReader) text(size int) (string, error) {
	b, err := r.take(size)
	if err != nil {
		return "", err
	}
	n := 0
	for _, c := range b {
		n = n<<8 | int(c)
	}
	b, err = r.take(n)
	return string(b), err
}

// property is one member of an object to be written, in order.
type property struct {
	name  string
	value any
}

// appendAMF appends values: float64, bool, string, []property, []any, nil.
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
