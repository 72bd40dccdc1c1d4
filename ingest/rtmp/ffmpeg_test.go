package rtmp

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// clip makes a file with B pictures and sound.
func clip(t testing.TB, seconds string) string {
	return mediatest.Clip(t, "clip.flv", "25", "-t", seconds, "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "25",
		"-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k")
}

// packet is what ffprobe says of a packet, and what is compared.
type packet struct {
	kind     string
	pts, dts int64 // ms
	size     int
	hash     string
}

// probe lists a file's packets by stream.
func probe(t testing.TB, path string) map[string][]packet {
	t.Helper()
	out := mediatest.Run(t, "ffprobe", "-v", "error", "-show_packets", "-show_data_hash", "sha256",
		"-show_entries", "packet=codec_type,pts,dts,size,data_hash", "-of", "json", path)
	var found struct {
		Packets []struct {
			Kind     string `json:"codec_type"`
			PTS, DTS int64
			Size     string
			Hash     string `json:"data_hash"`
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
		packets[p.Kind] = append(packets[p.Kind], packet{p.Kind, p.PTS, p.DTS, size, p.Hash})
	}
	return packets
}

// received turns units into the same form.
func received(units []*media.Unit, offset int64) map[string][]packet {
	packets := map[string][]packet{}
	for _, u := range units {
		kind := u.Track.Codec.Kind().String()
		packets[kind] = append(packets[kind], packet{
			kind, u.PTS - offset, u.DTS - offset, len(u.Payload), fmt.Sprintf("SHA256:%x", sha256.Sum256(u.Payload)),
		})
	}
	return packets
}

func push(t testing.TB, source, url string, before ...string) {
	t.Helper()
	args := append([]string{"-v", "error"}, before...)
	cmd := exec.Command("ffmpeg", append(args, "-f", "flv", url)...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Run(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, complaint.Bytes())
	}
}

// TestFFmpeg pushes a file and compares every packet.
func TestFFmpeg(t *testing.T) {
	source := clip(t, "4")
	want := probe(t, source)
	if len(want["video"]) != 100 || len(want["audio"]) < 180 {
		t.Fatalf("the source has %d pictures, %d frames of sound", len(want["video"]), len(want["audio"]))
	}
	for _, ca := range []struct {
		name   string
		args   []string
		offset int64
	}{
		{"as fast as possible", nil, 0},
		{"beyond 2^24 ms", []string{"-output_ts_offset", "20000"}, 20_000_000},
	} {
		t.Run(ca.name, func(t *testing.T) {
			gatherers(t, func(t *testing.T, portable bool) {
				f := start(t, func(s *Server) { s.portable = portable })
				args := append([]string{"-i", source, "-c", "copy"}, ca.args...)
				push(t, source, "rtmp://"+f.Addr().String()+"/live/show?a=b", args...)
				r := f.stream(0)
				units, end := r.ended(t)
				if end.Reason != "client" || r.Key().String() != "d/live/show" || r.Publisher.Params != "a=b" {
					t.Errorf("end %+v of %s with %q", end, r.Key(), r.Publisher.Params)
				}
				// ffmpeg moves the start by up to a few pictures when it is told an offset.
				shift := units[0].DTS - want["video"][0].dts
				if units[0].Track.ID != 1 || shift < ca.offset-200 || shift > ca.offset+200 {
					t.Errorf("the first unit is %+v", units[0])
				}
				got := received(units, shift)
				for _, kind := range []string{"video", "audio"} {
					if !slices.Equal(got[kind], want[kind]) {
						t.Errorf("%s: got %d packets, want %d; first %v, want %v", kind, len(got[kind]), len(want[kind]),
							got[kind][:min(3, len(got[kind]))], want[kind][:3])
					}
				}
			})
		})
	}
}

// TestFFmpegSound pushes what else ffmpeg can send in the old form, and compares every packet. ffmpeg says mono of G.711 even if it is stereo.
func TestFFmpegSound(t *testing.T) {
	f := start(t, nil)
	for i, ca := range []struct {
		codec          string
		args           []string
		rate, channels int
	}{
		{"mp3", []string{"-c:a", "libmp3lame", "-ar", "48000", "-ac", "2"}, 48000, 2},
		{"mp3", []string{"-c:a", "libmp3lame", "-ar", "22050", "-ac", "1"}, 22050, 1},
		{"g711a", []string{"-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"}, 8000, 1},
		{"g711u", []string{"-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"}, 8000, 1},
	} {
		source := mediatest.Clip(t, "sound.flv", "25", append([]string{"-vn", "-t", "1"}, ca.args...)...)
		push(t, source, "rtmp://"+f.Addr().String()+"/live/"+fmt.Sprint(i), "-i", source, "-c", "copy")
		units, _ := f.named(fmt.Sprint(i)).ended(t)
		want := probe(t, source)["audio"]
		if len(units) == 0 || len(want) == 0 {
			t.Fatalf("%s: %d units of %d", ca.codec, len(units), len(want))
		}
		c := units[0].Track.Codec.(media.AudioCodec)
		if c.Name() != ca.codec || c.SampleRate() != ca.rate || c.Channels() != ca.channels {
			t.Errorf("%s, %d Hz, %d channels, want %+v", c.Name(), c.SampleRate(), c.Channels(), ca)
		}
		if got := received(units, units[0].DTS-want[0].dts)["audio"]; !slices.Equal(got, want) {
			t.Errorf("%s: got %d packets, want %d; first %v, want %v", ca.codec, len(got), len(want), got[0], want[0])
		}
	}
}
