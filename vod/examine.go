package vod

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// reasonAdopted is the Reason of adopted assets.
const reasonAdopted = "adopted"

// examine reads a file and makes an asset of it, without an ID: what it holds is what can be read, until the first place that cannot.
// container.ErrCorrupt, wrapped, if that is nothing.
func (w *walk) examine(ctx context.Context, c candidate) (Asset, error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	a := Asset{
		Container: c.format.Name(), Status: StatusNormal, StorageID: w.id, ObjectKey: c.key, PlaylistKey: c.playlist,
		SourceType: sourceOf(c.key),
		CreateTime: now, UpdateTime: now, StorageClass: w.Homes.classIn(w.id), Reason: reasonAdopted,
	}
	object, err := w.storage.Open(c.key)
	if err != nil {
		return a, err
	}
	defer object.Close()
	a.Size = object.Size
	in := &readerAt{object: object, paced: &limitedReader{ctx, object, w.bytes}}
	probed, err := c.format.Probe(in, object.Size)
	var found container.Summary
	if err == nil {
		found, err = measure(c.format, in, object.Size, probed)
	}
	switch {
	case in.failed != nil:
		return a, fmt.Errorf("read the file: %w", in.failed)
	case err != nil && !errors.Is(err, container.ErrCorrupt):
		return a, fmt.Errorf("%w: %w", container.ErrCorrupt, err)
	case err != nil:
		return a, err
	}
	for _, t := range found.Tracks {
		a.Tracks = append(a.Tracks, NewTrack(t))
	}
	a.Duration = found.Duration
	if p, ok := c.format.(container.Playlisted); ok {
		if name := p.MediaName(probed); name != path.Base(c.key) {
			return a, fmt.Errorf("%w: its content is that of a %s", container.ErrCorrupt, name)
		}
		list, err := readPlaylist(w.storage, c.playlist)
		if err != nil {
			return a, err
		}
		a.Start = list.start
	}
	subApp, key := subAppOf(c.key)
	where := placeOf(key, c.playlist != "")
	a.Name, a.Domain, a.App, a.Stream, a.SubAppID = where.name, where.domain, where.app, where.stream, subApp
	if w.SubApps != nil && w.SubApps.Check(a.SubAppID) != nil {
		a.Note, a.SubAppID = NoteSubApp(a.SubAppID), PrimaryApp
	}
	if a.Start.IsZero() {
		a.Start = where.start(object.ModTime, a.Duration)
	}
	a.Start = a.Start.UTC().Truncate(time.Millisecond)
	a.End = a.Start.Add(a.Duration).Truncate(time.Millisecond)
	return a, nil
}

// readerAt reads an object anywhere, at a limited rate, for one goroutine.
type readerAt struct {
	object io.Seeker
	paced  io.Reader
	// failed is the first error that is not one of the file's content.
	failed error
}

// ReadAt is io.ReaderAt's.
func (r *readerAt) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	_, err := r.object.Seek(off, io.SeekStart)
	if err == nil {
		n, err = io.ReadFull(r.paced, p)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if err != nil && !errors.Is(err, io.EOF) && r.failed == nil {
		r.failed = err
	}
	return n, err
}

// gauge measures one track.
type gauge struct {
	container.TrackSummary
	first, last int64 // presentation
	dts, step   int64
}

// measure reads all units of a file with these tracks, as far as that is possible. It returns an error if there are none.
func measure(f container.Format, r io.ReaderAt, size int64, probed []*media.Track) (container.Summary, error) {
	var out container.Summary
	gauges := map[int]*gauge{}
	for u, err := range f.Read(r, size) {
		if err != nil {
			if len(gauges) > 0 {
				break // it was cut off
			}
			return out, err
		}
		g := gauges[u.Track.ID]
		if g == nil {
			g = &gauge{first: u.PTS, dts: u.DTS, step: container.DefaultStep(u.Track), TrackSummary: container.TrackSummary{Track: u.Track}}
			gauges[u.Track.ID] = g
		}
		g.add(u)
	}
	var begin, end time.Duration = math.MaxInt64, 0
	for _, t := range probed {
		g := gauges[t.ID]
		if g == nil {
			continue // announced, but it never came
		}
		scale := g.Track.Timescale
		g.First, g.Last = media.Duration(g.first, scale), media.Duration(g.last, scale)
		begin, end = min(begin, g.First), max(end, media.Duration(g.last+g.step, scale))
		out.Tracks = append(out.Tracks, g.TrackSummary)
	}
	if len(out.Tracks) == 0 {
		return out, fmt.Errorf("%w: there is nothing in it", container.ErrCorrupt)
	}
	out.Duration = max(0, end-begin)
	return out, nil
}

func (g *gauge) add(u *media.Unit) {
	if step := u.DTS - g.dts; step > 0 && u.Track.Timescale == g.Track.Timescale {
		g.step = step
	}
	g.dts = u.DTS
	g.first, g.last = min(g.first, u.PTS), max(g.last, u.PTS)
	g.Units++
	g.Bytes += int64(len(u.Payload))
}

// NewTrack is the catalogue's form of a track of a file.
func NewTrack(t container.TrackSummary) Track {
	codec := t.Track.Codec
	out := Track{Kind: codec.Kind().String(), Codec: codec.Name(), Units: t.Units, Bytes: t.Bytes}
	if c, ok := codec.(media.VideoCodec); ok {
		out.Width, out.Height = c.Size()
	}
	if c, ok := codec.(media.AudioCodec); ok {
		out.SampleRate, out.Channels = c.SampleRate(), c.Channels()
	}
	if spread := (t.Last - t.First).Seconds(); codec.Kind() == media.Video && t.Units > 1 && spread > 0 {
		out.FrameRate = math.Round(float64(t.Units-1)/spread*1000) / 1000
	}
	return out
}

// place is what the key of a file tells.
type place struct {
	name                string
	domain, app, stream string
	day                 time.Time
}

// numbered is what the folder of a recording with a playlist ends in.
var numbered = regexp.MustCompile(`_[0-9]+$`)

// placeOf reads a key: domain, app, stream and day, then the name. What lies elsewhere has a name alone.
func placeOf(key string, bundle bool) place {
	parts := strings.Split(key, "/")
	var p place
	if bundle && len(parts) > 1 {
		parts = parts[:len(parts)-1]
		p.name = plain(numbered.ReplaceAllString(parts[len(parts)-1], ""))
	} else {
		base := parts[len(parts)-1]
		p.name = plain(strings.TrimSuffix(base, path.Ext(base)))
	}
	dirs := parts[:len(parts)-1]
	if len(dirs) < 4 {
		return p
	}
	day, err := time.Parse(time.DateOnly, dirs[len(dirs)-1])
	if err != nil {
		return p
	}
	for i, d := range dirs {
		dirs[i] = plain(d)
	}
	last := len(dirs) - 2
	p.day, p.domain, p.app, p.stream = day, dirs[0], strings.Join(dirs[1:last], "/"), dirs[last]
	return p
}

// plain undoes the escapes of a name on disk.
func plain(s string) string {
	if out, err := url.PathUnescape(s); err == nil && utf8.ValidString(out) {
		return out
	}
	return strings.ToValidUTF8(s, "_")
}

// start is when a recording began that was last written to at that time: its length before that, unless its folder is another day's
// because it was copied since.
func (p place) start(written time.Time, length time.Duration) time.Time {
	at := written.Add(-length)
	// The folder's day is in some time zone.
	if p.day.IsZero() || at.After(p.day.Add(-14*time.Hour)) && at.Before(p.day.Add((24+14)*time.Hour)) {
		return at
	}
	return p.day
}
