package rtmp

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"testing"
)

// TestAMF checks what is decoded, and that what went before an error is kept.
func TestAMF(t *testing.T) {
	for _, ca := range []struct {
		name string
		in   []byte
		want []any
		err  error
	}{
		{"scalars", amf(1.5, true, "x", nil), []any{1.5, true, "x", nil}, nil},
		{"object", amf([]property{{"a", 1.0}, {"b", []property{{"c", "d"}}}}), []any{object{"a": 1.0, "b": object{"c": "d"}}}, nil},
		{"array", amf([]any{1.0, "x"}), []any{[]any{1.0, "x"}}, nil},
		{"ECMA array with a wrong count", []byte{8, 0, 0, 0, 99, 0, 1, 'a', 5, 0, 0, 9}, []any{object{"a": nil}}, nil},
		{"ECMA array without an end", []byte{8, 0, 0, 0, 1, 0, 1, 'a', 1, 1}, []any{object{"a": true}}, nil},
		{"typed object", []byte{16, 0, 1, 'T', 0, 1, 'a', 6, 0, 0, 9, 1, 0}, []any{object{"a": nil}, false}, nil},
		{
			"date, reference, XML, long string", cat([]byte{11}, make([]byte, 10), []byte{7, 0, 1}, []byte{15, 0, 0, 0, 1, 'x'}, []byte{12, 0, 0, 0, 1, 'y'}),
			[]any{nil, nil, "x", "y"},
			nil,
		},
		{"cut short", amf("x", 1.0)[:9], []any{"x"}, errAMFShort},
		{"a length beyond the end", []byte{12, 255, 255, 255, 255, 'x'}, nil, errAMFShort},
		{"a count beyond the end", []byte{10, 255, 255, 255, 255, 5}, nil, errAMFShort},
		{"unknown", cat(amf(true), []byte{99}), []any{true}, errAMFType},
		{"too deep", cat(amf(true), bytes.Repeat([]byte{10, 0, 0, 0, 1}, 40), []byte{5}), []any{true}, errAMFLimit},
		{"deep enough", cat(bytes.Repeat([]byte{10, 0, 0, 0, 1}, 32), []byte{5}), []any{deep(32)}, nil},
		{"too many", bytes.Repeat([]byte{5}, maxAMFValues+1), make([]any, maxAMFValues), errAMFLimit},
		{"too large", make([]byte, maxAMFSize+1), nil, errAMFLimit},
	} {
		got, err := readAMF(ca.in)
		if !reflect.DeepEqual(got, ca.want) || !errors.Is(err, ca.err) {
			t.Errorf("%s: %v, %v; want %v, %v", ca.name, got, err, ca.want, ca.err)
		}
	}
}

func deep(n int) any {
	if n == 0 {
		return nil
	}
	return []any{deep(n - 1)}
}

// TestPlain checks names that come as numbers.
func TestPlain(t *testing.T) {
	for in, want := range map[any]string{"a": "a", 1.0: "1", 1e6: "1000000", 0.5: "0.5", math.Inf(1): "+Inf", true: "", nil: ""} {
		if got := plain(in); got != want {
			t.Errorf("plain(%v) = %q", in, got)
		}
	}
}

func FuzzAMFGuard(f *testing.F) {
	f.Add(amf("connect", 1.0, []property{{"app", "live"}, {"list", []any{1.0, nil, true}}}))
	f.Add([]byte{8, 0, 0, 0, 99, 0, 1, 'a', 5, 0, 0, 9})
	f.Add(bytes.Repeat([]byte{10, 0, 0, 0, 1}, 40))
	f.Add(bytes.Repeat([]byte{3, 0, 1, 'a'}, 40))
	f.Fuzz(func(t *testing.T, b []byte) {
		values, _ := readAMF(b)
		n := 0
		var walk func(v any, depth int)
		walk = func(v any, depth int) {
			if n++; n > maxAMFValues || depth > maxAMFDepth {
				t.Fatalf("%d values, depth %d", n, depth)
			}
			switch v := v.(type) {
			case object:
				for _, e := range v {
					walk(e, depth+1)
				}
			case []any:
				for _, e := range v {
					walk(e, depth+1)
				}
			}
		}
		for _, v := range values {
			walk(v, 0)
		}
	})
}
