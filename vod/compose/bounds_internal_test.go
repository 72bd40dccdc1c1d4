package compose

import (
	"bytes"
	"io"
	"iter"
	"math"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/vod"
)

// TestBackgroundPanics: a panic comes to who asked, who takes it, rather than end the server.
func TestBackgroundPanics(t *testing.T) {
	defer func() {
		if got := recover(); got != "ouch" {
			t.Errorf("recovered %v", got)
		}
	}()
	_, err := background(func() (int, error) { panic("ouch") })
	t.Errorf("it did not panic: %v", err)
}

// standing is a format whose files have units without end that all have the same time.
type standing struct {
	container.Format
	read *int
}

func (s standing) Read(io.ReaderAt, int64) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		track := mediatest.H264(1, 1000)
		for range 2 * maxWaitingUnits {
			*s.read++
			if !yield(&media.Unit{Track: track, RandomAccess: true, Payload: []byte{1}}, nil) {
				return
			}
		}
	}
}

// TestTimesStandStill: what waits to be put into order is bounded, whatever times a file has.
func TestTimesStandStill(t *testing.T) {
	read := 0
	p := &piece{src: &source{format: standing{read: &read}, object: &vod.Object{ReadSeekCloser: nopCloser{bytes.NewReader(nil)}}}, to: never}
	for _, err := range p.ordered(keys{}, math.MinInt64/2) {
		if err != nil {
			t.Fatal(err)
		}
		if read > maxWaitingUnits+2 {
			t.Errorf("%d units were read before the first was given on", read)
		}
		return
	}
	t.Error("nothing came")
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

// TestEndingWithoutPictures: where the pictures end before the end that was asked for, the sound behind it is neither read to its end nor kept.
func TestEndingWithoutPictures(t *testing.T) {
	sound := mediatest.AAC(2, 48000)
	e := ending{to: 1e9, limit: 1e9}
	lead, other := trackKey{kind: media.Video}, trackKey{kind: media.Audio}
	for at := int64(0); at < 100e9; at += 21_333_333 {
		c := cut{Unit: &media.Unit{Track: sound, Payload: []byte{1}}, key: other, dts: at, pts: at}
		if _, done := e.take(c, c.key == lead); done {
			if at < 1e9+early || at > 1e9+early+1e8 {
				t.Errorf("it ended at %d", at)
			}
			return
		}
	}
	t.Errorf("%d units are kept", len(e.held))
}
