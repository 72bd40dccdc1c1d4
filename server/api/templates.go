package api

import (
	"context"

	"aircheck/rules"
)

// RecordParam is how one format is recorded. In a request, fields that are absent keep their default or their
// present value.
type RecordParam struct {
	Enable          *int64  `json:"Enable" doc:"1 records this format, 0 does not. Default 0."`
	RecordInterval  *int64  `json:"RecordInterval" doc:"Length of a file in seconds, 60 to 7200. Default 1800. Has no meaning for HLS."`
	StorageTime     *int64  `json:"StorageTime" doc:"How long files are kept, in seconds, 0 to 129600000. Default 0: for ever."`
	VodSubAppID     *int64  `json:"VodSubAppId" doc:"Application of the catalogue that files go to. Default 0: the primary one."`
	VodFileName     *string `json:"VodFileName" doc:"Pattern of the file's name with the placeholders {StreamID}, {StartYear} to {StartMillisecond}, {EndYear} to {EndMillisecond}."`
	Procedure       *string `json:"Procedure" doc:"Task flow to be run on the file."`
	StorageMode     *string `json:"StorageMode" doc:"normal (default) or cold: the file's storage class."`
	ClassID         *int64  `json:"ClassId" doc:"Class of the catalogue that files go to. Default 0: Other."`
	CosBucketName   *string `json:"CosBucketName,omitempty" doc:"Accepted and ignored."`
	CosBucketRegion *string `json:"CosBucketRegion,omitempty" doc:"Accepted and ignored."`
	CosBucketPath   *string `json:"CosBucketPath,omitempty" doc:"Accepted and ignored."`
}

// HlsSpecialParam holds what only HLS has.
type HlsSpecialParam struct {
	FlowContinueDuration *uint64 `json:"FlowContinueDuration" doc:"How long a recording waits for a re-push that continues it, in seconds, 0 to 1800. Default 0."`
}

// Mp4SpecialParam holds what only MP4 has. The specification does not know it.
type Mp4SpecialParam struct {
	FlowContinueDuration *uint64 `json:"FlowContinueDuration" doc:"How long a file waits for a re-push that continues it, in seconds, 0 to 1800. Default 0: as the server is configured."`
}

// FlvSpecialParam holds what only FLV has.
type FlvSpecialParam struct {
	UploadInRecording *bool `json:"UploadInRecording" doc:"Stored and given back."`
}

// templateFields are the fields that creating and modifying have in common.
type templateFields struct {
	TemplateName    *string
	Description     *string
	FlvParam        *RecordParam
	HlsParam        *RecordParam
	Mp4Param        *RecordParam
	AacParam        *RecordParam
	Mp3Param        *RecordParam
	IsDelayLive     *int64
	HlsSpecialParam *HlsSpecialParam
	Mp4SpecialParam *Mp4SpecialParam
	RemoveWatermark *bool
	FlvSpecialParam *FlvSpecialParam
}

// CreateTemplateRequest is the request of CreateLiveRecordTemplate.
type CreateTemplateRequest struct {
	TemplateName    *string          `json:"TemplateName" required:"true" doc:"Name of the template."`
	Description     *string          `json:"Description" doc:"For people."`
	FlvParam        *RecordParam     `json:"FlvParam" doc:"FLV files."`
	HlsParam        *RecordParam     `json:"HlsParam" doc:"HLS playlists."`
	Mp4Param        *RecordParam     `json:"Mp4Param" doc:"MP4 files."`
	AacParam        *RecordParam     `json:"AacParam" doc:"AAC files: sound only."`
	Mp3Param        *RecordParam     `json:"Mp3Param" doc:"MP3 files: sound only."`
	IsDelayLive     *int64           `json:"IsDelayLive" doc:"0 (default) or 1. Stored and given back."`
	HlsSpecialParam *HlsSpecialParam `json:"HlsSpecialParam" doc:"What only HLS has."`
	Mp4SpecialParam *Mp4SpecialParam `json:"Mp4SpecialParam" doc:"What only MP4 has. An extension of this server."`
	RemoveWatermark *bool            `json:"RemoveWatermark" doc:"Stored and given back."`
	FlvSpecialParam *FlvSpecialParam `json:"FlvSpecialParam" doc:"What only FLV has."`
	CosStore        *int64           `json:"CosStore" doc:"0: files go to the catalogue. Nothing else is possible."`
}

// CreateTemplateResponse is the answer of CreateLiveRecordTemplate.
type CreateTemplateResponse struct {
	TemplateID int64 `json:"TemplateId" doc:"Number of the new template."`
}

// ModifyTemplateRequest is the request of ModifyLiveRecordTemplate.
type ModifyTemplateRequest struct {
	TemplateID      int64            `json:"TemplateId" required:"true" doc:"Number of the template."`
	TemplateName    *string          `json:"TemplateName" doc:"Name of the template."`
	Description     *string          `json:"Description" doc:"For people."`
	FlvParam        *RecordParam     `json:"FlvParam" doc:"FLV files."`
	HlsParam        *RecordParam     `json:"HlsParam" doc:"HLS playlists."`
	Mp4Param        *RecordParam     `json:"Mp4Param" doc:"MP4 files."`
	AacParam        *RecordParam     `json:"AacParam" doc:"AAC files: sound only."`
	Mp3Param        *RecordParam     `json:"Mp3Param" doc:"MP3 files: sound only."`
	HlsSpecialParam *HlsSpecialParam `json:"HlsSpecialParam" doc:"What only HLS has."`
	Mp4SpecialParam *Mp4SpecialParam `json:"Mp4SpecialParam" doc:"What only MP4 has. An extension of this server."`
	RemoveWatermark *bool            `json:"RemoveWatermark" doc:"Stored and given back."`
	FlvSpecialParam *FlvSpecialParam `json:"FlvSpecialParam" doc:"What only FLV has."`
	CosStore        *int64           `json:"CosStore" doc:"0: files go to the catalogue. Nothing else is possible."`
}

// TemplateIDRequest names a template.
type TemplateIDRequest struct {
	TemplateID int64 `json:"TemplateId" required:"true" doc:"Number of the template."`
}

// RecordTemplateInfo is a template as it is shown.
type RecordTemplateInfo struct {
	TemplateID      int64            `json:"TemplateId" doc:"Number of the template."`
	TemplateName    string           `json:"TemplateName" doc:"Name of the template."`
	Description     string           `json:"Description" doc:"For people."`
	FlvParam        RecordParam      `json:"FlvParam" doc:"FLV files."`
	HlsParam        RecordParam      `json:"HlsParam" doc:"HLS playlists."`
	Mp4Param        RecordParam      `json:"Mp4Param" doc:"MP4 files."`
	AacParam        RecordParam      `json:"AacParam" doc:"AAC files."`
	Mp3Param        RecordParam      `json:"Mp3Param" doc:"MP3 files."`
	IsDelayLive     int64            `json:"IsDelayLive" doc:"As it was set."`
	HlsSpecialParam HlsSpecialParam  `json:"HlsSpecialParam" doc:"What only HLS has."`
	Mp4SpecialParam *Mp4SpecialParam `json:"Mp4SpecialParam,omitempty" doc:"What only MP4 has, if it was set. An extension of this server."`
	RemoveWatermark bool             `json:"RemoveWatermark" doc:"As it was set."`
	FlvSpecialParam FlvSpecialParam  `json:"FlvSpecialParam" doc:"What only FLV has."`
	CosStore        int64            `json:"CosStore" doc:"Always 0."`
}

// TemplateResponse is the answer of DescribeLiveRecordTemplate.
type TemplateResponse struct {
	Template RecordTemplateInfo `json:"Template" doc:"The template."`
}

// TemplatesRequest is the request of DescribeLiveRecordTemplates.
type TemplatesRequest struct {
	IsDelayLive int64 `json:"IsDelayLive" doc:"0 (default) or 1: lists the templates stored with that value."`
}

// TemplatesResponse is the answer of DescribeLiveRecordTemplates.
type TemplatesResponse struct {
	Templates []RecordTemplateInfo `json:"Templates" doc:"All templates by number."`
}

func (a *API) templateActions() []action {
	return []action{
		row("CreateLiveRecordTemplate", versionLive, changes,
			"Creates a recording template. One without any enabled format means \"do not record\".", a.createTemplate),
		row("ModifyLiveRecordTemplate", versionLive, changes,
			"Changes a recording template; what is absent stays as it is. Recordings under way are not touched.", a.modifyTemplate),
		row("DeleteLiveRecordTemplate", versionLive, changes,
			"Deletes a recording template that no rule is bound to.", a.deleteTemplate),
		row("DescribeLiveRecordTemplate", versionLive, reads, "Shows one recording template.", a.describeTemplate),
		row("DescribeLiveRecordTemplates", versionLive, reads, "Lists the recording templates.", a.describeTemplates),
	}
}

func (a *API) createTemplate(ctx context.Context, _ *Caller, q *CreateTemplateRequest) (*CreateTemplateResponse, error) {
	if err := checkCosStore(q.CosStore); err != nil {
		return nil, err
	}
	var t rules.Template
	err := templateFields{
		TemplateName: q.TemplateName, Description: q.Description, FlvParam: q.FlvParam, HlsParam: q.HlsParam,
		Mp4Param: q.Mp4Param, AacParam: q.AacParam, Mp3Param: q.Mp3Param, IsDelayLive: q.IsDelayLive,
		HlsSpecialParam: q.HlsSpecialParam, Mp4SpecialParam: q.Mp4SpecialParam, RemoveWatermark: q.RemoveWatermark, FlvSpecialParam: q.FlvSpecialParam,
	}.apply(&t)
	if err != nil {
		return nil, err
	}
	id, err := a.Rules.CreateTemplate(ctx, t)
	if err != nil {
		return nil, err
	}
	return &CreateTemplateResponse{TemplateID: id}, nil
}

func (a *API) modifyTemplate(ctx context.Context, _ *Caller, q *ModifyTemplateRequest) (*None, error) {
	if err := checkCosStore(q.CosStore); err != nil {
		return nil, err
	}
	fields := templateFields{
		TemplateName: q.TemplateName, Description: q.Description, FlvParam: q.FlvParam, HlsParam: q.HlsParam,
		Mp4Param: q.Mp4Param, AacParam: q.AacParam, Mp3Param: q.Mp3Param,
		HlsSpecialParam: q.HlsSpecialParam, Mp4SpecialParam: q.Mp4SpecialParam, RemoveWatermark: q.RemoveWatermark, FlvSpecialParam: q.FlvSpecialParam,
	}
	return &None{}, a.Rules.ModifyTemplate(ctx, q.TemplateID, fields.apply)
}

func (a *API) deleteTemplate(ctx context.Context, _ *Caller, q *TemplateIDRequest) (*None, error) {
	return &None{}, a.Rules.DeleteTemplate(ctx, q.TemplateID)
}

func (a *API) describeTemplate(ctx context.Context, _ *Caller, q *TemplateIDRequest) (*TemplateResponse, error) {
	t, err := a.Rules.Template(ctx, q.TemplateID)
	if err != nil {
		return nil, err
	}
	return &TemplateResponse{Template: showTemplate(t)}, nil
}

func (a *API) describeTemplates(ctx context.Context, _ *Caller, q *TemplatesRequest) (*TemplatesResponse, error) {
	all, err := a.Rules.Templates(ctx)
	if err != nil {
		return nil, err
	}
	out := &TemplatesResponse{Templates: make([]RecordTemplateInfo, 0, len(all))}
	for _, t := range all {
		if number(t.IsDelayLive) == q.IsDelayLive {
			out.Templates = append(out.Templates, showTemplate(t))
		}
	}
	return out, nil
}

func checkCosStore(v *int64) error {
	if v != nil && *v != 0 {
		return failf(codeInvalidValue, "CosStore: is not 0; files go to the catalogue")
	}
	return nil
}

// apply writes what is not absent.
func (f templateFields) apply(t *rules.Template) error {
	assign(&t.Name, f.TemplateName)
	assign(&t.Description, f.Description)
	assign(&t.RemoveWatermark, f.RemoveWatermark)
	if err := assignFlag("IsDelayLive", &t.IsDelayLive, f.IsDelayLive); err != nil {
		return err
	}
	for _, p := range []struct {
		name string
		to   *rules.FormatParam
		from *RecordParam
	}{
		{"FlvParam", &t.Flv, f.FlvParam},
		{"HlsParam", &t.Hls, f.HlsParam},
		{"Mp4Param", &t.Mp4, f.Mp4Param},
		{"AacParam", &t.Aac, f.AacParam},
		{"Mp3Param", &t.Mp3, f.Mp3Param},
	} {
		if err := p.from.apply(p.name, p.to); err != nil {
			return err
		}
	}
	if f.FlvSpecialParam != nil {
		assign(&t.FlvUploadInRecording, f.FlvSpecialParam.UploadInRecording)
	}
	if f.HlsSpecialParam != nil && f.HlsSpecialParam.FlowContinueDuration != nil {
		// More seconds than can be counted are as wrong as one too many.
		t.FlowContinueDuration = int64(min(*f.HlsSpecialParam.FlowContinueDuration, rules.MaxFlowContinueDuration+1))
	}
	if f.Mp4SpecialParam != nil && f.Mp4SpecialParam.FlowContinueDuration != nil {
		t.Mp4.FlowContinueDuration = int64(min(*f.Mp4SpecialParam.FlowContinueDuration, rules.MaxFlowContinueDuration+1))
	}
	return nil
}

func (p *RecordParam) apply(name string, to *rules.FormatParam) error {
	if p == nil {
		return nil
	}
	if err := assignFlag(name+".Enable", &to.Enable, p.Enable); err != nil {
		return err
	}
	assign(&to.RecordInterval, p.RecordInterval)
	assign(&to.StorageTime, p.StorageTime)
	assign(&to.VodSubAppID, p.VodSubAppID)
	assign(&to.VodFileName, p.VodFileName)
	assign(&to.Procedure, p.Procedure)
	assign(&to.StorageMode, p.StorageMode)
	assign(&to.ClassID, p.ClassID)
	return nil
}

func assign[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func assignFlag(name string, to *bool, from *int64) error {
	if from == nil {
		return nil
	}
	if *from != 0 && *from != 1 {
		return failf(codeInvalidValue, "%s: %d is neither 0 nor 1", name, *from)
	}
	*to = *from == 1
	return nil
}

func showTemplate(t rules.Template) RecordTemplateInfo {
	info := RecordTemplateInfo{
		TemplateID: t.ID, TemplateName: t.Name, Description: t.Description,
		FlvParam: showParam(t.Flv), HlsParam: showParam(t.Hls), Mp4Param: showParam(t.Mp4),
		AacParam: showParam(t.Aac), Mp3Param: showParam(t.Mp3),
		IsDelayLive: number(t.IsDelayLive), RemoveWatermark: t.RemoveWatermark,
		HlsSpecialParam: HlsSpecialParam{FlowContinueDuration: new(uint64(t.FlowContinueDuration))},
		FlvSpecialParam: FlvSpecialParam{UploadInRecording: &t.FlvUploadInRecording},
	}
	if d := t.Mp4.FlowContinueDuration; d > 0 {
		info.Mp4SpecialParam = &Mp4SpecialParam{FlowContinueDuration: new(uint64(d))}
	}
	return info
}

func showParam(p rules.FormatParam) RecordParam {
	return RecordParam{
		Enable: new(number(p.Enable)), RecordInterval: &p.RecordInterval, StorageTime: &p.StorageTime,
		VodSubAppID: &p.VodSubAppID, VodFileName: &p.VodFileName, Procedure: &p.Procedure,
		StorageMode: &p.StorageMode, ClassID: &p.ClassID,
	}
}
