package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// clips are made once per run, by ffmpeg.
var clips struct {
	sync.Mutex
	dir string
}

// clip makes (once) an FLV of that many seconds: moving picture with B-frames and a key frame per second, a tone.
func clip(t *testing.T, seconds int, more ...string) string {
	t.Helper()
	clips.Lock()
	defer clips.Unlock()
	name := filepath.Join(clips.dir, fmt.Sprintf("%d%v.flv", seconds, more))
	if _, err := os.Stat(name); err == nil {
		return name
	}
	args := []string{
		"-hide_banner", "-loglevel", "error", "-y",
		"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25",
		"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100",
		"-t", strconv.Itoa(seconds), "-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-bf", "2", "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-b:a", "64k",
	}
	args = append(args, more...)
	run(t, "ffmpeg", append(args, "-f", "flv", name)...)
	return name
}

// packet is one packet as ffprobe sees it.
type packet struct {
	Kind string `json:"codec_type"`
	PTS  string `json:"pts_time"`
	DTS  string `json:"dts_time"`
	Hash string `json:"data_hash"`
}

// packets returns a file's packets by kind of track.
func packets(t *testing.T, file string) map[string][]packet {
	t.Helper()
	text := run(t, "ffprobe", "-v", "error", "-show_packets", "-show_data_hash", "md5",
		"-show_entries", "packet=codec_type,pts_time,dts_time,data_hash", "-of", "json", file)
	var all struct{ Packets []packet }
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	out := map[string][]packet{}
	for _, p := range all.Packets {
		out[p.Kind] = append(out[p.Kind], p)
	}
	return out
}

func seconds(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatalf("time %q: %v", s, err)
	}
	return f
}

// samePackets compares two files packet by packet: payloads, and times up to one shift that all tracks share.
func samePackets(t *testing.T, want, got map[string][]packet) {
	t.Helper()
	shift := math.NaN()
	for _, kind := range []string{"video", "audio"} {
		a, b := want[kind], got[kind]
		if len(a) != len(b) {
			t.Errorf("%s: %d packets, the source has %d", kind, len(b), len(a))
			continue
		}
		for i := range a {
			if a[i].Hash != b[i].Hash {
				t.Errorf("%s packet %d differs from the source", kind, i)
				break
			}
			pts := seconds(t, b[i].PTS) - seconds(t, a[i].PTS)
			if math.IsNaN(shift) {
				shift = pts
			}
			dts := seconds(t, b[i].DTS) - seconds(t, a[i].DTS)
			if math.Abs(pts-shift) > 0.0006 || math.Abs(dts-shift) > 0.0006 {
				t.Errorf("%s packet %d: pts moved by %.4f s, dts by %.4f s; the first by %.4f s", kind, i, pts, dts, shift)
				break
			}
		}
	}
}

// decodes fails if ffmpeg finds anything wrong with the file.
func decodes(t *testing.T, file string) {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-hide_banner", "-v", "warning", "-i", file, "-f", "null", "-").CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("decode %s: %v\n%s", filepath.Base(file), err, out)
	}
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "aircheck-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	clips.dir = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}
