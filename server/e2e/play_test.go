package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// played plays an address into a file with ffmpeg, from now until the stream ends.
func played(t *testing.T, address string) (file string, wait func()) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "played.flv")
	cmd := exec.Command("ffmpeg", "-v", "error", "-nostdin", "-i", address, "-c", "copy", "-copyts", "-flvflags", "no_duration_filesize", file)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return file, func() {
		t.Helper()
		if err := cmd.Wait(); err != nil || complaint.Len() > 0 {
			t.Errorf("ffmpeg plays %s: %v %s", address, err, complaint.String())
		}
	}
}

// last returns the last packets of each kind: as many as got has.
func last(want, got map[string][]packet) map[string][]packet {
	out := map[string][]packet{}
	for kind, w := range want {
		out[kind] = w[max(0, len(w)-len(got[kind])):]
	}
	return out
}

// TestPlayed: what ffmpeg plays over HTTP-FLV and RTMP is what was pushed, from a key frame on to the last packet, and so is the recording.
func TestPlayed(t *testing.T) {
	s := start(t)
	source := clip(t, 3)
	want := units(t, source)
	push := s.pusher(source, "live/room/show", true)
	if err := push.Start(); err != nil {
		t.Fatal(err)
	}
	s.await("publishing", "stream", "localhost/live/room/show")
	overHTTP, endHTTP := played(t, "http://"+s.http+"/live/room/show.flv")
	overRTMP, endRTMP := played(t, "rtmp://"+s.rtmp+"/live/room/show")
	endHTTP()
	endRTMP()
	if err := push.Wait(); err != nil {
		t.Error(err)
	}
	for _, file := range []string{overHTTP, overRTMP} {
		got := units(t, file)
		if len(got["video"]) < 10 || len(got["audio"]) < 10 {
			t.Errorf("%d pictures and %d frames of sound were played", len(got["video"]), len(got["audio"]))
		}
		samePackets(t, last(want, got), got)
		decodes(t, file)
	}
	samePackets(t, want, units(t, s.recorded("show", mp4(), 1)[0]))
}

// TestManyPlayersSomeStalled: of a hundred players five read nothing; the others get the same to the last byte, and the recording is complete.
func TestManyPlayersSomeStalled(t *testing.T) {
	const players, stalled = 100, 5
	s := start(t)
	source := clip(t, 3, "-crf", "4") // more than sockets hold
	push := s.pusher(source, "live/crowded", true)
	if err := push.Start(); err != nil {
		t.Fatal(err)
	}
	s.await("publishing", "stream", "localhost/live/crowded")
	for range stalled {
		c, err := net.Dial("tcp", s.http)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.(*net.TCPConn).SetReadBuffer(4096)
		if _, err := fmt.Fprint(c, "GET /live/crowded.flv HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	var work sync.WaitGroup
	for range players - stalled {
		work.Go(func() {
			answer, err := http.Get("http://" + s.http + "/live/crowded.flv")
			if err != nil {
				t.Error(err)
				return
			}
			defer answer.Body.Close()
			if n, err := io.Copy(io.Discard, answer.Body); err != nil || n < 100<<10 {
				t.Errorf("a player got %d bytes: %v", n, err)
			}
		})
	}
	eventually(t, "all players", func() bool {
		_, text := s.get("/metrics")
		return strings.Contains(string(text), fmt.Sprintf("aircheck_players{protocol=\"http-flv\"} %d\n", players))
	})
	if err := push.Wait(); err != nil {
		t.Error(err)
	}
	work.Wait()
	samePackets(t, units(t, source), units(t, s.recorded("crowded", mp4(), 1)[0]))
}
