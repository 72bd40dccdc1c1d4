package rtsp

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"aircheck/ingest/stream"
)

// TestReportsAreNoMedia: a publisher that goes on reporting, and sends no media any more, loses its stream.
func TestReportsAreNoMedia(t *testing.T) {
	f := start(t, func(s *Server) { s.Limits.IdleTimeout = time.Second })
	c := publishes(t, f, "quiet")
	report := report(t)
	stop := repeat(func() error {
		_, err := c.Write(append([]byte{'$', 1, 0, byte(len(report))}, report...))
		return err
	})
	defer stop()
	units, end := f.stream(0).ended(t)
	if end.Reason != stream.EndLost || end.Detail != errIdle.Error() || len(units) != 4*len(overRTP()) {
		t.Errorf("%+v, %d units", end, len(units))
	}
}

// TestReportsAreNoMediaOverUDP is the same over UDP.
func TestReportsAreNoMediaOverUDP(t *testing.T) {
	f := start(t, func(s *Server) { s.Limits.IdleTimeout = 2 * time.Second }) // the library counts in whole seconds
	from, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	port := from.LocalAddr().(*net.UDPAddr).Port
	c := dial(t, f)
	if err := talk(c, [][]byte{
		[]byte(announcement("show", "", sdpHead+"m=audio 0 RTP/AVP 0\r\na=control:trackID=0\r\n")),
		fmt.Appendf(nil, "SETUP rtsp://127.0.0.1/live/show/trackID=0 RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP;unicast;mode=record;client_port=%d-%d\r\n\r\n",
			port-1, port),
		[]byte("RECORD rtsp://127.0.0.1/live/show RTSP/1.0\r\nCSeq: 3\r\nSession: SESSION\r\n\r\n"),
	}, nil, patience); err != nil {
		t.Fatal(err)
	}
	report := report(t)
	stop := repeat(func() error {
		_, err := from.WriteTo(report, f.plain.udp[1].LocalAddr())
		return err
	})
	defer stop()
	if _, end := f.stream(0).ended(t); end.Reason != stream.EndLost || end.Detail != errIdle.Error() {
		t.Errorf("%+v", end)
	}
	over(t, c)
}

func report(t *testing.T) []byte {
	t.Helper()
	b, err := (&rtcp.SenderReport{SSRC: 1}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// repeat does something again and again, until it fails or the function that is returned is called.
func repeat(do func() error) (stop func()) {
	over, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-over:
				return
			}
			if do() != nil {
				return
			}
		}
	}()
	return func() { close(over); <-stopped }
}

// TestFarewellBeforeReplacement: what a publisher has sent, its farewell with it, is read before another one takes its place.
func TestFarewellBeforeReplacement(t *testing.T) {
	f := start(t, func(s *Server) { s.Tick, s.LiveTick, s.hear = time.Hour, time.Hour, patience })
	says := script(t, "same")
	last := len(says) - 1
	var session []byte
	first := dial(t, f)
	if err := talk(first, says[:last], func(_ int, b []byte) []byte {
		if _, after, ok := bytes.Cut(b, []byte("Session: ")); ok {
			session, _, _ = bytes.Cut(after, []byte("\r\n"))
		}
		return b
	}, patience); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Write(bytes.ReplaceAll(says[last], []byte("SESSION"), session)); err != nil {
		t.Fatal(err)
	}
	publishes(t, f, "same")
	if units, end := f.stream(0).ended(t); end.Reason != stream.EndClient || len(units) != 4*len(overRTP()) {
		t.Errorf("%+v, %d units", end, len(units))
	}
	if end := f.stream(1).Ended(); end != nil {
		t.Errorf("the second: %+v", end)
	}
}
