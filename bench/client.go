package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// chunkSize is that of OBS, in bytes.
const chunkSize = 4096

// The chunk streams of a publisher.
const (
	commandChunks = 3
	dataChunks    = 4
	audioChunks   = 5
	videoChunks   = 6
)

// app is the application everything is published to.
const app = "live"

// client is one connection that publishes.
type client struct {
	conn *net.TCPConn
	out  chunkWriter
	in   chunkReader
	// raw: chunks alone, without handshake, commands and answers.
	raw    bool
	stream string
	gone   chan struct{} // closed when the server has ended the connection
}

// dial connects to a server and, unless raw, publishes the stream.
func dial(ctx context.Context, address, stream string, raw bool) (*client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c := &client{
		conn: conn.(*net.TCPConn), out: newChunkWriter(), in: newChunkReader(conn), raw: raw, stream: stream,
		gone: make(chan struct{}),
	}
	if err := c.open(address); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("publish %s to %s: %w", stream, address, err)
	}
	go func() {
		defer close(c.gone)
		_, _ = io.Copy(io.Discard, c.in.r)
	}()
	return c, nil
}

// open does what comes before the first tag.
func (c *client) open(address string) error {
	if c.raw {
		c.out.size = chunkSize
		return nil
	}
	_ = c.conn.SetDeadline(time.Now().Add(30 * time.Second))
	defer func() { _ = c.conn.SetDeadline(time.Time{}) }()
	if err := c.handshake(); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	c.out.setSize(chunkSize)
	c.command(0, "connect", 1.0, []property{
		{"app", app},
		{"type", "nonprivate"},
		{"flashVer", "FMLE/3.0 (compatible; aircheck bench)"},
		{"tcUrl", "rtmp://" + address + "/" + app},
	})
	if err := c.expect("_result", 1); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	c.command(0, "releaseStream", 2.0, nil, c.stream)
	c.command(0, "FCPublish", 3.0, nil, c.stream)
	c.command(0, "createStream", 4.0, nil)
	if err := c.expect("_result", 4); err != nil {
		return fmt.Errorf("createStream: %w", err)
	}
	c.command(1, "publish", 5.0, nil, c.stream, "live")
	return c.expect("onStatus", -1)
}

// handshake is the simple one of section 5.2.
func (c *client) handshake() error {
	const size = 1536
	hello := make([]byte, 1+size)
	hello[0] = 3
	for i := 9; i < len(hello); i++ {
		hello[i] = byte(i * 31)
	}
	if _, err := c.conn.Write(hello); err != nil {
		return err
	}
	answer := make([]byte, 1+size)
	if _, err := io.ReadFull(c.in.r, answer); err != nil {
		return err
	}
	if _, err := c.conn.Write(answer[1:]); err != nil {
		return err
	}
	_, err := io.ReadFull(c.in.r, answer[:size])
	return err
}

// command appends a command to what is to be sent.
func (c *client) command(stream uint32, values ...any) {
	c.out.message(commandChunks, typeCommand, stream, 0, appendAMF(nil, values...))
}

// expect sends what there is and waits for an answer: to a transaction, or, where that is negative, the status that allows to
// publish.
func (c *client) expect(name string, transaction float64) error {
	if err := c.flush(); err != nil {
		return err
	}
	for {
		kind, body, err := c.in.message()
		if err != nil {
			return err
		}
		if kind != typeCommand {
			continue
		}
		got, of, _ := commandName(body)
		if got == "_error" && of == transaction || got == "onStatus" && bytes.Contains(body, []byte("error")) {
			return fmt.Errorf("the server refused: %q", body)
		}
		if got == name && (of == transaction || transaction < 0 && bytes.Contains(body, []byte("NetStream.Publish.Start"))) {
			return nil
		}
	}
}

// dataFrame comes before metadata.
func dataFrame() []byte { return appendAMF(nil, "@setDataFrame") }

// tag appends one tag to what is to be sent; filler is put behind its body.
func (c *client) tag(t *tag, at time.Duration, filler []byte) {
	switch t.kind {
	case tagVideo:
		c.out.message(videoChunks, tagVideo, 1, at, t.body, filler)
	case tagAudio:
		c.out.message(audioChunks, tagAudio, 1, at, t.body)
	case tagData:
		c.out.message(dataChunks, typeData, 1, at, dataFrame(), t.body)
	}
}

// pending is how many bytes are to be sent.
func (c *client) pending() int { return len(c.out.out) }

// flush hands what is to be sent to the socket.
func (c *client) flush() error {
	if len(c.out.out) == 0 {
		return nil
	}
	_, err := c.conn.Write(c.out.out)
	c.out.out = c.out.out[:0]
	return err
}

// end says goodbye as encoders do and ends the sending side.
func (c *client) end() error {
	if !c.raw {
		c.command(0, "FCUnpublish", 6.0, nil, c.stream)
		c.command(0, "deleteStream", 7.0, nil, 1.0)
	}
	return errors.Join(c.flush(), c.conn.CloseWrite())
}

// taken waits until the server has ended the connection: then it has read everything.
func (c *client) taken(ctx context.Context) error {
	select {
	case <-c.gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Minute):
		return errors.New("the server did not end the connection within a minute")
	}
}

// close ends the connection.
func (c *client) close() {
	_ = c.conn.Close()
	<-c.gone
}
