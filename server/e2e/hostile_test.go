package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

const growth = 64 << 20

// duringPush runs an attack while a push is going on, and checks the server's memory and that push's recording.
func duringPush(t *testing.T, attack func(s *instance)) {
	s := start(t)
	source := clip(t, 8)
	if err := s.push(clip(t, 1), "live/warm", false); err != nil {
		t.Fatal(err)
	}
	s.awaitFiles(".mp4", 1)
	cmd := s.pusher(source, "live/victim", true)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the push", func() bool { return s.online() == 1 })
	before := s.rss()
	peak, stop := watchRSS(s)
	attack(s)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the other push: %v", err)
	}
	stop()
	if grown := *peak - before; grown > growth {
		t.Errorf("memory grew by %d MiB", grown>>20)
	} else {
		t.Logf("memory grew by %.1f MiB", float64(grown)/(1<<20))
	}
	for _, f := range s.awaitFiles(".mp4", 2) {
		if bytes.Contains([]byte(f), []byte("/victim/")) {
			samePackets(t, packets(t, source), packets(t, f))
		}
	}
}

func watchRSS(s *instance) (peak *int64, stop func()) {
	peak = new(int64)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				*peak = max(*peak, s.rss())
			}
		}
	}()
	return peak, func() { close(done); <-ended }
}

// raw opens a connection and does the RTMP handshake.
func raw(t *testing.T, s *instance) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.rtmp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	hello := make([]byte, 1537)
	hello[0] = 3
	if _, err := c.Write(hello); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 1+2*1536)
	if _, err := io.ReadFull(c, answer); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(answer[1:1537]); err != nil {
		t.Fatal(err)
	}
	return c
}

// header is a type-0 chunk header.
func header(stream byte, kind byte, size int) []byte {
	return []byte{stream, 0, 0, 0, byte(size >> 16), byte(size >> 8), byte(size), kind, 0, 0, 0, 0}
}

// setChunkSize announces one chunk per message.
func setChunkSize(c net.Conn, size uint32) error {
	_, err := c.Write(binary.BigEndian.AppendUint32(header(2, 1, 4), size))
	return err
}

func TestNestedAMFDoesNotKill(t *testing.T) {
	duringPush(t, func(s *instance) {
		c := raw(t, s)
		const size = 15 << 20
		if err := setChunkSize(c, 16<<20-1); err != nil {
			t.Fatal(err)
		}
		body := append([]byte{2, 0, 1, 'x'}, bytes.Repeat([]byte{10, 0, 0, 0, 1}, size/5)...)
		_, _ = c.Write(append(header(3, 20, len(body)), body...)) // the server may close at any time
		_, _ = io.Copy(io.Discard, c)
	})
}

func TestManyChunkStreamsOfLargeMessages(t *testing.T) {
	duringPush(t, func(s *instance) {
		c := raw(t, s)
		if err := setChunkSize(c, 1<<20); err != nil {
			t.Fatal(err)
		}
		part := make([]byte, 1<<20)
		for round := range 15 {
			for stream := range byte(60) {
				chunk := []byte{0xc0 | (stream + 4)}
				if round == 0 {
					chunk = header(stream+4, 9, 16<<20-1)
				}
				if _, err := c.Write(append(chunk, part...)); err != nil {
					return // refused, as it should be
				}
			}
		}
		t.Error("900 MiB of unfinished messages were taken")
	})
}

func TestSilentConnections(t *testing.T) {
	duringPush(t, func(s *instance) {
		conns := make([]net.Conn, 0, 1000)
		for range 1000 {
			c, err := net.Dial("tcp", s.rtmp)
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
		}
		for _, c := range conns {
			_ = c.SetReadDeadline(time.Now().Add(patience))
			if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
				t.Fatal("the server spoke first")
			} else if ne, ok := err.(net.Error); ok && ne.Timeout() {
				t.Fatal("a silent connection was kept")
			}
			_ = c.Close()
		}
	})
}

func TestSilentPublisherIsReplaced(t *testing.T) {
	s := start(t)
	// The first publisher stops in the middle, as one does whose cable was pulled: no FIN, no byte.
	cmd := s.pusher(clip(t, 30), "live/again", true)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first push", func() bool { return openBytes(s) > 0 })
	pause(t, cmd)
	eventually(t, "the second push to be let in", func() bool { return s.push(clip(t, 1), "live/again", false) == nil })
	s.await("stream ended", "stream", "localhost/live/again", "reason", "replaced") // not lost, by then it would have been silent for long
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	s.awaitFiles(".mp4", 2)
}

func TestSecondPublisherIsRefusedWhileTheFirstIsAlive(t *testing.T) {
	s := start(t)
	source := clip(t, 8)
	cmd := s.pusher(source, "live/busy", true)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first push", func() bool { return s.online() == 1 })
	if err := s.push(clip(t, 1), "live/busy", false); err == nil {
		t.Error("the second publisher was let in")
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the first publisher: %v", err)
	}
	samePackets(t, packets(t, source), packets(t, s.awaitFiles(".mp4", 1)[0]))
}

func TestGarbageDisturbsNobody(t *testing.T) {
	duringPush(t, func(s *instance) {
		for i := range 200 {
			c, err := net.Dial("tcp", s.rtmp)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = fmt.Fprintf(c, "GET /%d HTTP/1.1\r\nHost: x\r\n\r\n%s", i, bytes.Repeat([]byte{byte(i)}, 5000))
			_ = c.Close()
		}
	})
}

// pause stops a process without ending it.
func pause(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}
