package rtsp

import (
	"crypto/tls"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// TestFFmpegPushes compares every packet with its source.
func TestFFmpegPushes(t *testing.T) {
	source := clip(t, "3")
	want := probe(t, source)
	secure := withTLS(t)
	for _, ca := range []struct {
		name, scheme string
		in, out      []string
	}{
		{"tcp", "rtsp", nil, []string{"-rtsp_transport", "tcp"}},
		{"udp", "rtsp", []string{"-re"}, []string{"-rtsp_transport", "udp"}},
		{"tls", "rtsps", nil, []string{"-rtsp_transport", "tcp"}},
	} {
		t.Run(ca.name, func(t *testing.T) {
			f := start(t, secure)
			at := f.Addr()
			if ca.scheme == "rtsps" {
				at = f.TLSAddr()
			}
			args := append(append(ca.in, "-i", source, "-c", "copy", "-f", "rtsp"), ca.out...)
			if err := ffmpeg(append(args, ca.scheme+"://"+at.String()+"/live/show?a=b")...); err != nil {
				t.Fatal(err)
			}
			r := f.stream(0)
			units, end := r.ended(t)
			if end.Reason != stream.EndClient || r.Key().String() != "d/live/show" || r.Publisher.Params != "a=b" || r.lost != 0 {
				t.Errorf("end %+v of %s with %q, %d lost", end, r.Key(), r.Publisher.Params, r.lost)
			}
			same(t, received(units), want)
			last := map[int]int64{}
			for i, u := range units {
				if before, ok := last[u.Track.ID]; ok && u.DTS <= before || u.PTS < u.DTS {
					t.Errorf("unit %d: PTS %d, DTS %d after %d", i, u.PTS, u.DTS, before)
				}
				last[u.Track.ID] = u.DTS
			}
		})
	}
}

// TestFFmpegPlays has ffmpeg decode what it plays, over TCP, UDP and TLS, from a stream that began long before. Its pictures are those of
// the source, in order, the first a key frame; and ffprobe sees what there is.
func TestFFmpegPlays(t *testing.T) {
	source := clip(t, "12")
	want := pictures(t, source)
	f := start(t, withTLS(t))
	path := "/live/show"
	pushed := make(chan error, 1)
	go func() {
		pushed <- ffmpeg("-re", "-i", source, "-c", "copy", "-f", "rtsp", "-rtsp_transport", "tcp", "rtsp://"+f.Addr().String()+path)
	}()
	r := f.stream(0)
	eventually(t, "a second of it", func() bool { r.take(); return len(r.units) > 90 })
	t.Run("by", func(t *testing.T) {
		for _, c := range []struct{ name, address, transport string }{
			{"tcp", "rtsp://" + f.Addr().String() + path, "tcp"},
			{"udp", "rtsp://" + f.Addr().String() + path, "udp"},
			{"tls", "rtsps://" + f.TLSAddr().String() + path, "tcp"},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				plays(t, want, c.address, c.transport)
			})
		}
	})
	if err := <-pushed; err != nil {
		t.Error(err)
	}
	r.ended(t)
	eventually(t, "the players' end", func() bool { return f.Stats().Players == 0 })
}

// plays plays 3 s of a stream whose pictures are those of want. Over UDP, a machine under load may lose some.
func plays(t *testing.T, want []string, address, transport string) {
	t.Helper()
	seen := string(mediatest.Run(t, "ffprobe", "-v", "error", "-rtsp_transport", transport, "-show_entries",
		"stream=codec_name,width,sample_rate", "-of", "csv", address))
	if !strings.Contains(seen, "h264,320") || !strings.Contains(seen, "aac,48000") {
		t.Errorf("ffprobe saw %q", seen)
	}
	got := pictures(t, address, "-rtsp_transport", transport, "-t", "3")
	if transport == "udp" {
		found, from := 0, 0
		for _, g := range got {
			if at := slices.Index(want[from:], g); at >= 0 {
				found, from = found+1, from+at+1
			}
		}
		if found < 25 || found < len(got)/2 {
			t.Errorf("%d of %d pictures are the source's", found, len(got))
		}
		return
	}
	at := slices.Index(want, got[0])
	if at < 0 || at%25 != 0 || len(got) < 50 || !slices.Equal(got, want[at:at+len(got)]) {
		t.Errorf("%d pictures, the first is the source's %d", len(got), at)
	}
}

// withTLS has a server listen for RTSPS beside RTSP.
func withTLS(t *testing.T) func(*Server) {
	t.Helper()
	certificate, key, _ := mediatest.Certificate(t, t.TempDir(), time.Hour, "127.0.0.1")
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	return func(s *Server) {
		s.TLSAddress, s.TLS = "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}}
	}
}

// pictures returns the hashes of the decoded pictures.
func pictures(t *testing.T, from string, args ...string) (out []string) {
	t.Helper()
	args = append(append([]string{"-v", "error", "-nostdin"}, args...), "-i", from, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-")
	b, err := exec.Command("ffmpeg", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(b)) {
		if !strings.HasPrefix(l, "#") {
			out = append(out, strings.TrimSpace(l[strings.LastIndexByte(l, ',')+1:]))
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s has no pictures", from)
	}
	return out
}
