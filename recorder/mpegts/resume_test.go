package mpegts_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/mpegts"
)

// TestResume makes a muxer again from what another one wrote, from the beginning and from tables later on. It goes on just as that one.
func TestResume(t *testing.T) {
	h264, aac := mediatest.H264(1, 90000), mediatest.AAC(2, 90000)
	units := mediatest.Interleave(mediatest.Pictures(h264, 30, 0, 3600), mediatest.Sound(aac, 50, 0))
	for _, second := range [][]*media.Track{{h264, aac}, {aac}} {
		m, err := mpegts.NewMuxer([]*media.Track{h264, aac})
		if err != nil {
			t.Fatal(err)
		}
		data := m.Tables(nil, false)
		var later int64
		var counters []byte
		for i, u := range units {
			if i == len(units)/2 {
				if err := m.SetTracks(second); err != nil {
					t.Fatal(err)
				}
				later, counters = int64(len(data)), m.Counters(nil)
				data = m.Tables(data, true)
			}
			if m.Check(u) == nil {
				data = m.Append(data, u, u.DTS, u.PTS)
			}
		}
		goOn := func(m *mpegts.Muxer) []byte {
			if err := m.SetTracks([]*media.Track{h264, aac}); err != nil {
				t.Fatal(err)
			}
			out := m.Tables(nil, true)
			for _, u := range units[:9] {
				out = m.Append(out, u, u.DTS, u.PTS)
			}
			return out
		}
		var resumed []*mpegts.Muxer
		for _, from := range []int64{0, later} {
			counted := counters
			if from == 0 {
				counted = nil
			}
			again, err := mpegts.Resume(bytes.NewReader(data), from, int64(len(data)), counted)
			if err != nil {
				t.Fatal(err)
			}
			resumed = append(resumed, again)
		}
		want := goOn(m)
		for i, again := range resumed {
			if !bytes.Equal(goOn(again), want) {
				t.Errorf("the muxer made from %d goes on in another way", []int64{0, later}[i])
			}
		}
	}
}

// FuzzResume reads any bytes.
func FuzzResume(f *testing.F) {
	h264, aac := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	r := begin(f, h264, aac)
	r.segments(mediatest.Interleave(mediatest.Pictures(h264, 2, 0, 40), mediatest.Sound(aac, 2, 0)), 0, false)
	f.Add(r.data, int64(0), []byte{1, 2, 3, 4})
	f.Add(r.data, int64(188), []byte(nil))
	f.Add(r.data[:1000], int64(0), make([]byte, 99))
	f.Fuzz(func(t *testing.T, data []byte, from int64, counted []byte) {
		m, err := mpegts.Resume(bytes.NewReader(data), from, int64(len(data)), counted)
		if err != nil {
			if !errors.Is(err, container.ErrCorrupt) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatal(err)
			}
			return
		}
		if err := m.SetTracks([]*media.Track{h264, aac}); err != nil {
			t.Fatal(err)
		}
		if n := len(m.Tables(nil, true)); n != 2*188 {
			t.Errorf("tables of %d bytes", n)
		}
	})
}
