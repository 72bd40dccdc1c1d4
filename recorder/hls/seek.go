package hls

import (
	"errors"
	"io"
	"iter"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/mpegts"
)

const (
	// packetSize is that of a transport stream, seekWindow how many bytes are searched for tables at once, a whole number of packets.
	packetSize = 188
	seekWindow = 1024 * packetSize
	// seekStep is how far it goes on at first, and at most: the clock of a transport stream begins again every 26 hours, so no step may be
	// half as long.
	seekStep    = 32 << 20
	maxSeekStep = 512 << 20
)

// ReadFrom implements container.Seeker. Of a transport stream the segment is found by halving: each begins with tables, and with a random
// access point if there are any. A file of another kind is read from its beginning.
func (f Format) ReadFrom(r io.ReaderAt, size int64, at time.Duration) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		if k, err := kindOfFile(r, size); err != nil || k != transport {
			f.Read(r, size)(yield)
			return
		}
		from, dts := seek(r, size, media.Rescale(int64(at), uint32(time.Second), clock))
		readTransport(r, from, size, dts, yield)
	}
}

// seek returns where the tables in front of the last segment at or before a time lie, and near to what time its units are.
func seek(r io.ReaderAt, size, at int64) (from, dts int64) {
	s := search{r: r, size: size, at: at, buf: make([]byte, seekWindow)}
	step := int64(seekStep)
	for s.low+step < size && s.try(s.low+step, size) {
		step = min(2*step, maxSeekStep)
	}
	high := min(s.low+step, size)
	for high-s.low > packetSize {
		if mid := s.low + (high-s.low)/2; !s.try(mid, high) {
			high = mid
		}
	}
	return s.low, s.dts
}

// search is a search for the last segment that begins at or before at: low is the last one known that does, dts when.
type search struct {
	r        io.ReaderAt
	size, at int64
	low, dts int64
	buf      []byte
}

// try looks whether the first segment behind an offset begins in time. It reports false if not, or if there is none before to.
func (s *search) try(offset, to int64) bool {
	offset, ok := findTables(s.r, s.buf, offset-offset%packetSize, to)
	if !ok || offset <= s.low {
		return false
	}
	dts, ok := firstTime(s.r, offset, s.size, s.dts)
	if !ok || dts > s.at {
		return false
	}
	s.low, s.dts = offset, dts
	return true
}

// findTables returns the offset of the first tables between two offsets.
func findTables(r io.ReaderAt, buf []byte, from, to int64) (int64, bool) {
	for from < to {
		b := buf[:min(int64(len(buf)), to-from)]
		n, err := r.ReadAt(b, from)
		if err != nil && !errors.Is(err, io.EOF) || n < packetSize {
			return 0, false
		}
		for i := 0; i+packetSize <= n; i += packetSize {
			if b[i] == 0x47 && b[i+1]&0x5f == 0x40 && b[i+2] == 0 { // a packet of PID 0 with which a section begins
				return from + int64(i), true
			}
		}
		from += int64(n - n%packetSize)
	}
	return 0, false
}

// firstTime returns the time of the first unit behind tables, the one nearest to what is expected.
func firstTime(r io.ReaderAt, offset, size, near int64) (int64, bool) {
	d := mpegts.NewDemuxer(r, offset, size, nil)
	for {
		p, err := d.Next()
		switch {
		case err != nil:
			return 0, false
		case !p.Tables:
			return nearest(p.DTS-lead, near), true
		}
	}
}
