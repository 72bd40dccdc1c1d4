package process_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
	"aircheck/vod"
	"aircheck/vod/ffmpeg"
	"aircheck/vod/process"
	"aircheck/vod/task"
)

// probe returns what ffprobe says of the streams of a file: "codec,width,height" and so on, by fields.
func probe(t *testing.T, path, entries string) string {
	t.Helper()
	return strings.TrimSpace(string(mediatest.Run(t, "ffprobe", "-v", "error", "-show_entries", entries, "-of", "csv=p=0", path)))
}

// TestTranscodes makes files of recordings of each container; nothing is made larger than it is.
func TestTranscodes(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	for i, c := range []struct {
		format     container.Format
		codec      string
		definition int64
		want       string
	}{
		{mp4.Format{}, "h264", 100010, "h264,160,90\naac"},
		{flv.Format{}, "h264", 10, "h264,160,90\naac"},
		{hls.Format{}, "h264", 20, "h264,160,90\naac"},
		{flv.Format{}, "h265", 100110, "hevc,160,90\naac"},
		{mp4.Format{}, "h265", 1010, "aac"},
		{hls.Format{}, "h264", 1110, "mp3"},
	} {
		t.Run(fmt.Sprint(c.format.Name(), " ", c.definition), func(t *testing.T) {
			id := vod.FileID(i + 1)
			l.add(t, id, c.format, film(t, c.codec), nil)
			out, err := l.run(t, id, process.Flow{Transcodes: []process.Transcode{{Definition: c.definition, Start: 2, End: 6.5}}})
			must(t, err)
			wantSteps(t, out, process.StepTranscode)
			p := out.Steps[0].Parts[0]
			if got := probe(t, l.path(p.Key), "stream=codec_name,width,height"); got != c.want {
				t.Errorf("made %q, expected %q", got, c.want)
			}
			var m vod.TranscodeMeta
			must(t, json.Unmarshal(p.Meta, &m))
			if m.Duration < 4400*time.Millisecond || m.Duration > 4700*time.Millisecond {
				t.Errorf("it lasts %v, expected 4.5 s", m.Duration)
			}
		})
	}
}

func TestSmallerTranscode(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	path := filepath.Join(t.TempDir(), "a.mp4")
	mediatest.Run(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=406x720:r=50:d=1", "-c:v", "libx264", "-preset", "ultrafast",
		"-pix_fmt", "yuv420p", path)
	l.add(t, 1, mp4.Format{}, unitsOf(t, path), nil)
	out, err := l.run(t, 1, process.Flow{
		Transcodes: []process.Transcode{{Definition: 10}}, Covers: []process.Cover{{Definition: 30, At: "0"}},
	})
	must(t, err)
	wantSteps(t, out, process.StepCover, process.StepTranscode)
	if got := probe(t, l.path(out.Steps[1].Parts[0].Key), "stream=width,height,avg_frame_rate"); got != "360,638,25/1" {
		t.Errorf("the transcode is %s", got)
	}
	if w, h, _ := l.picture(t, out.Steps[0].Parts[0]); w != 360 || h != 640 {
		t.Errorf("the cover is %dx%d", w, h)
	}
}

func unitsOf(t *testing.T, path string) []*media.Unit {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	info, err := f.Stat()
	must(t, err)
	var units []*media.Unit
	for u, err := range (mp4.Format{}).Read(f, info.Size()) {
		must(t, err)
		units = append(units, u)
	}
	return units
}

func TestAnimations(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, 1, hls.Format{}, film(t, "h264"), nil)
	out, err := l.run(t, 1, process.Flow{Animations: []process.Animation{{Definition: 20000, Start: 3, End: 5}, {Definition: 20001, Start: 3, End: 5}}})
	must(t, err)
	wantSteps(t, out, process.StepAnimation, process.StepAnimation)
	for _, s := range out.Steps {
		var m vod.AnimatedMeta
		must(t, json.Unmarshal(s.Parts[0].Meta, &m))
		if m.Width != wide || m.Height != high || m.Start != 3*time.Second || m.End != 5*time.Second {
			t.Errorf("described as %+v", m)
		}
	}
	if got := probe(t, l.path(out.Steps[0].Parts[0].Key), "stream=codec_name,width,height,nb_read_frames"); !strings.HasPrefix(got, "gif,160,90") {
		t.Errorf("the GIF is %s", got)
	}
	// ffmpeg 5.1 cannot read its own. Pictures that are the same are one.
	text, err := os.ReadFile(l.path(out.Steps[1].Parts[0].Key))
	must(t, err)
	if n := strings.Count(string(text), "ANMF"); n < 2 || n > 24 || int(binary.LittleEndian.Uint32(text[4:])) != len(text)-8 {
		t.Errorf("the WebP has %d pictures and %d bytes", n, len(text))
	}
}

// TestAdaptive makes HLS in renditions, and has ffprobe read each of them through the playlists.
func TestAdaptive(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	path := filepath.Join(t.TempDir(), "a.mp4")
	mediatest.Run(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=960x540:r=10:d=9", "-f", "lavfi", "-i", "sine=d=9", "-c:v", "libx264",
		"-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", path)
	l.add(t, 1, mp4.Format{}, unitsOf(t, path), nil)
	out, err := l.run(t, 1, process.Flow{Adaptives: []process.Adaptive{{Definition: 10}}})
	must(t, err)
	wantSteps(t, out, process.StepAdaptive)
	master := l.path(out.Steps[0].Parts[0].Key)
	text, err := os.ReadFile(master)
	must(t, err)
	if n := strings.Count(string(text), "#EXT-X-STREAM-INF"); n != 2 || !strings.Contains(string(text), "RESOLUTION=960x540\n") ||
		!strings.Contains(string(text), "RESOLUTION=640x360\n") {
		t.Fatalf("the playlist is\n%s", text)
	}
	if got := probe(t, master, "stream=codec_name,width,height"); strings.Count(got, "h264,960,540") == 0 || strings.Count(got, "h264,640,360") == 0 {
		t.Errorf("ffprobe sees %q", got)
	}
	list, err := os.ReadFile(l.path(out.Steps[0].Parts[2].Key))
	must(t, err)
	if n := strings.Count(string(list), "#EXTINF:"); n != 3 || !strings.Contains(string(list), "#EXTINF:4.00000,") {
		t.Errorf("the rendition is\n%s", list)
	}
	packets := probe(t, l.path(out.Steps[0].Parts[2].Key), "packet=codec_type")
	if n := strings.Count(packets, "video"); n != 90 {
		t.Errorf("%d pictures through the playlist, expected 90", n)
	}
}

// TestSound: what needs pictures says so, and the rest is made all the same.
func TestSound(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	sound := slices.DeleteFunc(slices.Clone(film(t, "h264")), func(u *media.Unit) bool { return u.Track.Codec.Kind() == media.Video })
	l.add(t, 1, aac.Format{}, sound, nil)
	out, err := l.run(t, 1, process.Flow{Transcodes: []process.Transcode{{Definition: 1010}, {Definition: 10}}, Covers: []process.Cover{{Definition: 10, At: "1"}}})
	must(t, err)
	if s := out.Steps[0]; s.Status != process.Failed || s.Code != task.CodeSource || !strings.Contains(s.Message, "has no video") {
		t.Errorf("the cover of sound: %+v", s)
	}
	for _, s := range out.Steps[1:] {
		if s.Status != process.Succeeded {
			t.Errorf("sound alone: %+v", s)
		}
	}
}

// TestHostileFiles: what is in a file is never more than its content. Each names a film that ffmpeg could open.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	good := l.add(t, 1, mp4.Format{}, film(t, "h264"), nil)
	whole, err := os.ReadFile(l.path(good.ObjectKey))
	must(t, err)
	flow := process.Flow{Transcodes: []process.Transcode{{Definition: 10}}, Covers: []process.Cover{{Definition: 10, At: "1"}}}
	for i, text := range []string{
		"ffconcat version 1.0\nfile '" + l.path(good.ObjectKey) + "'\n",
		"#EXTM3U\n#EXT-X-TARGETDURATION:30\n#EXTINF:24,\nfile:" + l.path(good.ObjectKey) + "\n#EXT-X-ENDLIST\n",
		"", string(whole[:100]), strings.Repeat("\x00", 4096),
	} {
		for j, c := range []string{"mp4", "flv", "hls", "aac"} {
			if i > 1 && j != i%4 {
				continue // those that name other files are tried as everything
			}
			id := vod.FileID(10 + 10*i + j)
			l.add(t, id, mp4.Format{}, film(t, "h264"), func(a *vod.Asset) { a.Container = c })
			l.write(t, fmt.Sprintf("live/%d.mp4", id), []byte(text))
			out, err := l.run(t, id, flow)
			must(t, err)
			for _, s := range out.Steps {
				if s.Status != process.Failed || s.Code != task.CodeSource || len(s.Parts) > 0 {
					t.Errorf("%s %d: %+v", c, i, s)
				}
			}
			parts, err := l.Parts.Of(t.Context(), id)
			must(t, err)
			if len(parts) > 0 {
				t.Errorf("%s %d has parts", c, i)
			}
		}
	}
	l.wantNoDrafts(t)
}

// wantNoDrafts expects that nothing unfinished is left.
func (l *library) wantNoDrafts(t *testing.T) {
	t.Helper()
	left, err := os.ReadDir(filepath.Join(l.dir, ".drafts"))
	if err != nil && !errors.Is(err, os.ErrNotExist) || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestWithoutFFmpeg: the task says so.
func TestWithoutFFmpeg(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, 1, mp4.Format{}, film(t, "h264"), nil)
	l.Runner.Path = filepath.Join(t.TempDir(), "ffmpeg")
	out, err := l.run(t, 1, process.Flow{Sprites: []process.Sprite{{Definition: 10}}})
	if !errors.Is(err, ffmpeg.ErrMissing) {
		t.Errorf("the task ends with %v", err)
	}
	if s := out.Steps[0]; s.Status != process.Failed || s.Code != task.CodeInternal || !strings.Contains(s.Message, "ffmpeg.path") {
		t.Errorf("its step is %+v", s)
	}
}

// TestResume: what an earlier attempt has made is not made again, and what it was to make is not looked up again.
func TestResume(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, 1, mp4.Format{}, film(t, "h264"), nil)
	flow := process.Flow{Snapshots: []process.Snapshot{{Definition: 10, At: []string{"1"}}}, Samples: []process.Sample{{Definition: 10}}}
	must(t, l.Service.Create(t.Context(), process.Procedure{Name: "p", Flow: flow}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var so []byte
	in := task.Task{Type: task.Procedure, FileID: 1, Input: json.RawMessage(`{"Procedure":"p"}`)}
	_, err := l.Do(ctx, in, func(percent int, output any) {
		if percent > 0 && output != nil {
			so, _ = json.Marshal(output)
			cancel() // as if the server stopped behind the first step
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped, it ends with %v", err)
	}
	l.wantNoDrafts(t)
	must(t, l.Service.Delete(t.Context(), 0, "p"))
	first, err := l.Parts.Of(t.Context(), 1)
	must(t, err)
	in.Output = so
	out, err := l.do(t.Context(), in)
	must(t, err)
	wantSteps(t, out, process.StepSnapshot, process.StepSample)
	all, err := l.Parts.Of(t.Context(), 1)
	must(t, err)
	if len(first) != 1 || !slices.ContainsFunc(all, func(p vod.Part) bool { return p.ID == first[0].ID }) || len(all) != 11 {
		t.Errorf("%d parts before, %d after", len(first), len(all))
	}
}

// TestGone: a file that is deleted while it is worked at, or before, leaves nothing.
func TestGone(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, 1, mp4.Format{}, film(t, "h264"), nil)
	l.Runner.Path = "ffmpeg"
	flow := process.Flow{Snapshots: []process.Snapshot{{Definition: 10, At: []string{"1"}}}, Samples: []process.Sample{{Definition: 10}}}
	input, err := json.Marshal(process.Input{Flow: &flow})
	must(t, err)
	out, err := l.Do(t.Context(), task.Task{FileID: 1, Input: input}, func(percent int, output any) {
		if percent > 0 && output != nil {
			_ = l.Catalog.Delete(t.Context(), 1)
		}
	})
	must(t, err)
	if s := out.(*process.Output).Steps[1]; s.Status != process.Failed || s.Code != task.CodeSource {
		t.Errorf("behind its deletion: %+v", s)
	}
	l.wantNoDrafts(t)
	_, err = l.do(t.Context(), task.Task{FileID: 1, Input: input})
	var f *task.Failure
	if !errors.As(err, &f) || f.Code != task.CodeSource || !errors.Is(err, vod.ErrNotFound) {
		t.Errorf("a file that is not there: %v", err)
	}
}
