package hls

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
	"aircheck/recorder/mpegts"
)

// minimum is how many bytes kindAt needs.
const minimum = 8

// kindAt tells the kind of a file from where something begins in it.
func kindAt(r io.ReaderAt, at int64) (kind, error) {
	var b [minimum]byte
	if _, err := r.ReadAt(b[:], at); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read at %d: %w", at, err)
	}
	switch string(b[4:]) {
	case "ftyp", "styp", "moof":
		return fragmented, nil
	}
	if b[0] == 0x47 { // the sync byte of a transport stream
		return transport, nil
	}
	return 0, fmt.Errorf("%w: neither a transport stream nor fragmented MP4", container.ErrCorrupt)
}

// kindOfFile tells the kind of a file from its head.
func kindOfFile(r io.ReaderAt, size int64) (kind, error) {
	if size < minimum {
		return 0, fmt.Errorf("%w: %d bytes are no HLS recording", container.ErrCorrupt, size)
	}
	return kindAt(r, 0)
}

// Probe reads the tracks of the first period.
func (Format) Probe(r io.ReaderAt, size int64) ([]*media.Track, error) {
	k, err := kindOfFile(r, size)
	if err != nil {
		return nil, err
	}
	if k == fragmented {
		return mp4.Format{}.Probe(r, size)
	}
	d := mpegts.NewDemuxer(r, 0, size, nil)
	for {
		p, err := d.Next()
		if err != nil || p.Tables && p.Changed && p.Offset > 0 {
			break
		}
		if !p.Tables && !slices.ContainsFunc(d.Tracks(), func(t *media.Track) bool { return t.Codec == nil }) {
			break
		}
	}
	// A track that delivered nothing has told nothing of itself.
	known := slices.DeleteFunc(slices.Clone(d.Tracks()), func(t *media.Track) bool { return t.Codec == nil })
	if len(known) == 0 {
		return nil, fmt.Errorf("%w: no track of a known codec", container.ErrCorrupt)
	}
	return known, nil
}

// Read yields the units of all periods. The tracks of a transport stream have a clock rate of 90 kHz and IDs from 1 on.
func (Format) Read(r io.ReaderAt, size int64) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		k, err := kindOfFile(r, size)
		switch {
		case err != nil:
			yield(nil, err)
		case k == transport:
			readTransport(r, 0, size, 0, yield)
		default:
			readFragments(r, size, yield)
		}
	}
}

// readTransport reads from tables on, behind which the times are near to dts.
func readTransport(r io.ReaderAt, from, size, dts int64, yield func(*media.Unit, error) bool) {
	d := mpegts.NewDemuxer(r, from, size, nil)
	for {
		p, err := d.Next()
		switch {
		case errors.Is(err, io.EOF):
			return
		case errors.Is(err, io.ErrUnexpectedEOF):
			err = fmt.Errorf("%w: the file ends inside a unit", container.ErrCorrupt)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		if p.Tables {
			continue
		}
		dts = nearest(p.DTS-lead, dts)
		u := &media.Unit{
			Track: d.Tracks()[p.Track], DTS: dts, PTS: nearest(p.PTS-lead, dts), RandomAccess: p.RandomAccess, Payload: slices.Clone(p.Payload),
		}
		if !yield(u, nil) {
			return
		}
	}
}

// readFragments reads period by period: each begins with an ftyp of its own.
func readFragments(r io.ReaderAt, size int64, yield func(*media.Unit, error) bool) {
	for begin := int64(0); begin < size; {
		end, err := mp4.NextFile(r, begin, size)
		if err != nil {
			yield(nil, err)
			return
		}
		for u, err := range (mp4.Format{}).Read(io.NewSectionReader(r, begin, end-begin), end-begin) {
			if !yield(u, err) || err != nil {
				return
			}
		}
		begin = end
	}
}
