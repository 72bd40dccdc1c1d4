package rtsp

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// TestPullEndsDuringTLS: another server that accepts a connection and says nothing holds nothing up, neither at the deadline nor when
// the source is given up.
func TestPullEndsDuringTLS(t *testing.T) {
	b := newPullBench(t)
	b.tls = &tls.Config{InsecureSkipVerify: true}
	for _, giveUp := range []bool{false, true} {
		b.client.Limits.HandshakeTimeout = time.Hour
		if !giveUp {
			b.client.Limits.HandshakeTimeout = 100 * time.Millisecond
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("enough")
		address := hostile(t, func(nc net.Conn) {
			if giveUp {
				cancel(why)
			}
			_, _ = io.Copy(io.Discard, nc)
		})
		over := make(chan error, 1)
		go func() {
			_, _, err := b.play(ctx, t, "rtsps://"+address+"/live/show", "tcp")
			over <- err
		}()
		pullEventually(t, "the end", func() bool { return len(over) > 0 })
		want := errNoAnswer
		if giveUp {
			want = why
		}
		if err := <-over; !errors.Is(err, want) {
			t.Errorf("%v", err)
		}
		cancel(nil)
	}
}

// playScripted plays a server in memory that describes sdp, names a session and, behind PLAY, reads requests until the connection is over
// or there were most of them. It returns how many there were.
func playScripted(t *testing.T, log io.Writer, sdp, session string, most int) (requests int) {
	t.Helper()
	near, away := net.Pipe()
	var work sync.WaitGroup
	work.Go(func() {
		defer away.Close()
		r, playing := bufio.NewReader(away), false
		for n := 1; requests < most; n++ {
			req := base.Request{}
			if req.Unmarshal(r) != nil {
				return
			}
			if playing { // as some cameras, it answers no more
				requests++
				continue
			}
			playing = playing || req.Method == base.Play
			res := base.Response{StatusCode: base.StatusOK, Header: base.Header{
				"CSeq": req.Header["CSeq"], "Session": base.HeaderValue{session}, "Transport": req.Header["Transport"],
			}}
			if req.Method == base.Describe {
				res.Header["Content-Type"], res.Body = base.HeaderValue{"application/sdp"}, []byte(sdp)
			}
			text, err := res.Marshal()
			if err == nil {
				_, err = away.Write(text)
			}
			if err != nil {
				return
			}
		}
	})
	c := &Client{}
	c.Prepare()
	_, err := c.Play(t.Context(), PlayRequest{
		URL: &url.URL{Scheme: "rtsp", Host: "h", Path: "/x"}, Log: slog.New(slog.NewTextHandler(log, nil)),
		Dial: func(context.Context, string, string) (net.Conn, error) { return near, nil },
		Publish: func(netip.AddrPort, netip.AddrPort) (*stream.Stream, error) {
			return (&stream.Hub{}).Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "a", Stream: "s"}})
		},
	})
	if err == nil {
		t.Error("no error")
	}
	work.Wait()
	return requests
}

// TestPullKeepsAliveAtItsOwnPace: a session's timeout of centuries is no reason to send requests without a pause.
func TestPullKeepsAliveAtItsOwnPace(t *testing.T) {
	for _, session := range []string{"1;timeout=4294967295", "1;timeout=1500000000", "1; timeout = 4294967295", "1;TIMEOUT=1;timeout=4000000000", "1;timeout=60"} {
		synctest.Test(t, func(t *testing.T) {
			if n := playScripted(t, io.Discard, fuzzSDP, session, 100); n > 10 {
				t.Errorf("%s: %d requests in half a minute", session, n)
			}
		})
	}
}

// TestPullDescriptionOfManyTracks costs a line of the log, and not one for each.
func TestPullDescriptionOfManyTracks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &pullLog{}
		var sdp strings.Builder
		sdp.WriteString(fuzzSDP)
		for i := range 1500 {
			fmt.Fprintf(&sdp, "m=video 0 RTP/AVP 99\r\na=rtpmap:99 foo/90000\r\na=control:%d\r\n", i)
		}
		playScripted(t, log, sdp.String(), "1", 100)
		if n := strings.Count(log.b.String(), "\n"); n == 0 || n > 20 {
			t.Errorf("%d lines:\n%.2000s", n, log.b.String())
		}
	})
}

// TestPullTransportThatWasAgreed is what counts, where either may be.
func TestPullTransportThatWasAgreed(t *testing.T) {
	for answer, udp := range map[string]bool{"RTP/AVP/TCP;unicast;interleaved=0-1": false, "RTP/AVP;unicast;client_port=1-2;server_port=3-4": true} {
		p := &puller{client: &Client{}, request: PlayRequest{URL: &url.URL{Scheme: "rtsps", Host: "h"}, Transport: "auto"}}
		p.library().OnResponse(&base.Response{Header: base.Header{"Transport": base.HeaderValue{answer}}})
		if p.udp.Load() != udp {
			t.Errorf("%s: %t", answer, p.udp.Load())
		}
	}
}
