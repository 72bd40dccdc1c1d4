package recordertest

import (
	"cmp"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
)

// clips are what ffmpeg is made to push.
var clips = map[string]struct {
	rate string
	args []string
}{
	"25 fps":                {"25", []string{"-c:v", "libx264", "-preset", "veryfast", "-g", "30", "-bf", "2", "-c:a", "aac"}},
	"29.97 fps, open GOP":   {"30000/1001", []string{"-c:v", "libx264", "-g", "30", "-bf", "3", "-x264-params", "open-gop=1", "-c:a", "aac"}},
	"no B-frames, 44.1 kHz": {"25", []string{"-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-c:a", "aac", "-ar", "44100", "-ac", "1"}},
	"late audio":            {"25", []string{"-af", "adelay=0,asetpts=PTS+0.7/TB", "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac"}},
	"audio only":            {"25", []string{"-vn", "-c:a", "aac"}},
	"audio only, 44.1 kHz":  {"25", []string{"-vn", "-c:a", "aac", "-ar", "44100", "-ac", "1"}},
}

// players records what ffmpeg encoded and has ffprobe and ffmpeg compare the recording with the source, packet by
// packet and picture by picture: finished, unfinished and torn.
func players(t *testing.T, f container.Format, o Options) {
	for name, clip := range clips {
		if o.AudioOnly && !slices.Contains(clip.args, "-vn") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := mediatest.Clip(t, "source.flv", clip.rate, append([]string{"-t", "3"}, clip.args...)...)
			units := unitsOf(t, o.Source, source)
			r := record(t, f, units, 7, false)
			done, _ := finish(t, f, r.unfinished(r.parts, int64(len(r.data))), r.data)

			want, wantFrames := packets(t, source, o), frames(t, source)
			path := save(t, f, "finished", done, o)
			comparePackets(t, "finished", packets(t, path, o), want, o)
			compareFrames(t, "finished", frames(t, path), wantFrames, true)

			path = save(t, f, "unfinished", r.data, o)
			comparePackets(t, "unfinished", packets(t, path, o), want, o)
			compareFrames(t, "unfinished", frames(t, path), wantFrames, true)

			cut := r.ends[0] + (int64(len(r.data))-r.ends[0])*9/10 + 5
			parts, valid := scan(t, f, strings.NewReader(string(r.data[:cut])), cut, 0, r.tracks)
			torn, _ := finish(t, f, r.unfinished(parts, valid), r.data[:valid])
			compareFrames(t, "torn and repaired", frames(t, save(t, f, "torn", torn, o)), wantFrames, false)
		})
	}
}

// unitsOf reads a file.
func unitsOf(t *testing.T, f container.Format, path string) (units []*media.Unit) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for u, err := range f.Read(strings.NewReader(string(data)), int64(len(data))) {
		if err != nil {
			t.Fatal(err)
		}
		units = append(units, u)
	}
	return units
}

func save(t *testing.T, f container.Format, name string, data []byte, o Options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+"."+cmp.Or(o.Extension, f.Name()))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// probed is a packet as ffprobe shows it. Times are microseconds after the first presentation time of the file.
type probed struct {
	pts, dts int64
	key      bool
	hash     string
}

// packets returns the packets of a file by kind of stream, with what the format does not keep left out.
func packets(t *testing.T, path string, o Options) map[string][]probed {
	t.Helper()
	out := mediatest.Run(t, "ffprobe", "-v", "error", "-show_packets", "-show_data_hash", "md5", "-of", "json", path)
	var list struct {
		Packets []struct {
			Type string `json:"codec_type"`
			PTS  string `json:"pts_time"`
			DTS  string `json:"dts_time"`
			Key  string `json:"flags"`
			Hash string `json:"data_hash"`
		}
	}
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	got := map[string][]probed{}
	zero := int64(math.MaxInt64)
	for _, p := range list.Packets {
		q := probed{pts: micros(t, p.PTS), dts: micros(t, p.DTS), key: strings.Contains(p.Key, "K"), hash: p.Hash}
		zero = min(zero, q.pts)
		got[p.Type] = append(got[p.Type], q)
	}
	for _, list := range got {
		for i := range list {
			list[i].pts -= zero
			list[i].dts -= zero
			if o.Timeless {
				list[i].pts, list[i].dts = 0, 0
			}
		}
	}
	if o.AnnexB {
		for i := range got["video"] {
			got["video"][i].hash = ""
		}
	}
	if o.Timeless || o.AnnexB {
		bare(t, path, got["audio"])
	}
	return got
}

// bare replaces the hashes of packets of sound, which ffprobe shows with their ADTS headers, by those of what is behind them.
func bare(t *testing.T, path string, list []probed) {
	t.Helper()
	if len(list) == 0 {
		return
	}
	out := mediatest.Run(t, "ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-c", "copy", "-bsf:a", "aac_adtstoasc",
		"-f", "framehash", "-hash", "md5", "-")
	hashes := hashesOf(out)["0"]
	if len(hashes) != len(list) {
		t.Fatalf("%s: ffmpeg reads %d packets of sound, ffprobe %d", path, len(hashes), len(list))
	}
	for i, h := range hashes {
		list[i].hash = h
	}
}

func micros(t *testing.T, s string) int64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatalf("ffprobe says time %q", s)
	}
	return int64(math.Round(v * 1e6))
}

func comparePackets(t *testing.T, what string, got, want map[string][]probed, o Options) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d streams, want %d", what, len(got), len(want))
	}
	for kind, list := range want {
		if len(got[kind]) != len(list) {
			t.Errorf("%s: %d %s packets, want %d", what, len(got[kind]), kind, len(list))
			continue
		}
		for i, w := range list {
			if g := got[kind][i]; !g.equals(w, o) {
				t.Errorf("%s: %s packet %d is %+v, want %+v", what, kind, i, g, w)
				break
			}
		}
	}
}

// equals compares two packets. ffprobe may round the clock of a transport stream, and it prints microseconds.
func (p probed) equals(w probed, o Options) bool {
	if !o.AnnexB {
		return p == w
	}
	slack := o.Slack.Microseconds() + 2
	dts, pts := p.dts-w.dts, p.pts-w.pts
	return p.key == w.key && p.hash == w.hash && max(dts, -dts, pts, -pts) <= slack
}

// frames decodes a file, which must not make ffmpeg complain, and returns the hashes of its frames by stream.
func frames(t *testing.T, path string) map[string][]string {
	t.Helper()
	out := mediatest.Run(t, "ffmpeg", "-v", "error", "-i", path, "-fps_mode", "passthrough", "-f", "framemd5", "-")
	return hashesOf(out)
}

// hashesOf returns the hashes of the packets or frames that ffmpeg's hash muxers list, by stream. Those of side data, which may
// follow, are left out.
func hashesOf(out []byte) map[string][]string {
	got := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		cells := strings.Split(strings.TrimSpace(line), ",")
		if strings.HasPrefix(line, "#") || len(cells) < 6 {
			continue
		}
		got[cells[0]] = append(got[cells[0]], cells[5])
	}
	return got
}

// compareFrames compares decoded frames. Of a torn file some may be missing near the end, but no more than half of all.
func compareFrames(t *testing.T, what string, got, want map[string][]string, all bool) {
	t.Helper()
	for stream, list := range want {
		rest := list
		for _, frame := range got[stream] {
			i := slices.Index(rest, frame)
			if i < 0 || all && i > 0 {
				t.Errorf("%s: stream %s has a frame that is not the next of the source", what, stream)
				return
			}
			rest = rest[i+1:]
		}
		if n := len(got[stream]); n < len(list)/2 || all && n < len(list) {
			t.Errorf("%s: stream %s decodes to %d frames of %d", what, stream, n, len(list))
		}
	}
}
