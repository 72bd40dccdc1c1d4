package server

import (
	"net/http"
	"time"

	"aircheck/server/preview"
	runner "aircheck/vod/ffmpeg"
)

// newPreviews prepares pictures of live streams for the console. They are made beside what ffmpeg does for the catalogue, which may take hours: one
// at a time, and within narrow limits.
func (s *Server) newPreviews() http.Handler {
	c := s.cfg.FFmpeg
	s.previews = &preview.Maker{Runner: &runner.Runner{
		Path: c.Path, AtOnce: 1, Threads: 1, Memory: int64(c.Memory), Stall: 5 * time.Second, Wall: 20 * time.Second, CPU: 10 * time.Second,
		Log: s.log,
	}}
	return preview.Handler{Maker: s.previews, Allowed: s.pages.Allowed, Get: s.hub.Get}
}
