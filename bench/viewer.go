package main

import (
	"context"
	"fmt"
	"net"
	"time"
)

// How a player gets a stream.
const (
	overRTMP = "RTMP"
	overFLV  = "HTTP-FLV"
)

// viewerWindow is the receive buffer of a player in bytes: some seconds of media.
const viewerWindow = 2 << 20

// viewer is one player.
type viewer struct {
	*follower
	conn *net.TCPConn
	in   *demux
	// asked is when it asked for the stream.
	asked time.Time
	err   error
}

// newViewer has a player ask for a stream. Nothing of it has been read yet.
func newViewer(ctx context.Context, face, address, stream string, s map[byte]*script, window int) (*viewer, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	v := &viewer{follower: newFollower(s), conn: conn.(*net.TCPConn)}
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	if err = v.conn.SetReadBuffer(window); err == nil {
		err = v.ask(face, address, stream)
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("play %s from %s: %w", stream, address, err)
	}
	_ = conn.SetDeadline(time.Time{})
	return v, nil
}

func (v *viewer) ask(face, address, stream string) error {
	if face == overFLV {
		v.in = playFLV(v.tag)
		v.asked = time.Now()
		_, err := fmt.Fprintf(v.conn, "GET /%s/%s.flv HTTP/1.0\r\nHost: %s\r\n\r\n", app, stream, address)
		return err
	}
	c := &client{conn: v.conn, out: newChunkWriter(), in: newChunkReader(v.conn)}
	if err := c.handshake(); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	c.command(0, "connect", 1.0, []property{{"app", app}, {"tcUrl", "rtmp://" + address + "/" + app}})
	if err := c.expect("_result", 1); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	c.command(0, "createStream", 2.0, nil)
	if err := c.expect("_result", 2); err != nil {
		return fmt.Errorf("createStream: %w", err)
	}
	c.command(1, "play", 3.0, nil, stream)
	v.asked = time.Now()
	if err := c.flush(); err != nil {
		return err
	}
	v.in = playRTMP(&c.in, v.tag)
	early, err := c.in.r.Peek(c.in.r.Buffered())
	if err != nil {
		return err
	}
	return v.in.feed(early)
}

// watch reads until the connection ends or enough reports true.
func (v *viewer) watch(ctx context.Context, enough func() bool) error {
	stop := context.AfterFunc(ctx, func() { _ = v.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buf := make([]byte, 256<<10)
	for !enough() {
		n, err := v.conn.Read(buf)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if ferr := v.in.feed(buf[:n]); ferr != nil {
			return ferr
		}
		if err != nil {
			return fmt.Errorf("the server ended it: %w", err)
		}
	}
	return nil
}
