package server

import (
	"aircheck/recorder"
	"aircheck/vod"
)

// deleteOldest is the value of storage.when_full that makes room.
const deleteOldest = "delete_oldest"

// openRetention prepares what deletes files, and what compares the catalogue with the storage.
func (s *Server) openRetention() {
	s.retention = &vod.Retention{Catalog: s.catalog, StorageID: s.recorder.StorageID, Log: s.log}
	if s.cfg.Storage.WhenFull == deleteOldest {
		s.retention.Room = func() (free, floor int64, ok bool) { return leftOf(s.recorder.Room()) }
		s.retention.Written = func() int64 { return s.recorder.Stats().Written }
	}
	s.recovered = make(chan struct{})
	s.reconciler = &vod.Reconciler{
		Catalog: s.catalog, Formats: formats(), After: s.recovered, BytesPerSecond: int(s.cfg.Catalog.HashRate), Log: s.log,
		NewID:   func() vod.FileID { return vod.FileID(s.recorder.NextID()) },
		Claimed: s.claimed, Homes: s.homes, SubApps: s.subApps,
	}
}

// claimed returns the names that the recorder has given to files which may not be catalogued yet.
func (s *Server) claimed(storageID string, keys []string) ([]string, error) {
	if storageID != s.recorder.StorageID {
		return nil, nil // it writes into that one only
	}
	return s.recorder.Claimed(keys)
}

// quotaReserve is the part of the quota, one in so many, that counts as its floor.
const quotaReserve = 40

// leftOf is what is left of the disk or of the quota, whichever is scarcer, beside what is to be left of it.
func leftOf(r recorder.Room) (left, floor int64, ok bool) {
	if r.State == recorder.RoomGone || r.State == recorder.RoomHung {
		return 0, 0, false
	}
	left, floor = r.Free, r.Floor
	if r.Quota > 0 {
		free, reserve := r.Quota-r.Used, max(r.Quota/quotaReserve, 1)
		if floor <= 0 || float64(free)/float64(reserve) < float64(left)/float64(floor) {
			left, floor = free, reserve
		}
	}
	return left, floor, floor > 0
}
