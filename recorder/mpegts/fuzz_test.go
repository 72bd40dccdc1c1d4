package mpegts_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/mpegts"
)

// FuzzDemux reads any bytes. Packets must follow each other, hold no more than the file does, and be found again in what is whole.
func FuzzDemux(f *testing.F) {
	h264, aac := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	tracks := []*media.Track{h264, aac}
	r := begin(f, h264, aac)
	r.segments(mediatest.Interleave(mediatest.Pictures(h264, 2, 0, 40), mediatest.Sound(aac, 2, 0)), 0, false)
	second := int64(len(r.data))
	r.setTracks(aac)
	r.segments(mediatest.Sound(aac, 2, 0), 0, true)
	f.Add(r.data, int64(0), false)
	f.Add(r.data, second, true)
	f.Add(r.data, r.want[1].Offset, true)
	f.Add(r.data[second:], int64(0), false)
	mp3, ac3 := mediatest.Track("mp3", 1, 1000), mediatest.Track("ac3", 2, 1000)
	other := begin(f, mp3, ac3)
	other.segments(mediatest.Interleave(mediatest.Units(mp3, 2, 0), mediatest.Units(ac3, 2, 0)), 0, false)
	f.Add(other.data, int64(0), false)
	f.Fuzz(func(t *testing.T, data []byte, from int64, given bool) {
		known := tracks
		if !given {
			known = nil
		}
		valid, n := walk(t, data, from, known)
		if n == 0 {
			return
		}
		if again, m := walk(t, data[:valid], from, known); again != valid || m != n {
			t.Fatalf("%d packets in %d bytes, then %d in %d", n, valid, m, again)
		}
	})
}

// walk reads to the end, and returns how much is whole and how many packets there are.
func walk(t *testing.T, data []byte, from int64, tracks []*media.Track) (valid int64, n int) {
	t.Helper()
	d := mpegts.NewDemuxer(bytes.NewReader(data), from, int64(len(data)), tracks)
	end := from
	for ; ; n++ {
		p, err := d.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, container.ErrCorrupt) {
				t.Fatal(err)
			}
			if d.Valid() != end || errors.Is(err, io.EOF) && end != int64(len(data)) {
				t.Fatalf("%d bytes are whole, but the last packet ends at %d: %v", d.Valid(), end, err)
			}
			return end, n
		}
		if p.Offset != end || p.End <= end || p.End > int64(len(data)) || (p.End-p.Offset)%188 != 0 {
			t.Fatalf("packet from %d to %d behind %d", p.Offset, p.End, end)
		}
		end = p.End
		if p.Tables {
			continue
		}
		if p.Track >= len(d.Tracks()) || d.Tracks()[p.Track].Codec == nil || len(p.Payload) == 0 || int64(len(p.Payload)) >= p.End-p.Offset {
			t.Fatalf("%+v", p)
		}
	}
}

// FuzzRoundTrip writes a stream that the bytes describe, and reads it back.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("any units"), uint64(1))
	f.Add([]byte("\x00\x00\x00\x01\x67\x00\x00\x00\x01\x68\x00\x00\x00\x01\x09"), uint64(2))
	f.Add(bytes.Repeat([]byte{0}, 500), uint64(3))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		data = slices.Clone(data)
		for i, c := range data {
			if c&0x1f == 7 || c&0x1f == 8 {
				data[i] = 6 // parameter sets of its own would be those of the track: see TestOwnSets
			}
		}
		h264, aac := mediatest.H264(1, 1000), mediatest.AAC(2, 48000)
		sets := [][]*media.Track{{h264, aac}, {aac}, {aac, h264}, {h264}, {h264, mediatest.OtherAAC(2, 1000)}}
		r := begin(t, sets[rnd.IntN(len(sets))]...)
		r.tables(rnd.IntN(2) == 0)
		for range 40 {
			switch rnd.IntN(12) {
			case 0:
				r.setTracks(sets[rnd.IntN(len(sets))]...)
				r.tables(rnd.IntN(2) == 0)
			case 1:
				r.tables(rnd.IntN(2) == 0)
			default:
				u := &media.Unit{Track: r.tracks[rnd.IntN(len(r.tracks))], RandomAccess: rnd.IntN(5) == 0, DTS: rnd.Int64() >> 8}
				u.PTS = u.DTS + rnd.Int64N(3)*40
				arbitrary(u, data, rnd)
				r.add(u, rnd.Int64())
			}
		}
		mend(r)
		if _, err := r.check(r.data, 0, nil); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		n := 1 + rnd.IntN(len(r.want)-1)
		if _, err := r.check(r.data, n, r.want[n-1].tracks); !errors.Is(err, io.EOF) {
			t.Fatalf("from packet %d on: %v", n, err)
		}
	})
}

// arbitrary sets a payload of pieces of data.
func arbitrary(u *media.Unit, data []byte, rnd *rand.Rand) {
	piece := func() []byte {
		at := rnd.IntN(len(data) + 1)
		return data[at : at+rnd.IntN(len(data)-at+1)]
	}
	if u.Track.Codec.Kind() == media.Audio {
		u.RandomAccess = true
		u.Payload = append(slices.Clone(piece()), 0x80)
		u.Payload = u.Payload[max(len(u.Payload)-8000, 0):]
		return
	}
	for range rnd.IntN(4) {
		u.Payload = append(u.Payload, payload(string(piece()))...)
	}
	// A last byte of zero is what a lost page leaves; neither H.264 nor AAC end so.
	u.Payload = append(u.Payload, payload("\x41"+string(piece())+"\x80")...)
	if len(data) > 0 && rnd.IntN(20) == 0 {
		u.Payload = append(u.Payload, payload(string(bytes.Repeat(data, 70000/len(data)))+"\x80")...)
	}
}

// mend makes of the payloads that are expected what a byte stream makes of them: a start code is one wherever it stands, there are
// no empty NAL units, and a delimiter in front is not told from what Muxer adds.
func mend(r *recording) {
	startCode := []byte{0, 0, 0, 1}
	for i := range r.want {
		w := &r.want[i]
		if w.Tables || w.unit.Track.Codec.Kind() == media.Audio {
			continue
		}
		var stream []byte
		delimited := false
		for b := w.Payload; len(b) > 0; {
			n := 4 + binary.BigEndian.Uint32(b)
			if n > 4 {
				delimited = delimited || len(stream) == 0 && b[4]&0x1f == 9 && !bytes.Contains(b[4:n], startCode)
				stream = append(append(stream, startCode...), b[4:n]...)
			}
			b = b[n:]
		}
		w.Payload = nil
		for i, nalu := range bytes.Split(stream[4:], startCode) {
			if i > 0 || !delimited {
				w.Payload = append(w.Payload, payload(string(nalu))...)
			}
		}
	}
}
