package mp4

import "aircheck/ingest/media"

// Sizes of the boxes of a fragment as this package writes them.
const (
	mfhdSize = 16
	tfhdSize = 16
	tfdtSize = 20
	trunHead = 20
	trafHead = boxHead + tfhdSize + tfdtSize + trunHead
)

// Flags of tfhd and trun (ISO 14496-12, 8.8.7 and 8.8.8).
const (
	tfhdBaseOffset    = 0x000001
	tfhdDescription   = 0x000002
	tfhdDuration      = 0x000008
	tfhdSampleSize    = 0x000010
	tfhdSampleFlags   = 0x000020
	tfhdBaseIsMoof    = 0x020000
	trunDataOffset    = 0x000001
	trunFirstFlags    = 0x000004
	trunDuration      = 0x000100
	trunSize          = 0x000200
	trunSampleFlags   = 0x000400
	trunOffset        = 0x000800
	trunVersionSigned = 1 << 24
)

// styp is the segment type box (ISO 14496-12, 8.16.2) that AppendSegmentType appends.
const styp = "\x00\x00\x00\x18stypmsdh\x00\x00\x00\x00msdhmsix"

// AppendSegmentType appends the box that opens a segment of its own among the fragments of a file, as HLS and DASH have them.
func AppendSegmentType(dst []byte) []byte { return append(dst, styp...) }

// trunFlags says which fields the samples of a queue need.
func (q *queue) trunFlags() uint32 {
	flags := uint32(trunDataOffset | trunDuration | trunSize)
	if q.track.Codec.Kind() == media.Video {
		flags |= trunSampleFlags
	}
	for i := range q.samples {
		if q.samples[i].offset != 0 {
			return flags | trunOffset
		}
	}
	return flags
}

// sampleFields returns how many bytes trun has per sample.
func sampleFields(flags uint32) int {
	n := 0
	for _, f := range []uint32{trunDuration, trunSize, trunSampleFlags, trunOffset} {
		if flags&f != 0 {
			n += 4
		}
	}
	return n
}

// moofSize returns the size of the moof of what is kept back.
func moofSize(tracks []queue) int {
	size := boxHead + mfhdSize
	for i := range tracks {
		if q := &tracks[i]; len(q.samples) > 0 {
			size += trafHead + len(q.samples)*sampleFields(q.trunFlags())
		}
	}
	return size
}

func appendMoofHead(dst []byte, size int, sequence uint32) []byte {
	dst = append(be.AppendUint32(dst, uint32(size)), "moof"...)
	dst = append(be.AppendUint32(dst, mfhdSize), "mfhd"...)
	dst = be.AppendUint32(dst, 0)
	return be.AppendUint32(dst, sequence)
}

// appendTraf appends the fragment's part of one track; at is where its payload begins, counted from the moof, and last how
// long its last sample lasts.
func (q *queue) appendTraf(dst []byte, at int, last int64) []byte {
	flags := q.trunFlags()
	trunSize := trunHead + len(q.samples)*sampleFields(flags)
	dst = append(be.AppendUint32(dst, uint32(boxHead+tfhdSize+tfdtSize+trunSize)), "traf"...)

	dst = append(be.AppendUint32(dst, tfhdSize), "tfhd"...)
	dst = be.AppendUint32(dst, tfhdBaseIsMoof)
	dst = be.AppendUint32(dst, uint32(q.track.ID))

	dst = append(be.AppendUint32(dst, tfdtSize), "tfdt"...)
	dst = be.AppendUint32(dst, 1<<24) // version 1: 64 bits
	dst = be.AppendUint64(dst, uint64(q.samples[0].dts))

	dst = append(be.AppendUint32(dst, uint32(trunSize)), "trun"...)
	dst = be.AppendUint32(dst, flags|trunVersionSigned)
	dst = be.AppendUint32(dst, uint32(len(q.samples)))
	dst = be.AppendUint32(dst, uint32(at))
	for i := range q.samples {
		s := &q.samples[i]
		step := last
		if i+1 < len(q.samples) {
			step = q.samples[i+1].dts - s.dts
		}
		dst = be.AppendUint32(dst, uint32(step))
		dst = be.AppendUint32(dst, s.size)
		if flags&trunSampleFlags != 0 {
			dst = be.AppendUint32(dst, s.flags())
		}
		if flags&trunOffset != 0 {
			dst = be.AppendUint32(dst, uint32(s.offset))
		}
	}
	return dst
}

func (s *sample) flags() uint32 {
	if s.sync {
		return flagsSync
	}
	return flagsNonSync
}
