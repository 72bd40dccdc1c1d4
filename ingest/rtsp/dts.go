package rtsp

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"aircheck/ingest/media"
)

// jumpedBack is by how much a time must be before the one before it, in seconds, to be a new beginning rather than disorder.
const jumpedBack = 1

// dtsMaker makes decoding times, which RTP does not carry. It never fails: where the order of pictures cannot be told, each is
// decoded a little after the one before it.
type dtsMaker struct {
	rate    int64 // of the track's clock
	extract func(au [][]byte, pts int64) (int64, error)
	sets    [][]byte
	nalus   [][]byte
	begun   bool
	last    int64
	step    int64 // between the last two
}

// reset begins with the parameters of a codec. The time line goes on.
func (d *dtsMaker) reset(c media.Codec) {
	d.extract, d.sets = nil, nil
	switch c := c.(type) {
	case *media.H264:
		sps, pps := c.ParameterSets()
		e := &h264.DTSExtractor{}
		e.Initialize()
		d.extract, d.sets = e.Extract, append(append(d.sets, first(sps)...), first(pps)...)
	case *media.H265:
		e := &h265.DTSExtractor{}
		e.Initialize()
		sets := h265Sets(c.Config())
		d.extract, d.sets = e.Extract, append(append(d.sets, first(sets[1])...), first(sets[2])...)
	}
}

// first returns the first of the sets: the extractors know one of each.
func first(sets [][]byte) [][]byte { return sets[:min(len(sets), 1)] }

// times returns presentation and decoding time of an access unit. Decoding times always grow, but for a time line that begins anew.
func (d *dtsMaker) times(pts int64, payload []byte) (int64, int64) {
	dts := pts
	if d.extract != nil {
		dts = d.decoding(pts, payload)
	}
	if d.begun && dts <= d.last && d.last-dts < jumpedBack*d.rate {
		dts = d.last + 1
	}
	if d.begun {
		d.step = dts - d.last
	}
	d.begun, d.last = true, dts
	return max(pts, dts), dts
}

// decoding asks the pictures for their order.
func (d *dtsMaker) decoding(pts int64, payload []byte) int64 {
	d.nalus = append(d.nalus[:0], d.sets...)
	for nalu := range media.NALUs(payload) {
		d.nalus = append(d.nalus, nalu)
	}
	dts, err := d.extract(d.nalus, pts)
	clear(d.nalus)
	if err == nil || !d.begun {
		if err != nil {
			dts = pts
		}
		return dts
	}
	if pts < d.last-jumpedBack*d.rate {
		return pts
	}
	return min(pts, d.last+max(1, d.step))
}
