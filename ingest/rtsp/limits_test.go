package rtsp

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

func dial(t *testing.T, f *fixture) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", f.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// over waits until the server has closed a connection.
func over(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Fatal("the connection stays open")
	}
}

// publishes pushes everything but the farewell, and leaves the connection open.
func publishes(t *testing.T, f *fixture, name string) net.Conn {
	t.Helper()
	c := dial(t, f)
	says := script(t, name)
	if err := talk(c, says[:len(says)-1], nil, patience); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSlowPeers: who does not come to publish or play is shown out, also if it says something now and then.
func TestSlowPeers(t *testing.T) {
	f := start(t, withTLS(t), func(s *Server) { s.Limits.HandshakeTimeout = 300 * time.Millisecond })
	var half net.Conn // announced, one track set up
	eventually(t, "one that gets so far in its time", func() bool {
		half = dial(t, f)
		return talk(half, script(t, "half")[:3], nil, patience) == nil
	})
	silent, slow := dial(t, f), dial(t, f)
	greeting, err := net.Dial("tcp", f.TLSAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer greeting.Close()
	if _, err := greeting.Write([]byte{22, 3, 1, 1, 0, 1}); err != nil { // the beginning of a TLS handshake
		t.Fatal(err)
	}
	if _, err := slow.Write([]byte("OPTIONS rtsp://127.0.0.1/live/a RTSP/1.0\r\nCSeq: 1\r\nX: ")); err != nil {
		t.Fatal(err)
	}
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if _, err := slow.Write([]byte("x")); err != nil {
				return
			}
		}
	}()
	for _, c := range []net.Conn{silent, slow, half, greeting} {
		over(t, c)
	}
	eventually(t, "no connections", func() bool { return f.Stats().Connections == 0 })
}

// TestSilentPublisherIsLost: a publisher that sends nothing any more loses its stream.
func TestSilentPublisherIsLost(t *testing.T) {
	f := start(t, func(s *Server) { s.Limits.IdleTimeout = time.Second })
	c := publishes(t, f, "quiet")
	if _, end := f.stream(0).ended(t); end.Reason != stream.EndLost {
		t.Errorf("%+v", end)
	}
	over(t, c)
}

// TestTooManyConnections: those make room that neither publish nor play; publishers stay.
func TestTooManyConnections(t *testing.T) {
	f := start(t, func(s *Server) { s.Limits.MaxConnections = 2 })
	good := publishes(t, f, "good")
	first := dial(t, f)
	eventually(t, "both", func() bool { return f.Stats().Connections == 2 })
	second := dial(t, f)
	over(t, first)
	if err := talk(second, script(t, "x")[:1], nil, patience); err != nil {
		t.Errorf("the newest: %v", err)
	}
	if st := f.Stats(); st.Displaced != 1 || f.stream(0).Ended() != nil {
		t.Errorf("%+v, the publisher's stream: %+v", st, f.stream(0).Ended())
	}
	_ = good.Close()
	if _, end := f.stream(0).ended(t); end.Reason != stream.EndClient {
		t.Errorf("%+v", end)
	}
	perIP := start(t, func(s *Server) { s.Limits.MaxConnectionsPerIP = 1 })
	stays := dial(t, perIP)
	eventually(t, "one", func() bool { return perIP.Stats().Connections == 1 })
	over(t, dial(t, perIP))
	if err := talk(stays, script(t, "x")[:1], nil, patience); err != nil || perIP.Stats().Refused != 1 {
		t.Errorf("%v, %+v", err, perIP.Stats())
	}
}

// TestTakeoverAndDrop: who is replaced, and who is cut, is disconnected.
func TestTakeoverAndDrop(t *testing.T) {
	f := start(t)
	first := publishes(t, f, "same")
	second := publishes(t, f, "same")
	over(t, first)
	if _, end := f.stream(0).ended(t); end.Reason != stream.EndReplaced {
		t.Errorf("%+v", end)
	}
	r := f.stream(1)
	eventually(t, "its units", func() bool { r.take(); return len(r.units) > 0 })
	r.Drop(stream.EndDropped, "not wanted")
	over(t, second)
	if units, end := r.ended(t); end.Reason != stream.EndDropped || len(units) == 0 {
		t.Errorf("%+v, %d units", end, len(units))
	}
}

// TestStalledPlayer plays a stream and takes nothing of it. The publisher is not held up, another player neither, and the
// stalled one has to go.
func TestStalledPlayer(t *testing.T) {
	f := start(t, func(s *Server) { s.Limits.WriteTimeout = 2 * time.Second }) // it runs while the server waits for a processor, too
	st, err := f.Hub.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "live", Stream: "show"}})
	if err != nil {
		t.Fatal(err)
	}
	units, sent := mediatest.Pictures(mediatest.H264(1, 1000), 10_000, 0, 40), 0
	written := int64(0)
	write := func() { // 300 kB: a socket has room for them, whether its player reads or not
		t.Helper()
		gop := units[sent : sent+mediatest.GOP]
		for i, u := range gop {
			gop[i] = mediatest.Grow(u, 30_000)
			gop[i].Wall = time.Now()
			written += int64(len(gop[i].Payload))
		}
		sent += len(gop)
		if err := st.Write(gop); err != nil {
			t.Fatal(err)
		}
	}
	write()
	play := func() net.Conn {
		c := dial(t, f)
		url := "rtsp://127.0.0.1/live/show"
		says := [][]byte{
			fmt.Appendf(nil, "SETUP %s/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n", url),
			fmt.Appendf(nil, "PLAY %s RTSP/1.0\r\nCSeq: 2\r\nSession: SESSION\r\n\r\n", url),
		}
		if err := talk(c, says, nil, patience); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Time{})
		return c
	}
	stalled, good := play(), play()
	_ = stalled.(*net.TCPConn).SetReadBuffer(4 << 10)
	var got counter
	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = io.Copy(&got, good)
	}()
	eventually(t, "both", func() bool { return f.Stats().Players == 2 })
	// More comes only when the good one has all: however late it comes to read, the server does not wait for it. All there is fills any socket,
	// and a fast machine has sent it before the stalled one's time is up.
	eventually(t, "the end of the stalled one", func() bool {
		if got.Load() >= written && sent < len(units) {
			write()
		}
		return f.Stats().Players < 2
	})
	eventually(t, "all at the good player", func() bool { return got.Load() >= written })
	if n := f.Stats().Players; n != 1 {
		t.Errorf("%d players are left", n)
	}
	st.End(stream.EndClient, "")
	<-over
	eventually(t, "no players", func() bool { return f.Stats().Players == 0 })
}

// counter counts what is written.
type counter struct{ atomic.Int64 }

func (c *counter) Write(b []byte) (int, error) {
	c.Add(int64(len(b)))
	return len(b), nil
}

// TestPlayerOfChangedTrack: new parameters end the session, as its description does not fit any more.
func TestPlayerOfChangedTrack(t *testing.T) {
	f := start(t)
	st, err := f.Hub.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "live", Stream: "show"}})
	if err != nil {
		t.Fatal(err)
	}
	write := func(track *media.Track, at int64) {
		if err := st.Write(mediatest.Sound(track, 10, at)); err != nil {
			t.Fatal(err)
		}
	}
	write(mediatest.AAC(2, 1000), 0)
	c := dial(t, f)
	url := "rtsp://127.0.0.1/live/show"
	if err := talk(c, [][]byte{
		fmt.Appendf(nil, "SETUP %s/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n", url),
		fmt.Appendf(nil, "PLAY %s RTSP/1.0\r\nCSeq: 2\r\nSession: SESSION\r\n\r\n", url),
	}, nil, patience); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the player", func() bool { return f.Stats().Players == 1 })
	write(mediatest.OtherAAC(2, 1000), 1000)
	over(t, c)
}

// TestStopTakesWhatHasCome: what lies in the socket when the server stops is delivered.
func TestStopTakesWhatHasCome(t *testing.T) {
	f := start(t, func(s *Server) { s.Tick, s.LiveTick = time.Hour, time.Hour })
	publishes(t, f, "show")
	r := f.stream(0)
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if units, end := r.ended(t); len(units) != 4*len(overRTP()) || end.Reason != stream.EndShutdown {
		t.Errorf("%d units, %+v", len(units), end)
	}
}
