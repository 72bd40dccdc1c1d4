package vod

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"aircheck/recorder/hls"
)

// segmentFolder is between the FileID and the name in the address of a segment that is made while it is asked for.
const segmentFolder = "seg"

// Views serves what is made of a file while it is asked for.
type Views interface {
	// Serve answers a GET or HEAD request.
	Serve(w http.ResponseWriter, r *http.Request, v View)
}

// ViewKind is what is to be made of a file.
type ViewKind byte

// The kinds: an HLS playlist, a segment of one, a shorter file of the same format, and an MP4 file that begins with its index.
const (
	ViewPlaylist ViewKind = iota + 1
	ViewSegment
	ViewClip
	ViewFast
)

// View says what is wanted.
type View struct {
	Asset Asset
	Kind  ViewKind
	// Name is that of a segment.
	Name string
	// Range is what is wanted of the file, Preview how much of it may be shown, from its beginning; 0 means all.
	Range   Range
	Preview time.Duration
	// Query is what addresses in a playlist carry, "" or beginning with "?". Private: no cache but the client's own may keep the answer.
	Query   string
	Private bool
	// ContentType is that of the file, Open opens it: its media, or the playlist of one that has one.
	ContentType string
	Open        func() (*Object, error)
	// OpenPlaylist opens the playlist of a recording that has one, OpenMedia what that names; it is nil of one that has no renditions.
	OpenPlaylist, OpenMedia func() (*Object, error)
	// Rendition is the one whose playlist is wanted, from 1; 0 is that of the recording. Part is what is wanted of the media of one; nil: the file.
	Rendition int
	Part      *hls.Part
}

// Range is a part of a recording, in time from its beginning. A time below 0 counts from the end. An End of 0 is the end.
type Range struct{ Start, End time.Duration }

// Whole reports whether the range leaves nothing out.
func (g Range) Whole() bool { return g.Start == 0 && g.End == 0 }

// Of returns the range for media of a length, from and to within it. ok is false if nothing is left.
func (g Range) Of(length time.Duration) (from, to time.Duration, ok bool) {
	from, to = g.Start, g.End
	if from < 0 {
		from = max(0, length+from)
	}
	if to <= 0 {
		to += length
	}
	to = min(to, length)
	return from, to, from < to
}

// maxSeconds is more than any recording has.
const maxSeconds = 1e7

// ParseRange reads "start" and "end" of a query: decimal seconds.
func ParseRange(q url.Values) (g Range, err error) {
	for _, f := range []struct {
		name string
		into *time.Duration
	}{{"start", &g.Start}, {"end", &g.End}} {
		text := q.Get(f.name)
		if text == "" {
			continue
		}
		if len(q[f.name]) > 1 {
			return Range{}, &failure{status: http.StatusBadRequest, text: f.name + " is there more than once"}
		}
		seconds, err := strconv.ParseFloat(text, 64)
		if len(text) > 32 || err != nil || math.IsNaN(seconds) || math.Abs(seconds) > maxSeconds || strings.ContainsAny(text, "xXpP_") {
			return Range{}, &failure{status: http.StatusBadRequest, text: f.name + " must be a number of seconds, such as 12.5, or -30 for 30 seconds before the end"}
		}
		*f.into = time.Duration(math.Round(seconds*1e6)) * time.Microsecond
	}
	return g, nil
}

// viewOf returns the view that a request for an asset asks for; ok is false if it asks for a file as it is. rest is what the path has
// behind the FileId.
func (p *Player) viewOf(r *http.Request, a Asset, rest string, g Grant) (v View, ok bool, err error) {
	if p.Views == nil {
		return v, false, nil
	}
	q := r.URL.Query()
	if v.Range, err = ParseRange(q); err != nil {
		return v, false, err
	}
	v.Asset, v.Preview, v.Query, v.Private = a, g.Preview, g.Query, g.Private || g.Query != ""
	ext := path.Ext(rest)
	v.ContentType = a.contentType(ext)
	_, name, _ := strings.Cut(rest, "/")
	_, escaped, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), PlayPrefix), "/") // a name may have a slash: see partName
	nested := strings.HasPrefix(escaped, segmentFolder+"/")
	native := a.Container == containerHLS
	limited := !v.Range.Whole() || v.Preview > 0
	f := a.playable(ext)
	switch {
	case nested && !native:
		v.Kind, v.Name = ViewSegment, name
		f = a.playable("." + a.Container)
	case ext == ".m3u8" && !native:
		v.Kind = ViewPlaylist
		f = a.playable("." + a.Container)
	case ext == ".m3u8" && (limited || v.Query != "" && !a.mayHaveRenditions()):
		v.Kind = ViewPlaylist
		if v.Rendition, err = hls.ParseRendition(q); err != nil {
			return v, false, unknownPart(f, err)
		}
		if a.mayHaveRenditions() {
			v.OpenMedia = func() (*Object, error) { return p.openNow(r.Context(), a.playable(".mp4")) }
		}
	case native && ext != ".m3u8" && v.Preview > 0:
		v.Kind, v.Range = ViewClip, Range{} // of the bytes that the playlist names
		f = a.playable(storedExt(r.URL))
		part, ok, err := hls.ParsePart(q)
		if err != nil {
			return v, false, unknownPart(f, err)
		}
		if ok {
			v.Part = &part
		}
	case !native && ext == "."+a.Container && limited:
		v.Kind = ViewClip
	case a.Container == "mp4" && ext == ".mp4" && a.Status != StatusRecording && fast(r, q):
		v.Kind = ViewFast
	default:
		return v, false, nil
	}
	v.Open = func() (*Object, error) { return p.openNow(r.Context(), f) }
	v.OpenPlaylist = func() (*Object, error) { return p.openNow(r.Context(), a.playable(".m3u8")) }
	return v, f.key != "", nil
}

// openNow opens a file that may have been finished and put in its place meanwhile, or moved to another storage.
func (p *Player) openNow(ctx context.Context, f playable) (*Object, error) {
	object, err := p.openKey(f, f.key)
	if err == nil {
		return object, nil
	}
	found, notRead := p.Store.AssetsByID(ctx, []FileID{f.ID})
	if notRead == nil && len(found) > 0 {
		f = found[0].playable(f.ext)
		return p.openKey(f, f.key)
	}
	return nil, err
}

// fast reports whether whoever asks for an MP4 file wants its index in front. A media element of a browser says so of itself (Fetch
// Metadata, Sec-Fetch-Dest): it plays while it reads, and keeps no file. Everybody else gets the file as it was recorded, to the byte.
func fast(r *http.Request, q url.Values) bool {
	switch q.Get("layout") {
	case "fast":
		return true
	case "":
		dest := r.Header.Get("Sec-Fetch-Dest")
		return (dest == "video" || dest == "audio") && q.Get("download") == ""
	}
	return false
}

// Refusal returns the status and the text to answer with that an error of View.Open has; ok is false for another one.
func Refusal(err error) (status int, text string, ok bool) {
	var known *failure
	if !errors.As(err, &known) {
		return 0, "", false
	}
	return known.status, known.text, true
}
