package rtmp

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/yutopp/go-rtmp/message"

	"aircheck/ingest/media"
)

// Sizes of the chunk layer (RTMP 1.0, 5.3.1).
const (
	initialChunkSize = 128
	maxChunkSize     = 1<<24 - 1
	extendedTime     = 0xffffff
	// maxHeader is the longest chunk header: basic header, message header, extended timestamp.
	maxHeader = 3 + 11 + 4
	// firstAllocation is what a message gets before its bytes have come; later it gets growth times what has come. So a
	// header that promises 16 MB costs 64 KiB, and a picture that does come is moved once or twice.
	firstAllocation = 64 << 10
	growth          = 8
	// maxTorn is how many messages a connection may leave unfinished before they get no more than smallAllocation to begin with: a
	// dozen bytes that begin a message anew, sent again and again, would keep the server clearing memory.
	maxTorn         = 16
	smallAllocation = 1 << 10
	// maxSpare is the largest buffer for an unfinished message that is kept for the next one. Larger messages get a slab of their own.
	maxSpare = 16 << 10
	// longestStep bounds the step from a message with an absolute time to a type 3 message after it, in ms.
	longestStep = 10_000
)

var (
	errChunkSize = errors.New("the peer set a chunk size of 0")
	errNoHeader  = errors.New("a chunk stream starts without a message header")
)

// chunkReader turns a peer's bytes into messages, whatever the pieces in which the bytes come.
type chunkReader struct {
	limits *Limits
	total  *budget
	// accepts tells whether a message is worth its memory. Others are passed over; an error ends the connection.
	accepts func(kind message.TypeID, size int) (bool, error)
	// handle is called for each whole message but empty ones. Its error stops feed behind the message.
	handle func(rtmpMessage) error
	// slab is where messages are put that come whole with one feed, or end with it; nil for the heap. memory is where slabs come from
	// for a large message that comes with several, and adopt is told of such a slab before its message is handled.
	slab   *media.Slab
	memory *media.Slabs
	adopt  func(*media.Slab)

	size    int // of the peer's chunks
	low     [64]*chunkStream
	high    map[uint32]*chunkStream
	streams int
	partial int // bytes that unfinished messages are accounted for
	torn    int // messages that were wanted, begun and never finished
	stored  int // bytes of unfinished messages that are kept
	lent    int // chunk streams whose message is in the slab and not finished
	spare   []byte

	current *chunkStream // inside a chunk
	left    int          // bytes of it to come
}

// feed takes bytes and returns how many were consumed. After no error the rest is the start of a header, shorter than maxHeader,
// and must come again with what follows it.
func (r *chunkReader) feed(b []byte) (consumed int, err error) {
	for consumed < len(b) && err == nil {
		var n int
		if r.left > 0 {
			n, err = r.data(b[consumed:])
		} else {
			n, err = r.header(b[consumed:])
		}
		if n == 0 {
			break
		}
		consumed += n
	}
	if r.lent > 0 {
		if merr := r.moveOut(); merr != nil {
			err = merr
		}
	}
	return consumed, err
}

// header reads a chunk header; 0 bytes consumed without an error mean that more are needed.
func (r *chunkReader) header(b []byte) (int, error) {
	id, n := basicHeader(b)
	if n == 0 {
		return 0, nil
	}
	format := b[0] >> 6
	s := r.find(id)
	if s == nil && format > 1 {
		return 0, fmt.Errorf("%w: chunk stream %d", errNoHeader, id)
	}
	if format == 3 {
		k, ok := s.repeated(b[n:])
		if !ok {
			return 0, nil
		}
		return n + k, r.proceed(s)
	}
	size := headerSizes[format]
	if len(b) < n+size {
		return 0, nil
	}
	h := b[n : n+size]
	n += size
	field := uint32(h[0])<<16 | uint32(h[1])<<8 | uint32(h[2])
	long := field == extendedTime
	if long {
		if len(b) < n+4 {
			return 0, nil
		}
		field = binary.BigEndian.Uint32(b[n:])
		n += 4
	}
	if s == nil {
		if r.streams >= r.limits.MaxChunkStreams {
			return 0, limitError("more than %d chunk streams", r.limits.MaxChunkStreams)
		}
		s = r.add(id)
	}
	r.release(s) // a header inside a message starts another one
	s.take(format, h, field)
	s.extended = long
	return n, r.begin(s)
}

func (r *chunkReader) find(id uint32) *chunkStream {
	if id < uint32(len(r.low)) {
		return r.low[id]
	}
	return r.high[id]
}

func (r *chunkReader) add(id uint32) *chunkStream {
	s := &chunkStream{}
	r.streams++
	if id < uint32(len(r.low)) {
		r.low[id] = s
		return s
	}
	if r.high == nil {
		r.high = map[uint32]*chunkStream{}
	}
	r.high[id] = s
	return s
}

// proceed goes on with the open message, or starts one that repeats the last header.
func (r *chunkReader) proceed(s *chunkStream) error {
	if s.open {
		r.enter(s)
		return nil
	}
	s.time += s.delta
	return r.begin(s)
}

func (r *chunkReader) begin(s *chunkStream) error {
	if s.size == 0 {
		return nil
	}
	wanted, err := r.accepts(s.kind, s.size)
	if err != nil {
		return err
	}
	s.open, s.skip = true, !wanted
	r.enter(s)
	return nil
}

// enter starts a chunk.
func (r *chunkReader) enter(s *chunkStream) {
	r.current = s
	r.left = min(r.size, s.size-s.got)
}

// data takes bytes of the current chunk.
func (r *chunkReader) data(b []byte) (int, error) {
	s := r.current
	if len(b) >= s.size && r.left == s.size && !s.skip {
		r.left = 0
		s.open = false
		return s.size, r.handle(s.message(r.keep(b[:s.size])))
	}
	n := min(len(b), r.left)
	if err := r.store(s, b[:n], len(b)); err != nil {
		return 0, err
	}
	s.got += n
	r.left -= n
	if s.got < s.size {
		return n, nil
	}
	if s.skip {
		r.release(s)
		return n, nil
	}
	m := s.message(r.whole(s))
	if s.own != nil {
		r.adopt(s.own)
		s.own, s.body = nil, nil
	}
	r.release(s)
	return n, r.handle(m)
}

// keep copies a whole message to where it may stay.
func (r *chunkReader) keep(b []byte) []byte {
	if r.slab == nil || r.slab.Room() < len(b) {
		return append([]byte(nil), b...)
	}
	body := r.slab.Take(len(b))
	copy(body, b)
	return body
}

// whole returns the body of a message that is complete. One that began with an earlier feed is copied, if it is not too large, so
// that its buffer can be used again.
func (r *chunkReader) whole(s *chunkStream) []byte {
	size := cap(s.body)
	if s.lent || s.own != nil || size > maxSpare || r.slab == nil || r.slab.Room() < len(s.body) {
		return s.body
	}
	body := r.keep(s.body)
	if size > cap(r.spare) {
		r.spare = s.body[:0]
	}
	return body
}

// moveOut moves unfinished messages out of the slab, which is for what is whole. After an error none is left in it either, and the
// connection is to end.
func (r *chunkReader) moveOut() (failed error) {
	for s := range r.all {
		if !s.lent {
			continue
		}
		body := s.body
		s.lent, s.body = false, nil
		r.lent--
		if err := r.grow(s, len(body), len(body)); err != nil {
			failed = err
			continue
		}
		s.body = append(s.body, body...)
		if s.own == nil {
			r.stored += len(body)
		}
	}
	return failed
}

// store keeps bytes of an unfinished message; available is how many bytes have come behind its first.
func (r *chunkReader) store(s *chunkStream, b []byte, available int) error {
	if s.skip {
		return r.hold(s, len(b))
	}
	if s.got == 0 && s.size <= available && r.slab != nil && s.size <= r.slab.Room() {
		s.body, s.lent = r.slab.Take(s.size)[:0], true
		r.lent++
	}
	if need := len(s.body) + len(b); need > cap(s.body) {
		if err := r.grow(s, need, len(s.body)+available); err != nil {
			return err
		}
	}
	s.body = append(s.body, b...)
	if !s.lent && s.own == nil {
		r.stored += len(b)
	}
	return nil
}

// grow makes room for need bytes of an unfinished message.
func (r *chunkReader) grow(s *chunkStream, need, available int) error {
	size := min(s.size, r.room(need, available))
	var to []byte
	if cap(r.spare) >= size {
		to, r.spare = r.spare, nil
		size = cap(to)
	}
	if err := r.hold(s, size-s.held); err != nil {
		return err
	}
	switch {
	case to != nil:
	case r.memory != nil && size == s.size && size > maxSpare:
		r.stored -= len(s.body)
		s.own = r.memory.Get(size)
		to = s.own.Take(size)[:0]
	default:
		to = make([]byte, 0, size)
	}
	s.body = append(to, s.body...)
	return nil
}

// room is what a message gets of which need bytes have come, and with those of others available.
func (r *chunkReader) room(need, available int) int {
	if r.torn > maxTorn {
		return max(smallAllocation, growth*need)
	}
	return max(firstAllocation, growth*need, available)
}

// hold accounts for n more bytes of an unfinished message.
func (r *chunkReader) hold(s *chunkStream, n int) error {
	s.held += n
	r.partial += n
	over := !s.skip && r.total.add(n)
	if r.partial > r.limits.MaxPartialSize {
		return limitError("unfinished messages of the connection hold more than %d bytes", r.limits.MaxPartialSize)
	}
	if over && r.partial > r.total.share {
		return limitError("unfinished messages of all connections hold more than %d bytes", r.total.max)
	}
	return nil
}

// release forgets the open message, if there is one.
func (r *chunkReader) release(s *chunkStream) {
	r.partial -= s.held
	if !s.skip {
		r.total.add(-s.held)
	}
	if s.got > 0 && !s.skip && s.got < s.size {
		r.torn++
	}
	r.let(s)
	s.open, s.skip, s.lent, s.got, s.held, s.body = false, false, false, 0, 0, nil
}

// let gives back where the body of a message is.
func (r *chunkReader) let(s *chunkStream) {
	switch {
	case s.lent:
		r.lent--
	case s.own != nil:
		s.own.Release()
		s.own = nil
	case !s.skip:
		r.stored -= len(s.body)
	}
}

// charge moves what the connection holds to another budget, and lets go of what is not accepted any more.
func (r *chunkReader) charge(to *budget) {
	for s := range r.all {
		if !s.open || s.skip {
			continue
		}
		r.total.add(-s.held)
		if wanted, err := r.accepts(s.kind, s.size); !wanted || err != nil {
			r.let(s)
			s.skip, s.lent, s.body = true, false, nil
			continue
		}
		to.add(s.held)
	}
	r.total = to
}

// all yields every chunk stream.
func (r *chunkReader) all(yield func(*chunkStream) bool) {
	for _, s := range r.low {
		if s != nil && !yield(s) {
			return
		}
	}
	for _, s := range r.high {
		if !yield(s) {
			return
		}
	}
}

// abort is the peer's wish to have an unfinished message forgotten.
func (r *chunkReader) abort(id uint32) {
	if s := r.find(id); s != nil {
		r.release(s)
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
	for s := range r.all {
		r.release(s)
	}
	r.current, r.left = nil, 0
}
