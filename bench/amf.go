package main

import (
	"encoding/binary"
	"math"
)

// property is a field of an AMF object.
type property struct{ name, value string }

// appendAMF appends values in AMF 0: strings, numbers, nil, and objects of strings.
func appendAMF(b []byte, values ...any) []byte {
	for _, v := range values {
		switch v := v.(type) {
		case string:
			b = appendText(append(b, 2), v)
		case float64:
			b = binary.BigEndian.AppendUint64(append(b, 0), math.Float64bits(v))
		case []property:
			b = append(b, 3)
			for _, p := range v {
				b = appendAMF(appendText(b, p.name), p.value)
			}
			b = append(b, 0, 0, 9)
		default:
			b = append(b, 5)
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

// commandName reads the name and the transaction with which a command begins.
func commandName(b []byte) (name string, transaction float64, ok bool) {
	if len(b) < 3 || b[0] != 2 {
		return "", 0, false
	}
	n := int(binary.BigEndian.Uint16(b[1:]))
	if len(b) < 3+n+9 || b[3+n] != 0 {
		return "", 0, false
	}
	return string(b[3 : 3+n]), math.Float64frombits(binary.BigEndian.Uint64(b[4+n:])), true
}
