package view

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
	"aircheck/vod"
)

// maxTables is how many units a shorter MP4 may have that begins with its tables: about two hours. A longer one is sent in fragments.
const maxTables = 500_000

// clip serves a part of a file, as a file of the same format.
func (s *Server) clip(w http.ResponseWriter, r *http.Request, v vod.View) error {
	if v.Asset.Container == "hls" {
		return s.beginning(w, r, v)
	}
	object, file, err := open(r.Context(), v)
	if err != nil {
		return gone(v, err)
	}
	defer object.Close()
	st, err := s.look(r.Context(), v, file, object.Size)
	if err != nil {
		return err
	}
	c, err := s.choose(r.Context(), st, file, v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", v.ContentType)
	h.Set(vod.HeaderStart, seconds(c.from-st.cuts[0].at))
	h.Set(vod.HeaderEnd, seconds(c.end-st.cuts[0].at))
	h.Set("Cache-Control", "no-store")
	if name := vod.DownloadName(r, v.Asset, "."+v.Asset.Container); name != "" {
		h.Set("Content-Disposition", vod.Attachment(name))
	}
	if f, ok := st.source.(*mp4Source); ok && !f.movie.Fragmented {
		done, err := s.excerpt(w, r, v, st, f, file, c)
		if done || err != nil {
			return err
		}
	}
	if r.Method == http.MethodHead {
		return nil
	}
	return s.writeUnits(r.Context(), w, formatOf(v.Asset.Container), st.source.tracks(), c.from, func(yield func(*media.Unit) error) error {
		for u, err := range c.units(st, file) {
			if err != nil {
				return err
			}
			if err := yield(u); err != nil {
				return err
			}
		}
		return nil
	})
}

func formatOf(name string) container.Format {
	switch name {
	case "flv":
		return flv.Format{}
	case "aac":
		return aac.Format{}
	}
	return mp4.Format{}
}

// choice is which part of a file is wanted: from a random access point of the lead on, up to a time.
type choice struct {
	first    int // segment
	from, to time.Duration
	end      time.Duration // to, or the end of the recording if that comes first
}

// choose finds the last random access point at or before the start.
func (s *Server) choose(ctx context.Context, st *state, file reader, v vod.View) (c choice, err error) {
	n := st.complete()
	if n == 0 {
		n = 1
	}
	zero := st.cuts[0].at
	length := st.cuts[n-1].at + st.length(n-1) - zero
	if v.Preview > 0 {
		length = min(length, v.Preview)
	}
	from, to, ok := v.Range.Of(length)
	if !ok {
		return choice{}, refusef(http.StatusRequestedRangeNotSatisfiable, "there is nothing between start and end: the recording has %.3f seconds", length.Seconds())
	}
	end := zero + min(to, length)
	if st.whole && v.Preview == 0 && to == length {
		to = 1 << 61 // all of it, whatever is rounded
	}
	c = choice{first: min(st.find(zero+from), n-1), to: zero + to, end: end}
	c.from = st.cuts[c.first].at
	if from == 0 {
		return c, nil
	}
	c.from, err = s.entry(ctx, st, file, c.first, zero+from)
	return c, err
}

// units yields the units that are wanted.
func (c choice) units(st *state, file reader) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		last := len(st.cuts)
		if !st.whole {
			last = max(st.complete(), 1)
		}
		for i := c.first; i < last && st.cuts[i].at < c.to; i++ {
			for u, err := range st.unitsOf(file, i, i+1) {
				if err == nil && (u.Time() < c.from || u.Time() >= c.to) {
					continue
				}
				if !yield(u, err) || err != nil {
					return
				}
			}
		}
	}
}

// excerpt serves a part of a classic MP4 file as another one, with ranges; done is false if it has too many units for that.
func (s *Server) excerpt(
	w http.ResponseWriter, r *http.Request, v vod.View, st *state, f *mp4Source, file reader, c choice,
) (done bool, err error) {
	if err := s.enter(r.Context()); err != nil {
		return false, err
	}
	layout, err := mp4.NewExcerpt(f.movie, c.located(st), maxTables)
	s.leave()
	if errors.Is(err, mp4.ErrLayout) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", fmt.Sprintf(`"%s-%d-%d-%d"`, v.Asset.ID, c.from, c.to, version))
	http.ServeContent(w, r, "", time.Time{}, layout.Reader(file))
	return true, nil
}

func (c choice) located(st *state) iter.Seq[mp4.Located] {
	return func(yield func(mp4.Located) bool) {
		for walk := st.cuts[c.first].place.walk.Clone(); ; {
			l, ok := walk.Next()
			if !ok || l.Time >= c.to || l.Time >= c.from && !yield(l) {
				return
			}
		}
	}
}

// fast serves an MP4 file with its index in front, or as it is where that is not possible.
func (s *Server) fast(w http.ResponseWriter, r *http.Request, v vod.View) error {
	object, file, err := open(r.Context(), v)
	if err != nil {
		return gone(v, err)
	}
	defer object.Close()
	layout, err := s.front(r.Context(), v, file, object.Size)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", v.ContentType)
	h.Set("Cache-Control", "no-cache")
	h.Add("Vary", "Sec-Fetch-Dest")
	if name := vod.DownloadName(r, v.Asset, ".mp4"); name != "" {
		h.Set("Content-Disposition", vod.Attachment(name))
	}
	if layout == nil {
		h.Set("ETag", fmt.Sprintf(`"%s-%d"`, v.Asset.ID, object.Size))
		http.ServeContent(w, r, "", object.ModTime, object.ReadSeekCloser)
		return nil
	}
	h.Set("ETag", fmt.Sprintf(`"%s-%d-fast%d"`, v.Asset.ID, object.Size, version))
	http.ServeContent(w, r, "", object.ModTime, layout.Reader(file))
	return nil
}

// front returns the layout of a file with its index in front; nil if there is none.
func (s *Server) front(ctx context.Context, v vod.View, file reader, size int64) (*mp4.Layout, error) {
	e := s.surveys.get(v.Asset.ID)
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-e.turn }()
	if e.front != nil || e.plain {
		return e.front, nil
	}
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	layout, err := mp4.MoveFront(file, size)
	s.leave()
	if errors.Is(err, mp4.ErrLayout) || errors.Is(err, container.ErrCorrupt) {
		e.plain = true
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e.front = layout
	s.surveys.weigh(e)
	return layout, nil
}

// beginning serves the first bytes of a recording that has a playlist, up to where a preview ends, or what of a rendition is made of them.
func (s *Server) beginning(w http.ResponseWriter, r *http.Request, v vod.View) error {
	end, err := previewEnd(r.Context(), v)
	if err != nil {
		return err
	}
	object, file, err := open(r.Context(), v)
	if err != nil {
		return gone(v, err)
	}
	defer object.Close()
	content := io.NewSectionReader(file, 0, min(end, object.Size))
	if v.Part != nil {
		if v.Part.End() > end {
			return refusef(http.StatusForbidden, "exper: the address is for the first %d seconds", int64(v.Preview.Seconds()))
		}
		if content, err = v.Part.Open(file, object.Size); errors.Is(err, hls.ErrAddress) {
			return refusef(http.StatusNotFound, "file %s has no such part; its playlist names those that there are", v.Asset.ID)
		}
		if err != nil {
			return err
		}
	}
	h := w.Header()
	h.Set("Content-Type", v.ContentType)
	h.Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

// previewEnd is where in a recording's media the segments end that a preview shows.
func previewEnd(ctx context.Context, v vod.View) (end int64, err error) {
	playlist, err := v.OpenPlaylist()
	if err != nil {
		return 0, gone(v, err)
	}
	defer playlist.Close()
	_, _, err = parsePlaylist(io.NewSectionReader(randomly(ctx, playlist), 0, playlist.Size), func(e entry) error {
		if e.at >= v.Preview {
			return errEnough
		}
		end = e.end
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return end, err
}

// errEnough ends the reading of a playlist.
var errEnough = errors.New("enough was read")
