package compose

import (
	"encoding/binary"
	"slices"

	"aircheck/ingest/media"
)

// profileOf is what ffmpeg calls the profile of a H.264 codec whose pictures the edges of a cut can be encoded like; empty if they cannot.
func profileOf(c *media.H264) string {
	if len(c.Config()) < 4 {
		return ""
	}
	return map[byte]string{66: "baseline", 77: "main", 100: "high"}[c.Config()[1]]
}

// freeID returns an ID that no parameter set of the codec has.
func freeID(c *media.H264) (id int, ok bool) {
	sps, pps := c.ParameterSets()
	used := map[int]bool{0: true}
	for _, s := range sps {
		if n, ok := golomb(s, 4); ok { // behind the header, profile, constraints and level (ITU-T H.264, 7.3.2.1.1)
			used[n] = true
		}
	}
	for _, s := range pps {
		for _, n := range setIDs(s) {
			used[n] = true
		}
	}
	for id = 31; id > 0; id-- {
		if !used[id] {
			return id, true
		}
	}
	return 0, false
}

// setIDs are the IDs at the beginning of a picture parameter set: its own, and that of its sequence parameter set (7.3.2.2).
func setIDs(s []byte) (out []int) {
	if n, ok := golomb(s, 1); ok {
		out = append(out, n)
	}
	return out
}

// golomb reads an Exp-Golomb number (9.1) that begins a byte.
func golomb(b []byte, at int) (int, bool) {
	if len(b) < at+2 {
		return 0, false
	}
	var bits uint64
	for i := range 8 {
		bits <<= 8
		if at+i < len(b) {
			bits |= uint64(b[at+i])
		}
	}
	zeros := 0
	for zeros < 20 && bits>>(63-zeros)&1 == 0 {
		zeros++
	}
	if zeros == 20 {
		return 0, false
	}
	return int(bits<<zeros>>(63-zeros)) - 1, true
}

// withSets returns a codec that has the parameter sets of both, b's of other IDs than a's.
func withSets(a, b *media.H264) (*media.H264, error) {
	asps, apps := a.ParameterSets()
	bsps, bpps := b.ParameterSets()
	config := slices.Clone(a.Config()[:5])
	config[3] = max(config[3], b.Config()[3])
	tail := 7 // five bytes and two numbers of sets
	for _, set := range slices.Concat(asps, apps) {
		tail += 2 + len(set)
	}
	config = append(config, 0xe0|byte(min(len(asps)+len(bsps), 31)))
	config = appendSets(config, asps, bsps)
	config = append(config, byte(min(len(apps)+len(bpps), 255)))
	config = appendSets(config, apps, bpps)
	return media.NewH264(append(config, a.Config()[min(tail, len(a.Config())):]...))
}

func appendSets(dst []byte, lists ...[][]byte) []byte {
	for _, s := range slices.Concat(lists...) {
		dst = append(binary.BigEndian.AppendUint16(dst, uint16(len(s))), s...)
	}
	return dst
}
