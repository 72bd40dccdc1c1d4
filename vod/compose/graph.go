package compose

import (
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"

	"aircheck/vod"
	"aircheck/vod/ffmpeg"
)

// graph is what ffmpeg is to do: its inputs, and how they become one picture and one sound.
type graph struct {
	files  library
	inputs []ffmpeg.Input
	parts  []string
	labels int
	// width, height and fps are those of the canvas; rate and channels of the sound.
	width, height  int
	fps            float64
	color          string
	rate, channels int
	video, audio   bool
	// items are where each media item is, in the order of tracks and items.
	items []ItemResult
}

// lane is what a track has become so far.
type lane struct {
	video, audio string
	// length in seconds.
	length float64
}

// length is a length on a canvas.
type length struct {
	value   float64
	percent bool
}

// maxLength bounds the number of a length.
const maxLength = 10000

// parseLength reads "10%" or "100px"; empty is 0.
func parseLength(text string) (l length, ok bool) {
	if text == "" {
		return l, true
	}
	number, percent := strings.CutSuffix(text, "%")
	if !percent {
		number, ok = strings.CutSuffix(text, "px")
		if !ok {
			return l, false
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || len(number) > 16 || math.IsNaN(v) || math.Abs(v) > maxLength {
		return l, false
	}
	return length{v, percent}, true
}

// of is the length in pixels.
func (l length) of(whole int) int {
	if l.percent {
		return int(math.Round(l.value * float64(whole) / 100))
	}
	return int(math.Round(l.value))
}

// transitionOf is the name that xfade has for a transition of pictures; empty for none.
func transitionOf(kind string) string {
	return map[string]string{
		"ImageFadeInFadeOut": "fade", "BowTieHorizontal": "horzopen", "BowTieVertical": "vertopen", "ButterflyWaveScrawler": "dissolve",
		"Circle": "circleopen", "CircleCrop": "circlecrop", "CircleOpen": "circleopen", "CrossZoom": "zoomin", "Dissolve": "dissolve",
		"Fade": "fade", "FadeBlack": "fadeblack", "FadeWhite": "fadewhite", "LeftRight": "slideright", "Radial": "radial",
		"SlideLeft": "slideleft", "SlideRight": "slideright", "SlideUp": "slideup", "SlideDown": "slidedown",
		"WipeLeft": "wipeleft", "WipeRight": "wiperight", "WipeUp": "wipeup", "WipeDown": "wipedown", "Pixelize": "pixelize",
	}[kind]
}

// evened says, for the result, if the canvas became another than was asked for.
func (g *graph) evened(c *Canvas) string {
	if c == nil || !g.video || c.Width%2 == 0 && c.Height%2 == 0 {
		return ""
	}
	return fmt.Sprintf("; the canvas is %d x %d, since both have to be even", g.width, g.height)
}

func (g *graph) label(kind string) string {
	g.labels++
	return fmt.Sprintf("%s%d", kind, g.labels)
}

// add adds a chain of filters from labels or pads to a new label.
func (g *graph) add(kind string, from []string, filters ...string) string {
	out := g.label(kind)
	var b strings.Builder
	for _, f := range from {
		b.WriteString("[" + f + "]")
	}
	b.WriteString(strings.Join(filters, ",") + "[" + out + "]")
	g.parts = append(g.parts, b.String())
	return out
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 6, 64) }

// demuxer is what ffmpeg reads a file with.
func demuxer(a vod.Asset) string {
	switch a.Container {
	case "mp4":
		return "mov"
	case "hls":
		if path.Ext(a.ObjectKey) == ".mp4" {
			return "mov"
		}
		return "mpegts"
	}
	return a.Container
}

// open adds a file as an input, from a time on.
func (g *graph) open(id vod.FileID, start, duration float64) (number int, s *source, err error) {
	s = g.files[id]
	f, ok := fileOf(s)
	if !ok {
		return 0, nil, fmt.Errorf("file %s lies where ffmpeg cannot read it", id)
	}
	in := ffmpeg.Input{File: f, Format: demuxer(s.Asset)}
	if start > 0 {
		in.Args = append(in.Args, "-ss", decimal(start))
	}
	if duration > 0 {
		in.Args = append(in.Args, "-t", decimal(duration))
	}
	g.inputs = append(g.inputs, in)
	return len(g.inputs) - 1, s, nil
}

func (s *source) has(kind string) bool {
	for _, t := range s.Tracks {
		if t.Kind == kind {
			return true
		}
	}
	return false
}

// extent is how long an item is in its file, and in the result.
func extent(s *source, start, duration, target float64) (own, played float64, err error) {
	left := s.Duration.Seconds() - start
	if left <= 0 {
		return 0, 0, fmt.Errorf("%w: an item begins behind the end of file %s, which has %v", errNothing, s.ID, s.Duration)
	}
	own = left
	if duration > 0 {
		own = min(duration, left)
	}
	if target > 0 {
		return own, target, nil
	}
	return own, own, nil
}

// tempo is the filters that make sound play a number of times as fast: one does from a half to two.
func tempo(factor float64) (out []string) {
	for factor > 2 {
		out, factor = append(out, "atempo=2"), factor/2
	}
	for factor < 0.5 {
		out, factor = append(out, "atempo=0.5"), factor*2
	}
	return append(out, "atempo="+decimal(factor))
}

// sound returns the sound of an item, exactly as long as it is to be.
func (g *graph) sound(pad string, ok bool, own, played float64, ops []AudioTransform) string {
	if !ok {
		return g.silence(played)
	}
	filters := []string{"asetpts=PTS-STARTPTS"}
	if own != played {
		filters = append(filters, tempo(own/played)...)
	}
	for _, o := range ops {
		if o.VolumeParam.Mute != 0 {
			filters = append(filters, "volume=0")
		} else if o.VolumeParam.Gain != 0 {
			filters = append(filters, "volume="+decimal(o.VolumeParam.Gain)+"dB")
		}
	}
	filters = append(filters, "aresample="+strconv.Itoa(g.rate)+":async=1:first_pts=0", g.layout(), "apad", "atrim=duration="+decimal(played), "asetpts=PTS-STARTPTS")
	return g.add("a", []string{pad}, filters...)
}

func (g *graph) layout() string {
	if g.channels == 1 {
		return "aformat=sample_fmts=fltp:channel_layouts=mono"
	}
	return "aformat=sample_fmts=fltp:channel_layouts=stereo"
}

func (g *graph) silence(d float64) string {
	return g.add("a", nil, "anullsrc=r="+strconv.Itoa(g.rate)+":cl=stereo", g.layout(), "atrim=duration="+decimal(d), "asetpts=PTS-STARTPTS")
}

// blank is nothing to be seen for a while.
func (g *graph) blank(d float64) string {
	return g.add("v", nil, fmt.Sprintf("color=c=black@0.0:s=%dx%d:r=%s:d=%s", g.width, g.height, decimal(g.fps), decimal(d)), "format=yuva420p", "setsar=1")
}

// picture returns the pictures of an item on a canvas that is clear elsewhere, exactly as long as they are to be.
func (g *graph) picture(pad string, own, played float64, at place, ops []ImageTransform) string {
	filters := []string{"setpts=" + decimal(played/own) + "*(PTS-STARTPTS)", "fps=" + decimal(g.fps)}
	filters = append(filters, turned(ops)...)
	filters = append(filters, at.scale(g.width, g.height), "setsar=1", "format=yuva420p", "tpad=stop=-1:stop_mode=clone",
		"trim=duration="+decimal(played), "setpts=PTS-STARTPTS")
	v := g.add("v", []string{pad}, filters...)
	return g.add("v", []string{g.blank(played), v}, "overlay="+at.origin(g.width, g.height)+":format=auto:shortest=1", "format=yuva420p", "setsar=1")
}

// turned is what turns and flips pictures.
func turned(ops []ImageTransform) (out []string) {
	for _, o := range ops {
		switch angle := math.Mod(o.RotateAngle, 360); {
		case o.Type == "Flip" && o.Flip == "Vertical":
			out = append(out, "vflip")
		case o.Type == "Flip":
			out = append(out, "hflip")
		case angle == 90:
			out = append(out, "transpose=clock")
		case angle == 180:
			out = append(out, "hflip", "vflip")
		case angle == 270:
			out = append(out, "transpose=cclock")
		case angle != 0:
			a := decimal(angle * math.Pi / 180)
			out = append(out, "format=yuva420p", "rotate="+a+":ow=rotw("+a+"):oh=roth("+a+"):c=black@0.0")
		}
	}
	return out
}

// place is where and how large something is on the canvas.
type place struct {
	topLeft             bool
	x, y, width, height string
}

func (p place) scale(w, h int) string {
	pw, _ := parseLength(p.width)
	ph, _ := parseLength(p.height)
	switch {
	case p.width == "" && p.height == "":
		return fmt.Sprintf("scale=%d:%d:force_original_aspect_ratio=decrease", w, h)
	case p.width == "":
		return fmt.Sprintf("scale=-2:%d", max(2, ph.of(h)))
	case p.height == "":
		return fmt.Sprintf("scale=%d:-2", max(2, pw.of(w)))
	}
	return fmt.Sprintf("scale=%d:%d", max(2, pw.of(w)), max(2, ph.of(h)))
}

// origin is the x and y of an overlay.
func (p place) origin(w, h int) string {
	px, _ := parseLength(p.x)
	py, _ := parseLength(p.y)
	if p.topLeft {
		return fmt.Sprintf("x=%d:y=%d", px.of(w), py.of(h))
	}
	return fmt.Sprintf("x=(W-w)/2+%d:y=(H-h)/2+%d", px.of(w), py.of(h))
}
