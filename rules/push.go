package rules

import (
	"context"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

const (
	// PushesKept is how long it is kept what was pushed.
	PushesKept = 60 * 24 * time.Hour
	// pushesPruned is how many pushes are forgotten at once, and pruneEvery how often it is looked for old ones.
	pushesPruned = 500
	pruneEvery   = time.Hour
)

// Push is a push that is over.
type Push struct {
	Session
	End time.Time
	// Reason is why it ended, for people.
	Reason string
	// Media tells that any came.
	Media bool
	// Width and Height of the first video track, in pixels; 0 if they are not known.
	Width, Height int
}

// PushFilter chooses pushes; empty fields choose all.
type PushFilter struct {
	Domain, App, Stream string
	// Part has Stream be any part of the name.
	Part bool
	// From and To are the first and the last moment of their end.
	From, To time.Time
	// Media leaves out those of which no media came.
	Media bool
	// Ascending lists those first that ended first, instead of last.
	Ascending     bool
	Offset, Limit int
}

// newPush makes the record of a stream that has ended.
func newPush(session *Session, s *stream.Stream, end *stream.End, text string) *Push {
	p := &Push{Session: *session, End: end.At.UTC(), Reason: text, Media: s.Stats().Units > 0}
	p.Width, p.Height = pictureSize(s)
	return p
}

// pictureSize is that of a stream's first video track.
func pictureSize(s *stream.Stream) (width, height int) {
	for _, t := range s.Tracks() {
		if c, ok := t.Codec.(media.VideoCodec); ok {
			return c.Size()
		}
	}
	return 0, 0
}

// Pushes returns a page of the pushes that are over, and how many there are.
func (c *Chronicle) Pushes(ctx context.Context, f PushFilter) (page []Push, total int, err error) {
	return c.Store.Pushes(ctx, f)
}

// prune has the store forget old pushes. It reports whether there may be more.
func (c *Chronicle) prune(now time.Time) (more bool) {
	n, err := c.Store.PrunePushes(c.ctx, now.Add(-PushesKept), pushesPruned)
	if err != nil && c.ctx.Err() == nil {
		c.Log.Warn("old pushes could not be forgotten; it is tried again", "error", err)
	}
	return n >= pushesPruned
}
