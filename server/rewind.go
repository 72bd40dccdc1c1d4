package server

import (
	"context"
	"fmt"

	"aircheck/recorder"
	"aircheck/recorder/rewind"
	"aircheck/server/metrics"
)

const (
	rewindName = "rewind"
	// rewindFloor is what the ring keeps free at least, for the database and others, but no more than the disk by rewindShare.
	rewindFloor = 1 << 30
	rewindShare = 20
)

// openRewind opens the ring of the last minutes, if there is to be one. It comes after the recorder, whose room it minds, and before what
// reads from it, so that it is closed after that.
func (s *Server) openRewind(context.Context) error {
	c := s.cfg.Rewind
	dir := c.Dir
	if dir == "" {
		dir = s.data.join(rewindName)
	}
	if c.Window == 0 {
		s.recovering.Go(func() { s.removeRing(dir) })
		return nil
	}
	covers, err := rewind.CoverPatterns(c.Streams)
	if err != nil {
		return fmt.Errorf("rewind.streams: %w", err)
	}
	s.ring = &rewind.Ring{
		Dir: dir, Window: c.Window, Covers: covers, MaxBytes: int64(c.MaxBytes), TotalBytes: int64(c.TotalBytes),
		Room: func() (rewind.RingRoom, bool) { return s.roomForRing(dir) }, Log: s.log,
	}
	if err := s.ring.Open(); err != nil {
		return err
	}
	s.onClose(s.closeRewind)
	return nil
}

func (s *Server) closeRewind() error {
	ctx, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	return s.ring.Close(ctx)
}

// removeRing gives back what a ring occupies that is configured no more.
func (s *Server) removeRing(dir string) {
	if err := rewind.RemoveRing(dir); err != nil {
		s.log.Warn("what is left of the ring cannot be removed; rewind.window is 0", "folder", dir, "error", err)
	}
}

// roomForRing tells how much room there is for the ring. It keeps more free than what the recorder warns of, so that it gives way before
// recordings do.
func (s *Server) roomForRing(dir string) (r rewind.RingRoom, ok bool) {
	free, total, err := recorder.DiskSpace(dir)
	if err != nil || total <= 0 {
		return r, false
	}
	keep := min(max(2*int64(s.cfg.Storage.MinFree), int64(s.cfg.Storage.WarnFree), 2*rewindFloor), 2*total/rewindShare)
	return rewind.RingRoom{Free: free, Keep: keep + keep/8}, true
}

// rewindStats is what the metrics show of the ring.
func (s *Server) rewindStats() metrics.Rewind {
	if s.ring == nil {
		return metrics.Rewind{}
	}
	st := s.ring.Stats()
	return metrics.Rewind{Bytes: st.Bytes, Lost: st.Lost}
}

// rewindProblem is what /readyz says of the ring. It is no reason not to be ready.
func (s *Server) rewindProblem() string {
	if s.ring == nil {
		return ""
	}
	return s.ring.Problem()
}
