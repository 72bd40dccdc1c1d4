package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
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

// units returns the packets of a file or an address in a form that containers agree about: pictures with start codes
// and without parameter sets and delimiters, sound without ADTS headers. Times are what ffprobe sees, which ffmpeg does
// not pass on untouched.
func units(t *testing.T, from string) map[string][]packet {
	t.Helper()
	return stripped(t, from, "7-9")
}

// stripped is units without the NAL units of these types.
func stripped(t *testing.T, from, types string) map[string][]packet {
	t.Helper()
	out := packets(t, from)
	filters := map[string]string{"video": "h264_mp4toannexb,filter_units=remove_types=" + types, "audio": "aac_adtstoasc"}
	for kind, filter := range filters {
		if len(out[kind]) == 0 {
			continue
		}
		text := run(t, "ffmpeg", "-v", "error", "-i", from, "-map", "0:"+kind[:1], "-c", "copy", "-copyinkf", "-copyts",
			"-bsf:"+kind[:1], filter, "-f", "framehash", "-hash", "md5", "-")
		n := 0
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			columns := strings.Split(line, ",") // stream, dts, pts, duration, size, hash, then side data if any
			if len(columns) < 6 {
				t.Fatalf("framehash printed %q", line)
			}
			if n < len(out[kind]) {
				out[kind][n].Hash = strings.TrimSpace(columns[5])
			}
			n++
		}
		if n != len(out[kind]) {
			t.Fatalf("%s: ffmpeg sees %d %s packets, ffprobe %d", from, n, kind, len(out[kind]))
		}
	}
	return out
}

// samePackets compares two files packet by packet: payloads, and times up to one shift that all tracks share.
func samePackets(t *testing.T, want, got map[string][]packet) {
	t.Helper()
	sameWithin(t, "file", want, got, exact)
}

// sameWithin is samePackets where times may be off by that many seconds.
func sameWithin(t *testing.T, name string, want, got map[string][]packet, slack float64) {
	t.Helper()
	shift := math.NaN()
	for _, kind := range []string{"video", "audio"} {
		a, b := want[kind], got[kind]
		if len(a) != len(b) {
			t.Errorf("%s: %d %s packets, the source has %d", name, len(b), kind, len(a))
			continue
		}
		for i := range a {
			if a[i].Hash != b[i].Hash {
				t.Errorf("%s: %s packet %d differs from the source", name, kind, i)
				break
			}
			pts := seconds(t, b[i].PTS) - seconds(t, a[i].PTS)
			if math.IsNaN(shift) {
				shift = pts
			}
			dts := seconds(t, b[i].DTS) - seconds(t, a[i].DTS)
			if math.Abs(pts-shift) > slack || math.Abs(dts-shift) > slack {
				t.Errorf("%s: %s packet %d: pts moved by %.4f s, dts by %.4f s; the first by %.4f s", name, kind, i, pts, dts, shift)
				break
			}
		}
	}
}

// decodes fails if ffmpeg finds anything wrong with the file.
func decodes(t *testing.T, file string) {
	t.Helper()
	if found := complaints(t, file); len(found) > 0 {
		t.Errorf("decode %s:\n%s", path.Base(file), strings.Join(found, ""))
	}
}

// complaints are what ffmpeg, with these options for its output, finds wrong with a file. That ADTS does not tell its
// duration is no fault of the file.
func complaints(t *testing.T, file string, more ...string) []string {
	t.Helper()
	args := append([]string{"-hide_banner", "-v", "warning", "-i", file}, more...)
	out, err := exec.Command("ffmpeg", append(args, "-f", "null", "-")...).CombinedOutput()
	var found []string
	for line := range strings.Lines(string(out)) {
		if path.Ext(file) != ".aac" || !strings.Contains(line, "Estimating duration from bitrate") {
			found = append(found, line)
		}
	}
	if err != nil {
		found = append(found, err.Error())
	}
	return found
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
