package view

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/vod"
)

const (
	// initName is the name of the initialization section among the segments.
	initName = "init.mp4"
	// untilEnd stands for the end of the last segment of a finished file.
	untilEnd = "end"
	// piece is about how many bytes are made before they are sent.
	piece = 256 << 10
	// version is that of the bytes that this package makes of the same file, for their tags.
	version = 1
)

// segment serves a segment, or the initialization section.
func (s *Server) segment(w http.ResponseWriter, r *http.Request, v vod.View) error {
	object, file, err := open(r.Context(), v)
	if err != nil {
		return gone(v, err)
	}
	defer object.Close()
	st, err := s.look(r.Context(), v, file, object.Size)
	if err != nil {
		return err
	}
	tag := fmt.Sprintf(`"%s-%s-%d-%d"`, v.Asset.ID, strings.ReplaceAll(v.Name, `"`, ""), int64(v.Preview.Seconds()), version)
	if v.Name == initName && st.fragmented {
		b, err := st.init()
		if err != nil {
			return err
		}
		s.cacheable(w, v, tag, "video/mp4")
		return serveBytes(w, r, b)
	}
	part, ok := st.named(v.Name)
	if !ok {
		return refusef(http.StatusNotFound, "file %s has no such segment; its playlist names those that there are", v.Asset.ID)
	}
	if v.Preview > 0 && part.begin-st.cuts[0].at >= v.Preview {
		return refusef(http.StatusForbidden, "exper: the address is for the first %d seconds", int64(v.Preview.Seconds()))
	}
	kind := "video/mp2t"
	if st.fragmented {
		kind = "video/iso.segment"
	}
	s.cacheable(w, v, tag, kind)
	if matches(r, tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if r.Method == http.MethodHead {
		return nil
	}
	return s.mux(r.Context(), w, st, file, part, v.Preview)
}

// cacheable sets the header of what never changes.
func (s *Server) cacheable(w http.ResponseWriter, v vod.View, tag, kind string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("ETag", tag)
	if h.Set("Cache-Control", "max-age=3600"); v.Private {
		h.Set("Cache-Control", "private, max-age=3600")
	}
}

// matches reports whether the client has what the tag stands for (RFC 9110, 13.1.2).
func matches(r *http.Request, tag string) bool {
	for _, t := range strings.Split(r.Header.Get("If-None-Match"), ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t == tag || t == "*" {
			return true
		}
	}
	return false
}

// mux makes a segment and sends it piece by piece, so that its size does not matter.
func (s *Server) mux(ctx context.Context, w http.ResponseWriter, st *state, file reader, part bounds, preview time.Duration) error {
	out := &output{server: s, ctx: ctx, w: w}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	m, buf, err := st.newMuxer(nil)
	if err != nil {
		return err
	}
	limit := st.cuts[0].at + preview
	wanted := within{bounds: part, lead: lead(st.source.tracks()).ID}
	for u, err := range st.unitsOf(file, part.segment, part.segment+1) {
		if err != nil {
			return out.fail(err)
		}
		if !st.has(u) || !wanted.has(u) || preview > 0 && u.Time() >= limit {
			continue
		}
		if buf, err = m.add(buf, u); err != nil {
			return out.fail(err)
		}
		if buf, err = out.some(buf); err != nil {
			return out.fail(err)
		}
	}
	return out.fail(out.all(m.flush(buf)))
}

// output sends what was made. Nobody waits for its client.
type output struct {
	server *Server
	ctx    context.Context
	w      http.ResponseWriter
	begun  bool
}

// some sends what there is once it is a piece.
func (o *output) some(b []byte) ([]byte, error) {
	if len(b) < piece {
		return b, nil
	}
	return b[:0], o.all(b)
}

func (o *output) all(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	o.begun = true
	o.server.leave()
	_, err := o.w.Write(b)
	// The place is taken again whatever happens: mux gives it back.
	o.server.slots <- struct{}{}
	return err
}

// fail is what becomes of an error: once the answer has begun, only cutting it off tells that it is not whole.
func (o *output) fail(err error) error {
	if err == nil || !o.begun {
		return err
	}
	if o.ctx.Err() == nil {
		o.server.Log.Debug("a view was cut short", "error", err)
	}
	panic(http.ErrAbortHandler)
}

// gone makes an error of Open one for the client.
func gone(v vod.View, err error) error {
	if status, text, ok := vod.Refusal(err); ok {
		return &refusal{status, text}
	}
	return fmt.Errorf("open file %s: %w", v.Asset.ID, err)
}

// writeUnits is for what is written by a container's own writer: a shorter file.
func (s *Server) writeUnits(
	ctx context.Context, w http.ResponseWriter, f container.Format, tracks []*media.Track, base time.Duration,
	each func(yield func(*media.Unit) error) error,
) error {
	out := &output{server: s, ctx: ctx, w: w}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	writer, err := f.NewWriter(tracks)
	if err != nil {
		return err
	}
	buf := writer.Header(nil, base)
	var index []byte
	err = each(func(u *media.Unit) error {
		var err error
		if buf, err = writer.Append(buf, u); err != nil {
			return err
		}
		index = writer.Index(index[:0])
		buf, err = out.some(buf)
		return err
	})
	if err == nil {
		err = out.all(writer.Flush(buf))
	}
	return out.fail(err)
}
