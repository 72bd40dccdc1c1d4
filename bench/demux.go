package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// maxPlayed bounds what a server may send a player as one message or tag, in bytes.
const maxPlayed = 8 << 20

// demux takes apart what a player gets. What is not a whole piece yet is kept for the next call.
type demux struct {
	// step takes one piece off the front and returns its size, 0 if it is not whole.
	step func(b []byte) (int, error)
	// tag is told of every tag, whose body is valid until it returns.
	tag  func(kind byte, body []byte)
	rest []byte

	// Of RTMP.
	size    int
	streams map[byte]*answer
}

// feed takes bytes as they come.
func (d *demux) feed(b []byte) error {
	if len(d.rest) > 0 {
		d.rest = append(d.rest, b...)
		b = d.rest
	}
	for len(b) > 0 {
		n, err := d.step(b)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		b = b[n:]
	}
	d.rest = append(d.rest[:0], b...)
	return nil
}

// playRTMP takes chunks apart, going on from what the answers to commands left.
func playRTMP(in *chunkReader, tag func(kind byte, body []byte)) *demux {
	d := &demux{tag: tag, size: in.size, streams: in.streams}
	d.step = d.chunk
	return d
}

// chunk takes one chunk (RTMP 1.0, 5.3.1). Extended timestamps do not occur: nothing here lasts for hours.
func (d *demux) chunk(b []byte) (int, error) {
	format, id := b[0]>>6, b[0]&63
	if id < 2 {
		return 0, errors.New("the server uses a chunk stream beyond 63")
	}
	at := 1 + [...]int{11, 7, 3, 0}[format]
	if len(b) < at {
		return 0, nil
	}
	if format < 3 && b[1] == 0xff && b[2] == 0xff && b[3] == 0xff {
		return 0, errors.New("the server uses an extended timestamp")
	}
	a := d.streams[id]
	if a == nil {
		a = &answer{}
		d.streams[id] = a
	}
	size, kind := a.size, a.kind
	if format < 2 {
		size, kind = int(b[4])<<16|int(b[5])<<8|int(b[6]), b[7]
	}
	if size > maxPlayed {
		return 0, fmt.Errorf("the server sent a message of %d bytes", size)
	}
	n := max(0, min(d.size, size-len(a.body)))
	if len(b) < at+n {
		return 0, nil
	}
	a.size, a.kind = size, kind
	a.body = append(a.body, b[at:at+n]...)
	if len(a.body) < size {
		return at + n, nil
	}
	err := d.message(a.kind, a.body)
	a.body = a.body[:0]
	return at + n, err
}

func (d *demux) message(kind byte, body []byte) error {
	switch kind {
	case typeSetChunkSize:
		if len(body) < 4 {
			return errors.New("the server announced no chunk size")
		}
		size := binary.BigEndian.Uint32(body)
		if size == 0 || size > 1<<24-1 {
			return fmt.Errorf("the server announced a chunk size of %d", size)
		}
		d.size = int(size)
	case tagAudio, tagVideo:
		d.tag(kind, body)
	}
	return nil
}

// playFLV takes an answer of HTTP/1.0 apart whose body is an FLV file.
func playFLV(tag func(kind byte, body []byte)) *demux {
	d := &demux{tag: tag}
	d.step = d.head
	return d
}

// head takes the head of the answer.
func (d *demux) head(b []byte) (int, error) {
	const end, longest = "\r\n\r\n", 8 << 10
	n := bytes.Index(b, []byte(end))
	if n < 0 {
		if len(b) > longest {
			return 0, errors.New("the head of the answer does not end")
		}
		return 0, nil
	}
	status, _, _ := bytes.Cut(b, []byte("\r\n"))
	if !bytes.Contains(status, []byte(" 200 ")) {
		return 0, fmt.Errorf("the server answered %q", status)
	}
	d.step = d.file
	return n + len(end), nil
}

// file takes the head of the file and the size that follows it.
func (d *demux) file(b []byte) (int, error) {
	const size = 9 + 4
	if len(b) < size {
		return 0, nil
	}
	if string(b[:3]) != "FLV" {
		return 0, errors.New("the server did not send FLV")
	}
	d.step = d.flvTag
	return size, nil
}

func (d *demux) flvTag(b []byte) (int, error) {
	if len(b) < 11 {
		return 0, nil
	}
	size := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
	if size > maxPlayed {
		return 0, fmt.Errorf("the server sent a tag of %d bytes", size)
	}
	if len(b) < tagFrame+size {
		return 0, nil
	}
	d.tag(b[0], b[11:11+size])
	return tagFrame + size, nil
}
