package rtmp

import (
	"encoding/binary"
	"errors"
)

// Sizes of the chunk layer (RTMP 1.0, 5.3.1).
const (
	defaultChunkSize = 128
	maxChunkSize     = 16<<20 - 1
	maxHeader        = 3 + 11 + 4
	extended         = 0xffffff
	// firstAllocation is how much a message is given before its bytes have come.
	firstAllocation = 64 << 10
)

var errChunkSize = errors.New("the peer set a chunk size of 0")

// message is one whole RTMP message. body belongs to the receiver.
type message struct {
	typ      byte
	streamID uint32
	time     uint32
	body     []byte
}

// chunkStream is the state of one chunk stream id.
type chunkStream struct {
	time, delta uint32
	size        int
	typ         byte
	streamID    uint32
	// ext is the extended timestamp field, which type 3 chunks may repeat, if hasExt.
	ext    uint32
	hasExt bool
	body   []byte
	open   bool // body is a message that has begun and not ended
}

// chunkReader turns a peer's bytes into messages, whatever the pieces in which the bytes come.
type chunkReader struct {
	limits  *Limits
	total   *budget
	handle  func(message) error
	size    int
	streams map[uint32]*chunkStream
	partial int // bytes held by unfinished messages

	current *chunkStream // inside a chunk
	left    int          // bytes of it to come
}

func newChunkReader(l *Limits, total *budget, handle func(message) error) *chunkReader {
	return &chunkReader{limits: l, total: total, handle: handle, size: defaultChunkSize, streams: map[uint32]*chunkStream{}}
}

// feed takes bytes and returns how many were consumed; the rest, less than maxHeader+4 bytes, is the start of a header
// and must come again with what follows it.
func (r *chunkReader) feed(b []byte) (consumed int, err error) {
	for consumed < len(b) {
		if r.left == 0 {
			n, err := r.header(b[consumed:])
			if err != nil || n == 0 {
				return consumed, err
			}
			consumed += n
		}
		n, err := r.data(b[consumed:])
		consumed += n
		if err != nil {
			return consumed, err
		}
	}
	return consumed, nil
}

// header reads a chunk header; 0 means that more bytes are needed.
func (r *chunkReader) header(b []byte) (int, error) {
	id, n := basicHeader(b)
	if n == 0 {
		return 0, nil
	}
	format := b[0] >> 6
	s := r.streams[id]
	if s == nil {
		if len(r.streams) >= r.limits.MaxChunkStreams {
			return 0, limitError("more than %d chunk streams", r.limits.MaxChunkStreams)
		}
		s = &chunkStream{}
	}
	size := [4]int{11, 7, 3, 0}[format]
	if len(b) < n+size {
		return 0, nil
	}
	h := b[n : n+size]
	n += size
	next := *s
	if format < 3 {
		next.ext, next.hasExt = uint32(h[0])<<16|uint32(h[1])<<8|uint32(h[2]), false
		if next.ext == extended {
			if len(b) < n+4 {
				return 0, nil
			}
			next.ext, next.hasExt = binary.BigEndian.Uint32(b[n:]), true
			n += 4
		}
	} else if s.hasExt {
		k, ok := s.repeats(b[n:])
		if !ok {
			return 0, nil
		}
		n += k
	}
	if format < 2 {
		next.size = int(h[3])<<16 | int(h[4])<<8 | int(h[5])
		next.typ = h[6]
	}
	if format == 0 {
		next.streamID = binary.LittleEndian.Uint32(h[7:])
	}
	r.streams[id] = s
	return n, r.begin(s, next, format)
}

// repeats tells how many bytes of a type 3 chunk repeat the extended timestamp: 4 by the specification, 0 from
// old encoders. Which it is shows in the bytes themselves.
func (s *chunkStream) repeats(b []byte) (n int, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	if v := binary.BigEndian.Uint32(b); v == s.ext || v == s.time {
		return 4, true
	}
	return 0, true
}

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

// begin starts a chunk: of a new message, or of the one that is open.
func (r *chunkReader) begin(s *chunkStream, next chunkStream, format byte) error {
	if s.open && format < 2 && format != 3 {
		r.drop(s) // a header inside a message starts another one
		next.open, next.body = false, nil
	}
	if !s.open {
		switch format {
		case 0:
			next.time, next.delta = next.ext, 0
		case 1, 2:
			next.delta = next.ext
			next.time += next.delta
		case 3:
			next.time += next.delta
		}
		if next.size > r.limits.MaxMessageSize {
			return limitError("a message of %d bytes, at most %d are allowed", next.size, r.limits.MaxMessageSize)
		}
		next.open = true
		next.body = nil
	}
	*s = next
	r.current = s
	r.left = min(r.size, s.size-len(s.body))
	if s.size == 0 {
		return r.finish(s)
	}
	return nil
}

// data takes bytes of the current chunk.
func (r *chunkReader) data(b []byte) (int, error) {
	s, n := r.current, min(len(b), r.left)
	if n == 0 {
		return 0, nil
	}
	if r.partial+n > r.limits.MaxPartialSize {
		return 0, limitError("unfinished messages hold more than %d bytes", r.limits.MaxPartialSize)
	}
	if err := r.total.take(n); err != nil {
		r.total.give(n)
		return 0, err
	}
	r.partial += n
	if s.body == nil {
		s.body = make([]byte, 0, min(s.size, max(firstAllocation, n)))
	} else if len(s.body)+n > cap(s.body) {
		s.body = append(make([]byte, 0, min(s.size, 2*(len(s.body)+n))), s.body...)
	}
	s.body = append(s.body, b[:n]...)
	r.left -= n
	if len(s.body) == s.size {
		return n, r.finish(s)
	}
	return n, nil
}

func (r *chunkReader) finish(s *chunkStream) error {
	m := message{typ: s.typ, streamID: s.streamID, time: s.time, body: s.body}
	r.drop(s)
	r.current, r.left = nil, 0
	return r.handle(m)
}

// drop forgets an unfinished message.
func (r *chunkReader) drop(s *chunkStream) {
	r.partial -= len(s.body)
	r.total.give(len(s.body))
	s.body, s.open = nil, false
}

// abort is the peer's wish to have an unfinished message forgotten.
func (r *chunkReader) abort(id uint32) {
	if s := r.streams[id]; s != nil {
		r.drop(s)
		if r.current == s {
			r.current, r.left = nil, 0
		}
	}
}

// setSize is the peer's announcement of the size of its chunks.
func (r *chunkReader) setSize(n uint32) error {
	n &= 0x7fffffff
	if n == 0 {
		return errChunkSize
	}
	r.size = int(min(n, maxChunkSize))
	return nil
}

// close gives back what the connection holds.
func (r *chunkReader) close() {
	for _, s := range r.streams {
		r.drop(s)
	}
}

// appendMessage appends a message in chunks of the size this server announces.
func appendMessage(dst []byte, chunkStream byte, m message) []byte {
	n := len(m.body)
	dst = append(dst, chunkStream, byte(m.time>>16), byte(m.time>>8), byte(m.time), byte(n>>16), byte(n>>8), byte(n), m.typ)
	dst = binary.LittleEndian.AppendUint32(dst, m.streamID)
	for rest := m.body; ; {
		k := min(len(rest), ownChunkSize)
		dst = append(dst, rest[:k]...)
		if rest = rest[k:]; len(rest) == 0 {
			return dst
		}
		dst = append(dst, 0xc0|chunkStream)
	}
}
