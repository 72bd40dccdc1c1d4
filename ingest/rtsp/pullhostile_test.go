package rtsp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// hostile is a server that says what it likes.
func hostile(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer nc.Close()
				serve(nc)
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); work.Wait() })
	return l.Addr().String()
}

// answered answers each request with a text in which CSEQ is its number.
func answered(text func(method string) string) func(net.Conn) {
	return func(nc net.Conn) {
		buf := make([]byte, 4096)
		for n := 1; ; n++ {
			k, err := nc.Read(buf)
			if err != nil {
				return
			}
			method, _, _ := strings.Cut(string(buf[:k]), " ")
			if _, err := io.WriteString(nc, strings.ReplaceAll(text(method), "CSEQ", fmt.Sprint(n))); err != nil {
				return
			}
		}
	}
}

func TestPullFromHostileServer(t *testing.T) {
	b := newPullBench(t)
	b.client.Limits.HandshakeTimeout = 300 * time.Millisecond
	other := hostile(t, func(net.Conn) { t.Error("the redirect was followed") })
	const ok = "RTSP/1.0 200 OK\r\nCSeq: CSEQ\r\n"
	for name, serve := range map[string]func(net.Conn){
		"silent": func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) },
		"slow": func(nc net.Conn) {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for _, c := range []byte(strings.Repeat("RTSP/1.0 200 OK\r\nX: ", 1000)) {
				<-tick.C
				if _, err := nc.Write([]byte{c}); err != nil {
					return
				}
			}
		},
		"nonsense": func(nc net.Conn) { _, _ = nc.Write(bytes.Repeat([]byte{0xff, 0, '$'}, 10_000)) },
		"endless header": func(nc net.Conn) {
			for {
				if _, err := nc.Write(bytes.Repeat([]byte("X: y\r\n"), 1000)); err != nil {
					return
				}
			}
		},
		"redirect": answered(func(m string) string {
			if m == "DESCRIBE" {
				return "RTSP/1.0 302 Found\r\nCSeq: CSEQ\r\nLocation: rtsp://" + other + "/x\r\n\r\n"
			}
			return ok + "Public: DESCRIBE, SETUP, PLAY\r\n\r\n"
		}),
		"nothing to play": answered(func(m string) string {
			if m == "DESCRIBE" {
				sdp := "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=application 0 RTP/AVP 96\r\na=rtpmap:96 x/90000\r\na=control:0\r\n"
				return ok + fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(sdp), sdp)
			}
			return ok + "Public: DESCRIBE, SETUP, PLAY\r\n\r\n"
		}),
	} {
		t.Run(name, func(t *testing.T) {
			st, _, err := b.play(t.Context(), t, "rtsp://u:pass@"+hostile(t, serve)+"/live/show", "tcp")
			if st != nil || err == nil {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestPullRedirectToItself ends.
func TestPullRedirectToItself(t *testing.T) {
	b := newPullBench(t)
	var address string
	address = hostile(t, answered(func(m string) string {
		if m == "DESCRIBE" {
			return "RTSP/1.0 302 Found\r\nCSeq: CSEQ\r\nLocation: rtsp://" + address + "/x\r\n\r\n"
		}
		return "RTSP/1.0 200 OK\r\nCSeq: CSEQ\r\nPublic: DESCRIBE, SETUP, PLAY\r\n\r\n"
	}))
	if _, _, err := b.play(t.Context(), t, "rtsp://"+address+"/live/show", "tcp"); !errors.Is(err, errElsewhere) {
		t.Errorf("%v", err)
	}
}

// TestPullStops ends when its context does, before and after media has come.
func TestPullStops(t *testing.T) {
	b := newPullBench(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	address := hostile(t, func(nc net.Conn) {
		cancel(why)
		_, _ = io.Copy(io.Discard, nc)
	})
	if _, _, err := b.play(ctx, t, "rtsp://"+address+"/live/show", "tcp"); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}
