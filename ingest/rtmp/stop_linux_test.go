package rtmp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"aircheck/ingest/stream"
)

// acknowledged waits until all that was written to a connection has arrived at the other end.
func acknowledged(t testing.TB, nc net.Conn) {
	t.Helper()
	if over, ok := nc.(*tls.Conn); ok {
		nc = over.NetConn()
	}
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

// leaves has a publisher close its connection when the server has said goodbye, so that it does not wait for that.
func leaves(t *testing.T, nc net.Conn, said func() bool) {
	var leaving sync.WaitGroup
	gone := make(chan struct{})
	leaving.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for !said() {
			select {
			case <-tick.C:
			case <-gone:
				return
			}
		}
		_ = nc.Close()
	})
	t.Cleanup(func() { close(gone); leaving.Wait() })
}

// hearsOut is said of leaves for a connection that nobody reads.
func hearsOut(nc net.Conn) func() bool {
	return func() bool { _, _ = io.Copy(io.Discard, nc); return true }
}

// burst is n pictures, for a publisher that has begun.
func burst(c *client, n int) (out []byte, want []wanted) {
	for i := range n {
		out = append(out, c.chunks(6, uint32(i*40), 9, 1, picture(nalu(i == 0, i, 300)), true)...)
		want = append(want, wanted{1, int64(i) * 40, nalu(i == 0, i, 300)})
	}
	return out, want
}

// unhurried gives a server that stops all the time that a busy machine needs.
func unhurried(s *Server) { s.Limits.drainTime = patience }

// stopped closes the server and checks what it has recorded of its only stream.
func (f *fixture) stopped(t *testing.T, want []wanted, why ...stream.EndReason) {
	t.Helper()
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	units, end := f.stream(0).ended(t)
	compare(t, units, want)
	if len(units) != len(want) || !slices.Contains(why, end.Reason) {
		t.Errorf("%d of %d pictures, end %+v", len(units), len(want), end)
	}
}

// TestStopReadsWhatHasArrived: a tick has not come, and what lies in the sockets of publishers is recorded nonetheless; over TLS as well.
func TestStopReadsWhatHasArrived(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		arrivedStop(t, func(s *Server) { s.portable = portable }, (*fixture).dial)
	})
	t.Run("in turns", func(t *testing.T) {
		arrivedStop(t, nil, func(f *fixture) *client {
			g := f.gather.(*tickGatherer)
			g.mu.Lock()
			g.round, g.buf = 1, make([]byte, 4096)
			g.mu.Unlock()
			return f.dial()
		})
	})
	t.Run("TLS", func(t *testing.T) {
		var trust *x509.CertPool
		arrivedStop(t, func(s *Server) { trust = withTLS(t, s) }, func(f *fixture) *client {
			nc, err := tls.Dial("tcp", f.TLSAddr().String(), &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12})
			if err != nil {
				t.Fatal(err)
			}
			return f.greet(nc)
		})
	})
}

// arrivedStop stops a server that has not read what its publisher has sent.
func arrivedStop(t *testing.T, change func(*Server), dial func(*fixture) *client) {
	f := start(t, func(s *Server) {
		s.Tick = time.Hour
		unhurried(s)
		if change != nil {
			change(s)
		}
	})
	c := dial(f)
	c.begin("key")
	c.expect("NetStream.Publish.Start")
	c.configs(0)
	out, want := burst(c, 100)
	c.send(out)
	acknowledged(t, c.Conn)
	leaves(t, c.Conn, c.closed)
	f.stopped(t, want, stream.EndShutdown)
}

// TestStopReadsWhoWaits: a push that has arrived as a whole is recorded, although nobody has accepted its connection, and the
// publisher may have left without having read a word.
func TestStopReadsWhoWaits(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		for name, leave := range map[string]func(*net.TCPConn) error{
			"stays": func(*net.TCPConn) error { return nil }, "has said all": (*net.TCPConn).CloseWrite, "has left": (*net.TCPConn).Close,
		} {
			t.Run(name, func(t *testing.T) {
				f := listening(t, func(s *Server) {
					s.portable, s.Tick = portable, time.Hour
					unhurried(s)
				})
				nc, err := net.Dial("tcp", f.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				c := &client{Conn: nc, t: t, chunk: 128}
				out, want := burst(c, 100)
				c.send(eager(c, "key"), c.chunks(6, 0, 9, 1, videoConfig(), true), out)
				acknowledged(t, nc)
				if err := leave(nc.(*net.TCPConn)); err != nil {
					t.Fatal(err)
				}
				f.Start()
				switch name {
				case "stays":
					leaves(t, nc, hearsOut(nc))
					f.stopped(t, want, stream.EndShutdown)
				case "has said all":
					f.stopped(t, want, stream.EndClient)
				default:
					f.stopped(t, want, stream.EndClient, stream.EndLost)
				}
			})
		}
	})
}

// slow has an answer come long after the server has begun to stop, when nothing would be read any more.
func (f *fixture) slow() {
	f.Server.mu.Lock()
	defer f.Server.mu.Unlock()
	for c := range f.conns {
		c.mu.Lock()
		c.rest.since = c.rest.since.Add(-time.Hour)
		c.drain()
		c.mu.Unlock()
	}
}

// TestStopAsksWhetherTheyMay: who is asked while the server stops decides as at any time, and what has arrived behind the question is recorded,
// however long the answer takes.
func TestStopAsksWhetherTheyMay(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		for name, denied := range map[string]error{"allowed": nil, "allowed late": nil, "denied": errors.New("no")} {
			t.Run(name, func(t *testing.T) {
				asked := make(chan struct{})
				var f *fixture
				f = start(t, func(s *Server) {
					s.portable, s.Tick = portable, time.Hour
					unhurried(s)
					s.Authorize = func(r PublishRequest) (Permission, error) {
						close(asked)
						<-f.closing
						if name == "allowed late" {
							f.slow()
						}
						if denied != nil {
							return Permission{}, denied
						}
						return allow(r)
					}
				})
				nc, err := net.Dial("tcp", f.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				c := &client{Conn: nc, t: t, chunk: 128}
				out, want := burst(c, 100)
				c.send(eager(c, "key"), c.chunks(6, 0, 9, 1, videoConfig(), true), out)
				acknowledged(t, nc)
				<-asked
				leaves(t, nc, hearsOut(nc))
				if denied == nil {
					f.stopped(t, want, stream.EndShutdown)
					return
				}
				if err := f.Close(); err != nil {
					t.Error(err)
				}
				if len(f.streams) != 0 || f.log.count("publisher refused") != 1 {
					t.Errorf("%d streams; log: %s", len(f.streams), f.log)
				}
			})
		}
	})
}

// TestStopReadsWhoIsHeldBack: who is ahead of time waits for a reader until there is no time left, and then is read.
func TestStopReadsWhoIsHeldBack(t *testing.T) {
	gatherers(t, func(t *testing.T, portable bool) {
		f := start(t, func(s *Server) {
			s.portable, s.Limits.drainTime = portable, patience/2 // nobody is held back for as long as patience
			attach := s.Hub.Attach
			s.Hub.Attach = func(st *stream.Stream) {
				attach(st)
				st.NewReader(stream.ReaderOptions{HoldsBack: true}) // takes nothing
			}
		})
		c := f.dial()
		c.begin("fast")
		c.setChunk(65536)
		c.configs(0)
		r := f.stream(0)
		var want []wanted
		picture := func(size int) {
			n := len(want)
			want = append(want, wanted{1, int64(n) * 1000, nalu(false, n, size)})
			c.message(6, uint32(n*1000), 9, 1, picture(nalu(false, n, size)))
			acknowledged(t, c.Conn)
		}
		for r.Behind() <= mostBehind {
			picture(40_000)
		}
		for range 3 { // they stay in the socket
			picture(5_000)
		}
		leaves(t, c.Conn, c.closed)
		f.stopped(t, want, stream.EndShutdown)
	})
}

// TestStopPulling: what has arrived of a source is recorded, although a tick has not come.
func TestStopPulling(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	var want []wanted
	p := pull(ctx, t, far(t, true, func(c *client) {
		agree(c)
		c.configs(0)
		var out []byte
		out, want = burst(c, 100)
		c.send(out[:len(out)/2])
		acknowledged(t, c.Conn)
		c.send(out[len(out)/2:])
		acknowledged(t, c.Conn)
		cancel(why)
		silent(c)
	}), func(c *Client) { c.Tick, c.LiveTick, c.Limits.drainTime = time.Hour, time.Millisecond, patience })
	if !errors.Is(p.err, why) {
		t.Fatal(p.err)
	}
	compare(t, p.units, want)
	if units, _ := p.ended(t); len(units) != len(want) {
		t.Errorf("%d of %d pictures", len(units), len(want))
	}
}
