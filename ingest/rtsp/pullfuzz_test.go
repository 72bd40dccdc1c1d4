package rtsp

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// fuzzSDP describes H.264 and AAC.
const fuzzSDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" +
	"a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==\r\na=control:trackID=0\r\n" +
	"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/48000/2\r\n" +
	"a=fmtp:97 streamtype=5;mode=AAC-hbr;config=1190;sizelength=13;indexlength=3;indexdeltalength=3\r\na=control:trackID=1\r\n"

// interleaved is a packet of RTP over TCP.
func interleaved(channel, payloadType byte, seq uint16, payload ...byte) []byte {
	p := []byte{0x80, 0x80 | payloadType, 0, 0, 0, 0, byte(seq), 0, 1, 2, 3, 4}
	binary.BigEndian.PutUint16(p[2:], seq)
	p = append(p, payload...)
	return append([]byte{'$', channel, byte(len(p) >> 8), byte(len(p))}, p...)
}

// scripted answers requests with a description up to PLAY, and sends in behind that.
func scripted(nc net.Conn, sdp string, in []byte) {
	defer nc.Close()
	r := bufio.NewReader(nc)
	for n := 1; ; n++ {
		method := ""
		var transport string
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if method == "" {
				method, _, _ = strings.Cut(line, " ")
			}
			if rest, ok := strings.CutPrefix(line, "Transport: "); ok {
				transport = strings.TrimSpace(rest)
			}
			if line == "\r\n" {
				break
			}
		}
		answer := fmt.Sprintf("RTSP/1.0 200 OK\r\nCSeq: %d\r\nSession: 1\r\n", n)
		switch method {
		case "OPTIONS":
			answer += "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n"
		case "DESCRIBE":
			answer += fmt.Sprintf("Content-Base: rtsp://h/x/\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(sdp), sdp)
		case "SETUP":
			answer += "Transport: " + transport + ";source=192.0.2.9\r\n\r\n"
		default:
			answer += "\r\n"
		}
		if _, err := io.WriteString(nc, answer); err != nil {
			return
		}
		if method != "PLAY" {
			continue
		}
		_, _ = nc.Write(in)
		return
	}
}

// FuzzPull has another server describe anything, and send anything. The client must live, what it allocates must be in proportion to what
// was sent, and no goroutine may be left.
func FuzzPull(f *testing.F) {
	good := append(interleaved(0, 96, 1, 0x65, 0x88, 0x84, 0), interleaved(2, 97, 1, 0, 16, 0, 32, 1, 2, 3, 4)...)
	f.Add(fuzzSDP, good)
	f.Add(fuzzSDP, append(interleaved(0, 96, 9, 0x7c, 0x85, 1, 2), interleaved(0, 96, 11, 0x7c, 0x45, 1, 2)...))
	f.Add(strings.Replace(fuzzSDP, "H264", "AV1", 1), interleaved(0, 96, 1, 0x10, 0x0a, 1, 0x32, 1))
	f.Add(strings.Replace(fuzzSDP, "90000", "0", 1), good)
	f.Add(strings.Repeat(fuzzSDP, 20), []byte("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"))
	f.Add("v=0", []byte{'$', 0, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, sdp string, in []byte) {
		if strings.Contains(sdp, "\x00") || len(sdp) > 64<<10 {
			t.Skip()
		}
		before := pullAllocated()
		var came bool
		synctest.Test(t, func(t *testing.T) {
			near, away := net.Pipe()
			var work sync.WaitGroup
			work.Go(func() { scripted(away, sdp, in) })
			c := &Client{}
			c.Prepare()
			hub := &stream.Hub{}
			log := &pullLog{}
			var st *stream.Stream
			reason, err := c.Play(t.Context(), PlayRequest{
				URL: &url.URL{Scheme: "rtsp", Host: "h", Path: "/x"}, Log: slog.New(slog.NewTextHandler(log, nil)),
				Dial: func(context.Context, string, string) (net.Conn, error) { return near, nil },
				Publish: func(remote, local netip.AddrPort) (_ *stream.Stream, err error) {
					st, err = hub.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "a", Stream: "s"}})
					return st, err
				},
			})
			if err == nil || strings.Contains(log.b.String(), "stack=") {
				t.Errorf("%v\n%s", err, log.b.String())
			}
			if came = st != nil; came {
				st.End(reason, "")
			}
			work.Wait()
		})
		if sdp == fuzzSDP && string(in) == string(good) && !came {
			t.Error("the good beginning did not come to a stream")
		}
		if grown := pullAllocated() - before; grown > 32<<20+int64(len(sdp)+len(in))*500 {
			t.Errorf("%d KiB were allocated for %d bytes", grown>>10, len(sdp)+len(in))
		}
	})
}

// pullAllocated is how many bytes the process has allocated so far.
func pullAllocated() int64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}
