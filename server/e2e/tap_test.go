//go:build publishers

package e2e

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// tap stands between publishers and the server, passes on every byte, and keeps those of the publishers: what was sent,
// whatever the publisher or the server believe about it.
type tap struct {
	t        *testing.T
	address  string
	target   string
	listener net.Listener
	ended    sync.WaitGroup

	mu    sync.Mutex
	conns []*tapped
}

// tapped is one connection.
type tapped struct {
	publisher, server net.Conn
	mu                sync.Mutex
	sent              bytes.Buffer
}

func tapInto(t *testing.T, s *instance) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{t: t, address: l.Addr().String(), target: s.rtmp, listener: l}
	p.ended.Add(1)
	go p.accept()
	t.Cleanup(p.close)
	return p
}

func (p *tap) accept() {
	defer p.ended.Done()
	for {
		publisher, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = publisher.Close()
			continue
		}
		c := &tapped{publisher: publisher, server: server}
		p.mu.Lock()
		p.conns = append(p.conns, c)
		p.mu.Unlock()
		p.ended.Add(2)
		go func() { defer p.ended.Done(); c.pass(server, io.TeeReader(publisher, c)) }()
		go func() { defer p.ended.Done(); c.pass(publisher, server) }()
	}
}

// pass hands on what one side sends, and then its end.
func (c *tapped) pass(to net.Conn, from io.Reader) {
	_, _ = io.Copy(to, from) // an error is the end of the connection
	_ = to.(*net.TCPConn).CloseWrite()
}

// Write keeps what the publisher sent.
func (c *tapped) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent.Write(b)
}

func (c *tapped) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent.Len()
}

func (p *tap) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	for _, c := range p.conns {
		_ = c.publisher.Close()
		_ = c.server.Close()
	}
	p.mu.Unlock()
	p.ended.Wait()
}

// sent returns how many bytes came over the n-th connection; 0 before there is one.
func (p *tap) sent(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n >= len(p.conns) {
		return 0
	}
	return p.conns[n].size()
}

// cut breaks the n-th connection as a network does: both ends get a reset.
func (p *tap) cut(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range []net.Conn{p.conns[n].publisher, p.conns[n].server} {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
}

// flv writes the media of the n-th connection to a file and returns its name.
func (p *tap) flv(n int) string {
	p.t.Helper()
	p.mu.Lock()
	c := p.conns[n]
	p.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	file, err := flvOf(c.sent.Bytes())
	if err != nil {
		p.t.Fatalf("the publisher's bytes: %v", err)
	}
	name := filepath.Join(p.t.TempDir(), fmt.Sprintf("sent%d.flv", n))
	if err := os.WriteFile(name, file, 0o600); err != nil {
		p.t.Fatal(err)
	}
	return name
}

// message is a chunk stream's state: the message under way, and what the next header leaves out.
type message struct {
	known             bool
	extended          bool // the last header had an extended timestamp
	time, delta, size uint32
	kind              byte
	body              []byte
}

// flvOf turns what a publisher sent over RTMP (Adobe's specification 1.0, section 5) into an FLV file with its sound
// and picture messages, bodies and times as they were. Nothing of the server's is used. A message that the bytes end in
// is left out.
func flvOf(raw []byte) ([]byte, error) {
	const handshake = 1 + 1536 + 1536
	out := []byte{'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0}
	streams, limit := map[uint32]*message{}, 128
	r := bytes.NewReader(raw[min(handshake, len(raw)):])
	for r.Len() > 0 {
		m, err := nextChunk(r, streams, limit)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if uint32(len(m.body)) < m.size {
			continue
		}
		switch m.kind {
		case 1:
			limit = int(binary.BigEndian.Uint32(m.body))
		case 8, 9:
			head := []byte{
				m.kind, byte(m.size >> 16), byte(m.size >> 8), byte(m.size), byte(m.time >> 16), byte(m.time >> 8), byte(m.time),
				byte(m.time >> 24), 0, 0, 0,
			}
			out = append(append(out, head...), m.body...)
			out = binary.BigEndian.AppendUint32(out, m.size+uint32(len(head)))
		case 22:
			return nil, errors.New("aggregate messages are not read here")
		}
		m.body = m.body[:0]
	}
	return out, nil
}

// nextChunk reads a chunk: its header, and as much of the message as belongs to it.
func nextChunk(r *bytes.Reader, streams map[uint32]*message, limit int) (*message, error) {
	first, err := r.ReadByte()
	if err != nil {
		return nil, err
	}
	id := uint32(first & 63)
	if id < 2 {
		more := make([]byte, id+1)
		if _, err := io.ReadFull(r, more); err != nil {
			return nil, err
		}
		id = 64 + uint32(more[0])
		if len(more) == 2 {
			id += 256 * uint32(more[1])
		}
	}
	if streams[id] == nil {
		streams[id] = &message{}
	}
	m := streams[id]
	if err := m.header(r, first>>6); err != nil {
		return nil, err
	}
	part := make([]byte, min(int(m.size)-len(m.body), limit))
	if _, err := io.ReadFull(r, part); err != nil {
		return nil, err
	}
	m.body = append(m.body, part...)
	return m, nil
}

// header reads a chunk message header of that format (section 5.3.1.2) and the extended timestamp.
func (m *message) header(r *bytes.Reader, format byte) error {
	begins := len(m.body) == 0
	if !begins && format != 3 || begins && format != 0 && !m.known {
		return fmt.Errorf("a header of format %d within %d of %d bytes", format, len(m.body), m.size)
	}
	h := make([]byte, []int{11, 7, 3, 0}[format])
	if _, err := io.ReadFull(r, h); err != nil {
		return err
	}
	var stamp uint32
	if format < 3 {
		stamp = uint32(h[0])<<16 | uint32(h[1])<<8 | uint32(h[2])
		m.extended = stamp == 0xffffff
	}
	if format < 2 {
		m.size, m.kind = uint32(h[3])<<16|uint32(h[4])<<8|uint32(h[5]), h[6]
	}
	if m.extended {
		if err := binary.Read(r, binary.BigEndian, &stamp); err != nil {
			return err
		}
	}
	switch {
	case format == 0:
		m.time, m.delta, m.known = stamp, 0, true
	case format < 3:
		m.delta = stamp
		m.time += stamp
	case begins && (m.delta == 0 || m.extended):
		return errors.New("a header of format 3 begins a message after one of format 0: its time is anyone's guess")
	case begins:
		m.time += m.delta
	}
	return nil
}
