package mpegts_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/mpegts"
)

// benchUnits are pictures of that size.
func benchUnits(size int) []*media.Unit {
	units := mediatest.Pictures(mediatest.H264(1, 90000), 50, 0, 3600)
	for i, u := range units {
		units[i] = mediatest.Grow(u, size)
	}
	return units
}

// BenchmarkAppend measures what a unit costs, Check included, in a buffer that is large enough.
func BenchmarkAppend(b *testing.B) {
	for name, units := range map[string][]*media.Unit{
		"sound": mediatest.Sound(mediatest.AAC(1, 90000), 50, 0), "2kB": benchUnits(2000), "20kB": benchUnits(20000), "200kB": benchUnits(200000),
	} {
		b.Run(name, func(b *testing.B) {
			mux, err := mpegts.NewMuxer([]*media.Track{units[0].Track})
			if err != nil {
				b.Fatal(err)
			}
			size := 0
			for _, u := range units {
				size += len(u.Payload)
			}
			b.SetBytes(int64(size / len(units)))
			b.ReportAllocs()
			dst := make([]byte, 0, 1<<20)
			for i := 0; b.Loop(); i++ {
				u := units[i%len(units)]
				if err := mux.Check(u); err != nil {
					b.Fatal(err)
				}
				dst = mux.Append(dst[:0], u, u.DTS, u.PTS)
			}
		})
	}
}

// BenchmarkDemux measures reading a file of 100 MB.
func BenchmarkDemux(b *testing.B) {
	r := begin(b, mediatest.H264(1, 90000))
	units := benchUnits(20000)
	for i := range 100 {
		r.segments(units, int64(i)*180000, false)
	}
	b.SetBytes(int64(len(r.data)))
	b.ReportAllocs()
	for b.Loop() {
		d := mpegts.NewDemuxer(bytes.NewReader(r.data), 0, int64(len(r.data)), nil)
		for {
			if _, err := d.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}
