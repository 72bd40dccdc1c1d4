package mpegts_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/mpegts"
)

const (
	clock    = 90000
	timeMask = 1<<33 - 1
)

// recording is a stream and what is in it.
type recording struct {
	t      testing.TB
	mux    *mpegts.Muxer
	tracks []*media.Track
	data   []byte
	want   []want
	// changed: other tracks were set since the last tables.
	changed bool
}

// want is a packet as Next must return it, with the tracks in force.
type want struct {
	mpegts.Packet
	tracks []*media.Track
	unit   *media.Unit
}

func begin(t testing.TB, tracks ...*media.Track) *recording {
	t.Helper()
	mux, err := mpegts.NewMuxer(tracks)
	if err != nil {
		t.Fatal(err)
	}
	return &recording{t: t, mux: mux, tracks: tracks}
}

func (r *recording) setTracks(tracks ...*media.Track) {
	r.t.Helper()
	if err := r.mux.SetTracks(tracks); err != nil {
		r.t.Fatal(err)
	}
	r.tracks, r.changed = tracks, true
}

func (r *recording) tables(discontinuity bool) {
	w := want{Packet: mpegts.Packet{Tables: true, Discontinuity: discontinuity, Changed: r.changed}, tracks: r.tracks}
	r.changed = false
	w.Offset = int64(len(r.data))
	r.data = r.mux.Tables(r.data, discontinuity)
	w.End = int64(len(r.data))
	r.want = append(r.want, w)
}

// add appends a unit, shifted by a number of ticks.
func (r *recording) add(u *media.Unit, shift int64) {
	r.t.Helper()
	if err := r.mux.Check(u); err != nil {
		r.t.Fatal(err)
	}
	dts := media.Rescale(u.DTS, u.Track.Timescale, clock) + shift
	pts := media.Rescale(u.PTS, u.Track.Timescale, clock) + shift
	w := want{tracks: r.tracks, unit: u}
	w.Track = slices.IndexFunc(r.tracks, func(t *media.Track) bool { return t.ID == u.Track.ID })
	w.DTS, w.PTS, w.RandomAccess, w.Payload = dts&timeMask, pts&timeMask, u.RandomAccess, u.Payload
	w.Offset = int64(len(r.data))
	r.data = r.mux.Append(r.data, u, dts, pts)
	w.End = int64(len(r.data))
	r.want = append(r.want, w)
}

// segments appends units with tables in front of every random access unit of the first track, from the first on.
func (r *recording) segments(units []*media.Unit, shift int64, discontinuity bool) {
	r.t.Helper()
	for i, u := range units {
		if i == 0 || u.Track.ID == r.tracks[0].ID && u.Track.Codec.Kind() == media.Video && u.RandomAccess {
			r.tables(discontinuity)
			discontinuity = false
		}
		r.add(u, shift)
	}
}

// check compares what a demuxer finds in the first size bytes with the recording from its nth packet on. It returns the error at the end.
func (r *recording) check(data []byte, n int, tracks []*media.Track) (*mpegts.Demuxer, error) {
	r.t.Helper()
	from := int64(0)
	if n > 0 {
		from = r.want[n-1].End
	}
	d := mpegts.NewDemuxer(bytes.NewReader(data), from, int64(len(data)), tracks)
	for i := n; ; i++ {
		p, err := d.Next()
		if err != nil {
			return d, err
		}
		if i == len(r.want) {
			r.t.Fatalf("packet %d of %d: %+v", i, len(r.want), p)
		}
		w := r.want[i]
		if !bytes.Equal(p.Payload, w.Payload) {
			r.t.Fatalf("packet %d: %d bytes of payload, want %d", i, len(p.Payload), len(w.Payload))
		}
		got := p
		got.Payload, w.Payload = nil, nil
		if !samePacket(got, w.Packet) || d.Valid() != w.End {
			r.t.Fatalf("packet %d: %+v\nwant %+v", i, got, w.Packet)
		}
		r.checkTracks(d, i)
	}
}

func samePacket(a, b mpegts.Packet) bool {
	return a.Tables == b.Tables && a.Changed == b.Changed && a.Discontinuity == b.Discontinuity && a.Offset == b.Offset &&
		a.End == b.End && a.Track == b.Track && a.DTS == b.DTS && a.PTS == b.PTS && a.RandomAccess == b.RandomAccess
}

// checkTracks compares the tracks in force.
func (r *recording) checkTracks(d *mpegts.Demuxer, i int) {
	r.t.Helper()
	w := r.want[i]
	if len(d.Tracks()) != len(w.tracks) {
		r.t.Fatalf("packet %d: %d tracks, want %d", i, len(d.Tracks()), len(w.tracks))
	}
	for n, track := range d.Tracks() {
		if track.Codec == nil && (w.unit == nil || w.Track != n) {
			continue
		}
		if !sameParameters(track.Codec, w.tracks[n].Codec) {
			r.t.Fatalf("packet %d: track %d is % x, want % x", i, n, track.Codec.Config(), w.tracks[n].Codec.Config())
		}
	}
}

// sameParameters compares codecs. ADTS does not say everything that a configuration does.
func sameParameters(a, b media.Codec) bool {
	if b.Name() == "aac" {
		adtsA, errA := container.NewADTS(a)
		adtsB, errB := container.NewADTS(b)
		return errA == nil && errB == nil && adtsA == adtsB
	}
	return media.SameParameters(a, b)
}

// all compares everything, from the start and from every packet on.
func (r *recording) all() {
	r.t.Helper()
	if _, err := r.check(r.data, 0, nil); !errors.Is(err, io.EOF) {
		r.t.Fatal(err)
	}
	for i := 1; i < len(r.want); i += max(1, len(r.want)/20) {
		if _, err := r.check(r.data, i, r.want[i-1].tracks); !errors.Is(err, io.EOF) {
			r.t.Fatalf("from packet %d on: %v", i, err)
		}
	}
}

// whole returns the end of the last packet that ends within size bytes, and how many there are.
func (r *recording) whole(size int64) (int64, int) {
	n := 0
	for n < len(r.want) && r.want[n].End <= size {
		n++
	}
	if n == 0 {
		return 0, 0
	}
	return r.want[n-1].End, n
}

// small returns a stream of three periods with all that a stream can have.
func small(t testing.TB) *recording {
	h264, aac := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	r := begin(t, h264, aac)
	units := mediatest.Interleave(mediatest.Pictures(h264, 13, 0, 40), mediatest.Sound(aac, 20, 0))
	grow(units, 8, 70000)
	r.segments(units, 10*clock, false)
	r.segments(units[:6], 500*clock, true)
	r.setTracks(aac, h264)
	r.segments(units[:12], -3*clock, true)
	return r
}

// grow makes the first picture from i on so many bytes long.
func grow(units []*media.Unit, i, size int) {
	for ; i < len(units); i++ {
		if units[i].Track.Codec.Kind() == media.Video {
			units[i] = mediatest.Grow(units[i], size)
			return
		}
	}
}

// payload makes a payload of NAL units.
func payload(nalus ...string) (b []byte) {
	for _, n := range nalus {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(n))), n...)
	}
	return b
}

func isCorrupt(err error) bool { return errors.Is(err, container.ErrCorrupt) }
