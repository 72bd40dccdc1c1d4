package api

import (
	"context"
	"reflect"

	"aircheck/vod"
)

// ResourceTag is a tag.
type ResourceTag struct {
	TagKey   string `json:"TagKey" required:"true" doc:"Its key."`
	TagValue string `json:"TagValue" required:"true" doc:"Its value."`
}

// CreateSubAppRequest is the request of CreateSubAppId.
type CreateSubAppRequest struct {
	Name          string        `json:"Name" required:"true" doc:"1 to 40 characters."`
	Description   string        `json:"Description" doc:"At most 300 characters."`
	Type          string        `json:"Type" doc:"AllInOne or Professional; all are alike."`
	Mode          string        `json:"Mode" doc:"fileid (default) or fileid+path. Kept and given back; files are named by FileId in either."`
	StorageRegion string        `json:"StorageRegion" doc:"Kept and given back."`
	Tags          []ResourceTag `json:"Tags" doc:"Up to 10 tags."`
}

// CreateSubAppResponse is the answer of CreateSubAppId.
type CreateSubAppResponse struct {
	SubAppID uint64 `json:"SubAppId" doc:"The sub-application."`
}

// DescribeSubAppsRequest is the request of DescribeSubAppIds.
type DescribeSubAppsRequest struct {
	Name   string        `json:"Name" doc:"Only those of that name."`
	Tags   []ResourceTag `json:"Tags" doc:"Only those that have all these tags; one without TagValue fits with any value."`
	Offset uint64        `json:"Offset" doc:"How many to skip."`
	Limit  uint64        `json:"Limit" doc:"How many to show: 1 to 200. Default 200."`
}

// DescribeSubAppsResponse is the answer of DescribeSubAppIds.
type DescribeSubAppsResponse struct {
	SubAppIDInfoSet []SubAppInfo `json:"SubAppIdInfoSet" doc:"The applications by SubAppId. The first is the primary one, 0."`
	TotalCount      uint64       `json:"TotalCount" doc:"How many fit."`
}

// SubAppInfo is an application.
type SubAppInfo struct {
	SubAppID       uint64        `json:"SubAppId" doc:"The application."`
	SubAppIDName   string        `json:"SubAppIdName" doc:"The same as Name."`
	Name           string        `json:"Name" doc:"Its name."`
	Description    string        `json:"Description" doc:"For people."`
	CreateTime     string        `json:"CreateTime" doc:"When it was made; ISO 8601, UTC. Empty for the primary one."`
	Status         string        `json:"Status" doc:"On, Off or Destroyed."`
	Mode           string        `json:"Mode" doc:"fileid or fileid+path."`
	StorageRegions []string      `json:"StorageRegions" doc:"What StorageRegion was."`
	Tags           []ResourceTag `json:"Tags" doc:"Its tags."`
}

// ModifySubAppRequest is the request of ModifySubAppIdInfo.
type ModifySubAppRequest struct {
	SubAppID    uint64  `json:"SubAppId" required:"true" doc:"The sub-application."`
	Name        *string `json:"Name" doc:"1 to 40 characters. Absent: as it is."`
	Description *string `json:"Description" doc:"At most 300 characters. Absent: as it is."`
}

// SubAppStatusRequest is the request of ModifySubAppIdStatus.
type SubAppStatusRequest struct {
	SubAppID uint64 `json:"SubAppId" required:"true" doc:"The sub-application."`
	Status   string `json:"Status" required:"true" doc:"On, Off (nothing in it can be changed or played, and no file is added) or Destroyed (it counts as not there until it is On again; it must be without files)."`
}

func (a *API) subAppActions() []action {
	return []action{
		row("CreateSubAppId", versionVod, changes, "Makes a sub-application: a part of the catalogue with files, classes and settings of its own.", a.createSubApp),
		row("DescribeSubAppIds", versionVod, reads, "Lists the applications.", a.describeSubApps),
		row("ModifySubAppIdInfo", versionVod, changes, "Changes name or description of a sub-application.", a.modifySubApp),
		row("ModifySubAppIdStatus", versionVod, changes, "Switches a sub-application on or off, or destroys it.", a.setSubAppStatus),
	}
}

func appTags(tags []ResourceTag) []vod.AppTag {
	var out []vod.AppTag
	for _, t := range tags {
		out = append(out, vod.AppTag{Key: t.TagKey, Value: t.TagValue})
	}
	return out
}

func (a *API) createSubApp(ctx context.Context, _ *Caller, q *CreateSubAppRequest) (*CreateSubAppResponse, error) {
	mode := q.Mode
	if mode == "" {
		mode = "fileid"
	}
	id, err := a.SubApps.Create(ctx, vod.SubApp{
		Name: q.Name, Description: q.Description, Type: q.Type, Mode: mode, Region: q.StorageRegion, Tags: appTags(q.Tags),
	})
	return &CreateSubAppResponse{SubAppID: uint64(id)}, err
}

func (a *API) describeSubApps(_ context.Context, _ *Caller, q *DescribeSubAppsRequest) (*DescribeSubAppsResponse, error) {
	const most = 1 << 30 // what is too large for an int is as far as that
	page, total, err := a.SubApps.List(q.Name, appTags(q.Tags), int(min(q.Offset, most)), int(min(q.Limit, most)))
	if err != nil {
		return nil, err
	}
	out := &DescribeSubAppsResponse{TotalCount: uint64(total), SubAppIDInfoSet: make([]SubAppInfo, len(page))}
	for i, p := range page {
		out.SubAppIDInfoSet[i] = showSubApp(p)
	}
	return out, nil
}

func showSubApp(p vod.SubApp) SubAppInfo {
	info := SubAppInfo{
		SubAppID: uint64(p.ID), SubAppIDName: p.Name, Name: p.Name, Description: p.Description, Status: string(p.Status), Mode: p.Mode,
		CreateTime: optionalTime(p.CreateTime), StorageRegions: []string{}, Tags: []ResourceTag{},
	}
	if p.Region != "" {
		info.StorageRegions = append(info.StorageRegions, p.Region)
	}
	for _, t := range p.Tags {
		info.Tags = append(info.Tags, ResourceTag{TagKey: t.Key, TagValue: t.Value})
	}
	return info
}

func (a *API) modifySubApp(ctx context.Context, _ *Caller, q *ModifySubAppRequest) (*None, error) {
	return &None{}, a.SubApps.Modify(ctx, signed(q.SubAppID), q.Name, q.Description)
}

func (a *API) setSubAppStatus(ctx context.Context, _ *Caller, q *SubAppStatusRequest) (*None, error) {
	return &None{}, a.SubApps.SetStatus(ctx, signed(q.SubAppID), vod.SubAppStatus(q.Status))
}

// inSubApp makes an action of vod that names an application answer an error if that is not there, or if it is off and the action changes
// something in it. The action itself need not look.
func (a *API) inSubApp(r action) action {
	switch r.Name {
	case "ModifySubAppIdInfo", "ModifySubAppIdStatus":
		return r
	}
	field, ok := r.request.FieldByName("SubAppID")
	if r.Version != versionVod || !ok || field.Type.Kind() != reflect.Uint64 {
		return r
	}
	inner := r.invoke
	r.invoke = func(ctx context.Context, c *Caller, p params, strict bool) (any, error) {
		var q struct {
			SubAppID uint64 `json:"SubAppId"`
		}
		// What cannot be read is the action's to refuse.
		if a.SubApps != nil && p.into(&q, false) == nil {
			check := a.SubApps.Check
			if r.Mutating {
				check = a.SubApps.CheckOn
			}
			if err := check(signed(q.SubAppID)); err != nil {
				return nil, err
			}
		}
		return inner(ctx, c, p, strict)
	}
	return r
}
