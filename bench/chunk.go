package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// The message types of RTMP 1.0 (section 5.4, 7.1) that a publisher needs.
const (
	typeSetChunkSize = 1
	typeData         = 18
	typeCommand      = 20
)

// firstChunkSize is in force until a peer says otherwise (section 5.3).
const firstChunkSize = 128

// chunkWriter turns messages into chunks (section 5.3.1). Headers are as short as those of encoders: absolute once in
// each chunk stream, then relative.
type chunkWriter struct {
	out  []byte
	size int
	last map[byte]header
}

// header is what a chunk stream's next header may leave out.
type header struct {
	at   time.Duration
	size int
	kind byte
}

func newChunkWriter() chunkWriter {
	return chunkWriter{size: firstChunkSize, last: map[byte]header{}}
}

// message appends one message, whose body is given in parts. Times are whole milliseconds below 2^24-1. The stream is that of
// the messages, not of the chunks.
func (w *chunkWriter) message(chunkStream, kind byte, stream uint32, at time.Duration, body ...[]byte) {
	size := 0
	for _, part := range body {
		size += len(part)
	}
	last, known := w.last[chunkStream]
	w.last[chunkStream] = header{at: at, size: size, kind: kind}
	format, ms := byte(0), at.Milliseconds()
	if known && at >= last.at {
		format, ms = 1, (at - last.at).Milliseconds()
		if last.size == size && last.kind == kind {
			format = 2
		}
	}
	w.out = append(w.out, format<<6|chunkStream, byte(ms>>16), byte(ms>>8), byte(ms))
	if format < 2 {
		w.out = append(w.out, byte(size>>16), byte(size>>8), byte(size), kind)
	}
	if format == 0 {
		w.out = binary.LittleEndian.AppendUint32(w.out, stream)
	}
	room := w.size
	for _, part := range body {
		for len(part) > 0 {
			if room == 0 {
				w.out = append(w.out, 3<<6|chunkStream)
				room = w.size
			}
			n := min(room, len(part))
			w.out = append(w.out, part[:n]...)
			part, room = part[n:], room-n
		}
	}
}

// setSize tells the peer a new chunk size and goes on with it.
func (w *chunkWriter) setSize(size int) {
	w.message(2, typeSetChunkSize, 0, 0, binary.BigEndian.AppendUint32(nil, uint32(size)))
	w.size = size
}

// maxAnswer bounds what a server may tell a publisher, in bytes.
const maxAnswer = 1 << 16

// chunkReader puts the answers of a server together.
type chunkReader struct {
	r       *bufio.Reader
	size    int
	streams map[byte]*answer
}

// answer is a message that is coming in.
type answer struct {
	size int
	kind byte
	body []byte
}

func newChunkReader(r io.Reader) chunkReader {
	return chunkReader{r: bufio.NewReader(r), size: firstChunkSize, streams: map[byte]*answer{}}
}

// message returns the next whole message.
func (r *chunkReader) message() (kind byte, body []byte, err error) {
	for {
		a, err := r.chunk()
		if err != nil {
			return 0, nil, err
		}
		if len(a.body) < a.size {
			continue
		}
		body, a.body = a.body, nil
		if a.kind == typeSetChunkSize && len(body) >= 4 {
			size := binary.BigEndian.Uint32(body)
			if size == 0 || size > 1<<24-1 {
				return 0, nil, fmt.Errorf("the server announced a chunk size of %d", size)
			}
			r.size = int(size)
		}
		return a.kind, body, nil
	}
}

// chunk reads one chunk into its message.
func (r *chunkReader) chunk() (*answer, error) {
	basic, err := r.r.ReadByte()
	if err != nil {
		return nil, err
	}
	format, id := basic>>6, basic&63
	if id < 2 {
		return nil, errors.New("the server uses a chunk stream beyond 63")
	}
	a := r.streams[id]
	if a == nil {
		a = &answer{}
		r.streams[id] = a
	}
	var h [11]byte
	if _, err := io.ReadFull(r.r, h[:[...]int{11, 7, 3, 0}[format]]); err != nil {
		return nil, err
	}
	if format < 3 && h[0] == 0xff && h[1] == 0xff && h[2] == 0xff {
		return nil, errors.New("the server uses an extended timestamp")
	}
	if format < 2 {
		a.size, a.kind = int(h[3])<<16|int(h[4])<<8|int(h[5]), h[6]
		if a.size > maxAnswer {
			return nil, fmt.Errorf("the server sent a message of %d bytes", a.size)
		}
	}
	part := make([]byte, max(0, min(r.size, a.size-len(a.body))))
	if _, err := io.ReadFull(r.r, part); err != nil {
		return nil, err
	}
	a.body = append(a.body, part...)
	return a, nil
}
