package rtsp

import (
	"bufio"
	"fmt"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// TestPlayWithKeyInAddress: the tracks of a description lie below the stream's path, without the key; it is asked for once.
func TestPlayWithKeyInAddress(t *testing.T) {
	f := start(t, func(s *Server) {
		play := s.Play
		s.Play = func(r Request) (*stream.Stream, error) {
			if r.Params != "key=1/2" {
				return nil, fmt.Errorf("%w: %q", ErrUnauthorized, r.Params)
			}
			return play(r)
		}
	})
	st, err := f.Hub.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "live", Stream: "show"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Write(mediatest.Sound(mediatest.AAC(2, 1000), 10, 0)); err != nil {
		t.Fatal(err)
	}
	c := dial(t, f)
	_ = c.SetDeadline(time.Now().Add(patience))
	in := textproto.NewReader(bufio.NewReader(c))
	ask := func(method, url, more string) textproto.MIMEHeader {
		t.Helper()
		if _, err := fmt.Fprintf(c, "%s %s RTSP/1.0\r\nCSeq: 1\r\n%s\r\n", method, url, more); err != nil {
			t.Fatal(err)
		}
		status, err := in.ReadLine()
		if err != nil || !strings.Contains(status, " 200 ") {
			t.Fatalf("%s %s: %q, %v", method, url, status, err)
		}
		h, err := in.ReadMIMEHeader()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	h := ask("DESCRIBE", "rtsp://127.0.0.1/live/show?key=1/2", "")
	base, n := h.Get("Content-Base"), 0
	if base != "rtsp://127.0.0.1/live/show/" {
		t.Fatalf("tracks are relative to %q", base)
	}
	_, _ = fmt.Sscan(h.Get("Content-Length"), &n)
	if _, err := in.R.Discard(n); err != nil {
		t.Fatal(err)
	}
	h = ask("SETUP", base+"trackID=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")
	ask("PLAY", base, "Session: "+h.Get("Session")+"\r\n")
	eventually(t, "the player", func() bool { return f.Stats().Players == 1 })
}
