package hls

import (
	"errors"
	"fmt"
	"io"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/recorder/mpegts"
)

// maxResume is how much of a transport stream is read for its counters: two segments of any size.
const maxResume = 2 * maxBytes

var errNoCounters = errors.New("its index does not tell the counters of the transport stream")

// Resume makes the writer of a recording that an earlier process began. Its playlist is told from the beginning, with the segment that
// was open.
func (Format) Resume(f container.Unfinished, r io.ReaderAt) (container.Splicer, container.Summary, error) {
	fin := newFinisher(f)
	var text []byte
	if err := fin.read(f, func() error { text = append(text, fin.list.text...); return nil }); err != nil {
		return nil, container.Summary{}, err
	}
	fin.list.close(f.Size, fin.end())
	text = append(text, fin.list.text...)
	w := &writer{
		kind: fin.list.kind, first: f.Tracks, offset: f.Size, init: fin.init, list: fin.list, cut: cutter{before: fin.end()},
	}
	w.list.text = text
	var err error
	if w.carrier, err = fin.carrier(r); err != nil {
		return nil, container.Summary{}, err
	}
	return w, fin.summary(), nil
}

// carrier makes the carrier of the file that the index describes; its tracks are to be set next.
func (f *finisher) carrier(r io.ReaderAt) (carrier, error) {
	if f.list.kind == fragmented {
		return &fragments{}, nil
	}
	if f.size-f.countAt > maxResume {
		return nil, unsupported(errNoCounters)
	}
	mux, err := mpegts.Resume(r, f.countAt, f.size, f.count)
	if err != nil {
		return nil, fmt.Errorf("resume a recording: %w", err)
	}
	return &stream{mux: mux}, nil
}

// Suspend writes the entry of the segment that is open: the next one begins a period.
func (w *writer) Suspend() { w.list.close(w.offset, w.cut.end()) }

// End returns where the media so far ends.
func (w *writer) End() time.Duration { return duration(w.cut.end()) }

// Splice begins another period at once: players need not sit through the interruption.
func (w *writer) Splice(dst []byte, tracks []*media.Track, base, _ time.Duration) ([]byte, time.Duration, error) {
	return w.Continue(dst, tracks, base, true)
}
