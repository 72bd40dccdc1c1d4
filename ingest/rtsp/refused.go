package rtsp

import (
	"errors"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// Refusal says why somebody did not come to publish.
type Refusal string

// The refusals; those of RTMP are the same.
const (
	// RefusedName: the address names no possible stream.
	RefusedName Refusal = "name"
	// RefusedDenied: Authorize said no.
	RefusedDenied Refusal = "denied"
	// RefusedBusy: the stream has a publisher.
	RefusedBusy Refusal = "busy"
	// RefusedRoom: there are too many connections.
	RefusedRoom Refusal = "room"
	// RefusedStopping: the server stops.
	RefusedStopping Refusal = "stopping"
	// RefusedProtocol: what was announced cannot be read, or breaks a limit.
	RefusedProtocol Refusal = "protocol"
)

var (
	errNoTracks  = errors.New("nothing was announced that can be recorded")
	errDisplaced = errors.New("there are too many connections")
	errNoPlay    = errors.New("playing over RTSP is switched off")
)

// refusalOf says what the error of Authorize or Hub.Publish means.
func refusalOf(err error) Refusal {
	switch {
	case errors.Is(err, media.ErrBadPath):
		return RefusedName
	case errors.Is(err, stream.ErrBusy):
		return RefusedBusy
	case errors.Is(err, stream.ErrClosed):
		return RefusedStopping
	case errors.Is(err, errDisplaced):
		return RefusedRoom
	case errors.Is(err, errNoTracks), errors.Is(err, errManyTracks), errors.Is(err, errDescription), errors.Is(err, errUnreadable):
		return RefusedProtocol
	}
	return RefusedDenied
}

// refusePublisher counts and logs that a publisher was refused.
func (s *Server) refusePublisher(r Request, err error) {
	s.refused(refusalOf(err))
	s.denials.warn(s.Log, "publisher refused", denial(r, err)...)
}

// refusePlayer logs that a player was refused.
func (s *Server) refusePlayer(r Request, err error) {
	s.denials.warn(s.Log, "player refused", denial(r, err)...)
}

// denial is what the log says about who was refused.
func denial(r Request, err error) []any {
	return []any{
		"face", "rtsp", "remote", r.Remote.String(), "host", shorten(r.Host), "app", shorten(r.App), "name", shorten(r.Stream),
		"error", shorten(err.Error()),
	}
}

// refuse has a refusal told: at once, but for the one that asks for user and password. Most clients come without them first.
func (c *conn) refuse(r Request, err error, tell func()) {
	if c != nil && errors.Is(err, ErrUnauthorized) && r.Credentials == nil {
		c.asked.Store(&tell)
		return
	}
	c.settled()
	tell()
}

// settled forgets that the client was asked for user and password: it has answered.
func (c *conn) settled() {
	if c != nil {
		c.asked.Store(nil)
	}
}

// unanswered tells of the refusal of a client that was asked for user and password and has left.
func (c *conn) unanswered() {
	if c == nil {
		return
	}
	if tell := c.asked.Swap(nil); tell != nil {
		(*tell)()
	}
}

// refused counts a refusal. Those for want of room are in Stats.
func (s *Server) refused(why Refusal) {
	if why == RefusedRoom {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusedBy == nil {
		s.refusedBy = map[Refusal]int64{}
	}
	s.refusedBy[why]++
}

// Refusals returns how many publishers were refused so far, by why. Connections that Stats counts as refused are among RefusedRoom.
func (s *Server) Refusals() map[Refusal]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[Refusal]int64{}
	for _, why := range []Refusal{RefusedName, RefusedDenied, RefusedBusy, RefusedRoom, RefusedStopping, RefusedProtocol} {
		out[why] = s.refusedBy[why]
	}
	out[RefusedRoom] += s.stats.Refused + s.stats.Displaced
	return out
}

// answer makes the response to a request that is refused. The error tells the library to end the connection, or to ask for user
// and password.
func answer(err error) (*base.Response, error) {
	code := base.StatusForbidden
	switch {
	case errors.Is(err, ErrUnauthorized):
		return &base.Response{StatusCode: base.StatusUnauthorized, StatusMessage: line(err.Error())}, liberrors.ErrServerAuth{}
	case errors.Is(err, media.ErrBadPath):
		code = base.StatusBadRequest
	case errors.Is(err, stream.ErrNotLive):
		code = base.StatusNotFound
	case errors.Is(err, errNoTracks), errors.Is(err, errManyTracks):
		code = base.StatusUnsupportedMediaType
	case errors.Is(err, stream.ErrClosed), errors.Is(err, errDisplaced):
		code = base.StatusServiceUnavailable
	}
	return &base.Response{StatusCode: code, StatusMessage: line(err.Error())}, err
}
