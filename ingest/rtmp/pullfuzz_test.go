package rtmp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// greetByHand does a server's handshake, each side's bytes at once: a pipe in memory holds none.
func greetByHand(nc net.Conn) bool {
	first := make([]byte, 1+1536)
	if _, err := io.ReadFull(nc, first); err != nil {
		return false
	}
	if _, err := nc.Write(make([]byte, 1+2*1536)); err != nil {
		return false
	}
	_, err := io.ReadFull(nc, first[1:])
	return err == nil
}

// FuzzPull has another server send anything behind its agreement to play. The client must live, what it allocates must be in proportion to
// what was sent, and nothing may be left.
func FuzzPull(f *testing.F) {
	c := &client{chunk: initialChunkSize}
	key := c.chunks(6, 0, 9, 1, picture(nalu(true, 0, 300)), true)
	good := cat(c.chunks(6, 0, 9, 1, videoConfig(), true), key, key)
	f.Add(good, uint16(100))
	f.Add(cat(c.chunks(4, 0, 18, 1, amf("onMetaData", []property{{"width", 64.0}}), true), key), uint16(1))
	f.Add(c.chunks(3, 0, 20, 1, amf("onStatus", 0.0, nil, []property{{"level", "error"}}), true), uint16(9))
	f.Add(cat(key, c.chunks(2, 0, 4, 0, []byte{0, 1, 0, 0, 0, 1}, true)), uint16(9))
	f.Add(bytes.Repeat(cat(header(6, 0, 1<<20, 9, 1), []byte{0x27}), 3000), uint16(9000))
	f.Add(cat(c.chunks(2, 0, 1, 0, be32(1), true), header(6, 0, 9, 22, 1)), uint16(3))
	f.Fuzz(func(t *testing.T, in []byte, piece uint16) {
		before, sent, whole := everAllocated(), len(in), in
		synctest.Test(t, func(t *testing.T) {
			near, away := net.Pipe()
			var work sync.WaitGroup
			work.Go(func() {
				defer away.Close()
				if !greetByHand(away) {
					return
				}
				work.Go(func() { _, _ = io.Copy(io.Discard, away) })
				far := &client{Conn: away, t: t, chunk: initialChunkSize}
				if _, err := away.Write(cat(far.chunks(3, 0, 20, 0, amf("_result", 1.0, nil, nil), true),
					far.chunks(3, 0, 20, 0, amf("_result", 2.0, nil, 1.0), true))); err != nil {
					return
				}
				for n := 0; len(in) > 0; in = in[n:] {
					n = min(len(in), max(int(piece), len(in)/16, 1))
					if _, err := away.Write(in[:n]); err != nil {
						return
					}
				}
			})
			c := &Client{}
			c.Prepare()
			hub := &stream.Hub{}
			var st *stream.Stream
			reason, err := c.Play(t.Context(), PlayRequest{
				URL: &url.URL{Scheme: "rtmp", Host: "h", Path: "/a/b"}, Log: slog.New(slog.DiscardHandler),
				Dial: func(context.Context, string, string) (net.Conn, error) { return near, nil },
				Publish: func(remote, local netip.AddrPort) (_ *stream.Stream, err error) {
					st, err = hub.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "a", Stream: "s"}})
					return st, err
				},
			})
			if errors.Is(err, errPanic) {
				t.Error(err)
			}
			if st != nil {
				st.End(reason, "")
			}
			if st == nil && bytes.Equal(whole, good) {
				t.Errorf("the good beginning did not come to a stream: %v", err)
			}
			work.Wait()
			if n := c.Partial(); n != 0 {
				t.Errorf("%d bytes of unfinished messages left", n)
			}
		})
		if grown := everAllocated() - before; grown > 16<<20+int64(sent)*500 {
			t.Errorf("%d KiB were allocated for %d bytes", grown>>10, sent)
		}
	})
}
