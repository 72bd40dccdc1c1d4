package api

import (
	"context"
	"math"

	"aircheck/vod"
)

// CreateClassRequest is the request of CreateClass.
type CreateClassRequest struct {
	ParentID  int64  `json:"ParentId" required:"true" doc:"The class that it is to be below; -1 for one at the top."`
	ClassName string `json:"ClassName" required:"true" doc:"1 to 64 characters, unlike those of the classes beside it."`
	SubAppID  uint64 `json:"SubAppId" doc:"Application. Default 0: the primary one."`
}

// CreateClassResponse is the answer of CreateClass.
type CreateClassResponse struct {
	ClassID uint64 `json:"ClassId" doc:"The class."`
}

// AllClassRequest is the request of DescribeAllClass.
type AllClassRequest struct {
	SubAppID uint64 `json:"SubAppId" doc:"Application. Default 0: the primary one."`
}

// AllClassResponse is the answer of DescribeAllClass.
type AllClassResponse struct {
	ClassInfoSet []MediaClassInfo `json:"ClassInfoSet" doc:"All classes by ClassId, without Other, which is 0."`
}

// MediaClassInfo is a class.
type MediaClassInfo struct {
	ClassID       int64   `json:"ClassId" doc:"The class."`
	ParentID      int64   `json:"ParentId" doc:"The class above it; -1 at the top."`
	Name          string  `json:"Name" doc:"The same as ClassName."`
	ClassName     string  `json:"ClassName" doc:"Its name."`
	Level         uint64  `json:"Level" doc:"How deep it is: 0 at the top, 3 at most."`
	SubClassIDSet []int64 `json:"SubClassIdSet" doc:"The classes below it, one level deeper."`
}

// ModifyClassRequest is the request of ModifyClass.
type ModifyClassRequest struct {
	ClassID   uint64 `json:"ClassId" required:"true" doc:"The class."`
	ClassName string `json:"ClassName" required:"true" doc:"Its new name: 1 to 64 characters, unlike those of the classes beside it."`
	SubAppID  uint64 `json:"SubAppId" doc:"Application. Default 0: the primary one."`
}

// DeleteClassRequest is the request of DeleteClass.
type DeleteClassRequest struct {
	ClassID  int64  `json:"ClassId" required:"true" doc:"The class: one without files, and without classes below it."`
	SubAppID uint64 `json:"SubAppId" doc:"Application. Default 0: the primary one."`
}

func (a *API) classActions() []action {
	return []action{
		row("CreateClass", versionVod, changes, "Makes a class; they are nested 4 deep at most, with 500 in each.", a.createClass),
		row("DescribeAllClass", versionVod, reads, "Lists the classes of an application.", a.describeAllClass),
		row("ModifyClass", versionVod, changes, "Gives a class another name.", a.modifyClass),
		row("DeleteClass", versionVod, changes, "Deletes an empty class.", a.deleteClass),
	}
}

// signed makes a number of the wire one of the catalogue: what is too large for that is nobody's.
func signed(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

func (a *API) createClass(ctx context.Context, _ *Caller, q *CreateClassRequest) (*CreateClassResponse, error) {
	id, err := a.Classes.Create(ctx, signed(q.SubAppID), q.ParentID, q.ClassName)
	return &CreateClassResponse{ClassID: uint64(id)}, err
}

func (a *API) describeAllClass(ctx context.Context, _ *Caller, q *AllClassRequest) (*AllClassResponse, error) {
	all, err := a.Classes.All(ctx, signed(q.SubAppID))
	if err != nil {
		return nil, err
	}
	out := &AllClassResponse{ClassInfoSet: make([]MediaClassInfo, len(all))}
	for i, c := range all {
		out.ClassInfoSet[i] = MediaClassInfo{
			ClassID: c.ID, ParentID: c.ParentID, Name: c.Name, ClassName: c.Name, Level: uint64(c.Level),
			SubClassIDSet: append([]int64{}, c.Below...),
		}
	}
	return out, nil
}

func (a *API) modifyClass(ctx context.Context, _ *Caller, q *ModifyClassRequest) (*None, error) {
	return &None{}, a.Classes.Rename(ctx, signed(q.SubAppID), signed(q.ClassID), q.ClassName)
}

func (a *API) deleteClass(ctx context.Context, _ *Caller, q *DeleteClassRequest) (*None, error) {
	return &None{}, a.Classes.Delete(ctx, signed(q.SubAppID), q.ClassID)
}

// label writes names and paths of classes into what is shown of assets.
func (a *API) label(ctx context.Context, assets []vod.Asset, shown []MediaInfo) error {
	blocks := make([]*MediaBasicInfo, len(shown))
	for i := range shown {
		blocks[i] = shown[i].BasicInfo
	}
	return label(ctx, a.Classes, assets, blocks...)
}

// label writes names and paths of classes into the blocks of assets that are there.
func label(ctx context.Context, classes *vod.Classes, assets []vod.Asset, blocks ...*MediaBasicInfo) error {
	if classes == nil {
		return nil
	}
	labels, err := classes.Labels(ctx, assets)
	if err != nil {
		return err
	}
	for i, b := range blocks {
		if b != nil {
			l := labels[[2]int64{assets[i].SubAppID, assets[i].ClassID}]
			b.ClassName, b.ClassPath = l.Name, l.Path
		}
	}
	return nil
}
