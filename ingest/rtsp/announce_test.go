package rtsp

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/sdp"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// announced sends an ANNOUNCE and returns the status line of its answer.
func announced(t *testing.T, address string, body []byte) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprintf(c, "ANNOUNCE rtsp://127.0.0.1/live/a RTSP/1.0\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
		len(body), body); err != nil {
		t.Fatal(err)
	}
	l, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(l)
}

const sdpHead = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n"

// TestGreedyDescriptions: a description that would cost far more than it is long is refused, before it is read.
func TestGreedyDescriptions(t *testing.T) {
	f := start(t)
	sps, pps := mediatest.H264(1, 1000).Codec.(*media.H264).ParameterSets()
	set := func(more int) string {
		return base64.StdEncoding.EncodeToString(append(append([]byte{}, sps[0]...), make([]byte, more)...)) + "," +
			base64.StdEncoding.EncodeToString(pps[0])
	}
	video := func(formats string, more int) string {
		return sdpHead + "m=video 0 RTP/AVP " + formats + "\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=" + set(more) +
			"\r\na=control:trackID=0\r\n"
	}
	many := ""
	for i := range maxFormats + 1 {
		many += fmt.Sprintf("m=audio 0 RTP/AVP 0\r\na=control:trackID=%d\r\n", i)
	}
	for name, c := range map[string]struct {
		body string
		ok   bool
	}{
		"one format":           {video("96", 0), true},
		"one format, twice":    {video("96 96", 0), false},
		"one format, ever":     {video(strings.Repeat("96 ", 5000), 20_000), false},
		"too long":             {video("96", maxDescription), false},
		"media without number": {sdpHead + many, false},
	} {
		if got := announced(t, f.Addr().String(), []byte(c.body)); strings.Contains(got, " 200 ") != c.ok {
			t.Errorf("%s: %s", name, got)
		}
	}
	if n := f.Refusals()[RefusedProtocol]; n != 4 {
		t.Errorf("%d refusals are counted", n)
	}
}

// TestForeignTracks: what cameras send beside pictures and sound is left out, and no reason to refuse them.
func TestForeignTracks(t *testing.T) {
	f := start(t)
	body := sdpHead + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:trackID=0\r\n" +
		"m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:trackID=1\r\n" +
		"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 G726-32/8000\r\na=control:trackID=2\r\n"
	if got := announced(t, f.Addr().String(), []byte(body)); !strings.Contains(got, " 200 ") {
		t.Error(got)
	}
	alone := sdpHead + "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:trackID=1\r\n"
	if got := announced(t, f.Addr().String(), []byte(alone)); !strings.Contains(got, " 415 ") {
		t.Error(got)
	}
}

// FuzzAnnounce has any description read, by the library and by us.
func FuzzAnnounce(f *testing.F) {
	for _, name := range overRTP() {
		desc, _ := describe([]*media.Track{mediatest.Track(name, 1, 48000)})
		text, err := desc.Marshal(false)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(sdpHead + "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MP4A-LATM/44100\r\na=fmtp:97 cpresent=0;config=40002420\r\na=control:trackID=0\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if bounded(b) != nil {
			return
		}
		// Not by announceable, which would hide a panic.
		var text sdp.SessionDescription
		var desc description.Session
		if text.Unmarshal(b) != nil || desc.Unmarshal(&text) != nil {
			return
		}
		_ = publishable(&desc)
		if err := announceable(&base.Request{Method: base.Announce, Body: b}); err != nil {
			t.Error(err)
		}
	})
}

// FuzzPacketize has units of any payload sent, as anybody can publish over RTMP: nothing panics, and nothing is sent that is larger
// than a packet.
func FuzzPacketize(f *testing.F) {
	for i, name := range overRTP() {
		for _, u := range mediatest.Units(mediatest.Track(name, 1, 48000), 2, 0) {
			f.Add(byte(i), true, u.Payload)
		}
		f.Add(byte(i), false, []byte{0})
	}
	f.Fuzz(func(t *testing.T, codec byte, randomAccess bool, b []byte) {
		names := overRTP()
		_, out := describe([]*media.Track{mediatest.Track(names[int(codec)%len(names)], 1, 48000)})
		if len(b) == 0 {
			return
		}
		packets, err := out[0].pack(b, randomAccess)
		if err != nil {
			return
		}
		for _, p := range packets {
			if p == nil || p.PayloadType != out[0].format.PayloadType() {
				t.Fatalf("a packet %+v", p)
			}
		}
	})
}
