package view

import (
	"fmt"
	"slices"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
	"aircheck/recorder/mpegts"
)

// carry is what of a file HLS carries, and in which kind of segments.
type carry struct {
	carried []*media.Track
	// left are the codecs of tracks that HLS cannot carry beside the others.
	left []string
	// fragmented: segments are fragmented MP4; otherwise transport streams.
	fragmented bool
}

// ext is the extension of a segment's name.
func (c carry) ext() string {
	if c.fragmented {
		return ".m4s"
	}
	return ".ts"
}

// carried decides. All tracks are in a transport stream if it can carry them all; otherwise fragmented MP4 has the first of each kind
// that it can carry.
func carried(tracks []*media.Track) (c carry, err error) {
	if fits(tracks) == nil {
		return carry{carried: tracks, fragmented: inFragments(tracks)}, nil
	}
	err = fmt.Errorf("%w: no tracks", container.ErrUnsupported)
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		taken := false
		for _, t := range tracks {
			if t.Codec.Kind() != kind {
				continue
			}
			with := append(slices.Clone(c.carried), t)
			if bad := fits(with); taken || bad != nil {
				c.left = append(c.left, t.Codec.Name())
				if bad != nil {
					err = bad
				}
				continue
			}
			taken, c.carried = true, with
		}
	}
	if len(c.carried) == 0 {
		return c, err
	}
	c.fragmented = inFragments(c.carried)
	return c, nil
}

func fits(tracks []*media.Track) error {
	if len(tracks) == 0 {
		return fmt.Errorf("%w: no tracks", container.ErrUnsupported)
	}
	_, err := (hls.Format{}).NewWriter(tracks)
	return err
}

func inFragments(tracks []*media.Track) bool { return (hls.Format{}).MediaName(tracks) == "media.mp4" }

// clock is that of a transport stream, in Hz; lead is its time at the file's zero, in ticks, as in package hls: a player that has seen the
// recording's own HLS finds the same times.
const (
	clock    = 90_000
	leadTime = 10 * clock
)

// muxer makes the bytes of one segment.
type muxer interface {
	// add appends a unit. One that the segment cannot carry is left out.
	add(dst []byte, u *media.Unit) ([]byte, error)
	flush(dst []byte) []byte
}

// newMuxer begins a segment, and returns what is in front of its first unit.
func (c carry) newMuxer(dst []byte) (muxer, []byte, error) {
	if c.fragmented {
		w, err := (mp4.Format{}).NewWriter(c.carried)
		if err != nil {
			return nil, dst, err
		}
		w.Header(nil, 0) // players have it: see init
		return &fragments{w: w}, mp4.AppendSegmentType(dst), nil
	}
	m, err := mpegts.NewMuxer(c.carried)
	if err != nil {
		return nil, dst, err
	}
	// Each segment is made by itself, so its continuity counters do not go on from those of the one before: the indicator says so. The
	// time line goes on.
	return &transport{m: m}, m.Tables(dst, true), nil
}

// init returns the initialization section of fragmented MP4.
func (c carry) init() ([]byte, error) {
	w, err := (mp4.Format{}).NewWriter(c.carried)
	if err != nil {
		return nil, err
	}
	return w.Header(nil, 0), nil
}

// has reports whether a unit is of a track that is carried.
func (c carry) has(u *media.Unit) bool {
	return slices.ContainsFunc(c.carried, func(t *media.Track) bool { return t.ID == u.Track.ID })
}

type transport struct{ m *mpegts.Muxer }

func (t *transport) add(dst []byte, u *media.Unit) ([]byte, error) {
	if t.m.Check(u) != nil {
		return dst, nil // as when it is recorded
	}
	dts, pts := media.Rescale(u.DTS, u.Track.Timescale, clock), media.Rescale(u.PTS, u.Track.Timescale, clock)
	return t.m.Append(dst, u, leadTime+dts, leadTime+pts), nil
}

func (t *transport) flush(dst []byte) []byte { return dst }

type fragments struct {
	w     container.Writer
	index []byte
}

func (f *fragments) add(dst []byte, u *media.Unit) ([]byte, error) {
	dst, err := f.w.Append(dst, u)
	f.index = f.w.Index(f.index[:0]) // nobody needs it
	return dst, err
}

func (f *fragments) flush(dst []byte) []byte { return f.w.Flush(dst) }
