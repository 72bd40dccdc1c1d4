package rtmp

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// wholePush is what a publisher sends from connect to deleteStream: a second of real pictures and sound.
func wholePush() []byte {
	c := &client{chunk: initialChunkSize}
	out := cat(
		c.chunks(3, 0, 20, 0, amf("connect", 1.0, []property{{"app", "live"}, {"tcUrl", "rtmp://h/live"}}), true),
		c.chunks(2, 0, 5, 0, be32(2_500_000), true),
		c.chunks(3, 0, 20, 0, amf("createStream", 2.0, nil), true),
		c.chunks(4, 0, 20, 1, amf("publish", 3.0, nil, "key", "live"), true),
		c.chunks(4, 0, 18, 1, amf("@setDataFrame", "onMetaData", []property{{"videocodecid", 7.0}, {"audiocodecid", 10.0}}), true),
		c.chunks(6, 0, 9, 1, videoConfig(), true), c.chunks(5, 0, 8, 1, audioConfig(), true),
	)
	video, audio := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	units := mediatest.Interleave(mediatest.Pictures(video, 25, 1<<24-500, 40), mediatest.Sound(audio, 46, 1<<24-500))
	for i, u := range units {
		if i == len(units)/2 {
			out = append(out, c.chunks(2, 0, 1, 0, be32(300), true)...)
			c.chunk = 300
		}
		if u.Track.Codec.Kind() == media.Video {
			cts := int(u.PTS - u.DTS)
			body := cat([]byte{0x27, 1, byte(cts >> 16), byte(cts >> 8), byte(cts)}, u.Payload)
			out = append(out, c.chunks(6, uint32(u.DTS), 9, 1, body, true)...)
		} else {
			out = append(out, c.chunks(5, uint32(u.DTS), 8, 1, sound(u.Payload...), i%2 == 0)...)
		}
	}
	return append(out, c.chunks(3, 0, 20, 0, amf("deleteStream", 9.0, nil, 1.0), true)...)
}

// follow feeds a session what a connection would, in pieces as they may come from a socket, and returns how many units it read.
func follow(t *testing.T, rnd *rand.Rand, in []byte) (units int) {
	t.Helper()
	s, waiting, publishing := testSession(t)
	var rest []byte
	var err error
	for len(in) > 0 && err == nil {
		n := min(1+rnd.IntN(20_000), len(in))
		rest = append(rest, in[:n]...)
		in = in[n:]
		s.count(n, time.Time{})
		for again := true; again; {
			var used int
			used, err = s.feed(rest, time.Time{})
			rest = rest[used:]
			units += len(s.units)
			if derr := s.deliver(); derr != nil {
				t.Fatal(derr)
			}
			if again = err == errPublished || err == errUnpublished; err == errUnpublished {
				s.stream.End(stream.EndClient, "")
				s.close()
			}
			if again {
				err = nil
			}
		}
		if err == nil && len(rest) >= maxHeader {
			t.Fatalf("%d bytes are left over", len(rest))
		}
		s.out = s.out[:0]
	}
	s.chunks.close()
	if a, b := waiting.used.Load(), publishing.used.Load(); a != 0 || b != 0 || s.chunks.partial != 0 {
		t.Fatalf("%d, %d and %d bytes are still accounted for", a, b, s.chunks.partial)
	}
	return units
}

// damaged returns a push with up to four pieces of it changed: bits and bytes, cuts, insertions, pieces moved or doubled, and sizes that lie. Half
// of the changes are among the first bytes, where the commands and configurations are.
func damaged(rnd *rand.Rand, whole []byte, first int) []byte {
	in := slices.Clone(whole)
	for range 1 + rnd.IntN(4) {
		if len(in) == 0 {
			break
		}
		at := rnd.IntN(len(in))
		if rnd.IntN(2) == 0 {
			at = rnd.IntN(min(len(in), first))
		}
		end := min(len(in), at+1+rnd.IntN(50))
		piece := slices.Clone(in[at:end])
		switch rnd.IntN(8) {
		case 0:
			in[at] ^= 1 << rnd.IntN(8)
		case 1:
			in[at] = []byte{0, 1, 2, 3, 0x7f, 0x80, 0xc3, 0xff}[rnd.IntN(8)]
		case 2:
			in = slices.Delete(in, at, end)
		case 3:
			in = slices.Insert(in, at, piece...)
		case 4:
			for i := range piece {
				piece[i] = byte(rnd.Uint32())
			}
			in = slices.Insert(in, at, piece...)
		case 5:
			in = slices.Delete(in, at, end)
			in = slices.Insert(in, rnd.IntN(len(in)+1), piece...)
		case 6: // a size or time, as it may be in a header or an AMF value
			lie := []uint32{0, 1, 127, 128, 0xffff, 0xffffff, 0x7fffffff, 0xffffffff, rnd.Uint32()}[rnd.IntN(9)]
			copy(in[at:end], be32(lie)[rnd.IntN(3):])
		case 7:
			in = in[:max(1, at)]
		}
	}
	return in
}

// TestMutatedPushes damages a push in thousands of ways. None may be read beyond its bounds or leave anything accounted for.
func TestMutatedPushes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	whole := wholePush()
	if n := follow(t, rnd, whole); n != 25+46 {
		t.Fatalf("%d units of the whole push", n)
	}
	read := 0
	for range 10_000 {
		in := damaged(rnd, whole, 1000)
		read += follow(t, rnd, in)
	}
	if t.Logf("%d units of damaged pushes", read); read == 0 {
		t.Error("none was read at all")
	}
}
