package mp4

import (
	"encoding/binary"
	"fmt"

	"aircheck/recorder/container"
)

// Flags of a run in an index part.
const (
	indexOffsets = 1 << iota // the samples have composition offsets
	indexAllSync             // every sample is a sync sample
	indexKnown   = indexOffsets | indexAllSync
)

// append appends a run to an index part, all numbers as varints: track, file offset, number of samples, flags, first DTS, the
// differences of DTS run-length coded, the sizes, then what the flags say: offsets, and the positions of sync samples.
func (r run) append(dst []byte) []byte {
	flags, syncs := r.flags()
	dst = binary.AppendUvarint(dst, uint64(r.track))
	dst = binary.AppendUvarint(dst, uint64(r.offset))
	dst = binary.AppendUvarint(dst, uint64(len(r.samples)))
	dst = append(dst, flags)
	dst = binary.AppendUvarint(dst, uint64(r.samples[0].dts))
	for i := 1; i < len(r.samples); {
		step, n := r.samples[i].dts-r.samples[i-1].dts, 1
		for i+n < len(r.samples) && r.samples[i+n].dts-r.samples[i+n-1].dts == step {
			n++
		}
		dst = binary.AppendUvarint(dst, uint64(n))
		dst = binary.AppendUvarint(dst, uint64(step))
		i += n
	}
	for i := range r.samples {
		dst = binary.AppendUvarint(dst, uint64(r.samples[i].size))
	}
	if flags&indexOffsets != 0 {
		for i := range r.samples {
			dst = binary.AppendVarint(dst, int64(r.samples[i].offset))
		}
	}
	if flags&indexAllSync != 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(syncs))
	for i := range r.samples {
		if r.samples[i].sync {
			dst = binary.AppendUvarint(dst, uint64(i))
		}
	}
	return dst
}

func (r run) flags() (flags byte, syncs int) {
	for i := range r.samples {
		if r.samples[i].offset != 0 {
			flags |= indexOffsets
		}
		if r.samples[i].sync {
			syncs++
		}
	}
	if syncs == len(r.samples) {
		flags |= indexAllSync
	}
	return flags, syncs
}

// parsePart calls visit for each run of an index part. The run is valid until visit returns.
func parsePart(part []byte, visit func(run) error) error {
	r := partReader{b: part}
	for len(r.b) > 0 {
		one, ok := r.run()
		if !ok {
			return fmt.Errorf("read index part: %w", container.ErrCorrupt)
		}
		if err := visit(one); err != nil {
			return err
		}
	}
	return nil
}

type partReader struct {
	b       []byte
	bad     bool
	samples []sample
}

// number reads a varint of at most limit.
func (r *partReader) number(limit uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > limit {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// maxTime bounds times and offsets, so that sums do not overflow.
const maxTime = 1 << 60

func (r *partReader) run() (run, bool) {
	out := run{track: int(r.number(maxTracks)), offset: int64(r.number(maxTime))}
	count := int(r.number(uint64(len(r.b)))) // a sample takes at least a byte
	if count == 0 || len(r.b) == 0 {
		return out, false
	}
	flags := r.b[0]
	r.b = r.b[1:]
	if flags&^indexKnown != 0 {
		return out, false
	}
	if cap(r.samples) < count {
		r.samples = make([]sample, count)
	}
	out.samples = r.samples[:count]
	r.times(out.samples)
	for i := range out.samples {
		s := &out.samples[i]
		s.size, s.offset, s.sync = uint32(r.number(maxUnit)), 0, flags&indexAllSync != 0
	}
	if flags&indexOffsets != 0 {
		for i := range out.samples {
			v, n := binary.Varint(r.b)
			if n <= 0 || v != int64(int32(v)) {
				return out, false
			}
			out.samples[i].offset, r.b = int32(v), r.b[n:]
		}
	}
	if flags&indexAllSync == 0 {
		for range r.number(uint64(count)) {
			if i := r.number(uint64(count - 1)); !r.bad {
				out.samples[i].sync = true
			}
		}
	}
	return out, !r.bad
}

// times reads the decoding times.
func (r *partReader) times(samples []sample) {
	samples[0].dts = int64(r.number(maxTime))
	for i := 1; i < len(samples) && !r.bad; {
		n := int(r.number(uint64(len(samples) - i)))
		step := int64(r.number(maxTime))
		if n == 0 {
			r.bad = true
		}
		for range n {
			samples[i].dts = samples[i-1].dts + step
			i++
		}
	}
}
