package rtmp

import (
	"errors"
	"fmt"
	"time"

	"github.com/yutopp/go-rtmp/message"

	"aircheck/ingest/media"
)

// Limits of what a publisher's tracks may hold for as long as it publishes.
const (
	maxTracks     = 16
	maxConfigSize = 64 << 10
)

const timescale = 1000 // RTMP counts milliseconds

// unitReader turns messages of sound and pictures into units.
type unitReader struct {
	clock  media.Unwrapper // one for all messages: sound and pictures share a time line
	tracks map[int]*media.Track
	// pending are configurations, by track, that need a unit to make a codec of.
	pending map[int]announced
	parts   []part
	// early counts units that came before their track's configuration, bad messages of which something was left out.
	early, bad int
	// complaint is what was wrong with the first of the bad.
	complaint error
	// announce is told of each new track and its parameters. May be nil.
	announce func(*media.Track)
	// promise is told how many tracks of pictures there will be. May be nil.
	promise func(videos int)
	// slab is where units are put; nil for the heap.
	slab *media.Slab
}

// part is one track's piece of a message.
type part struct {
	kind   media.Kind
	id     int // of the track among those of its kind
	codec  string
	config bool // body is the codec's configuration
	stereo bool // of G.711
	key    bool
	cts    int32 // ms
	body   []byte
}

// track is the part's track id within the stream.
func (p *part) track() int {
	if p.kind == media.Video {
		return 2*p.id + 1
	}
	return 2*p.id + 2
}

// read appends the units of a message.
func (r *unitReader) read(dst []*media.Unit, m rtmpMessage, wall time.Time) []*media.Unit {
	dts := r.clock.Unwrap(m.time)
	if len(m.body) == 0 {
		return dst
	}
	var err error
	r.parts = r.parts[:0]
	if m.kind == message.TypeIDVideoMessage {
		r.parts, err = videoParts(r.parts, m.body)
	} else {
		r.parts, err = audioParts(r.parts, m.body)
	}
	for i := range r.parts {
		u, perr := r.part(&r.parts[i], dts, wall)
		if perr != nil && err == nil {
			err = perr
		}
		if u != nil {
			dst = append(dst, u)
		}
	}
	clear(r.parts) // they hold the message
	if err != nil {
		if r.bad++; r.complaint == nil {
			r.complaint = err
		}
	}
	return dst
}

// part applies a configuration, or returns a unit; both are nil where there is neither.
func (r *unitReader) part(p *part, dts int64, wall time.Time) (*media.Unit, error) {
	if p.config {
		return nil, r.configure(p)
	}
	if len(p.body) == 0 {
		return nil, nil
	}
	t, err := r.trackOf(p)
	if err != nil || t == nil {
		return nil, err
	}
	payload, err := payloadOf(t.Codec, p.body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.codec, err)
	}
	u := r.unit()
	u.Track, u.DTS, u.PTS, u.Wall, u.Payload = t, dts, dts+int64(p.cts), wall, payload
	if _, opaque := t.Codec.(media.Opaque); opaque {
		u.RandomAccess = p.key
	} else {
		u.RandomAccess = t.Codec.RandomAccess(payload)
	}
	return u, nil
}

// payloadOf returns the body of a message in the form that a unit has.
func payloadOf(c media.Codec, body []byte) ([]byte, error) {
	if c.Name() == "av1" {
		return media.TrimOBUs(body)
	}
	return media.WidenLengths(body, lengthSize(c))
}

func (r *unitReader) unit() *media.Unit {
	if r.slab == nil {
		return &media.Unit{}
	}
	return r.slab.NewUnit()
}

// lengthSize returns the size of the lengths that the publisher puts in front of NAL units; 4 for codecs without any.
func lengthSize(c media.Codec) int {
	if l, ok := c.(interface{ LengthSize() int }); ok {
		return l.LengthSize()
	}
	return 4
}

var (
	errShortTag   = errors.New("a message of sound or pictures is too short")
	errManyTracks = fmt.Errorf("more than %d tracks", maxTracks)
)
