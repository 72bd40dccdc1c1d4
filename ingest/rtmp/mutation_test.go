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

// TestMutatedPushes damages a push in thousands of ways. None may be read beyond its bounds or leave anything accounted for.
func TestMutatedPushes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	whole := wholePush()
	if n := follow(t, rnd, whole); n != 25+46 {
		t.Fatalf("%d units of the whole push", n)
	}
	read := 0
	for range 10_000 {
		in := slices.Clone(whole)
		for range 1 + rnd.IntN(4) {
			at := rnd.IntN(len(in))
			if rnd.IntN(2) == 0 {
				at = rnd.IntN(min(len(in), 1000)) // where the commands and configurations are
			}
			switch end := min(len(in), at+1+rnd.IntN(50)); rnd.IntN(4) {
			case 0:
				in[at] ^= 1 << rnd.IntN(8)
			case 1:
				in[at] = []byte{0, 1, 2, 3, 0x7f, 0x80, 0xc3, 0xff}[rnd.IntN(8)]
			case 2:
				in = slices.Delete(in, at, end)
			case 3:
				in = slices.Insert(in, at, slices.Clone(in[at:end])...)
			}
		}
		read += follow(t, rnd, in)
	}
	if t.Logf("%d units of damaged pushes", read); read == 0 {
		t.Error("none was read at all")
	}
}
