package rtmp

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// taped lets the real ffmpeg push a clip to a server, and returns all that it sent.
func taped(t *testing.T) []byte {
	t.Helper()
	source := mediatest.Clip(t, "small.flv", "25", "-t", "1", "-s", "64x48", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "25",
		"-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "32k")
	f := start(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var tape []byte
	var relaying sync.WaitGroup
	relaying.Go(func() {
		encoder, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = encoder.Close() }()
		server, err := net.Dial("tcp", f.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = server.Close() }()
		relaying.Go(func() { _, _ = io.Copy(encoder, server) })
		buf := make([]byte, 4096)
		for err == nil {
			var n int
			n, err = encoder.Read(buf)
			tape = append(tape, buf[:n]...)
			if _, werr := server.Write(buf[:n]); werr != nil {
				t.Error(werr)
			}
		}
	})
	push(t, source, "rtmp://"+l.Addr().String()+"/live/show", "-i", source, "-c", "copy")
	relaying.Wait()
	if units, _ := f.stream(0).ended(t); len(units) < 25+46 {
		t.Fatalf("%d units of the push", len(units))
	}
	return tape
}

// panicCounter counts the log lines that tell of a panic.
type panicCounter struct{ n atomic.Int64 }

// Write looks at a line.
func (p *panicCounter) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(errPanic.Error())) {
		p.n.Add(1)
	}
	return len(line), nil
}

// replay sends a push, ends its side, and waits until the server has ended the connection.
func (f *fixture) replay(in []byte) {
	nc, err := net.Dial("tcp", f.Addr().String())
	if err != nil {
		f.t.Error(err)
		return
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(patience))
	var listening sync.WaitGroup
	listening.Go(func() {
		if _, err := io.Copy(io.Discard, nc); isTimeout(err) {
			f.t.Error("the server does not end the connection")
		}
	})
	_, _ = nc.Write(in) // the server may have ended the connection
	_ = nc.(*net.TCPConn).CloseWrite()
	listening.Wait()
}

// TestDamagedPushesBesideAGoodOne sends what ffmpeg sent to a server again, damaged in ten thousand ways, while another publisher goes on.
// Nothing may panic, all that the other one sends must arrive, and in the end nothing may be left of the damaged pushes.
func TestDamagedPushesBesideAGoodOne(t *testing.T) {
	tape := taped(t)
	var reads []int64 // by either way of reading
	gatherers(t, func(t *testing.T, portable bool) {
		const pushes, atOnce, handshake = 10_000, 32, 1 + 2*1536
		var (
			panics panicCounter
			names  atomic.Int64
			good   *recorded
			mu     sync.Mutex
			bad    []*stream.Stream
		)
		f := start(t, func(s *Server) {
			s.portable, s.Tick = portable, 2*time.Millisecond
			s.Log = slog.New(slog.NewTextHandler(&panics, nil))
			s.Authorize = func(r PublishRequest) (Permission, error) {
				if r.Stream != "good" { // else they would keep each other out
					r.App, r.Stream = "live", fmt.Sprint("bad", names.Add(1))
				}
				return allow(r)
			}
			s.Hub.Attach = func(st *stream.Stream) {
				mu.Lock()
				defer mu.Unlock()
				if st.Key().Stream == "good" {
					good = &recorded{Stream: st, reader: st.NewReader(stream.ReaderOptions{})}
					return
				}
				bad = append(bad, st)
			}
		})
		c := f.dial()
		c.begin("good")
		c.configs(0)
		f.replay(tape)
		if n := bad[0].Stats().Units; n < 25+46 {
			t.Fatalf("%d units of the push as it was", n)
		}
		eventually(t, "the connection to end", func() bool { return f.Stats().Connections == 1 })
		goroutines, before := runtime.NumGoroutine(), heap()

		jobs := make(chan uint64)
		var pushing sync.WaitGroup
		for range atOnce {
			pushing.Go(func() {
				for seed := range jobs {
					rnd := rand.New(rand.NewPCG(seed, 5))
					whole := handshake
					if seed%16 == 0 {
						whole = 0
					}
					f.replay(cat(tape[:whole], damaged(rnd, tape[whole:], 1000)))
				}
			})
		}
		var want []wanted
		for seed := range uint64(pushes) {
			if seed%10 == 0 {
				i := len(want)
				want = append(want, wanted{1, int64(i) * 40, nalu(i%25 == 0, i, 500+i)})
				c.message(6, uint32(i)*40, 9, 1, picture(want[i].payload))
				good.take()
			}
			jobs <- seed
		}
		close(jobs)
		pushing.Wait()

		compare(t, good.await(t, len(want)), want)
		if c.closed() {
			t.Error("the good publisher was disconnected")
		}
		eventually(t, "the connections to end", func() bool { return f.Stats().Connections == 1 })
		read := int64(0)
		for _, st := range bad {
			if read += st.Stats().Units; st.Ended() == nil {
				t.Errorf("%s goes on", st.Key())
			}
		}
		t.Logf("%d of %d damaged pushes were published, %d units of them read", len(bad), pushes, read)
		if len(bad) < pushes/2 || panics.n.Load() > 0 {
			t.Errorf("%d pushes were published; %d panics", len(bad), panics.n.Load())
		}
		if reads = append(reads, read); reads[0] != read {
			t.Errorf("%d units the one way, %d the other", reads[0], read)
		}
		bad, want = nil, nil
		good.units = nil
		eventually(t, "their goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
		if grown := heap() - before; grown > 8<<20 {
			t.Errorf("%d KiB more are held than before", grown>>10)
		}
		if n := f.Stats().Partial; n != 0 {
			t.Errorf("%d bytes of unfinished messages are still accounted for", n)
		}
	})
}
