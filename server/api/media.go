package api

import (
	"context"
	"fmt"
	"slices"

	"aircheck/vod"
)

// sourceRecord is the SourceType of recordings of live streams: everything this catalogue holds.
const sourceRecord = "Record"

// maxDescribe is how many files one DescribeMediaInfos may ask for.
const maxDescribe = 20

// DescribeMediaRequest is the request of DescribeMediaInfos.
type DescribeMediaRequest struct {
	FileIDs  []string `json:"FileIds" required:"true" doc:"1 to 20 files."`
	SubAppID uint64   `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	Filters  []string `json:"Filters" doc:"Blocks wanted: basicInfo, metaData. Default: all."`
}

// DescribeMediaResponse is the answer of DescribeMediaInfos.
type DescribeMediaResponse struct {
	MediaInfoSet      []MediaInfo `json:"MediaInfoSet" doc:"The files that exist, in the order asked for."`
	NotExistFileIDSet []string    `json:"NotExistFileIdSet" doc:"Those that do not."`
}

// MediaDeleteItem is a part of a file that is to be deleted.
type MediaDeleteItem struct {
	Type       string `json:"Type" required:"true" doc:"OriginalFiles; other parts are not made by this server."`
	Definition int64  `json:"Definition" doc:"Accepted and ignored."`
}

// DeleteMediaRequest is the request of DeleteMedia.
type DeleteMediaRequest struct {
	FileID      string            `json:"FileId" required:"true" doc:"The file."`
	SubAppID    uint64            `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	DeleteParts []MediaDeleteItem `json:"DeleteParts" doc:"What to delete. Absent or empty: everything."`
}

func (a *API) mediaActions() []action {
	return []action{
		row("SearchMedia", versionVod, reads,
			"Finds files. Values of one parameter are alternatives, parameters must all match; newest first unless Sort says otherwise.", a.searchMedia),
		row("DescribeMediaInfos", versionVod, reads, "Shows files.", a.describeMedia),
		row("DeleteMedia", versionVod, changes, "Deletes a file that is not being recorded any more.", a.deleteMedia),
	}
}

func (a *API) searchMedia(ctx context.Context, c *Caller, q *SearchRequest) (*SearchResponse, error) {
	filter, some, err := q.filter()
	if err != nil {
		return nil, err
	}
	if !some {
		return &SearchResponse{MediaInfoSet: []MediaInfo{}}, nil
	}
	found, err := a.Catalog.Search(ctx, filter)
	if err != nil {
		return nil, err
	}
	return &SearchResponse{
		TotalCount:   uint64(min(found.Total, vod.MaxReach)),
		MediaInfoSet: showMedia(found.Assets, blocksOf(q.Filters), c.BaseURL),
	}, nil
}

func (a *API) describeMedia(ctx context.Context, c *Caller, q *DescribeMediaRequest) (*DescribeMediaResponse, error) {
	switch {
	case len(q.FileIDs) == 0:
		return nil, failf("InvalidParameterValue.FileIdsEmpty", "FileIds: is empty")
	case len(q.FileIDs) > maxDescribe:
		return nil, failf("InvalidParameterValue.FileIdsOverLimit", "FileIds: has more than %d elements", maxDescribe)
	}
	var ids []vod.FileID
	for _, s := range q.FileIDs {
		if id, err := vod.ParseFileID(s); err == nil && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	found, err := a.assets(ctx, ids, q.SubAppID)
	if err != nil {
		return nil, err
	}
	want := blocksOf(q.Filters)
	if want.meta {
		a.wantHashes(found)
	}
	out := &DescribeMediaResponse{
		MediaInfoSet: showMedia(found, want, c.BaseURL), NotExistFileIDSet: []string{},
	}
	for _, s := range q.FileIDs {
		id, err := vod.ParseFileID(s)
		if err != nil || !slices.ContainsFunc(found, func(a vod.Asset) bool { return a.ID == id }) {
			out.NotExistFileIDSet = append(out.NotExistFileIDSet, s)
		}
	}
	return out, nil
}

// assets returns those of the files that exist in that application.
func (a *API) assets(ctx context.Context, ids []vod.FileID, app uint64) ([]vod.Asset, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := a.Catalog.Get(ctx, ids)
	return slices.DeleteFunc(found, func(a vod.Asset) bool { return a.SubAppID < 0 || uint64(a.SubAppID) != app }), err
}

func (a *API) deleteMedia(ctx context.Context, _ *Caller, q *DeleteMediaRequest) (*None, error) {
	whole := len(q.DeleteParts) == 0
	for _, p := range q.DeleteParts {
		whole = whole || p.Type == "OriginalFiles"
	}
	id, err := vod.ParseFileID(q.FileID)
	if err != nil {
		return nil, fmt.Errorf("%w: %.40q", vod.ErrNotFound, q.FileID)
	}
	found, err := a.assets(ctx, []vod.FileID{id}, q.SubAppID)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w: %s", vod.ErrNotFound, id)
	}
	if !whole {
		return &None{}, nil
	}
	return &None{}, a.Catalog.Delete(ctx, id)
}
