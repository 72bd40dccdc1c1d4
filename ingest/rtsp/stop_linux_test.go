package rtsp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// acknowledged waits until all that was written to a connection has arrived at the other end.
func acknowledged(t testing.TB, nc net.Conn) {
	t.Helper()
	raw, err := nc.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "what was sent to arrive", func() bool {
		left := 0
		if err := raw.Control(func(fd uintptr) { left, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }); err != nil {
			t.Fatal(err)
		}
		return left == 0
	})
}

// payloads are those of units, in an order that does not depend on how tracks are mixed.
func payloads(units []*media.Unit) (out []string) {
	for _, u := range units {
		out = append(out, fmt.Sprintf("%d: %x", u.Track.ID, u.Payload))
	}
	slices.Sort(out)
	return out
}

// wholePush is what a push over TCP leaves whose publisher says goodbye.
func wholePush(t *testing.T) []string {
	f := start(t)
	if err := say(f.Addr().String(), script(t, "whole"), nil, patience); err != nil {
		t.Fatal(err)
	}
	units, _ := f.stream(0).ended(t)
	return payloads(units)
}

// unhurried gives a server that stops all the time that a busy machine needs.
func unhurried(s *Server) { s.Limits.drainTime = patience }

// TestStopReadsWhoBegins: who begins to publish while the server stops is recorded as far as it has sent.
func TestStopReadsWhoBegins(t *testing.T) {
	want := wholePush(t)
	begins := make(chan struct{})
	var f *fixture
	f = start(t, unhurried, func(s *Server) {
		attach := s.Hub.Attach
		s.Hub.Attach = func(st *stream.Stream) {
			attach(st)
			close(begins)
			<-f.closing
		}
	})
	says := script(t, "begins")
	says = says[:len(says)-1]
	n := slices.IndexFunc(says, func(b []byte) bool { return bytes.HasPrefix(b, []byte("RECORD")) })
	c := dial(t, f)
	var session []byte
	err := talk(c, says[:n], func(_ int, b []byte) []byte {
		if _, at, ok := bytes.Cut(b, []byte("Session: ")); ok {
			session, _, _ = bytes.Cut(at, []byte("\r"))
		}
		return b
	}, patience)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(bytes.ReplaceAll(bytes.Join(says[n:], nil), []byte("SESSION"), session)); err != nil {
		t.Fatal(err)
	}
	<-begins
	acknowledged(t, c)
	if n := len(f.unread()); n != 1 {
		t.Errorf("%d connections are to be read", n)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	units, end := f.stream(0).ended(t)
	if got := payloads(units); !slices.Equal(got, want) || end.Reason != stream.EndShutdown {
		t.Errorf("%d of %d units, end %+v", len(got), len(want), end)
	}
}

// TestStopReadsPackets: packets over UDP that nobody has read are recorded.
func TestStopReadsPackets(t *testing.T) {
	want := wholePush(t)
	var f *fixture
	f = start(t, unhurried, func(s *Server) {
		attach := s.Hub.Attach
		s.Hub.Attach = func(st *stream.Stream) {
			attach(st)
			// No more is read than the first unit needs.
			st.NewReader(stream.ReaderOptions{Notify: func() { <-f.closing }})
		}
	})
	says := script(t, "packets")
	says = says[:len(says)-1]
	var ports []net.PacketConn
	var packets [][]byte
	for i, b := range says {
		if b[0] == '$' {
			says, packets = says[:i], says[i:]
			break
		}
		if !bytes.HasPrefix(b, []byte("SETUP")) {
			continue
		}
		own, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer own.Close()
		port := own.LocalAddr().(*net.UDPAddr).Port
		at := fmt.Sprintf("RTP/AVP/UDP;unicast;mode=record;client_port=%d-%d", port, port+1)
		n := len(ports)
		says[i] = bytes.Replace(b, fmt.Appendf(nil, "RTP/AVP/TCP;unicast;mode=record;interleaved=%d-%d", 2*n, 2*n+1), []byte(at), 1)
		ports = append(ports, own)
	}
	c := dial(t, f)
	if err := talk(c, says, nil, patience); err != nil {
		t.Fatal(err)
	}
	for _, p := range packets {
		if _, err := ports[p[1]/2].WriteTo(p[4:], f.plain.udp[0].LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	units, end := f.stream(0).ended(t)
	if got := payloads(units); !slices.Equal(got, want) || end.Reason != stream.EndShutdown {
		t.Errorf("%d of %d units, end %+v", len(got), len(want), end)
	}
}

// lastWords is a server's connection over which more is said before it closes.
type lastWords struct {
	net.Conn
	say func()
}

// Close is net.Conn's.
func (l lastWords) Close() error { l.say(); return l.Conn.Close() }

// TestStopPulling: what has arrived of a source is recorded, although a tick has not come.
func TestStopPulling(t *testing.T) {
	sent, more := 0, 50
	b := newPullBench(t)
	b.client.Tick, b.client.LiveTick, b.client.Limits.drainTime = time.Hour, time.Millisecond, patience
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	frame := func() []byte {
		p := interleaved(0, 97, uint16(sent), 0, 0x10, 0, 0x20, 1, 2, byte(sent>>8), byte(sent))
		binary.BigEndian.PutUint32(p[8:], uint32(sent)*1024)
		sent++
		return p
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	var work sync.WaitGroup
	work.Go(func() {
		nc, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		scripted(lastWords{nc, func() {
			pullEventually(t, "the stream", func() bool {
				_, err := nc.Write(frame())
				return err != nil || len(b.near.List()) == 1
			})
			for range more {
				if _, err := nc.Write(frame()); err != nil {
					t.Error(err)
				}
			}
			acknowledged(t, nc)
			cancel(why)
		}}, fuzzSDP[:strings.Index(fuzzSDP, "m=video")]+fuzzSDP[strings.Index(fuzzSDP, "m=audio"):], nil)
	})
	st, _, err := b.play(ctx, t, "rtsp://"+l.Addr().String()+"/x", "tcp")
	work.Wait()
	if !errors.Is(err, why) || st == nil {
		t.Fatal(err)
	}
	units := b.take(st)
	if len(units) <= more {
		t.Fatalf("%d units, of %d packets", len(units), sent)
	}
	for i, u := range units { // the library may have left out what came before it played
		n := sent - len(units) + i
		if !bytes.Equal(u.Payload, []byte{1, 2, byte(n >> 8), byte(n)}) {
			t.Errorf("unit %d: %x, want number %d", i, u.Payload, n)
		}
	}
}
