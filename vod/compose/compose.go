// Package compose joins and trims files of the catalogue into new ones. What can be is copied, packet by packet, through the readers and
// writers of package recorder's containers; the rest is encoded by ffmpeg. It decides what is taken of which file, and reads, joins and writes
// with memory that does not depend on how long anything is.
//
// A cut in what is copied begins at the random access point at or before the time asked for, and ends at the picture asked for, or behind a
// few more that those before it need. Sound is cut at the same moment, to the frame. What became of each piece is told in the result.
package compose

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"aircheck/vod"
	"aircheck/vod/task"
)

// Limits of ComposeMedia.
const (
	maxTracks = 10
	maxCanvas = 3840
	maxFps    = 60
	// leastDuration is in seconds: what is shorter has no picture, and would be played infinitely fast.
	leastDuration = 0.001
)

// Request is a ComposeMedia request.
type Request struct {
	Input
	SubAppID                  int64
	SessionID, SessionContext string
}

// Compose checks a request and adds its task. *vod.InvalidError, task.ErrDuplicate.
func (s *Service) Compose(ctx context.Context, q *Request) (taskID string, err error) {
	n, err := q.check()
	if err == nil {
		err = s.checkNew(ctx, q.SubAppID, &n)
	}
	if err != nil {
		return "", err
	}
	assets, err := s.find(ctx, q.SubAppID, q.sources())
	if err != nil {
		return "", asRequest(err, "SourceMedia")
	}
	if err := q.checkBegins(assets, false); err != nil {
		return "", err
	}
	text, err := json.Marshal(q.Input)
	if err != nil {
		return "", err
	}
	return s.Queue.Add(ctx, task.Task{
		Type: task.Compose, SubAppID: q.SubAppID, SessionID: n.SessionID, SessionContext: n.SessionContext, Input: text,
	})
}

func invalid(field, format string, args ...any) error {
	return &vod.InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// check reports the first field that is wrong.
func (q *Request) check() (n New, err error) {
	if n, err = q.Output.check(); err != nil {
		return n, err
	}
	n.SessionID, n.SessionContext = q.SessionID, q.SessionContext
	if err := n.check(); err != nil {
		return n, err
	}
	if c := q.Canvas; c != nil {
		switch {
		case c.Width < 0 || c.Width > maxCanvas:
			return n, invalid("Canvas.Width", "must be from 0 to %d", maxCanvas)
		case c.Height < 0 || c.Height > maxCanvas:
			return n, invalid("Canvas.Height", "must be from 0 to %d", maxCanvas)
		case c.Color != "" && c.Color != "Black" && c.Color != "White":
			return n, invalid("Canvas.Color", "must be Black or White")
		}
	}
	return n, checkTracks(q.Tracks)
}

func checkTracks(tracks []MediaTrack) error {
	count, media := map[string]int{}, 0
	total := 0
	for i, t := range tracks {
		field := fmt.Sprintf("Tracks.%d", i)
		switch t.Type {
		case "Video", "Audio", "Sticker":
		default:
			return invalid(field+".Type", "is %.20q; it must be Video, Audio or Sticker", t.Type)
		}
		if count[t.Type]++; count[t.Type] > maxTracks {
			return invalid("Tracks", "has more than %d tracks of type %s", maxTracks, t.Type)
		}
		if total += len(t.TrackItems); total > MaxItems {
			return invalid("Tracks", "has more than %d items", MaxItems)
		}
		n, err := checkItems(field, t)
		if err != nil {
			return err
		}
		if t.Type != "Sticker" {
			media += n
		}
	}
	if media == 0 {
		return invalid("Tracks", "has no Video item and no Audio item")
	}
	return nil
}

// checkItems checks the items of a track, and counts those that are media.
func checkItems(field string, t MediaTrack) (media int, err error) {
	for i, it := range t.TrackItems {
		at := fmt.Sprintf("%s.TrackItems.%d", field, i)
		switch {
		case it.Type == "Transition" && it.TransitionItem != nil:
			if t.Type == "Sticker" {
				return 0, invalid(at, "a Transition stands between two Video or two Audio items")
			}
			if i == 0 || i == len(t.TrackItems)-1 || t.TrackItems[i-1].Type != t.Type || t.TrackItems[i+1].Type != t.Type {
				return 0, invalid(at, "a Transition stands between two items of the track's type")
			}
			err = it.TransitionItem.check(at)
		case it.Type == "Empty" && it.EmptyItem != nil:
			err = checkDuration(at+".EmptyItem.Duration", it.EmptyItem.Duration, true)
		case it.Type != t.Type:
			return 0, invalid(at+".Type", "is %.20q on a track of type %s", it.Type, t.Type)
		case it.Type == "Video" && it.VideoItem != nil:
			media++
			err = it.VideoItem.check(at + ".VideoItem")
		case it.Type == "Audio" && it.AudioItem != nil:
			media++
			err = it.AudioItem.check(at + ".AudioItem")
		case it.Type == "Sticker" && it.StickerItem != nil:
			err = it.StickerItem.check(at + ".StickerItem")
		default:
			return 0, invalid(at, "has no %.20sItem", it.Type)
		}
		if err != nil {
			return 0, err
		}
	}
	return media, nil
}

func checkDuration(field string, d float64, needed bool) error {
	switch {
	case math.IsNaN(d) || d < 0 || d > maxOffset:
		return invalid(field, "must be a number of seconds from 0 to %.0f", maxOffset)
	case d > 0 && d < leastDuration:
		return invalid(field, "must be 0, or at least %v seconds", leastDuration)
	case needed && d == 0:
		return invalid(field, "must be more than 0")
	}
	return nil
}

func checkTimes(field, source string, start, duration, target float64) error {
	if _, err := SourceOf(field+".SourceMedia", source); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		d    float64
	}{{".SourceMediaStartTime", start}, {".Duration", duration}, {".TargetDuration", target}} {
		if err := checkDuration(field+f.name, f.d, false); err != nil {
			return err
		}
	}
	return nil
}

func (v *VideoTrackItem) check(field string) error {
	if err := checkTimes(field, v.SourceMedia, v.SourceMediaStartTime, v.Duration, v.TargetDuration); err != nil {
		return err
	}
	if err := checkPlace(field, v.CoordinateOrigin, v.XPos, v.YPos, v.Width, v.Height); err != nil {
		return err
	}
	if err := checkSound(field, v.AudioOperations); err != nil {
		return err
	}
	return checkImage(field, v.ImageOperations)
}

func (a *AudioTrackItem) check(field string) error {
	if err := checkTimes(field, a.SourceMedia, a.SourceMediaStartTime, a.Duration, a.TargetDuration); err != nil {
		return err
	}
	return checkSound(field, a.AudioOperations)
}

func (s *StickerTrackItem) check(field string) error {
	if err := checkTimes(field, s.SourceMedia, s.StartTime, s.Duration, 0); err != nil {
		return err
	}
	if err := checkDuration(field+".Duration", s.Duration, true); err != nil {
		return err
	}
	if err := checkPlace(field, s.CoordinateOrigin, s.XPos, s.YPos, s.Width, s.Height); err != nil {
		return err
	}
	return checkImage(field, s.ImageOperations)
}

func checkPlace(field, origin string, lengths ...string) error {
	if origin != "" && origin != "Center" && origin != "TopLeft" {
		return invalid(field+".CoordinateOrigin", "is %.20q; it must be Center or TopLeft", origin)
	}
	for i, text := range lengths {
		l, ok := parseLength(text)
		if !ok || i >= 2 && text != "" && l.value <= 0 {
			return invalid(field+"."+[]string{"XPos", "YPos", "Width", "Height"}[i], "is %.20q; write it as 10%% or 100px, of at most %d", text, maxLength)
		}
	}
	return nil
}

func checkSound(field string, ops []AudioTransform) error {
	for _, o := range ops {
		switch {
		case o.Type != "Volume" || o.VolumeParam == nil:
			return invalid(field+".AudioOperations", "must be of Type Volume, with a VolumeParam")
		case !(math.Abs(o.VolumeParam.Gain) <= 100): // also what is no number
			return invalid(field+".AudioOperations.VolumeParam.Gain", "must be from -100 to 100 dB")
		}
	}
	return nil
}

func checkImage(field string, ops []ImageTransform) error {
	for _, o := range ops {
		switch {
		case o.Type == "Rotate" && (o.RotateAngle < 0 || o.RotateAngle > 360 || math.IsNaN(o.RotateAngle)):
			return invalid(field+".ImageOperations.RotateAngle", "must be from 0 to 360 degrees")
		case o.Type == "Flip" && o.Flip != "Horizental" && o.Flip != "Horizontal" && o.Flip != "Vertical":
			return invalid(field+".ImageOperations.Flip", "must be Horizental or Vertical")
		case o.Type != "Rotate" && o.Type != "Flip":
			return invalid(field+".ImageOperations.Type", "is %.20q; it must be Rotate or Flip", o.Type)
		}
	}
	return nil
}

func (t *MediaTransitionItem) check(field string) error {
	if err := checkDuration(field+".TransitionItem.Duration", t.Duration, true); err != nil {
		return err
	}
	for _, o := range t.all() {
		if transitionOf(o.Type) == "" && !strings.HasPrefix(o.Type, "Audio") {
			return invalid(field+".TransitionItem.MediaTransitions.Type", "is %.40q, which this server does not make; ImageFadeInFadeOut is one that it does", o.Type)
		}
	}
	return nil
}

func (t *MediaTransitionItem) all() []TransitionOperation {
	return append(append([]TransitionOperation(nil), t.Transitions...), t.MediaTransitions...)
}

// check reports the first field that is wrong.
func (o *ComposeMediaOutput) check() (n New, err error) {
	n = New{Name: o.FileName, Description: o.Description, ClassID: o.ClassID, Container: "mp4"}
	if o.FileName == "" {
		return n, invalid("Output.FileName", "is empty")
	}
	switch o.Container {
	case "", "mp4", "mp3", "m4a", "hls":
	default:
		return n, invalid("Output.Container", "is %.20q; it must be mp4, mp3, m4a or hls", o.Container)
	}
	if o.ExpireTime != "" && !strings.HasPrefix(o.ExpireTime, "9999-12-31") {
		if n.ExpireTime, err = time.Parse(time.RFC3339, o.ExpireTime); err != nil {
			return n, invalid("Output.ExpireTime", "is %.40q; write it as 2026-01-02T15:04:05Z", o.ExpireTime)
		}
	}
	if o.RemoveVideo == 1 && o.RemoveAudio == 1 {
		return n, invalid("Output.RemoveVideo", "and RemoveAudio together leave nothing")
	}
	if (o.Container == "mp3" || o.Container == "m4a") && o.RemoveAudio == 1 {
		return n, invalid("Output.RemoveAudio", "leaves nothing of %s", o.Container)
	}
	switch o.Precision {
	case "", "rough", "precise":
	default:
		return n, invalid("Output.Precision", "must be rough or precise")
	}
	return n, o.checkStreams()
}

func (o *ComposeMediaOutput) checkStreams() error {
	if v := o.VideoStream; v != nil {
		if v.Codec != "" && v.Codec != "libx264" {
			return invalid("Output.VideoStream.Codec", "must be libx264")
		}
		if v.Fps < 0 || v.Fps > maxFps {
			return invalid("Output.VideoStream.Fps", "must be from 0 to %d", maxFps)
		}
	}
	a := o.AudioStream
	if a == nil {
		return nil
	}
	switch a.SampleRate {
	case 0, 16000, 32000, 44100, 48000:
	default:
		return invalid("Output.AudioStream.SampleRate", "must be 16000, 32000, 44100 or 48000")
	}
	switch {
	case a.Codec != "" && a.Codec != "libfdk_aac" && a.Codec != "libmp3lame":
		return invalid("Output.AudioStream.Codec", "must be libfdk_aac, or libmp3lame for mp3")
	case a.Codec == "libmp3lame" && o.Container != "mp3", a.Codec == "libfdk_aac" && o.Container == "mp3":
		return invalid("Output.AudioStream.Codec", "%s does not go with that container", a.Codec)
	case a.AudioChannel < 0 || a.AudioChannel > 2:
		return invalid("Output.AudioStream.AudioChannel", "must be 1 or 2")
	case a.Bitrate != 0 && (a.Bitrate < 26 || a.Bitrate > 256):
		return invalid("Output.AudioStream.Bitrate", "must be 0, or from 26 to 256 kbps")
	}
	return nil
}
