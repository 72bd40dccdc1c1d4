package api

import (
	"context"
	"fmt"

	"aircheck/vod"
)

// StorageClassRequest is the request of ModifyMediaStorageClass.
type StorageClassRequest struct {
	FileIDs      []string `json:"FileIds" required:"true" doc:"1 to 100 files."`
	StorageClass string   `json:"StorageClass" required:"true" doc:"STANDARD or STANDARD_IA: not the one they have."`
	SubAppID     uint64   `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	RestoreTier  string   `json:"RestoreTier" doc:"Must be empty: this server has no archive to restore from."`
}

// StorageClassResponse is the answer of ModifyMediaStorageClass.
type StorageClassResponse struct {
	TaskID string `json:"TaskId" doc:"The task that does it: see DescribeTaskDetail. An addition of this server."`
}

// StorageDataRequest is the request of DescribeStorageData.
type StorageDataRequest struct {
	SubAppID uint64 `json:"SubAppId" doc:"Application. Default 0: the primary one."`
}

// StorageDataResponse is the answer of DescribeStorageData.
type StorageDataResponse struct {
	MediaCount         uint64            `json:"MediaCount" doc:"How many files there are, with those that are being recorded."`
	TotalStorage       uint64            `json:"TotalStorage" doc:"Bytes of all files, and of what was made of them."`
	StandardStorage    uint64            `json:"StandardStorage" doc:"Bytes of the class STANDARD."`
	InfrequentStorage  uint64            `json:"InfrequentStorage" doc:"Bytes of the class STANDARD_IA."`
	ArchiveStorage     uint64            `json:"ArchiveStorage" doc:"Always 0."`
	DeepArchiveStorage uint64            `json:"DeepArchiveStorage" doc:"Always 0."`
	StorageStat        []StorageStatData `json:"StorageStat" doc:"The same for each folder that files lie in."`
}

// StorageStatData is what lies in one storage folder.
type StorageStatData struct {
	Area               string `json:"Area" doc:"The folder: recordings, ia, or app@ and the number of a sub-application that has one of its own."`
	TotalStorage       uint64 `json:"TotalStorage" doc:"Bytes."`
	InfrequentStorage  uint64 `json:"InfrequentStorage" doc:"Bytes of the class STANDARD_IA."`
	StandardStorage    uint64 `json:"StandardStorage" doc:"Bytes of the class STANDARD."`
	ArchiveStorage     uint64 `json:"ArchiveStorage" doc:"Always 0."`
	DeepArchiveStorage uint64 `json:"DeepArchiveStorage" doc:"Always 0."`
}

func (a *API) storageActions() []action {
	return []action{
		row("ModifyMediaStorageClass", versionVod, changes, "Moves files to the other storage class, in the background.", a.modifyStorageClass),
		row("DescribeStorageData", versionVod, reads, "Shows how much is stored.", a.describeStorageData),
	}
}

func (a *API) modifyStorageClass(ctx context.Context, _ *Caller, q *StorageClassRequest) (*StorageClassResponse, error) {
	ids, err := parseIDs("FileIds", q.FileIDs)
	if err != nil {
		return nil, err
	}
	app := signed(q.SubAppID)
	if ids, err = a.Mover.Check(ctx, app, ids, q.StorageClass, q.RestoreTier); err != nil {
		return nil, err
	}
	id, err := a.Move(ctx, app, ids, q.StorageClass)
	if err != nil {
		return nil, fmt.Errorf("queue the move: %w", err)
	}
	return &StorageClassResponse{TaskID: id}, nil
}

func (a *API) describeStorageData(ctx context.Context, _ *Caller, q *StorageDataRequest) (*StorageDataResponse, error) {
	s, err := vod.StorageData(ctx, a.Usage, signed(q.SubAppID))
	if err != nil {
		return nil, err
	}
	out := &StorageDataResponse{MediaCount: uint64(s.Files), StorageStat: []StorageStatData{}}
	out.TotalStorage, out.StandardStorage, out.InfrequentStorage = sums(s.Bytes)
	for _, area := range s.Areas {
		stat := StorageStatData{Area: area.Location}
		stat.TotalStorage, stat.StandardStorage, stat.InfrequentStorage = sums(area.Bytes)
		out.StorageStat = append(out.StorageStat, stat)
	}
	return out, nil
}

// sums returns what there is in all, and of each of the two classes that there are.
func sums(bytes map[string]int64) (total, standard, infrequent uint64) {
	standard, infrequent = uint64(max(0, bytes[vod.StorageClassStandard])), uint64(max(0, bytes[vod.StorageClassIA]))
	return standard + infrequent, standard, infrequent
}
