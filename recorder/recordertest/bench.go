package recordertest

import (
	"slices"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
)

// Append measures what a unit costs in a writer, the index included: pictures of 12 KB at 25 per second with sound, in write
// groups of 200 ms. Pictures are left out where the format cannot carry them.
func Append(b *testing.B, f container.Format) {
	units := mediatest.Interleave(mediatest.Pictures(mediatest.H264(1, 1000), 500, 0, 40), mediatest.Sound(mediatest.AAC(2, 1000), 930, 0))
	units = slices.DeleteFunc(units, func(u *media.Unit) bool { return !f.Supports(u.Track.Codec) })
	bytes := 0
	for i, u := range units {
		if u.Track.ID == 1 {
			units[i] = mediatest.Grow(u, 12<<10)
		}
		bytes += len(units[i].Payload)
	}
	w, err := f.NewWriter(tracksOf(units))
	if err != nil {
		b.Fatal(err)
	}
	buf := w.Header(nil, 0)
	var index []byte
	span := units[len(units)-1].DTS + 40
	b.SetBytes(int64(bytes / len(units)))
	b.ReportAllocs()
	ring := make([]media.Unit, 1024) // a writer may keep units back
	for i := 0; b.Loop(); i++ {
		u := &ring[i%len(ring)]
		*u = *units[i%len(units)]
		u.DTS += int64(i/len(units)) * span
		u.PTS += int64(i/len(units)) * span
		if buf, err = w.Append(buf, u); err != nil {
			b.Fatal(err)
		}
		if i%14 == 0 {
			index = w.Index(index[:0])
			buf = buf[:0]
		}
	}
}
