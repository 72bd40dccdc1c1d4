package compose

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"aircheck/recorder/container"
	"aircheck/vod"
	"aircheck/vod/ffmpeg"
	"aircheck/vod/task"
)

// Encoder runs ffmpeg.
type Encoder interface {
	Run(ctx context.Context, j ffmpeg.Job) error
}

// fileOf returns the open file of a source, if it is one of this machine.
func fileOf(s *source) (*os.File, bool) {
	f, ok := s.object.ReadSeekCloser.(*os.File)
	return f, ok
}

// encode makes a file by encoding all of it anew. why is the reason that it cannot be copied.
func (s *Service) encode(ctx context.Context, o *order, why error, report task.Report) (*Output, error) {
	if s.Encoder == nil {
		return nil, failed(task.CodeInternal, "%w, and encoding needs ffmpeg, which this server does not have", why)
	}
	in := o.input
	if in == nil {
		made, err := s.inputOf(ctx, o)
		if err != nil {
			return nil, err
		}
		in = made
	}
	assets, err := s.find(ctx, o.asset.SubAppID, in.sources())
	if err != nil {
		return nil, err
	}
	files, err := s.openAll(ctx, assets)
	if err != nil {
		return nil, err
	}
	defer files.close()
	done, err := s.readable(ctx, files)
	defer done()
	if err != nil {
		return nil, err
	}
	g := &graph{files: files}
	if err := g.settings(in); err != nil {
		return nil, err
	}
	parts, err := s.encodeParts(ctx, o, g, in, report)
	defer func() {
		for _, p := range parts {
			_ = p.draft.Discard() // what is left is swept later
		}
	}()
	if err != nil {
		return nil, encodeFailure(why, err)
	}
	out, err := s.keepEncoded(ctx, o, g, parts, report)
	if err != nil {
		return nil, err
	}
	out.Method, out.Items = MethodEncode, itemsOf(parts, out.Items)
	out.Reason = strings.TrimPrefix(why.Error(), errDiffer.Error()+": ") + g.evened(in.Canvas)
	return out, nil
}

// run has ffmpeg do a job, as long as there is room.
func (s *Service) run(ctx context.Context, j ffmpeg.Job) error {
	run, stop := s.Intake.WhileRoom(ctx, s.Storage)
	defer stop()
	return s.Encoder.Run(run, j)
}

func encodeFailure(why, err error) error {
	if errors.Is(err, ffmpeg.ErrMissing) {
		// Without the kind of why: what is all about that reason would be tried again otherwise.
		return failed(task.CodeInternal, "%v, and they cannot be encoded: %w", why, err)
	}
	if errors.Is(err, ffmpeg.ErrFailed) {
		return &task.Failure{Code: task.CodeSource, Err: err}
	}
	return err
}

// inputOf describes an order of stretches as ComposeMedia would.
func (s *Service) inputOf(ctx context.Context, o *order) (*Input, error) {
	files, pieces, err := s.settle(ctx, o)
	if err != nil {
		return nil, err
	}
	defer files.close()
	in := &Input{Tracks: []MediaTrack{{Type: "Video"}}}
	for _, p := range pieces {
		zero, err := p.src.origin()
		if err != nil {
			return nil, err
		}
		v := &VideoTrackItem{SourceMedia: p.src.ID.String()}
		if p.from > 0 {
			v.SourceMediaStartTime = max(seconds(p.from-zero), 0)
		}
		if p.to != never {
			v.Duration = seconds(p.to-zero) - v.SourceMediaStartTime
		}
		in.Tracks[0].TrackItems = append(in.Tracks[0].TrackItems, MediaTrackItem{Type: "Video", VideoItem: v})
	}
	return in, nil
}

// outputArgs are ffmpeg's arguments for the result.
func (g *graph) outputArgs(in *Input, format, video, audio string) (args []string) {
	if video != "" {
		args = append(args, "-map", "["+video+"]", "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p",
			"-g", strconv.Itoa(int(2*g.fps+0.5)))
	}
	if audio != "" {
		rate := "128k"
		if a := in.Output.AudioStream; a != nil && a.Bitrate > 0 {
			rate = fmt.Sprintf("%dk", a.Bitrate)
		}
		codec := "aac"
		if format == "mp3" {
			codec = "libmp3lame"
		}
		args = append(args, "-map", "["+audio+"]", "-c:a", codec, "-b:a", rate, "-ar", strconv.Itoa(g.rate), "-ac", strconv.Itoa(g.channels))
	}
	if format == "mp3" {
		return append(args, "-f", "mp3")
	}
	// Without edit lists that leave out the beginning of the sound: what is copied from here on keeps all frames.
	return append(args, "-map_metadata", "-1", "-use_editlist", "0", "-f", "mp4")
}

// keepEncoded puts what was encoded into the catalogue, in the container that was asked for.
func (s *Service) keepEncoded(ctx context.Context, o *order, g *graph, parts []encoded, report task.Report) (*Output, error) {
	length := 0.0
	for _, p := range parts {
		length += p.length
	}
	if o.container == "mp3" {
		a := o.asset
		a.Container, a.SourceType = "mp3", vod.SourceVideoProcessing
		a.Duration = time.Duration(length * float64(time.Second))
		a.Tracks = []vod.Track{{Kind: "audio", Codec: "mp3", SampleRate: g.rate, Channels: g.channels}}
		a.Start, a.End = g.times(length)
		a, err := parts[0].draft.Commit(ctx, a)
		if err != nil {
			return nil, err
		}
		return s.answer(a), nil
	}
	// Through our own writer: so it is like every other file of the catalogue.
	whole := *o
	whole.stretches, whole.precise = slices.Repeat([]stretch{{to: never}}, len(parts)), false
	pieces, err := s.piecesOf(parts)
	if err != nil {
		return nil, err
	}
	whole.asset.Start, whole.asset.End = g.times(length)
	begin := whole.asset.Start
	for i, p := range pieces { // what an HLS result says of the time of day
		p.src.Start = begin
		begin = begin.Add(time.Duration(parts[i].length * float64(time.Second)))
	}
	return s.copy(ctx, &whole, pieces, func(percent int, output any) { report(90+percent/10, output) })
}

// times are the wall times of a result: those of the first file, as far as it is one.
func (g *graph) times(length float64) (start, end time.Time) {
	first := never
	for _, s := range g.files {
		if at := s.Start.UnixNano(); !s.Start.IsZero() && at < first {
			first, start = at, s.Start
		}
	}
	return start, start.Add(time.Duration(length * float64(time.Second))).Truncate(time.Millisecond)
}

// draftSource is a draft as a file to be read.
func draftSource(s *Service, d *vod.Draft) (*source, error) {
	info, err := d.File.Stat()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.Formats, func(f container.Format) bool { return f.Name() == "mp4" })
	return &source{
		Asset: vod.Asset{ID: d.ID, Container: "mp4", Status: vod.StatusNormal, Size: info.Size()}, format: s.Formats[i],
		object: &vod.Object{ReadSeekCloser: d.File, Size: info.Size()}, size: info.Size(),
	}, nil
}
