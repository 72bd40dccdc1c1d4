package rtmp

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// playable lets everybody play what is live under the domain "d".
func playable(s *Server) {
	s.Hub.GOP, s.Hub.TotalGOP = 8<<20, 8<<20
	s.Play = func(r ViewRequest) (*stream.Stream, error) {
		st := s.Hub.Get(media.StreamKey{Domain: "d", App: r.App, Stream: r.Stream})
		if st == nil {
			return nil, fmt.Errorf("%w: %s/%s", stream.ErrNotLive, r.App, r.Stream)
		}
		return st, nil
	}
}

// save plays an address into a file with the real ffmpeg, until the stream ends.
func save(t testing.TB, url string) (file string, done func()) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "played.flv")
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-copyts", "-i", url, "-c", "copy", "-copyts", "-flvflags", "no_duration_filesize", file)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cancel)
	return file, func() {
		t.Helper()
		if err := cmd.Wait(); err != nil {
			t.Errorf("ffmpeg: %v", err)
		}
		if complaint.Len() > 0 {
			t.Errorf("ffmpeg complains: %s", complaint.Bytes())
		}
	}
}

// isEnd checks that what a player got is the end of the source from a random access point on, and that it begins with a picture; whole
// asks for a begin of the source as well. Times may be shifted.
func isEnd(t testing.TB, got, want map[string][]packet) {
	t.Helper()
	for _, kind := range []string{"video", "audio"} {
		g, w := got[kind], want[kind]
		if len(g) == 0 || len(g) > len(w) {
			t.Errorf("%s: got %d packets of %d", kind, len(g), len(w))
			continue
		}
		w = slices.Clone(w[len(w)-len(g):])
		shift := got["video"][0].dts - want["video"][len(want["video"])-len(got["video"])].dts
		for i := range w {
			w[i].pts += shift
			w[i].dts += shift
		}
		if !slices.Equal(g, w) {
			t.Errorf("%s: %d packets differ from the source's last; first %v, want %v", kind, len(g), g[0], w[0])
		}
	}
}

// TestPlayFFmpeg has ffmpeg play while ffmpeg publishes: what is played is what was published, from a key frame on to the last packet.
func TestPlayFFmpeg(t *testing.T) {
	source := clip(t, "3")
	want := probe(t, source)
	gatherers(t, func(t *testing.T, portable bool) {
		f := start(t, func(s *Server) { s.portable = portable; playable(s) })
		url := "rtmp://" + f.Addr().String() + "/live/room/show"
		pushed := make(chan struct{})
		go func() {
			defer close(pushed)
			push(t, source, url, "-re", "-i", source, "-c", "copy")
		}()
		f.stream(0)
		file, done := save(t, url)
		done()
		<-pushed
		got := probe(t, file)
		isEnd(t, got, want)
		if s := f.Plays(); s.Joined != 1 || s.Players != 0 || s.Bytes == 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestPlayNotLive: a stream that is not there is refused in words.
func TestPlayNotLive(t *testing.T) {
	f := start(t, playable)
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", "rtmp://"+f.Addr().String()+"/live/none", "-f", "null", "-").CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("the stream is not live: live/none")) {
		t.Errorf("ffmpeg says %s (%v)", out, err)
	}
}
