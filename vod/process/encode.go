package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"aircheck/vod"
	"aircheck/vod/ffmpeg"
	"aircheck/vod/task"
)

func (t Transcode) definition() int64 { return t.Definition }

func (t Transcode) check() error {
	if _, ok := transcodings()[t.Definition]; !ok {
		return unknown("TranscodeTask", t.Definition, transcodings())
	}
	return span("TranscodeTask", t.Start, t.End)
}

// cut is what of a file of that length is meant.
func cut(start, end float64, length time.Duration) (from, long time.Duration) {
	from, to := time.Duration(start*float64(time.Second)), length
	switch {
	case end > 0:
		to = min(to, time.Duration(end*float64(time.Second)))
	case end < 0:
		to += time.Duration(end * float64(time.Second))
	}
	return from, to - from
}

func (t Transcode) make(ctx context.Context, w *work, progress func(int)) ([]vod.Part, error) {
	e := transcodings()[t.Definition]
	from, long := cut(t.Start, t.End, w.src.Duration)
	if long <= 0 {
		return nil, failed(task.CodeInput, "TranscodeTask.StartTimeOffset: the file lasts only %v", w.src.Duration)
	}
	if e.short == 0 {
		if err := w.need("audio"); err != nil {
			return nil, err
		}
	}
	kind, ext := "video/mp4", e.container
	switch e.container {
	case "m4a":
		kind = "audio/mp4"
	case "mp3":
		kind = "audio/mpeg"
	}
	p, err := w.begin(ctx, vod.PartTranscode, t.Definition, 0, kind, ext)
	if err != nil {
		return nil, err
	}
	if err := w.encode(ctx, p, e, from, long, progress); err != nil {
		return nil, discard(err, p)
	}
	return w.Parts.Commit(ctx, p)
}

func (w *work) encode(ctx context.Context, p *vod.NewPart, e encoding, from, long time.Duration, progress func(int)) error {
	args := append([]string{"-t", seconds(long)}, e.args(w.src.has("video"))...)
	err := w.run(ctx, from, ffmpeg.Job{
		Outputs: []ffmpeg.Output{{File: p.File, Args: append(args, e.muxer()...)}}, Duration: long, Progress: progress,
	})
	if err != nil {
		return err
	}
	format := "mov"
	if e.container == "mp3" {
		format = "mp3"
	}
	probed, err := w.Runner.Probe(ctx, p.File, format)
	if err != nil {
		return err
	}
	if len(probed.Streams) == 0 || probed.Duration == 0 {
		return failed(task.CodeSource, "nothing of file %s could be decoded", w.src.ID)
	}
	return describe(p, vod.TranscodeMeta{Container: e.container, Duration: probed.Duration, Tracks: tracksOf(&probed)})
}

func tracksOf(p *ffmpeg.Probed) (out []vod.Track) {
	for _, s := range p.Streams {
		out = append(out, vod.Track{
			Kind: s.Kind, Codec: s.Codec, Width: s.Width, Height: s.Height, FrameRate: s.FrameRate, SampleRate: s.SampleRate, Channels: s.Channels,
			Bytes: int64(float64(s.Bitrate) / 8 * p.Duration.Seconds()),
		})
	}
	return out
}

// args are the encoders and what they are to do.
func (e encoding) args(pictures bool) []string {
	var args []string
	if e.short > 0 && pictures {
		args = append(args, "-map", "0:v:0", "-vf", shorter(e.short), "-fpsmax", strconv.Itoa(e.fps), "-pix_fmt", "yuv420p",
			"-b:v", kilo(e.video), "-maxrate", kilo(e.video*3/2), "-bufsize", kilo(e.video*2), "-force_key_frames", "expr:gte(t,n_forced*2)")
		if e.hevc {
			args = append(args, "-c:v", "libx265", "-preset", "veryfast", "-tag:v", "hvc1", "-x265-params", "log-level=error:pools=2")
		} else {
			args = append(args, "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high")
		}
	} else {
		args = append(args, "-vn")
	}
	args = append(args, "-map", "0:a:0?", "-b:a", kilo(e.audio), "-ac", "2", "-ar", "44100", "-sn", "-dn", "-map_metadata", "-1")
	if e.container == "mp3" {
		return append(args, "-c:a", "libmp3lame")
	}
	return append(args, "-c:a", "aac")
}

func (e encoding) muxer() []string {
	if e.container == "mp3" {
		return []string{"-f", "mp3"}
	}
	return []string{"-movflags", "+faststart", "-f", "mp4"}
}

func kilo(n int) string { return strconv.Itoa(n) + "k" }

// shorter makes pictures not larger than short on their shorter side, with even sides.
func shorter(short int) string {
	return fmt.Sprintf("scale=w='if(gte(iw,ih),-2,min(trunc(iw/2)*2,%[1]d))':h='if(gte(iw,ih),min(trunc(ih/2)*2,%[1]d),-2)'", short)
}

func (a Animation) definition() int64 { return a.Definition }

func (a Animation) check() error {
	const name = "AnimatedGraphicTask"
	if _, ok := animations()[a.Definition]; !ok {
		return unknown(name, a.Definition, animations())
	}
	if err := span(name, a.Start, a.End); err != nil {
		return err
	}
	if a.End <= a.Start || a.End-a.Start > maxAnimated.Seconds() {
		return invalid(name+".EndTimeOffset", "must be at most %v behind StartTimeOffset", maxAnimated)
	}
	return nil
}

func (a Animation) make(ctx context.Context, w *work, progress func(int)) ([]vod.Part, error) {
	if err := w.need("video"); err != nil {
		return nil, err
	}
	kind := animations()[a.Definition]
	from, long := cut(a.Start, a.End, w.src.Duration)
	if long <= 0 {
		return nil, failed(task.CodeInput, "AnimatedGraphicTask.StartTimeOffset: the file lasts only %v", w.src.Duration)
	}
	p, err := w.begin(ctx, vod.PartAnimated, a.Definition, 0, "image/"+kind.container, kind.container)
	if err != nil {
		return nil, err
	}
	args := append([]string{"-t", seconds(long), "-map", "0:v:0", "-an", "-loop", "0"}, kind.args()...)
	err = w.run(ctx, from, ffmpeg.Job{Outputs: []ffmpeg.Output{{File: p.File, Args: args}}, Duration: long, Progress: progress})
	if err == nil {
		err = w.animated(p, kind, from, long)
	}
	if err != nil {
		return nil, discard(err, p)
	}
	return w.Parts.Commit(ctx, p)
}

// args are the encoder and what it is to do.
func (a animation) args() []string {
	filter := fmt.Sprintf("fps=%d,%s", a.fps, scale(a.long))
	if a.container == "gif" {
		return []string{"-vf", filter + ",split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=bayer", "-f", "gif"}
	}
	return []string{"-vf", filter, "-c:v", "libwebp_anim", "-quality", "60", "-f", "webp"}
}

// animated describes an animated picture that was made.
func (w *work) animated(p *vod.NewPart, kind animation, from, long time.Duration) error {
	info, err := p.File.Stat()
	if err != nil {
		return fmt.Errorf("look at the picture: %w", err)
	}
	read := gifSize
	if kind.container == "webp" {
		read = webpSize
	}
	width, height, err := read(p.File)
	if err != nil {
		return err
	}
	return describe(p, vod.AnimatedMeta{
		Container: kind.container, Width: width, Height: height, Bitrate: int64(float64(info.Size()) * 8 / long.Seconds()),
		Start: from, End: from + long,
	})
}

var errNoPicture = errors.New("nothing was made of those seconds")

// gifSize reads the size from the head of a GIF (Graphics Interchange Format 89a, 18).
func gifSize(f *os.File) (width, height int, err error) {
	var b [10]byte
	if _, err := f.ReadAt(b[:], 0); err != nil || string(b[:3]) != "GIF" {
		return 0, 0, errNoPicture
	}
	return int(b[6]) | int(b[7])<<8, int(b[8]) | int(b[9])<<8, nil
}

// webpSize reads the size from the head of an animated WebP: its canvas (WebP Container Specification, Extended File Format).
func webpSize(f *os.File) (width, height int, err error) {
	var b [30]byte
	if _, err := f.ReadAt(b[:], 0); err != nil || string(b[8:16]) != "WEBPVP8X" {
		return 0, 0, errNoPicture
	}
	return 1 + (int(b[24]) | int(b[25])<<8 | int(b[26])<<16), 1 + (int(b[27]) | int(b[28])<<8 | int(b[29])<<16), nil
}
