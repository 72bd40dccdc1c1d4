// Package aac writes, finishes, repairs and reads recordings of AAC as an audio data transport stream
// (ADTS, ISO 14496-3, 1.A.2).
//
// A file is frames and nothing else: each has a header of 7 bytes that tells profile, sampling rate, channels and length.
// It is whole and playable after every frame, and finishing changes nothing. It holds no times: frames play one after the
// other, 1024 samples each, from zero. So the duration in a summary is what plays; where the times of the units left a
// hole, the writer tells of it (Hole), and the file is that much shorter. Units without payload are left out.
//
// Band replication (HE-AAC) is carried as the core coder that it extends, without being announced; decoders find it in the
// frames (implicit signalling, ISO 14496-3, 1.6.5.3).
package aac

import (
	"fmt"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Format is AAC in ADTS. It implements container.Format and container.Single.
type Format struct{}

var (
	_ container.Format = Format{}
	_ container.Single = Format{}
	_ container.Holed  = (*writer)(nil)
)

// Name returns "aac".
func (Format) Name() string { return "aac" }

// ContentType returns "audio/aac".
func (Format) ContentType() string { return "audio/aac" }

// Supports reports whether the codec is AAC that an ADTS header can tell.
func (Format) Supports(c media.Codec) bool {
	_, err := container.NewADTS(c)
	return err == nil
}

// Only returns Audio.
func (Format) Only() media.Kind { return media.Audio }

// frameSamples is how many samples per channel every frame has that NewADTS takes.
const frameSamples = 1024

// head is what all headers of a file have in common.
type head struct {
	adts  container.ADTS
	track *media.Track
	rate  uint32
}

// newHead returns the headers of a file of these tracks, which must be one.
func newHead(tracks []*media.Track) (h head, err error) {
	for i, t := range tracks {
		adts, err := container.NewADTS(t.Codec)
		if err != nil {
			return h, fmt.Errorf("track %d: %w", t.ID, err)
		}
		if i > 0 {
			return h, fmt.Errorf("%w: an AAC file has room for one track, and track %d (%s) is a second one after track %d",
				container.ErrUnsupported, t.ID, t.Codec.Name(), h.track.ID)
		}
		h = head{adts: adts, track: t, rate: uint32(t.Codec.(media.AudioCodec).SampleRate())}
	}
	if h.track == nil {
		return h, fmt.Errorf("%w: an AAC file needs a track", container.ErrUnsupported)
	}
	return h, nil
}

// plays returns how long n frames play.
func (h head) plays(n int64) time.Duration { return media.Duration(n*frameSamples, h.rate) }
