package compose

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"aircheck/vod"
	"aircheck/vod/task"
)

// composeJob does the tasks of Compose.
func (s *Service) composeJob(ctx context.Context, t task.Task, report task.Report) (any, error) {
	q := Request{SubAppID: t.SubAppID}
	if err := json.Unmarshal(t.Input, &q.Input); err != nil {
		return nil, failed(task.CodeInternal, "read the task: %w", err)
	}
	n, err := q.Output.check()
	if err != nil {
		return nil, &task.Failure{Code: task.CodeInput, Err: err}
	}
	assets, err := s.find(ctx, q.SubAppID, q.sources())
	if err != nil {
		return nil, err
	}
	if err := q.checkBegins(assets, true); err != nil {
		return nil, &task.Failure{Code: task.CodeInput, Err: err}
	}
	o := &order{container: q.Output.Container, precise: q.Output.Precision == "precise", asset: n.asset(q.SubAppID), input: &q.Input}
	switch o.container {
	case "", "m4a":
		o.container = "mp4"
	}
	o.stretches, o.encode = q.plain()
	if o.encode == nil {
		o.encode, err = s.suits(ctx, &q, o.stretches)
		if err != nil {
			return nil, err
		}
	}
	return s.fulfil(ctx, t, o, report)
}

// sources are the files that a request names, once each.
func (in *Input) sources() (ids []vod.FileID) {
	for _, t := range in.Tracks {
		for _, it := range t.TrackItems {
			if text := it.source(); text != "" {
				if id, err := SourceOf("", text); err == nil && !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

func (it *MediaTrackItem) source() string {
	switch {
	case it.Type == "Video" && it.VideoItem != nil:
		return it.VideoItem.SourceMedia
	case it.Type == "Audio" && it.AudioItem != nil:
		return it.AudioItem.SourceMedia
	case it.Type == "Sticker" && it.StickerItem != nil:
		return it.StickerItem.SourceMedia
	}
	return ""
}

func must(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errDiffer, fmt.Sprintf(format, args...))
}

// plain returns the stretches of files that a request is for, or why it needs more than joining them.
func (in *Input) plain() (out []stretch, encode error) {
	var track *MediaTrack
	number := 0
	for i := range in.Tracks {
		t := &in.Tracks[i]
		switch {
		case len(t.TrackItems) == 0:
		case t.Type == "Sticker":
			return nil, must("stickers are asked for")
		case track != nil:
			return nil, must("there are several tracks")
		default:
			track, number = t, i
		}
	}
	switch {
	case in.Output.Container == "mp3":
		return nil, must("mp3 is asked for")
	case track.Type == "Video" && in.Output.Container == "m4a":
		in.Output.RemoveVideo = 1
	}
	for i, it := range track.TrackItems {
		st, err := it.stretch()
		if err != nil {
			return nil, err
		}
		st.noVideo = track.Type == "Audio" || in.Output.RemoveVideo == 1
		st.noAudio = in.Output.RemoveAudio == 1
		st.field = beginsField(number, i, it.Type)
		out = append(out, st)
	}
	return out, nil
}

// stretch returns what an item is of its file, or why it is more than that.
func (it *MediaTrackItem) stretch() (stretch, error) {
	var v VideoTrackItem
	switch it.Type {
	case "Video":
		v = *it.VideoItem
	case "Audio":
		a := it.AudioItem
		v = VideoTrackItem{
			SourceMedia: a.SourceMedia, SourceMediaStartTime: a.SourceMediaStartTime, Duration: a.Duration, TargetDuration: a.TargetDuration,
			AudioOperations: a.AudioOperations,
		}
	case "Transition":
		return stretch{}, must("transitions are asked for")
	default:
		return stretch{}, must("there are empty items")
	}
	for _, o := range v.AudioOperations {
		if o.VolumeParam.Mute != 0 || o.VolumeParam.Gain != 0 {
			return stretch{}, must("another volume is asked for")
		}
	}
	for _, o := range v.ImageOperations {
		if o.Type != "Rotate" || math.Mod(o.RotateAngle, 360) != 0 {
			return stretch{}, must("pictures are to be turned or flipped")
		}
	}
	for _, text := range []string{v.XPos, v.YPos} {
		if l, _ := parseLength(text); l.value != 0 {
			return stretch{}, must("a place on the canvas is asked for")
		}
	}
	for _, text := range []string{v.Width, v.Height} {
		if l, _ := parseLength(text); text != "" && !(l.percent && l.value == 100) {
			return stretch{}, must("a size on the canvas is asked for")
		}
	}
	if v.TargetDuration != 0 && v.TargetDuration != v.Duration {
		return stretch{}, must("another speed is asked for")
	}
	id, _ := SourceOf("", v.SourceMedia)
	st := stretch{file: id, from: int64(fromSeconds(v.SourceMediaStartTime)), to: never}
	if v.Duration > 0 {
		st.to = st.from + int64(fromSeconds(v.Duration))
	}
	return st, nil
}

// suits reports whether the files are as the result is to be; encode says why not.
func (s *Service) suits(ctx context.Context, q *Request, stretches []stretch) (encode, err error) {
	var ids []vod.FileID
	for _, st := range stretches {
		ids = append(ids, st.file)
	}
	assets, err := s.find(ctx, q.SubAppID, ids)
	if err != nil {
		return nil, err
	}
	for _, a := range assets {
		for _, t := range a.Tracks {
			if err := q.wants(t, a.ID); err != nil {
				return err, nil
			}
		}
	}
	return nil, nil
}

// wants says what of a track is not as the result is to be.
func (q *Request) wants(t vod.Track, id vod.FileID) error {
	if t.Kind == "video" && q.Output.RemoveVideo != 1 {
		if v := q.Output.VideoStream; v != nil {
			if v.Codec == "libx264" && t.Codec != "h264" {
				return must("libx264 is asked for, and file %s is %s", id, t.Codec)
			}
			if v.Fps != 0 && math.Abs(float64(v.Fps)-t.FrameRate) > 0.05 {
				return must("%d pictures per second are asked for, and file %s has %.3f", v.Fps, id, t.FrameRate)
			}
		}
		if c := q.Canvas; c != nil && (c.Width != 0 && c.Width != int64(t.Width) || c.Height != 0 && c.Height != int64(t.Height)) {
			return must("a canvas of %d x %d is asked for, and file %s has %d x %d", c.Width, c.Height, id, t.Width, t.Height)
		}
	}
	a := q.Output.AudioStream
	if t.Kind != "audio" || q.Output.RemoveAudio == 1 || a == nil {
		return nil
	}
	switch {
	case a.Codec == "libfdk_aac" && t.Codec != "aac":
		return must("AAC is asked for, and file %s is %s", id, t.Codec)
	case a.SampleRate != 0 && a.SampleRate != int64(t.SampleRate):
		return must("%d Hz are asked for, and file %s has %d", a.SampleRate, id, t.SampleRate)
	case a.AudioChannel != 0 && a.AudioChannel != int64(t.Channels):
		return must("%d channels are asked for, and file %s has %d", a.AudioChannel, id, t.Channels)
	case a.Bitrate != 0:
		return must("a bit rate of sound is asked for")
	}
	return nil
}
