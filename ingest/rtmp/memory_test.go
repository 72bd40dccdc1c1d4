package rtmp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// TestUnitsKeepWhatTheyHold sends messages of all sizes, alone and several in one, through a session whose memory is overwritten once
// it is released. Bytes come in pieces of any size, units are released at any time and in any order: until then they hold what was sent.
func TestUnitsKeepWhatTheyHold(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			s, w := publishing(t)
			r := s.stream.NewReader(stream.ReaderOptions{MaxBytes: 1 << 30})
			out, want := randomMessages(rnd, w)
			var held []*media.Unit
			next := 0
			for len(out) > 0 {
				n := min(len(out), 1+rnd.IntN(3<<(4*rnd.IntN(5))))
				if got, err := s.feed(out[:n], time.Now()); err != nil {
					t.Fatal(err)
				} else if out = out[got:]; got == 0 && n == len(out) {
					t.Fatalf("%d bytes are left over", n)
				}
				if rnd.IntN(4) > 0 {
					continue
				}
				if err := s.deliver(); err != nil {
					t.Fatal(err)
				}
				held = append(held, r.Take().Units...)
				for len(held) > 0 && rnd.IntN(8) > 0 {
					i := rnd.IntN(len(held))
					check(t, held[i], want)
					held[i].Release()
					held[i] = held[len(held)-1]
					held = held[:len(held)-1]
					next++
				}
			}
			if err := s.deliver(); err != nil {
				t.Fatal(err)
			}
			for _, u := range append(held, r.Take().Units...) {
				check(t, u, want)
				u.Release()
				next++
			}
			if next != len(want) {
				t.Errorf("%d of %d units", next, len(want))
			}
			if s.chunks.stored != 0 || s.chunks.lent != 0 || s.chunks.partial != 0 {
				t.Errorf("%d bytes stored, %d messages lent, %d bytes accounted", s.chunks.stored, s.chunks.lent, s.chunks.partial)
			}
		})
	}
}

func check(t *testing.T, u *media.Unit, want map[int64][]byte) {
	t.Helper()
	if !bytes.Equal(u.Payload, want[u.DTS]) {
		t.Fatalf("unit at %d has %d bytes that are not those sent, %d", u.DTS, len(u.Payload), len(want[u.DTS]))
	}
}

// randomMessages returns the chunks of messages with pictures, and the payloads by DTS.
func randomMessages(rnd *rand.Rand, w *client) (out []byte, want map[int64][]byte) {
	want = map[int64][]byte{}
	at := uint32(0)
	out = w.chunks(6, 0, 9, 1, videoConfig(), true)
	payload := func() []byte {
		p := nalu(false, int(at), 1+rnd.IntN(10<<(3*rnd.IntN(5))))
		want[int64(at)] = p
		return p
	}
	for range 60 {
		switch rnd.IntN(5) {
		case 0:
			size := 1 + rnd.IntN(1<<(4*(1+rnd.IntN(4))))
			out = append(out, w.chunks(2, 0, 1, 0, be32(uint32(size)), true)...)
			w.chunk = size
		case 1:
			start := at
			var tags []byte
			for range 1 + rnd.IntN(5) {
				body := picture(payload())
				tags = append(tags, 9, byte(len(body)>>16), byte(len(body)>>8), byte(len(body)))
				tags = append(tags, byte(at>>16), byte(at>>8), byte(at), 0, 0, 0, 0)
				tags = binary.BigEndian.AppendUint32(append(tags, body...), uint32(11+len(body)))
				at++
			}
			out = append(out, w.chunks(6, start, 22, 1, tags, true)...)
		default:
			out = append(out, w.chunks(6, at, 9, 1, picture(payload()), true)...)
			at++
		}
	}
	return out, want
}

// TestTinyUnitsHoldLittle: what a unit keeps in memory has to do with its own size, not with what else came along.
func TestTinyUnitsHoldLittle(t *testing.T) {
	s, w := publishing(t)
	s.memory = &media.Slabs{}
	r := s.stream.NewReader(stream.ReaderOptions{})
	send := func(b []byte) {
		if _, err := s.feed(b, time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := s.deliver(); err != nil {
			t.Fatal(err)
		}
	}
	send(w.chunks(6, 0, 9, 1, videoConfig(), true))
	junk := w.chunks(7, 0, 99, 1, make([]byte, 200_000), true)
	before := heapInUse()
	for i := range 500 {
		send(cat(junk, w.chunks(6, uint32(i), 9, 1, picture(nalu(false, i, 10)), true)))
	}
	grown := int64(heapInUse()) - int64(before)
	if b := r.Take(); len(b.Units) != 500 {
		t.Errorf("%d units", len(b.Units))
	}
	if grown > 4<<20 {
		t.Errorf("500 units of 14 bytes keep %d bytes", grown)
	}
}

func heapInUse() uint64 {
	var m runtime.MemStats
	for range 3 { // pools forget in steps
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestNothingStaysLent: an unfinished message that exceeds a limit when it has to leave the slab ends the connection, whatever else
// happened; nothing is left in memory that others get.
func TestNothingStaysLent(t *testing.T) {
	s, w := publishing(t)
	s.chunks.limits.MaxPartialSize = 100_000
	var out []byte
	for cs := byte(8); cs < 11; cs++ {
		out = append(out, cat(header(cs, 0, 60_000, 20, 1), make([]byte, w.chunk))...)
	}
	out = append(out, w.chunks(3, 0, 20, 1, amf("closeStream", 0.0, nil), true)...)
	out = append(out, w.chunks(7, 0, 99, 1, make([]byte, 200_000), true)...) // so that the slab has room
	if _, err := s.feed(out, time.Now()); !errors.Is(err, errLimit) {
		t.Errorf("error %v", err)
	}
	for cs := range s.chunks.all {
		if cs.lent {
			t.Error("a message is still in the slab")
		}
	}
	if s.chunks.lent != 0 {
		t.Errorf("%d messages lent", s.chunks.lent)
	}
}
