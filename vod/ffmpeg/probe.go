package ffmpeg

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Probed is what is in a file.
type Probed struct {
	Duration time.Duration
	Size     int64
	// Bitrate in bits per second, of the whole.
	Bitrate int64
	Streams []ProbedStream
}

// ProbedStream is one of its streams.
type ProbedStream struct {
	// Kind is "video" or "audio", or something else; Codec the short name, such as "h264", and Pixels the format of pictures.
	Kind, Codec, Pixels string
	Width, Height       int
	FrameRate           float64
	SampleRate          int
	Channels            int
	Bitrate             int64
}

// Stream returns the first stream of a kind, or nil.
func (p *Probed) Stream(kind string) *ProbedStream {
	for i := range p.Streams {
		if p.Streams[i].Kind == kind {
			return &p.Streams[i]
		}
	}
	return nil
}

// maxProbe bounds what ffprobe may say of a file, in bytes.
const maxProbe = 256 << 10

// Probe tells what is in a file, as ffprobe sees it. ErrMissing, ErrStalled, ErrLimit, ErrFailed, or that of ctx.
func (r *Runner) Probe(ctx context.Context, file *os.File, format string) (Probed, error) {
	path, err := r.find("ffprobe")
	if err != nil {
		return Probed{}, err
	}
	args, err := inputArgs(Input{File: file, Format: format}, firstFile)
	if err != nil {
		return Probed{}, err
	}
	select {
	case r.slot() <- struct{}{}:
	case <-ctx.Done():
		return Probed{}, context.Cause(ctx)
	}
	defer func() { <-r.slot() }()
	args = append([]string{
		"-hide_banner", "-v", "error", "-of", "json", "-show_entries",
		"format=duration,size,bit_rate:stream=codec_type,codec_name,pix_fmt,width,height,avg_frame_rate,sample_rate,channels,bit_rate",
	}, args...)
	c := r.newChild(path, args, []*os.File{file})
	c.stdout = &head{size: maxProbe}
	c.cmd.Stdout = c.stdout
	if err := c.run(ctx); err != nil {
		return Probed{}, err
	}
	return parseProbe(c.stdout.text)
}

// parseProbe reads ffprobe's JSON.
func parseProbe(text []byte) (Probed, error) {
	var raw struct {
		Format struct {
			Duration, Size string
			BitRate        string `json:"bit_rate"`
		}
		Streams []struct {
			Type       string `json:"codec_type"`
			Codec      string `json:"codec_name"`
			Pixels     string `json:"pix_fmt"`
			Width      int
			Height     int
			FrameRate  string `json:"avg_frame_rate"`
			SampleRate string `json:"sample_rate"`
			Channels   int
			BitRate    string `json:"bit_rate"`
		}
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return Probed{}, fmt.Errorf("%w: its description of a file cannot be read: %w", ErrFailed, err)
	}
	p := Probed{Duration: seconds(raw.Format.Duration), Size: number(raw.Format.Size), Bitrate: number(raw.Format.BitRate)}
	for _, s := range raw.Streams {
		p.Streams = append(p.Streams, ProbedStream{
			Kind: s.Type, Codec: s.Codec, Pixels: s.Pixels, Width: s.Width, Height: s.Height, FrameRate: ratio(s.FrameRate),
			SampleRate: int(number(s.SampleRate)), Channels: s.Channels, Bitrate: number(s.BitRate),
		})
	}
	return p, nil
}

func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// maxSeconds is more than any file lasts.
const maxSeconds = 1e9

func seconds(s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f > 0 && f < maxSeconds) {
		return 0
	}
	return time.Duration(f * float64(time.Second))
}

func ratio(s string) float64 {
	a, b, _ := strings.Cut(s, "/")
	num, den := number(a), number(b)
	if den == 0 {
		return 0
	}
	return float64(num) / float64(den)
}
