package rtmp

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/yutopp/go-rtmp/handshake"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// BenchmarkPull plays pictures of 20 kB as fast as they come.
func BenchmarkPull(b *testing.B) {
	const size = 20_000
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		if handshake.HandshakeWithClient(nc, nc, &handshake.Config{SkipHandshakeVerification: true}) != nil {
			return
		}
		read := make(chan struct{})
		go func() { defer close(read); _, _ = io.Copy(io.Discard, nc) }()
		c := &client{Conn: nc, t: b, chunk: initialChunkSize}
		c.command(0, "_result", 1.0, nil, nil)
		c.command(0, "_result", 2.0, nil, 1.0)
		c.configs(0)
		c.setChunk(65536)
		message := c.chunks(6, 40, 9, 1, picture(nalu(true, 1, size)), true)
		for range b.N {
			if _, err := nc.Write(message); err != nil {
				return
			}
		}
		_ = nc.(*net.TCPConn).CloseWrite()
		<-read
	}()
	u, err := url.Parse("rtmp://" + l.Addr().String() + "/a/b")
	if err != nil {
		b.Fatal(err)
	}
	c := &Client{}
	c.Prepare()
	b.SetBytes(size)
	b.ReportAllocs()
	var st *stream.Stream
	reason, err := c.Play(b.Context(), PlayRequest{
		URL: u, Dial: (&net.Dialer{Timeout: time.Second}).DialContext, Log: slog.New(slog.DiscardHandler),
		Publish: func(remote, local netip.AddrPort) (_ *stream.Stream, err error) {
			st, err = (&stream.Hub{}).Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "a", Stream: "s"}})
			return st, err
		},
	})
	<-served
	if st == nil {
		b.Fatal(err)
	}
	st.End(reason, "")
	if n := st.Stats().Units; n != int64(b.N) {
		b.Errorf("%d of %d pictures", n, b.N)
	}
}
