//go:build unix

package rtmp

import (
	"log/slog"
	"net"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aircheck/ingest/stream"
)

// arrived is how many bytes a socket has for its reader, at most most.
func arrived(t testing.TB, nc net.Conn, most int) int {
	t.Helper()
	raw, err := nc.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	n, buf := 0, make([]byte, most)
	if err := raw.Control(func(fd uintptr) { n, _, _ = unix.Recvfrom(int(fd), buf, unix.MSG_PEEK) }); err != nil {
		t.Fatal(err)
	}
	return n
}

// pair is both ends of a TCP connection.
func pair(t testing.TB) (peer, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if peer, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return peer, server
}

// TestReadsOnAfterAReset resets a connection while there is something to tell the publisher, and more to be read of it than one round
// takes. All that has come must be read, and the reset be known as such.
func TestReadsOnAfterAReset(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		const n = 120
		peer, nc := pair(t)
		_ = nc.(*net.TCPConn).SetReadBuffer(1 << 20)
		s, w := publishing(t)
		reader := s.stream.NewReader(stream.ReaderOptions{})
		s.out = make([]byte, 100)
		out := w.chunks(6, 0, 9, 1, videoConfig(), true)
		for i := range n {
			out = append(out, w.chunks(6, uint32(i), 9, 1, picture(nalu(false, i, 1000)), true)...)
		}
		if _, err := peer.Write(out); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the pictures", func() bool { return arrived(t, nc, len(out)+1) == len(out) })
		_ = peer.(*net.TCPConn).SetLinger(0)
		_ = peer.Close()

		srv := &Server{portable: portable, Tick: 5 * time.Millisecond, Limits: Limits{}.withDefaults(), Log: slog.New(slog.DiscardHandler)}
		srv.gather = newGatherer(srv)
		defer srv.gather.close()
		if g, ok := srv.gather.(*tickGatherer); ok {
			g.mu.Lock()
			g.round, g.buf = 4096, make([]byte, 4096)
			g.mu.Unlock()
		}
		c := newConn(srv, nc)
		c.session, c.kicked = s, &atomic.Pointer[string]{}
		err := srv.gather.read(c)
		if reason, _ := c.reasonOf(err); reason != stream.EndLost {
			t.Errorf("%s: %v", reason, err)
		}
		if b := reader.Take(); len(b.Units) != n {
			t.Errorf("%d of %d pictures", len(b.Units), n)
		}
		if c.nc != nil {
			_ = c.nc.Close()
		}
	})
}

// TestTicks: sockets are due together, and those of streams that somebody watches more often.
func TestTicks(t *testing.T) {
	g := &tickGatherer{server: &Server{}, start: time.Now()}
	g.server.prepare()
	s, _ := publishing(t)
	c := &rawConn{conn: &conn{session: s}}
	dues := func() (out []time.Duration) {
		for _, ms := range []time.Duration{0, 1, 49, 50, 199, 200, 201, 999} {
			out = append(out, g.next(c, g.start.Add(ms*time.Millisecond)).Sub(g.start)/time.Millisecond)
		}
		return out
	}
	recorded := []time.Duration{200, 200, 200, 200, 200, 400, 400, 1000}
	if got := dues(); !slices.Equal(got, recorded) {
		t.Errorf("recorded only: due at %d", got)
	}
	r := s.stream.NewReader(stream.ReaderOptions{Prompt: true})
	if got := dues(); !slices.Equal(got, []time.Duration{40, 40, 80, 80, 200, 240, 240, 1000}) {
		t.Errorf("watched: due at %d", got)
	}
	r.Close()
	r.Close()
	if got := dues(); !slices.Equal(got, recorded) {
		t.Errorf("not watched any more: due at %d", got)
	}
}

// TestFirstPlayer: when somebody begins to watch, the publisher's socket is read at once, and from then on as often as that asks for.
func TestFirstPlayer(t *testing.T) {
	g := &tickGatherer{server: &Server{}, start: time.Now(), wake: make(chan struct{}, 1)}
	g.server.prepare()
	s, _ := publishing(t)
	c := &rawConn{conn: &conn{session: s}, fd: -1}
	if err := g.add(c); err != nil {
		t.Fatal(err)
	}
	<-g.wake
	c.due = g.next(c, g.start)
	now := g.start.Add(time.Millisecond)
	if c.watched(now); c.due.Sub(g.start) != g.server.Tick {
		t.Errorf("nobody watches: due at %v", c.due.Sub(g.start))
	}
	first := s.stream.NewReader(stream.ReaderOptions{Prompt: true})
	defer first.Close()
	select {
	case <-g.wake:
	default:
		t.Error("the gatherer sleeps on")
	}
	if c.watched(now); !c.due.Equal(now) {
		t.Errorf("somebody watches: due at %v", c.due.Sub(g.start))
	}
	c.due = g.next(c, now)
	second := s.stream.NewReader(stream.ReaderOptions{Prompt: true})
	defer second.Close()
	if c.watched(now); len(g.wake) > 0 || c.due.Sub(g.start) != g.server.LiveTick {
		t.Errorf("the second: woken %d times, due at %v", len(g.wake), c.due.Sub(g.start))
	}
}
