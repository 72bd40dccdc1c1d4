package rtsp

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

const patience = 60 * time.Second

// eventually waits for a condition of another goroutine.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// logged collects a server's log.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// fixture is a running server and what its streams received.
type fixture struct {
	*Server
	t   testing.TB
	log *logged

	mu      sync.Mutex
	streams []*recorded
}

// recorded is a stream with a reader from its start.
type recorded struct {
	*stream.Stream
	*stream.Reader
	units []*media.Unit
	lost  int
	end   *stream.End
}

// start starts a server on a free port that lets everybody publish and play under the domain "d".
func start(t testing.TB, change ...func(*Server)) *fixture {
	t.Helper()
	f := &fixture{t: t, log: &logged{}}
	hub := &stream.Hub{Takeover: stream.TakeoverAlways, GOP: 16 << 20, TotalGOP: 64 << 20}
	hub.Attach = func(s *stream.Stream) {
		r := &recorded{Stream: s, Reader: s.NewReader(stream.ReaderOptions{HoldsBack: true})}
		f.mu.Lock()
		f.streams = append(f.streams, r)
		f.mu.Unlock()
	}
	f.Server = &Server{
		Address: "127.0.0.1:0", RTPAddress: "127.0.0.1:0", RTCPAddress: "127.0.0.1:0", Hub: hub,
		Tick: 20 * time.Millisecond, LiveTick: 10 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(f.log, nil)),
		Authorize: func(r Request) (Permission, error) {
			key := media.StreamKey{Domain: "d", App: r.App, Stream: r.Stream}
			return Permission{Key: key, Params: r.Params}, key.Validate()
		},
		Play: func(r Request) (*stream.Stream, error) {
			if st := hub.Get(media.StreamKey{Domain: "d", App: r.App, Stream: r.Stream}); st != nil {
				return st, nil
			}
			return nil, stream.ErrNotLive
		},
	}
	for _, c := range change {
		c(f.Server)
	}
	if err := f.Listen(); err != nil {
		t.Fatal(err)
	}
	f.Start()
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		hub.Close()
		if t.Failed() {
			t.Log(f.log.String())
		}
	})
	return f
}

// stream waits for the nth stream.
func (f *fixture) stream(n int) *recorded {
	f.t.Helper()
	var r *recorded
	eventually(f.t, fmt.Sprintf("stream %d", n), func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.streams) > n {
			r = f.streams[n]
		}
		return r != nil
	})
	return r
}

// take takes what there is.
func (r *recorded) take() {
	b := r.Take()
	for _, u := range b.Units {
		c := *u
		c.Payload = bytes.Clone(u.Payload)
		r.units = append(r.units, &c)
		r.lost += u.Lost
		u.Release()
	}
	if b.End != nil {
		r.end = b.End
	}
}

// ended waits for the end, and returns all units.
func (r *recorded) ended(t testing.TB) ([]*media.Unit, *stream.End) {
	t.Helper()
	eventually(t, "the end of the stream", func() bool { r.take(); return r.end != nil })
	return r.units, r.end
}

// packet is what ffprobe says of a packet, and what is compared.
type packet struct {
	pts  int64 // µs
	size int
	hash string
}

// probe lists a file's packets by stream.
func probe(t testing.TB, path string) map[string][]packet {
	t.Helper()
	out := mediatest.Run(t, "ffprobe", "-v", "error", "-show_packets", "-show_data_hash", "sha256",
		"-show_entries", "packet=codec_type,pts_time,size,data_hash", "-of", "json", path)
	var found struct {
		Packets []struct {
			Kind string `json:"codec_type"`
			PTS  string `json:"pts_time"`
			Size string
			Hash string `json:"data_hash"`
		}
	}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	packets := map[string][]packet{}
	for _, p := range found.Packets {
		size, err := strconv.Atoi(p.Size)
		if err != nil {
			t.Fatal(err)
		}
		at, err := strconv.ParseFloat(p.PTS, 64)
		if err != nil {
			t.Fatal(err)
		}
		packets[p.Kind] = append(packets[p.Kind], packet{int64(at * 1e6), size, p.Hash})
	}
	return packets
}

// received turns units into the same form.
func received(units []*media.Unit) map[string][]packet {
	packets := map[string][]packet{}
	for _, u := range units {
		kind := u.Track.Codec.Kind().String()
		packets[kind] = append(packets[kind], packet{
			media.Duration(u.PTS, u.Track.Timescale).Microseconds(), len(u.Payload), fmt.Sprintf("SHA256:%x", sha256.Sum256(u.Payload)),
		})
	}
	return packets
}

// same compares payloads exactly, and times up to a rounding in ms, all tracks being shifted by the same. The last frames of sound may be
// missing: ffmpeg gathers several in a packet, and does not send the last ones.
func same(t testing.TB, got, want map[string][]packet) {
	t.Helper()
	const rounding = 1100
	shift := got["video"][0].pts - want["video"][0].pts
	for kind := range want {
		missing := len(want[kind]) - len(got[kind])
		if missing < 0 || missing > 8 || missing > 0 && kind == "video" {
			t.Errorf("%s: %d packets, want %d", kind, len(got[kind]), len(want[kind]))
			continue
		}
		for i, g := range got[kind] {
			w := want[kind][i]
			if off := g.pts - shift - w.pts; g.hash != w.hash || off > rounding || off < -rounding {
				t.Errorf("%s packet %d is %+v, want %+v, shifted by %d", kind, i, g, w, shift)
				break
			}
		}
	}
}

// clip makes a file with B pictures and sound.
func clip(t testing.TB, seconds string) string {
	return mediatest.Clip(t, "clip.mp4", "25", "-t", seconds, "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "25",
		"-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k")
}

// ffmpeg runs ffmpeg and returns what it complained of.
func ffmpeg(args ...string) error {
	cmd := exec.Command("ffmpeg", append([]string{"-v", "error", "-nostdin"}, args...)...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
	}
	return nil
}
