package rtmp

import (
	"errors"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// Refusal says why somebody did not come to publish.
type Refusal string

// The refusals.
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
	// RefusedProtocol: what came cannot be read, or breaks a limit.
	RefusedProtocol Refusal = "protocol"
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
	}
	return RefusedDenied
}

// protocolOr says what the error means with which a connection ended that did not come to publish.
func protocolOr(err error) Refusal {
	if errors.Is(err, errDisplaced) {
		return RefusedRoom
	}
	return RefusedProtocol
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
