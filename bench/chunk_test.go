package main

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

func TestChunkHeaders(t *testing.T) {
	w := newChunkWriter()
	body := []byte{1, 2, 3}
	for _, step := range []struct {
		at   time.Duration
		body []byte
		want []byte
	}{
		{40 * time.Millisecond, body, []byte{6, 0, 0, 40, 0, 0, 3, 9, 1, 0, 0, 0, 1, 2, 3}},
		{80 * time.Millisecond, body, []byte{2<<6 | 6, 0, 0, 40, 1, 2, 3}},
		{81 * time.Millisecond, body[:1], []byte{1<<6 | 6, 0, 0, 1, 0, 0, 1, 9, 1}},
		// Time falls, which a relative header cannot say.
		{20 * time.Millisecond, body[:1], []byte{6, 0, 0, 20, 0, 0, 1, 9, 1, 0, 0, 0, 1}},
	} {
		w.out = nil
		w.message(6, 9, 1, step.at, step.body)
		if !bytes.Equal(w.out, step.want) {
			t.Errorf("at %v: % x, want % x", step.at, w.out, step.want)
		}
	}
}

// TestChunksRoundTrip has the reader put together what the writer took apart, at the edges of the chunk size.
func TestChunksRoundTrip(t *testing.T) {
	for _, size := range []int{1, 127, 128, 129, 256, 257, 4096, 4097, 9000} {
		w := newChunkWriter()
		body := make([]byte, size)
		for i := range body {
			body[i] = byte(i)
		}
		w.message(4, typeCommand, 0, 0, body)
		w.setSize(chunkSize)
		w.message(4, typeCommand, 0, time.Second, body[:size/3], body[size/3:])
		r := newChunkReader(bytes.NewReader(w.out))
		var got [][]byte
		for range 3 {
			_, b, err := r.message()
			if err != nil {
				t.Fatalf("%d bytes: %v", size, err)
			}
			got = append(got, b)
		}
		if !bytes.Equal(got[0], body) || !bytes.Equal(got[2], body) {
			t.Errorf("%d bytes do not come back", size)
		}
		if r.r.Buffered() != 0 {
			t.Errorf("%d bytes: %d are left over", size, r.r.Buffered())
		}
	}
}

func FuzzChunkReader(f *testing.F) {
	w := newChunkWriter()
	w.setSize(300)
	w.message(3, typeCommand, 0, 0, appendAMF(nil, "_result", 1.0, nil))
	f.Add(w.out)
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newChunkReader(bytes.NewReader(b))
		for {
			_, body, err := r.message()
			if err != nil {
				return
			}
			if len(body) > maxAnswer {
				t.Fatalf("a message of %d bytes", len(body))
			}
			_, _, _ = commandName(body)
		}
	})
}

func TestCommandName(t *testing.T) {
	b := appendAMF(nil, "_result", 4.0, nil, []property{{"code", "x"}})
	name, transaction, ok := commandName(b)
	if name != "_result" || transaction != 4 || !ok {
		t.Errorf("%q %v %v", name, transaction, ok)
	}
	for n := range 3 + 7 + 9 {
		if _, _, ok := commandName(slices.Clone(b[:n])); ok {
			t.Errorf("%d bytes are taken for a command", n)
		}
	}
}
