package server

import (
	"fmt"

	"aircheck/recorder"
	"aircheck/vod"
)

// openIntake prepares what takes files into the catalogue that the server makes itself. What an earlier run left unfinished is swept with
// what is to be deleted: see vod.Retention.
func (s *Server) openIntake() {
	s.intake = &vod.Intake{
		Store: s.store, Storages: s.catalog.Storages, NewID: func() vod.FileID { return vod.FileID(s.recorder.NextID()) },
		Room: s.roomForMade, Location: s.recorder.Location, Log: s.log,
	}
	s.parts = &vod.Parts{Store: s.store, Intake: s.intake, Doomed: s.retention.Kick}
	s.catalog.Parts = s.parts
}

// roomForMade says whether there is room for other files than recordings: as long as none runs short for those.
func (s *Server) roomForMade(storageID string) error {
	if storageID != s.recorder.StorageID {
		return s.roomToMove(storageID, 0)
	}
	if r := s.recorder.Room(); r.State != recorder.RoomEnough {
		return fmt.Errorf("%w (%s)", vod.ErrNoRoom, r.Why)
	}
	return nil
}
