package container_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
)

// TestCursor walks through a file in random steps of all kinds and compares what it sees with the file.
func TestCursor(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	data := make([]byte, 5*container.MaxPeek+123)
	for i := range data {
		data[i] = byte(rnd.Uint32())
	}
	c := container.NewCursor(bytes.NewReader(data), 100, int64(len(data)))
	for range 5000 {
		pos, n := c.Pos(), rnd.Int64N(1<<rnd.IntN(18))
		if pos+c.Left() != int64(len(data)) {
			t.Fatalf("at %d, %d left", pos, c.Left())
		}
		switch rnd.IntN(4) {
		case 0:
			n = min(n, container.MaxPeek)
			b, err := c.Peek(int(n))
			check(t, data, pos, n, b, err)
			n = 0
		case 1:
			b, err := c.Read(n)
			check(t, data, pos, n, b, err)
			if err != nil {
				n = 0
			}
		case 2:
			c.Skip(n)
		case 3:
			n = rnd.Int64N(int64(len(data))) - pos
			c.MoveTo(pos + n)
		}
		if want := min(pos+n, int64(len(data))); c.Pos() != want {
			t.Fatalf("moved to %d, want %d", c.Pos(), want)
		}
	}
}

func check(t *testing.T, data []byte, pos, n int64, b []byte, err error) {
	t.Helper()
	if pos+n > int64(len(data)) {
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d bytes at %d: %v", n, pos, err)
		}
		return
	}
	if err != nil || !bytes.Equal(b, data[pos:pos+n]) {
		t.Fatalf("%d bytes at %d: other bytes, %v", n, pos, err)
	}
}

// TestCursorShortFile checks that a file shorter than promised is told from a read error.
func TestCursorShortFile(t *testing.T) {
	c := container.NewCursor(bytes.NewReader(make([]byte, 10)), 0, 1000)
	if _, err := c.Peek(20); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("short file: %v", err)
	}
	boom := errors.New("boom")
	c = container.NewCursor(failing{boom}, 0, 1<<20)
	if _, err := c.Read(100 << 10); !errors.Is(err, boom) {
		t.Errorf("broken disk: %v", err)
	}
	if err := c.SkipChecked(10, &container.Blank{}); !errors.Is(err, boom) {
		t.Errorf("broken disk: %v", err)
	}
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

// TestBlank places runs of zeros at every alignment, in pieces of every size.
func TestBlank(t *testing.T) {
	for _, zeros := range []int{4080, 4096, 4103, 9000} {
		for at := range 17 {
			for _, piece := range []int{1, 7, 8, 64, 100000} {
				data := bytes.Repeat([]byte{1}, at)
				data = append(append(data, make([]byte, zeros)...), 1, 1, 1)
				var z container.Blank
				for i := 0; i < len(data); i += piece {
					z.Add(data[i:min(i+piece, len(data))])
				}
				if want := zeros >= 4096; z.Found() != want {
					t.Errorf("%d zeros at %d in pieces of %d: %v", zeros, at, piece, z.Found())
				}
			}
		}
	}
	for _, tail := range []int{0, 1, 9, 500} {
		var z container.Blank
		z.Add(append([]byte{1, 2, 3}, make([]byte, tail)...))
		for _, end := range []int64{8192, 8192 + 1, 8192 + 9, 8192 + 500, 8192 + 501} {
			if got, want := z.Tail(end), end > 8192 && int64(tail) >= end-8192; got != want {
				t.Errorf("%d zeros before %d: %v", tail, end, got)
			}
		}
	}
}

// TestNeverBlank checks the codecs it is about.
func TestNeverBlank(t *testing.T) {
	for _, c := range []media.Codec{mediatest.H264(1, 1).Codec, mediatest.H265(1, 1).Codec, mediatest.AAC(1, 1).Codec} {
		if !container.NeverBlank(c) {
			t.Error(c.Name())
		}
	}
	if container.NeverBlank(media.Opaque{FourCC: "av01", Of: media.Video}) {
		t.Error("av01 may hold zeros")
	}
}

// TestDefaultStep checks how long a unit lasts of which nothing else is known.
func TestDefaultStep(t *testing.T) {
	for want, track := range map[int64]*media.Track{
		21: mediatest.AAC(1, 1000), 1024: mediatest.AAC(1, 48000), 40: mediatest.H264(1, 1000), 3600: mediatest.H265(1, 90000), 1: mediatest.H264(1, 1),
	} {
		if got := container.DefaultStep(track); got != want {
			t.Errorf("%s at %d Hz: %d, want %d", track.Codec.Name(), track.Timescale, got, want)
		}
	}
}
