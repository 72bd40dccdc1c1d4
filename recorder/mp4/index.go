package mp4

import (
	"encoding/binary"
	"fmt"
	"math"

	"aircheck/recorder/container"
)

// Flags of a run in an index part.
const (
	indexOffsets = 1 << iota // the samples have composition offsets
	indexAllSync             // every sample is a sync sample
	indexSpliced             // the stream was interrupted before the first sample
	indexLast                // it is told how long the last sample lasts
	indexKnown   = indexOffsets | indexAllSync | indexSpliced | indexLast
)

// append appends a run to an index part, all numbers as varints: track, file offset, number of samples, flags, first DTS, the
// differences of DTS run-length coded, the sizes, then what the flags say: how long the last sample lasts, offsets, and the positions of
// sync samples.
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
	if flags&indexLast != 0 {
		dst = binary.AppendUvarint(dst, uint64(r.last))
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
	if r.spliced {
		flags |= indexSpliced
	}
	if r.last > 0 {
		flags |= indexLast
	}
	return flags, syncs
}

// partReader reads index parts. It is used again for the next part, for the sake of its samples.
type partReader struct{ samples []sample }

// parse calls visit for each run of an index part. The run is valid until visit returns.
func (r *partReader) parse(part []byte, visit func(run) error) error {
	for len(part) > 0 {
		one, rest, ok := r.run(part)
		if !ok {
			return fmt.Errorf("read index part: %w", container.ErrCorrupt)
		}
		if err := visit(one); err != nil {
			return err
		}
		part = rest
	}
	return nil
}

// maxTime bounds times and offsets, so that sums do not overflow.
const maxTime = 1 << 60

// number reads a varint of at most limit.
func number(b []byte, limit uint64) (v uint64, rest []byte, ok bool) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), b[1:], uint64(b[0]) <= limit
	}
	v, n := binary.Uvarint(b)
	if n <= 0 || v > limit {
		return 0, nil, false
	}
	return v, b[n:], true
}

func (r *partReader) run(b []byte) (out run, rest []byte, ok bool) {
	var head [3]uint64
	for i, limit := range [3]uint64{maxTracks, maxTime, uint64(len(b))} { // a sample takes at least a byte
		if head[i], b, ok = number(b, limit); !ok {
			return out, nil, false
		}
	}
	out.track, out.offset = int(head[0]), int64(head[1])
	count := int(head[2])
	if count == 0 || len(b) == 0 {
		return out, nil, false
	}
	flags := b[0]
	b = b[1:]
	if flags&^indexKnown != 0 {
		return out, nil, false
	}
	if cap(r.samples) < count {
		r.samples = make([]sample, count)
	}
	out.samples = r.samples[:count]
	if b, ok = readTimes(b, out.samples); ok {
		b, ok = readSizes(b, out.samples, flags&indexAllSync != 0)
	}
	out.spliced = flags&indexSpliced != 0
	if ok && flags&indexLast != 0 {
		var last uint64
		last, b, ok = number(b, math.MaxInt32)
		out.last = int64(last)
	}
	if out.offsets = flags&indexOffsets != 0; ok && out.offsets {
		b, ok = readOffsets(b, out.samples)
	}
	if ok && flags&indexAllSync == 0 {
		b, ok = readSyncs(b, out.samples)
	}
	return out, b, ok
}

// readTimes reads the decoding times.
func readTimes(b []byte, samples []sample) (rest []byte, ok bool) {
	at, b, ok := number(b, maxTime)
	samples[0].dts = int64(at)
	for i := 1; i < len(samples) && ok; {
		var n, step uint64
		if n, b, ok = number(b, uint64(len(samples)-i)); !ok || n == 0 {
			return nil, false
		}
		if step, b, ok = number(b, maxTime); !ok {
			return nil, false
		}
		for range n {
			samples[i].dts = samples[i-1].dts + int64(step)
			if samples[i].dts > maxTime {
				return nil, false
			}
			i++
		}
	}
	return b, ok
}

// readSizes reads the sizes: there is one for each sample, and most have two bytes.
func readSizes(b []byte, samples []sample, sync bool) (rest []byte, ok bool) {
	for i := range samples {
		s := &samples[i]
		s.offset, s.sync = 0, sync
		if len(b) >= 2 && b[0] >= 0x80 && b[1] < 0x80 {
			s.size = uint32(b[0]&0x7f) | uint32(b[1])<<7
			b = b[2:]
			continue
		}
		v, more, ok := number(b, maxUnit)
		if !ok {
			return nil, false
		}
		s.size, b = uint32(v), more
	}
	return b, true
}

// readOffsets reads the composition offsets.
func readOffsets(b []byte, samples []sample) (rest []byte, ok bool) {
	for i := range samples {
		v, n := binary.Varint(b)
		if n <= 0 || v != int64(int32(v)) {
			return nil, false
		}
		samples[i].offset, b = int32(v), b[n:]
	}
	return b, true
}

// readSyncs reads the positions of sync samples.
func readSyncs(b []byte, samples []sample) (rest []byte, ok bool) {
	count, b, ok := number(b, uint64(len(samples)))
	for ; count > 0 && ok; count-- {
		var i uint64
		if i, b, ok = number(b, uint64(len(samples)-1)); ok {
			samples[i].sync = true
		}
	}
	return b, ok
}
