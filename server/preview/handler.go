package preview

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/vod/ffmpeg"
)

// Handler answers GET ?domain=&app=&stream= with the picture of a live stream: 204 where it has none at present, or has just ended while a page
// still shows it, 404 where there is no ffmpeg.
type Handler struct {
	*Maker
	// Allowed says who may see streams.
	Allowed func(*http.Request) bool
	// Get returns a live stream, or nil.
	Get func(media.StreamKey) *stream.Stream
}

// ServeHTTP answers.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if !h.Allowed(r) {
		fail(w, http.StatusForbidden, "LoggedOut", "log in first")
		return
	}
	q := r.URL.Query()
	st := h.Get(media.StreamKey{Domain: q.Get("domain"), App: q.Get("app"), Stream: q.Get("stream")})
	if st == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	jpeg, err := h.Picture(r.Context(), st)
	switch {
	case errors.Is(err, ffmpeg.ErrMissing):
		fail(w, http.StatusNotFound, "NoFFmpeg", err.Error())
	case err != nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Content-Type", "image/jpeg")
		w.Header().Set("Content-Length", strconv.Itoa(len(jpeg)))
		_, _ = w.Write(jpeg)
	}
}

func fail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct{ Code, Message string }{code, message})
}
