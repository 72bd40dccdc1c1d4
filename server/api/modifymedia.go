package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"aircheck/vod"
)

// ModifyMediaRequest is the request of ModifyMediaInfo.
type ModifyMediaRequest struct {
	FileID       string                  `json:"FileId" required:"true" doc:"The file; it may still be recorded, and keeps what is changed when it is finished."`
	SubAppID     uint64                  `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	Name         string                  `json:"Name" doc:"Name: 1 to 64 characters. Default: as before. The last part of its address becomes another, and the old address goes on working."`
	Description  *string                 `json:"Description" doc:"Description: at most 128 characters; empty removes it. Default: as before."`
	ClassID      *int64                  `json:"ClassId" doc:"Class; 0 is Other. Default: as before."`
	ExpireTime   string                  `json:"ExpireTime" doc:"When it is deleted: ISO 8601, to come; 9999-12-31T23:59:59Z is never. Default: as before."`
	CoverData    string                  `json:"CoverData" doc:"Cover picture: GIF, JPEG or PNG in Base64; at most 5 MiB, 8192 pixels on a side and 9437184 in all. Default: as before."`
	AddFrames    []MediaKeyFrameDescItem `json:"AddKeyFrameDescs" doc:"Moments to be described; one that has a description gets the new one. A file has at most 100."`
	DeleteFrames []float64               `json:"DeleteKeyFrameDescs" doc:"Times of moments, in seconds, that lose their description; others are ignored."`
	ClearFrames  bool                    `json:"ClearKeyFrameDescs" doc:"1: all moments lose their description."`
	AddTags      []string                `json:"AddTags" doc:"Tags to be added, of 1 to 32 characters. A file has at most 16."`
	DeleteTags   []string                `json:"DeleteTags" doc:"Tags to be removed; those that it does not have are ignored."`
	ClearTags    bool                    `json:"ClearTags" doc:"1: all tags are removed."`
	AddSubtitles []None                  `json:"AddSubtitles" doc:"Must be empty: this server keeps no subtitles."`
}

// ModifyMediaResponse is the answer of ModifyMediaInfo.
type ModifyMediaResponse struct {
	CoverURL         string `json:"CoverUrl" doc:"Address of the new cover; empty without CoverData."`
	AddedSubtitleSet []None `json:"AddedSubtitleSet" doc:"Always without elements."`
}

// ForbidMediaRequest is the request of ForbidMediaDistribution.
type ForbidMediaRequest struct {
	FileIDs   []string `json:"FileIds" required:"true" doc:"1 to 20 files; they may still be recorded."`
	Operation string   `json:"Operation" required:"true" doc:"forbid keeps them from being played, recover lets them be played again."`
	SubAppID  uint64   `json:"SubAppId" doc:"Application. Default 0: the primary one."`
}

// ForbidMediaResponse is the answer of ForbidMediaDistribution.
type ForbidMediaResponse struct {
	NotExistFileIDSet []string `json:"NotExistFileIdSet" doc:"Those of the files that do not exist."`
}

// MediaDeleteItem is a part of a file that is to be deleted.
type MediaDeleteItem struct {
	Type       string `json:"Type" required:"true" doc:"OriginalFiles, TranscodeFiles or AdaptiveDynamicStreamingFiles. If nothing that can be played is left, the file is deleted as a whole."`
	Definition int64  `json:"Definition" doc:"Template by which they were made. Default 0: all of that type."`
}

// DeleteMediaRequest is the request of DeleteMedia.
type DeleteMediaRequest struct {
	FileID      string            `json:"FileId" required:"true" doc:"The file."`
	SubAppID    uint64            `json:"SubAppId" doc:"Application. Default 0: the primary one."`
	DeleteParts []MediaDeleteItem `json:"DeleteParts" doc:"What to delete. Absent or empty: everything."`
}

func (a *API) keepActions() []action {
	return []action{
		row("ModifyMediaInfo", versionVod, changes, "Changes what is said of a file: all that the request asks for, or nothing.", a.modifyMedia),
		row("ForbidMediaDistribution", versionVod, changes,
			"Keeps files from being played, or lets them be played again. Who is fetching one goes on.", a.forbidMedia),
	}
}

// asset returns a file of that application. vod.ErrNotFound.
func (a *API) asset(ctx context.Context, fileID string, app uint64) (vod.Asset, error) {
	id, err := vod.ParseFileID(fileID)
	if err != nil {
		return vod.Asset{}, fmt.Errorf("%w: %.40q", vod.ErrNotFound, fileID)
	}
	found, err := a.assets(ctx, []vod.FileID{id}, app)
	if err != nil {
		return vod.Asset{}, err
	}
	if len(found) == 0 {
		return vod.Asset{}, fmt.Errorf("%w: %s", vod.ErrNotFound, id)
	}
	return found[0], nil
}

func (a *API) modifyMedia(ctx context.Context, c *Caller, q *ModifyMediaRequest) (*ModifyMediaResponse, error) {
	change, err := q.change()
	if err != nil {
		return nil, err
	}
	file, err := a.asset(ctx, q.FileID, q.SubAppID)
	if err != nil {
		return nil, err
	}
	now, err := a.Catalog.Modify(ctx, file, change)
	if err != nil {
		return nil, err
	}
	out := &ModifyMediaResponse{AddedSubtitleSet: []None{}}
	if change.Cover != nil {
		out.CoverURL = c.BaseURL + a.Guard.Address(now.SubAppID, vod.CoverPath(&now))
	}
	return out, nil
}

func (q *ModifyMediaRequest) change() (vod.Change, error) {
	ch := vod.Change{
		Description: q.Description, ClassID: q.ClassID, AddTags: q.AddTags, DeleteTags: q.DeleteTags, ClearTags: q.ClearTags,
		ClearKeyFrames: q.ClearFrames,
	}
	if len(q.AddSubtitles) > 0 {
		return ch, failf(codeInvalidValue, "AddSubtitles: must be empty; this server keeps no subtitles")
	}
	if q.Name != "" {
		ch.Name = &q.Name
	}
	if q.ExpireTime != "" {
		at, err := expiry(q.ExpireTime)
		if err != nil {
			return ch, err
		}
		ch.ExpireTime = &at
	}
	for _, k := range q.AddFrames {
		at, err := offset("AddKeyFrameDescs.TimeOffset", k.TimeOffset)
		if err != nil {
			return ch, err
		}
		ch.AddKeyFrames = append(ch.AddKeyFrames, vod.KeyFrame{At: at, Content: k.Content})
	}
	for _, t := range q.DeleteFrames {
		at, err := offset("DeleteKeyFrameDescs", t)
		if err != nil {
			return ch, err
		}
		ch.DeleteKeyFrames = append(ch.DeleteKeyFrames, at)
	}
	if q.CoverData == "" {
		return ch, nil
	}
	var err error
	ch.Cover, err = picture(q.CoverData)
	return ch, err
}

// expiry reads the time at which a file is to be deleted; the zero time is never, as is none.
func expiry(text string) (time.Time, error) {
	if text == neverExpires {
		return time.Time{}, nil
	}
	at, err := momentOf("ExpireTime", text)
	if err == nil && at.Year() > 9998 {
		err = &vod.InvalidError{Field: "ExpireTime", Reason: "is too late; " + neverExpires + " is never"}
	}
	return at.UTC(), err
}

// offset reads a moment of a file, in seconds; it is kept in milliseconds.
func offset(field string, seconds float64) (time.Duration, error) {
	const longest = 1e7 // some four months
	if math.IsNaN(seconds) || seconds < 0 || seconds > longest {
		return 0, &vod.InvalidError{Field: field, Reason: fmt.Sprintf("must be 0 to %d seconds", int(longest))}
	}
	return time.Duration(math.Round(seconds*1000)) * time.Millisecond, nil
}

// picture reads Base64, with or without what it begins with in a data address. vod.ErrImage.
func picture(text string) ([]byte, error) {
	if head, rest, ok := strings.Cut(text, ","); ok && strings.HasPrefix(head, "data:") && strings.HasSuffix(head, ";base64") {
		text = rest
	}
	if base64.StdEncoding.DecodedLen(len(text)) > vod.MaxCoverBytes+1024 {
		return nil, fmt.Errorf("%w: it has more than %d bytes", vod.ErrImage, vod.MaxCoverBytes)
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: it is not Base64: %w", vod.ErrImage, err)
	}
	return data, nil
}

func (a *API) forbidMedia(ctx context.Context, _ *Caller, q *ForbidMediaRequest) (*ForbidMediaResponse, error) {
	switch {
	case len(q.FileIDs) == 0:
		return nil, failf(codeInvalid, "FileIds: is empty")
	case len(q.FileIDs) > vod.MaxGet:
		return nil, failf("InvalidParameterValue.FileIdsTooMany", "FileIds: has more than %d elements", vod.MaxGet)
	case q.Operation != "forbid" && q.Operation != "recover":
		return nil, failf("InvalidParameterValue.Operation", "Operation: %.40q must be forbid or recover", q.Operation)
	}
	found, err := a.assets(ctx, readableIDs(q.FileIDs), q.SubAppID)
	if err != nil {
		return nil, err
	}
	ids := idsOf(found)
	missing, err := a.Catalog.Forbid(ctx, ids, q.Operation == "forbid")
	if err != nil {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(id vod.FileID) bool { return slices.Contains(missing, id) })
	return &ForbidMediaResponse{NotExistFileIDSet: missingOf(q.FileIDs, ids)}, nil
}

func (a *API) deleteMedia(ctx context.Context, _ *Caller, q *DeleteMediaRequest) (*None, error) {
	file, err := a.asset(ctx, q.FileID, q.SubAppID)
	if err != nil {
		return nil, err
	}
	if len(q.DeleteParts) == 0 {
		return &None{}, a.Catalog.Delete(ctx, file.ID)
	}
	var which []vod.PartsToDelete
	for _, p := range q.DeleteParts {
		which = append(which, vod.PartsToDelete{Type: p.Type, Definition: p.Definition})
	}
	return &None{}, a.Catalog.DeleteParts(ctx, file.ID, which)
}
