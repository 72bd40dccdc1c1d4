package rtmp

import (
	"bytes"
	"encoding/binary"

	"github.com/yutopp/go-rtmp/message"

	"aircheck/ingest/media"
)

// rtmpMessage is one whole message. body belongs to the receiver, for as long as the slab is held that it may be in.
type rtmpMessage struct {
	kind     message.TypeID
	streamID uint32
	time     uint32 // ms
	body     []byte
}

// chunkStream is the state of one chunk stream: the last message header, and the message that has begun and not ended.
type chunkStream struct {
	time, delta uint32
	size        int
	kind        message.TypeID
	streamID    uint32
	// field is the extended timestamp, which type 3 chunks may repeat, if extended.
	field    uint32
	extended bool

	open bool
	skip bool // nobody wants the open message
	got  int  // bytes of it that have come
	body []byte
	held int // what it is accounted for
	// lent: body is in the reader's slab, for as long as the slab is there.
	lent bool
	// own is the slab that body is in, if it has one of its own.
	own *media.Slab
}

// basicHeader reads the chunk stream id, in its 1, 2 or 3 bytes; size 0 means that more are needed.
func basicHeader(b []byte) (id uint32, size int) {
	switch low := b[0] & 0x3f; {
	case low > 1:
		return uint32(low), 1
	case low == 0 && len(b) >= 2:
		return uint32(b[1]) + 64, 2
	case low == 1 && len(b) >= 3:
		return uint32(b[1]) + uint32(b[2])<<8 + 64, 3
	}
	return 0, 0
}

// headerSizes are the sizes of message headers by format.
var headerSizes = [4]int{11, 7, 3, 0}

// take stores what a message header of type 0, 1 or 2 says.
func (s *chunkStream) take(format byte, h []byte, field uint32) {
	s.field = field
	if format == 0 {
		s.time, s.delta = field, 0
		s.streamID = binary.LittleEndian.Uint32(h[7:])
		// A type 3 header after this one repeats the time as its step (RTMP 1.0, 5.3.1.2.4). Relays that join late begin with
		// times that cannot be meant so.
		if field <= longestStep {
			s.delta = field
		}
	} else {
		s.delta = field
		s.time += field
	}
	if format < 2 {
		s.size = int(h[3])<<16 | int(h[4])<<8 | int(h[5])
		s.kind = message.TypeID(h[6])
	}
}

// repeated tells how many bytes of a type 3 header repeat the extended timestamp: 4 by the specification, 0 from
// old encoders. Which it is shows in the bytes themselves. Not ok: more are needed to tell.
func (s *chunkStream) repeated(b []byte) (n int, ok bool) {
	if !s.extended {
		return 0, true
	}
	times := [3]uint32{s.field, s.time, s.time}
	if !s.open {
		times[2] += s.delta
	}
	b = b[:min(len(b), 4)]
	undecided := false
	for _, t := range times {
		var want [4]byte
		binary.BigEndian.PutUint32(want[:], t)
		if bytes.HasPrefix(want[:], b) {
			if len(b) == 4 {
				return 4, true
			}
			undecided = true
		}
	}
	return 0, !undecided
}

func (s *chunkStream) message(body []byte) rtmpMessage {
	return rtmpMessage{kind: s.kind, streamID: s.streamID, time: s.time, body: body[:len(body):len(body)]}
}
