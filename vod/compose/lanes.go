package compose

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"aircheck/vod"
)

// build makes the graph of tracks, once the settings are known. It returns the labels of picture and sound, empty for none, and how long the result is.
func (g *graph) build(tracks []MediaTrack) (video, audio string, seconds float64, err error) {
	var lanes, stickers []lane
	for _, t := range tracks {
		if len(t.TrackItems) == 0 {
			continue
		}
		if t.Type == "Sticker" {
			l, err := g.stickers(t)
			if err != nil {
				return "", "", 0, err
			}
			stickers = append(stickers, l...)
			continue
		}
		l, err := g.lane(t)
		if err != nil {
			return "", "", 0, err
		}
		lanes = append(lanes, l)
		seconds = max(seconds, l.length)
	}
	return g.stack(append(slices.Clone(lanes), stickers...), seconds), g.mix(lanes), seconds, nil
}

// settings finds out how picture and sound are to be: as asked, or else as in the first file that has them.
func (g *graph) settings(in *Input) error {
	g.color, g.fps, g.rate, g.channels = "black", 25, 48000, 2
	known := map[string]bool{}
	for _, t := range in.Tracks {
		for _, it := range t.TrackItems {
			id, err := SourceOf("", it.source())
			if err != nil || t.Type == "Sticker" {
				continue
			}
			for _, have := range g.files[id].Tracks {
				if !known[have.Kind] && (have.Kind == "audio" || t.Type == "Video") {
					known[have.Kind] = true
					g.adopt(have)
				}
			}
		}
	}
	g.video = known["video"] && in.Output.RemoveVideo != 1 && in.Output.Container != "mp3" && in.Output.Container != "m4a"
	g.audio = known["audio"] && in.Output.RemoveAudio != 1
	if c := in.Canvas; c != nil {
		g.width, g.height = int(orElse(c.Width, int64(g.width))), int(orElse(c.Height, int64(g.height)))
		if c.Color != "" {
			g.color = strings.ToLower(c.Color)
		}
	}
	if v := in.Output.VideoStream; v != nil && v.Fps > 0 {
		g.fps = float64(v.Fps)
	}
	if a := in.Output.AudioStream; a != nil {
		g.rate, g.channels = int(orElse(a.SampleRate, int64(g.rate))), int(orElse(a.AudioChannel, int64(g.channels)))
	}
	g.width, g.height = (max(g.width, 2)+1)&^1, (max(g.height, 2)+1)&^1 // the encoder wants even ones
	if !g.video && !g.audio {
		return errNothing
	}
	return nil
}

func orElse(v, def int64) int64 {
	if v == 0 {
		return def
	}
	return v
}

func (g *graph) adopt(t vod.Track) {
	if t.Kind == "video" {
		g.width, g.height = t.Width, t.Height
		if t.FrameRate >= 1 {
			g.fps = min(niceRate(t.FrameRate), maxFps)
		}
		return
	}
	if slices.Contains([]int{16000, 22050, 24000, 32000, 44100, 48000}, t.SampleRate) {
		g.rate = t.SampleRate
	}
	g.channels = min(max(t.Channels, 1), 2)
}

// niceRate is a whole number of pictures per second if the mean is near to one: the times of a recording are rounded.
func niceRate(f float64) float64 {
	if whole := math.Round(f); math.Abs(f-whole) < 0.05 {
		return whole
	}
	return f
}

// lane makes one of a Video or Audio track.
func (g *graph) lane(t MediaTrack) (l lane, err error) {
	pass := 0.0
	var kinds []TransitionOperation
	for _, it := range t.TrackItems {
		if it.Type == "Transition" {
			pass, kinds = it.TransitionItem.Duration, it.TransitionItem.all()
			continue
		}
		next, result, err := g.item(t.Type, it)
		if err != nil {
			return l, err
		}
		if pass > 0 && (pass >= l.length || pass >= next.length) {
			return l, fmt.Errorf("%w: a transition of %v s is longer than an item beside it", errNothing, pass)
		}
		if result != nil {
			result.Offset = l.length - pass
			g.items = append(g.items, *result)
		}
		l = g.follow(l, next, pass, kinds)
		pass = 0
	}
	return l, nil
}

// item makes a lane of one item.
func (g *graph) item(track string, it MediaTrackItem) (l lane, r *ItemResult, err error) {
	if it.Type == "Empty" {
		l.length = it.EmptyItem.Duration
		if track == "Video" && g.video {
			l.video = g.blank(l.length)
		}
		if g.audio {
			l.audio = g.silence(l.length)
		}
		return l, nil, nil
	}
	v := it.VideoItem
	if it.Type == "Audio" {
		a := it.AudioItem
		v = &VideoTrackItem{
			SourceMedia: a.SourceMedia, SourceMediaStartTime: a.SourceMediaStartTime, Duration: a.Duration, TargetDuration: a.TargetDuration,
			AudioOperations: a.AudioOperations,
		}
	}
	id, _ := SourceOf("", v.SourceMedia)
	own, played, err := extent(g.files[id], v.SourceMediaStartTime, v.Duration, v.TargetDuration)
	if err != nil {
		return l, nil, err
	}
	n, s, err := g.open(id, v.SourceMediaStartTime, own)
	if err != nil {
		return l, nil, err
	}
	l.length = played
	if track == "Video" && g.video {
		if s.has("video") {
			at := place{v.CoordinateOrigin == "TopLeft", v.XPos, v.YPos, v.Width, v.Height}
			l.video = g.picture(fmt.Sprintf("%d:v:0", n), own, played, at, v.ImageOperations)
		} else {
			l.video = g.blank(played)
		}
	}
	if g.audio {
		l.audio = g.sound(fmt.Sprintf("%d:a:0", n), s.has("audio"), own, played, v.AudioOperations)
	}
	r = &ItemResult{FileID: id.String(), AskedStart: v.SourceMediaStartTime, StartTime: v.SourceMediaStartTime, Duration: played}
	r.EndTime = v.SourceMediaStartTime + own
	if v.Duration > 0 {
		r.AskedEnd = v.SourceMediaStartTime + v.Duration
	}
	return l, r, nil
}

// follow puts a lane behind another, over which it passes for a while.
func (g *graph) follow(l, next lane, pass float64, kinds []TransitionOperation) lane {
	if l.length == 0 {
		return next
	}
	out := lane{length: l.length + next.length - pass}
	if l.video != "" {
		out.video = g.followVideo(l, next, pass, kinds)
	}
	if l.audio != "" {
		if pass > 0 {
			out.audio = g.add("a", []string{l.audio, next.audio}, "acrossfade=d="+decimal(pass))
		} else {
			out.audio = g.add("a", []string{l.audio, next.audio}, "concat=n=2:v=0:a=1")
		}
	}
	return out
}

func (g *graph) followVideo(l, next lane, pass float64, kinds []TransitionOperation) string {
	if pass == 0 {
		return g.add("v", []string{l.video, next.video}, "concat=n=2:v=1:a=0", "fps="+decimal(g.fps))
	}
	name := "fade"
	for _, k := range kinds {
		if n := transitionOf(k.Type); n != "" {
			name = n
		}
	}
	return g.add("v", []string{l.video, next.video}, fmt.Sprintf("xfade=transition=%s:duration=%s:offset=%s", name, decimal(pass), decimal(l.length-pass)),
		"fps="+decimal(g.fps), "format=yuva420p")
}

// stickers makes a lane of each sticker, that begins when it is shown.
func (g *graph) stickers(t MediaTrack) (out []lane, err error) {
	at := 0.0
	for _, it := range t.TrackItems {
		if it.Type == "Empty" {
			at += it.EmptyItem.Duration
			continue
		}
		s := it.StickerItem
		at += s.StartTime
		if g.video {
			id, _ := SourceOf("", s.SourceMedia)
			n, src, err := g.open(id, 0, 0)
			if err != nil {
				return nil, err
			}
			if !src.has("video") {
				return nil, fmt.Errorf("%w: file %s has no picture for a sticker", errNothing, id)
			}
			still := g.add("v", []string{fmt.Sprintf("%d:v:0", n)}, "trim=end_frame=1", "setpts=0", "loop=loop=-1:size=1", "fps="+decimal(g.fps),
				"trim=duration="+decimal(s.Duration))
			spot := place{s.CoordinateOrigin == "TopLeft", s.XPos, s.YPos, s.Width, s.Height}
			v := g.picture(still, s.Duration, s.Duration, spot, s.ImageOperations)
			v = g.add("v", []string{v}, "setpts=PTS+"+decimal(at)+"/TB")
			out = append(out, lane{video: v, length: at + s.Duration})
		}
		at += s.Duration
	}
	return out, nil
}

// stack lays the pictures of all lanes over the canvas, the first at the bottom.
func (g *graph) stack(lanes []lane, seconds float64) string {
	if !g.video {
		return ""
	}
	v := g.add("v", nil, fmt.Sprintf("color=c=%s:s=%dx%d:r=%s:d=%s", g.color, g.width, g.height, decimal(g.fps), decimal(seconds)), "format=yuv420p", "setsar=1")
	for _, l := range lanes {
		if l.video != "" {
			v = g.add("v", []string{v, l.video}, "overlay=eof_action=pass", "format=yuv420p")
		}
	}
	// The canvas has the rate already; filter fps would leave out the last picture, which does not say how long it is.
	return g.add("v", []string{v}, "trim=duration="+decimal(seconds))
}

// mix adds the sound of all lanes.
func (g *graph) mix(lanes []lane) string {
	var from []string
	for _, l := range lanes {
		if l.audio != "" {
			from = append(from, l.audio)
		}
	}
	if len(from) == 0 || !g.audio {
		return ""
	}
	return g.add("a", from, "amix=inputs="+strconv.Itoa(len(from))+":duration=longest:normalize=0", g.layout())
}
