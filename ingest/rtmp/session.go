package rtmp

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/yutopp/go-rtmp/message"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

const (
	// minWindow is the smallest acknowledgement window that is believed.
	minWindow = 1024
	// maxControlSize bounds control messages; the largest one has 10 bytes.
	maxControlSize = 64
	// ownStream is the message stream that createStream gives out.
	ownStream = 1
	// leastCompacted is how much may be held for units whatever they use of it.
	leastCompacted = 2 << 10
)

// What stops session.feed.
var (
	errPublished   = errors.New("published")
	errUnpublished = errors.New("the publisher stopped")
	errRefused     = errors.New("refused")
	errCommand     = errors.New("a command cannot be read")
)

// session is the state of one connection above its chunks. It is used by one goroutine at a time and does no I/O: what
// it has to say is appended to its writer.
type session struct {
	chunkWriter
	chunks chunkReader
	// admit asks for permission to publish, and opens the stream.
	admit func(address) (*stream.Stream, error)
	// view asks for permission to play.
	view func(address) (*stream.Stream, error)
	// waiting is the budget of connections that do not publish, publishing that of those that do.
	waiting, publishing *budget

	tcURL, app string
	connected  bool
	stream     *stream.Stream // nil unless publishing
	viewed     *stream.Stream // nil unless playing
	streamID   uint32         // on which it was published
	name       string         // by which it was published
	stopped    string         // the command that ended the last stream
	reader     unitReader
	units      []*media.Unit // not yet written to the stream
	slabs      []*media.Slab // that units are in
	memory     *media.Slabs  // where publishers' slabs come from
	now        time.Time
	pacing     stream.Pacing

	received, acked, window uint64
}

func newSession(
	l *Limits, memory *media.Slabs, waiting, publishing *budget, admit func(address) (*stream.Stream, error),
) *session {
	s := &session{admit: admit, memory: memory, waiting: waiting, publishing: publishing}
	s.chunkWriter.size = initialChunkSize
	s.chunks = chunkReader{limits: l, total: waiting, accepts: s.accepts, handle: s.handle, adopt: s.adopt, size: initialChunkSize}
	return s
}

// feed reads messages. It stops with errPublished once the session may publish and with errUnpublished once it
// has stopped; the bytes behind belong to what comes next.
func (s *session) feed(b []byte, now time.Time) (consumed int, err error) {
	s.now = now
	if s.stream != nil && (len(b) >= maxHeader || s.chunks.stored > 0) {
		slab := s.memory.Get(len(b) + min(s.chunks.stored, maxSpare))
		s.slabs = append(s.slabs, slab)
		s.chunks.slab, s.chunks.memory, s.reader.slab = slab, s.memory, slab
	}
	consumed, err = s.chunks.feed(b)
	if s.window >= minWindow && s.received-s.acked >= s.window/2 {
		s.acked = s.received
		s.control(&message.Ack{SequenceNumber: uint32(s.received)})
	}
	return consumed, err
}

// deliver writes the units read since the last call to the stream.
func (s *session) deliver() (err error) {
	if len(s.units) > 0 {
		s.compact()
		s.pacing.Note(s.units, s.now)
		err = s.stream.Write(s.units)
	}
	if cap(s.units) > 4096 {
		s.units = nil // a burst's
	}
	clear(s.units)
	s.units = s.units[:0]
	s.chunks.slab, s.reader.slab = nil, nil
	for i, slab := range s.slabs {
		slab.Release()
		s.slabs[i] = nil
	}
	s.slabs = s.slabs[:0]
	return err
}

// compact moves the units to a smaller slab if what is held for them is mostly something else: messages that nobody wants, or
// beginnings of what is to come. Each unit keeps all of its slab, for as long as a reader or the GOP cache keeps the unit.
func (s *session) compact() {
	held, used := 0, 0
	for _, slab := range s.slabs {
		held += slab.Size()
	}
	for _, u := range s.units {
		used += len(u.Payload)
	}
	if 2*used >= held || held <= leastCompacted {
		return
	}
	to := s.memory.Get(used)
	s.slabs = append(s.slabs, to)
	for i, u := range s.units {
		c := to.NewUnit()
		c.Track, c.PTS, c.DTS, c.Wall, c.RandomAccess = u.Track, u.PTS, u.DTS, u.Wall, u.RandomAccess
		c.Payload = to.Take(len(u.Payload))
		copy(c.Payload, u.Payload)
		s.units[i] = c
	}
}

// adopt has the units of the next message be in a slab of its own.
func (s *session) adopt(slab *media.Slab) {
	s.slabs = append(s.slabs, slab)
	s.reader.slab = slab
}

// holds reports whether nothing more is to be read for now: the publisher sends faster than its media plays and a reader cannot keep up.
func (s *session) holds(now time.Time) bool { return s.pacing.Holds(now, s.stream.Behind) }

// count notes bytes read from the socket; feed acknowledges them.
func (s *session) count(n int, now time.Time) {
	s.received += uint64(n)
	if s.stream != nil {
		s.stream.Received(n, now)
	}
}

// accepts tells which messages are read at all.
func (s *session) accepts(kind message.TypeID, size int) (bool, error) {
	switch kind {
	case message.TypeIDAudioMessage, message.TypeIDVideoMessage, message.TypeIDAggregateMessage:
		if most := s.chunks.limits.MaxMessageSize; size > most {
			return false, limitError("a message of %d bytes, at most %d are allowed", size, most)
		}
		return s.stream != nil, nil
	case message.TypeIDDataMessageAMF0, message.TypeIDDataMessageAMF3:
		return s.stream != nil && size <= maxAMFSize, nil
	case message.TypeIDCommandMessageAMF0, message.TypeIDCommandMessageAMF3:
		if size > maxAMFSize {
			return false, limitError("a command of %d bytes, at most %d are allowed", size, maxAMFSize)
		}
		return true, nil
	case message.TypeIDSetChunkSize, message.TypeIDAbortMessage, message.TypeIDUserCtrl, message.TypeIDWinAckSize:
		return size <= maxControlSize, nil
	}
	return false, nil
}

func (s *session) handle(m rtmpMessage) error {
	err := s.dispatch(m)
	s.reader.slab = s.chunks.slab
	return err
}

func (s *session) dispatch(m rtmpMessage) error {
	switch m.kind {
	case message.TypeIDAudioMessage, message.TypeIDVideoMessage:
		s.media(m)
	case message.TypeIDAggregateMessage:
		s.aggregate(m)
	case message.TypeIDDataMessageAMF0, message.TypeIDDataMessageAMF3:
		if s.stream != nil {
			s.metadata(plainAMF0(m))
		}
	case message.TypeIDCommandMessageAMF0, message.TypeIDCommandMessageAMF3:
		return s.onCommand(m.streamID, plainAMF0(m))
	default:
		return s.onControl(m)
	}
	return nil
}

// plainAMF0 returns the AMF0 values of a message. Those of the AMF3 types begin with a byte that says so (RTMP 1.0, 7.1.1).
func plainAMF0(m rtmpMessage) []byte {
	wrapped := m.kind == message.TypeIDDataMessageAMF3 || m.kind == message.TypeIDCommandMessageAMF3
	if wrapped && m.body[0] == 0 {
		return m.body[1:]
	}
	return m.body
}

func (s *session) onControl(m rtmpMessage) error {
	if m.kind == message.TypeIDUserCtrl {
		const request = 6 // RTMP 1.0, 7.1.7
		if len(m.body) >= 6 && binary.BigEndian.Uint16(m.body) == request {
			event := &message.UserCtrlEventPingResponse{Timestamp: binary.BigEndian.Uint32(m.body[2:])}
			s.control(&message.UserCtrl{Event: event})
		}
		return nil
	}
	if len(m.body) < 4 {
		return nil
	}
	value := binary.BigEndian.Uint32(m.body)
	switch m.kind {
	case message.TypeIDSetChunkSize:
		return s.chunks.setSize(value)
	case message.TypeIDAbortMessage:
		s.chunks.abort(value)
	case message.TypeIDWinAckSize:
		s.window = uint64(value)
	}
	return nil
}

// media reads pictures and sound.
func (s *session) media(m rtmpMessage) {
	if s.stream != nil {
		s.units = s.reader.read(s.units, m, s.now)
	}
}

// aggregate takes the messages out of an aggregate message (RTMP 1.0, 7.1.6). Its own time is that of the first. There are a few
// hundred at most; a unit costs far more than the smallest message.
func (s *session) aggregate(m rtmpMessage) {
	const head, tail, most = 11, 4, 8192
	var first uint32
	for b, n := m.body, 0; len(b) >= head && n < most; n++ {
		size := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		ts := uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6]) | uint32(b[7])<<24
		if n == 0 {
			first = ts
		}
		if size > len(b)-head {
			return
		}
		inner := rtmpMessage{
			kind: message.TypeID(b[0]), streamID: m.streamID, time: m.time + ts - first, body: b[head : head+size : head+size],
		}
		switch {
		case inner.kind == message.TypeIDAudioMessage || inner.kind == message.TypeIDVideoMessage:
			s.media(inner)
		case inner.kind == message.TypeIDDataMessageAMF0 && s.stream != nil:
			s.metadata(inner.body)
		}
		b = b[min(len(b), head+size+tail):]
	}
}
