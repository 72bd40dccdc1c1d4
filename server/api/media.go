package api

import (
	"context"
	"slices"

	"aircheck/vod"
)

// DescribeMediaRequest is the request of DescribeMediaInfos.
type DescribeMediaRequest struct {
	FileIDs  []string `json:"FileIds" required:"true" doc:"1 to 20 files."`
	SubAppID uint64   `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	Filters  []string `json:"Filters" doc:"Blocks wanted: basicInfo, metaData, transcodeInfo, animatedGraphicsInfo, imageSpriteInfo, snapshotByTimeOffsetInfo, sampleSnapshotInfo, keyFrameDescInfo, adaptiveDynamicStreamingInfo. Default: all."`
}

// DescribeMediaResponse is the answer of DescribeMediaInfos.
type DescribeMediaResponse struct {
	MediaInfoSet      []MediaInfo `json:"MediaInfoSet" doc:"The files that exist, in the order asked for."`
	NotExistFileIDSet []string    `json:"NotExistFileIdSet" doc:"Those that do not."`
}

func (a *API) mediaActions() []action {
	return []action{
		row("SearchMedia", versionVod, reads,
			"Finds files. Values of one parameter are alternatives, parameters must all match; newest first unless Sort says otherwise.", a.searchMedia),
		row("DescribeMediaInfos", versionVod, reads, "Shows files.", a.describeMedia),
		row("DeleteMedia", versionVod, changes, "Deletes a file that is not being recorded any more, or parts of it.", a.deleteMedia),
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
	shown, err := a.showMedia(ctx, found.Assets, blocksOf(q.Filters), c.BaseURL)
	if err != nil {
		return nil, err
	}
	return &SearchResponse{TotalCount: uint64(min(found.Total, vod.MaxReach)), MediaInfoSet: shown}, a.label(ctx, found.Assets, shown)
}

func (a *API) describeMedia(ctx context.Context, c *Caller, q *DescribeMediaRequest) (*DescribeMediaResponse, error) {
	if err := someFiles(q.FileIDs); err != nil {
		return nil, err
	}
	found, err := a.assets(ctx, readableIDs(q.FileIDs), q.SubAppID)
	if err != nil {
		return nil, err
	}
	want := blocksOf(q.Filters)
	if want.meta {
		a.wantHashes(found)
	}
	shown, err := a.showMedia(ctx, found, want, c.BaseURL)
	if err != nil {
		return nil, err
	}
	out := &DescribeMediaResponse{MediaInfoSet: shown, NotExistFileIDSet: missingOf(q.FileIDs, idsOf(found))}
	return out, a.label(ctx, found, out.MediaInfoSet)
}

// someFiles checks how many files a request names.
func someFiles(texts []string) error {
	switch {
	case len(texts) == 0:
		return failf("InvalidParameterValue.FileIdsEmpty", "FileIds: is empty")
	case len(texts) > vod.MaxGet:
		return failf("InvalidParameterValue.FileIdsOverLimit", "FileIds: has more than %d elements", vod.MaxGet)
	}
	return nil
}

// readableIDs are those of the texts that are FileIds, each once. What is none is no file.
func readableIDs(texts []string) (ids []vod.FileID) {
	for _, s := range texts {
		if id, err := vod.ParseFileID(s); err == nil && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// missingOf are those of the texts that are no FileId of there.
func missingOf(texts []string, there []vod.FileID) []string {
	out := []string{}
	for _, s := range texts {
		if id, err := vod.ParseFileID(s); err != nil || !slices.Contains(there, id) {
			out = append(out, s)
		}
	}
	return out
}

func idsOf(assets []vod.Asset) (ids []vod.FileID) {
	for i := range assets {
		ids = append(ids, assets[i].ID)
	}
	return ids
}

// assets returns those of the files that exist in that application.
func (a *API) assets(ctx context.Context, ids []vod.FileID, app uint64) ([]vod.Asset, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := a.Catalog.Get(ctx, ids)
	return slices.DeleteFunc(found, func(a vod.Asset) bool { return a.SubAppID < 0 || uint64(a.SubAppID) != app }), err
}
