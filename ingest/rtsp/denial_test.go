package rtsp

import (
	"bufio"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/stream"
)

// asks sends requests over one connection, and returns the status lines of the answers.
func asks(t *testing.T, f *fixture, requests ...string) (status []string) {
	t.Helper()
	c, err := net.Dial("tcp", f.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	in := textproto.NewReader(bufio.NewReader(c))
	for _, r := range requests {
		if _, err := c.Write([]byte(r)); err != nil {
			t.Fatal(err)
		}
		l, err := in.ReadLine()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.ReadMIMEHeader(); err != nil {
			t.Fatal(err)
		}
		status = append(status, l)
	}
	return status
}

func announcement(name, more, body string) string {
	return fmt.Sprintf("ANNOUNCE rtsp://127.0.0.1/live/%s RTSP/1.0\r\nCSeq: 1\r\nContent-Type: application/sdp\r\n%sContent-Length: %d\r\n\r\n%s",
		name, more, len(body), body)
}

// TestRefusalsAreTold: who is refused for want of a key is told why, and the log says so once, when it has not answered the question or has
// answered it wrongly. Who answers it rightly is not refused.
func TestRefusalsAreTold(t *testing.T) {
	const right, wrong = "Authorization: Basic dTpyaWdodA==\r\n", "Authorization: Basic dTp3cm9uZw==\r\n" // u:right, u:wrong
	f := start(t, func(s *Server) {
		authorize, play := s.Authorize, s.Play
		may := func(r Request) error {
			if r.Credentials != nil && r.Credentials.Matches("right") {
				return nil
			}
			return fmt.Errorf("%w: no key", ErrUnauthorized)
		}
		s.Authorize = func(r Request) (Permission, error) {
			if err := may(r); err != nil {
				return Permission{}, err
			}
			return authorize(r)
		}
		s.Play = func(r Request) (*stream.Stream, error) {
			if err := may(r); err != nil {
				return nil, err
			}
			return play(r)
		}
	})
	video := sdpHead + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=0\r\n"
	describes := func(name, more string) string {
		return fmt.Sprintf("DESCRIBE rtsp://127.0.0.1/live/%s RTSP/1.0\r\nCSeq: 1\r\n%s\r\n", name, more)
	}
	const no = "RTSP/1.0 401 user and password are needed: no key"
	for _, c := range []struct {
		name     string
		requests []string
		last     string
		line     string // how the log names the refusal; empty for none
	}{
		{"leaves", []string{announcement("leaves", "", video)}, no, "publisher refused"},
		{"guesses", []string{announcement("guesses", "", video), announcement("guesses", wrong, video)}, no, "publisher refused"},
		{"answers", []string{announcement("answers", "", video), announcement("answers", right, video)}, "RTSP/1.0 200 OK", ""},
		{"watches", []string{describes("watches", "")}, no, "player refused"},
		{"peeps", []string{describes("peeps", ""), describes("peeps", wrong)}, no, "player refused"},
	} {
		got := asks(t, f, c.requests...)
		if got[len(got)-1] != c.last {
			t.Errorf("%s: %q", c.name, got)
		}
		eventually(t, "its end", func() bool { return f.Stats().Connections == 0 })
		told := func() int { return strings.Count(f.log.String(), "name="+c.name+" ") }
		if c.line == "" {
			if n := told(); n != 0 {
				t.Errorf("%s: %d lines", c.name, n)
			}
			continue
		}
		eventually(t, c.name, func() bool { return told() > 0 })
		if n := told(); n != 1 || !strings.Contains(f.log.String(), c.line) || !strings.Contains(f.log.String(), "remote=127.0.0.1:") {
			t.Errorf("%s: %d lines", c.name, n)
		}
	}
	if n := f.Refusals()[RefusedDenied]; n != 2 {
		t.Errorf("%d publishers are counted as refused", n)
	}
}

// TestUnreadableDescription: what the library cannot read is refused in words, and logged.
func TestUnreadableDescription(t *testing.T) {
	f := start(t)
	for _, body := range []string{"nonsense", sdpHead + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=mid:!\r\n"} {
		if got := asks(t, f, announcement("bad", "", body)); !strings.HasPrefix(got[0], "RTSP/1.0 400 the description cannot be read: ") {
			t.Error(got)
		}
	}
	if s := f.log.String(); strings.Count(s, "publisher refused") != 2 || strings.Count(s, "name=bad") != 2 || f.Refusals()[RefusedProtocol] != 2 {
		t.Error(f.Refusals())
	}
}

// TestTrackWithoutFormat: a track of which a publisher says nothing is left out; it may be set up, and the others are recorded.
func TestTrackWithoutFormat(t *testing.T) {
	f := start(t)
	body := sdpHead + "m=video 0 RTP/AVP 97\r\nb=AS:1\r\na=control:trackID=0\r\nm=audio 0 RTP/AVP 0\r\na=control:trackID=1"
	setup := func(n int, more string) []byte {
		return fmt.Appendf(nil, "SETUP rtsp://127.0.0.1/live/show/trackID=%d RTSP/1.0\r\nCSeq: 2\r\n%sTransport: RTP/AVP/TCP;unicast;mode=record;interleaved=%d-%d\r\n\r\n",
			n, more, 2*n, 2*n+1)
	}
	c := dial(t, f)
	if err := talk(c, [][]byte{
		[]byte(announcement("show", "", body)), setup(0, ""), setup(1, "Session: SESSION\r\n"),
		[]byte("RECORD rtsp://127.0.0.1/live/show RTSP/1.0\r\nCSeq: 3\r\nSession: SESSION\r\n\r\n"),
		{'$', 0, 0, 14, 0x80, 97, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 1, 2},
		{'$', 2, 0, 14, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8, 1, 2},
		{'$', 2, 0, 14, 0x80, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 8, 3, 4},
	}, nil, patience); err != nil {
		t.Fatal(err)
	}
	r := f.stream(0)
	_ = c.Close()
	if units, end := r.ended(t); len(units) != 2 || end.Reason != stream.EndClient {
		t.Errorf("%d units, %+v", len(units), end)
	}
	if !strings.Contains(f.log.String(), "a track is left out") {
		t.Error("nothing is logged")
	}
}

// TestMapped: only what stands for nothing is changed.
func TestMapped(t *testing.T) {
	const known = "a=rtpmap:96 H264/90000\r\n"
	for _, c := range []struct{ in, want string }{
		{"v=0\r\n", "v=0\r\n"},
		{"m=video 0 RTP/AVP 96\r\n" + known, "m=video 0 RTP/AVP 96\r\n" + known},
		{"m=audio 0 RTP/AVP 0 14\r\n", "m=audio 0 RTP/AVP 0 14\r\n"},
		{"m=application 0 RTP/AVP 98\r\n", "m=application 0 RTP/AVP 98\r\n"},
		{"m=audio 0 RTP/AVP 97", "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 unknown/90000\r\n"},
		{
			"m=video 0 RTP/AVP 96 98\r\n" + known + "m=audio 0 RTP/AVP 96\r\na=x\r\n",
			"m=video 0 RTP/AVP 96 98\r\n" + known + "a=rtpmap:98 unknown/90000\r\nm=audio 0 RTP/AVP 96\r\na=x\r\na=rtpmap:96 unknown/90000\r\n",
		},
	} {
		if got := string(mapped([]byte(c.in))); got != c.want {
			t.Errorf("%q becomes %q", c.in, got)
		}
	}
}
