package mp4

import (
	"fmt"
	"io"
	"math"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

var (
	_ container.Splicer = (*writer)(nil)
	_ container.Resumer = Format{}
)

// Resume makes the writer of a file that an earlier process began, from the index alone.
func (Format) Resume(f container.Unfinished, _ io.ReaderAt) (container.Splicer, container.Summary, error) {
	if err := checkTracks(f.Tracks); err != nil {
		return nil, container.Summary{}, err
	}
	w := &writer{offset: f.Size, tracks: make([]queue, len(f.Tracks))}
	s := container.Summary{Tracks: make([]container.TrackSummary, len(f.Tracks))}
	for i, t := range f.Tracks {
		w.tracks[i] = queue{track: t, step: container.DefaultStep(t)}
		s.Tracks[i].Track = t
	}
	var reader partReader
	end := int64(-1)
	for part, err := range f.Index {
		if err != nil {
			return nil, container.Summary{}, err
		}
		err = reader.parse(part, func(r run) error {
			if r.track >= len(w.tracks) || r.offset+r.bytes() > f.Size {
				return fmt.Errorf("%w: the index does not fit the file", container.ErrCorrupt)
			}
			if r.offset != end {
				w.sequence++ // between fragments there are heads
			}
			end = r.offset + r.bytes()
			w.tracks[r.track].follow(r)
			s.Tracks[r.track].Units += int64(len(r.samples))
			s.Tracks[r.track].Bytes += r.bytes()
			return nil
		})
		if err != nil {
			return nil, container.Summary{}, err
		}
	}
	s.Duration = w.End()
	return w, s, nil
}

// follow takes over what a run says of the queue that its samples were in.
func (q *queue) follow(r run) {
	for i := range r.samples {
		dts := r.samples[i].dts
		if q.started && dts > q.last && !(r.spliced && i == 0) {
			q.step = dts - q.last
		}
		q.started, q.last = true, dts
	}
	if r.last > 0 {
		q.step, q.framed = r.last, true
	}
}

// Suspend has nothing to do: fragments are complete.
func (w *writer) Suspend() {}

// End returns where the media so far ends.
func (w *writer) End() time.Duration {
	var end time.Duration
	for i := range w.tracks {
		if q := &w.tracks[i]; q.started {
			end = max(end, media.Duration(q.last+q.step, q.track.Timescale))
		}
	}
	return end
}

// Splice goes on with the same tracks, behind the time that passed: the next fragment's decoding time says so, and of a finished file
// the duration of each track's last sample before it. All tracks have one zero, so sound and picture stay as far apart as they come.
func (w *writer) Splice(dst []byte, tracks []*media.Track, base, gap time.Duration) ([]byte, time.Duration, error) {
	if len(tracks) != len(w.tracks) {
		return dst, 0, fmt.Errorf("%w: a file of %d tracks cannot go on with %d", container.ErrUnsupported, len(w.tracks), len(tracks))
	}
	zero := base - w.End() - gap
	for i, t := range tracks {
		q := &w.tracks[i]
		if t.ID != q.track.ID || t.Timescale != q.track.Timescale || !media.SameParameters(t.Codec, q.track.Codec) {
			return dst, 0, fmt.Errorf("%w: the parameters of track %d are others", container.ErrUnsupported, t.ID)
		}
		if next := media.Rescale(int64(base-zero), uint32(time.Second), t.Timescale); next-q.last > math.MaxInt32 {
			return dst, 0, fmt.Errorf("%w: an interruption of %d ticks of track %d", container.ErrUnsupported, next-q.last, t.ID)
		}
	}
	for i, t := range tracks {
		q := &w.tracks[i]
		q.track, q.spliced, q.zero = t, true, media.Rescale(int64(zero), uint32(time.Second), t.Timescale)
	}
	return dst, zero, nil
}
