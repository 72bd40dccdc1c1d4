package compose

import (
	"bytes"
	"fmt"
	"slices"

	"aircheck/ingest/media"
)

// same returns errDiffer, wrapped, unless both codecs decode the same, whatever their configurations look like.
func same(p *piece, a, b media.Codec) error {
	if sameCoding(a, b) {
		return nil
	}
	return fmt.Errorf("%w: the %s of file %s has other parameters than that before it", errDiffer, a.Kind(), p.src.ID)
}

func sameCoding(a, b media.Codec) bool {
	switch x := a.(type) {
	case *media.H264:
		if y, ok := b.(*media.H264); ok {
			xs, xp := x.ParameterSets()
			ys, yp := y.ParameterSets()
			return slices.EqualFunc(xs, ys, bytes.Equal) && slices.EqualFunc(xp, yp, bytes.Equal)
		}
	case *media.AAC:
		if y, ok := b.(*media.AAC); ok {
			return x.SampleRate() == y.SampleRate() && x.Channels() == y.Channels() && x.ObjectType() == y.ObjectType() &&
				x.FrameSamples() == y.FrameSamples()
		}
	}
	return media.SameParameters(a, b)
}
