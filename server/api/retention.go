package api

import (
	"context"
	"slices"
	"time"

	"aircheck/vod"
)

// SetMediaHoldRequest is the request of SetMediaHold.
type SetMediaHoldRequest struct {
	FileIDs  []string `json:"FileIds" required:"true" doc:"1 to 20 files; they may still be recorded."`
	Hold     bool     `json:"Hold" required:"true" doc:"true holds them, false lets them go."`
	Reason   string   `json:"Reason" doc:"Why, for people; at most 128 characters. RecordInfo shows it."`
	SubAppID uint64   `json:"SubAppId" doc:"Application. Default 0: the primary one."`
}

// SetMediaHoldResponse is the answer of SetMediaHold.
type SetMediaHoldResponse struct {
	NotExistFileIDSet []string `json:"NotExistFileIdSet" doc:"Those of the files that do not exist."`
}

// DescribeReconcileReportResponse is the answer of DescribeReconcileReport.
type DescribeReconcileReportResponse struct {
	State  string           `json:"State" doc:"None: nothing has been compared since the server started; Running; Done."`
	Report *ReconcileReport `json:"Report" doc:"What was found, while it is Running so far; null with None."`
}

// ReconcileReport is what a comparison of the catalogue with the storages has found.
type ReconcileReport struct {
	BeginTime    string             `json:"BeginTime" doc:"When it began; ISO 8601, UTC."`
	EndTime      string             `json:"EndTime" doc:"When it ended; empty while it is running."`
	Assets       int64              `json:"Assets" doc:"Finished files of the catalogue that were looked for."`
	Files        int64              `json:"Files" doc:"Recordings in the storages that were looked up."`
	Adopted      int64              `json:"Adopted" doc:"Files that were not in the catalogue, and are now."`
	Lost         int64              `json:"Lost" doc:"Files that have become Lost."`
	Found        int64              `json:"Found" doc:"Files that were Lost, and are Normal again."`
	Missing      int64              `json:"Missing" doc:"Files of the catalogue that are not where they should be, those of Lost among them."`
	MissingParts int64              `json:"MissingParts" doc:"Files made of others, such as covers, that are not where they should be."`
	Changed      int64              `json:"Changed" doc:"Files whose size is not what it was when they were catalogued."`
	Pending      int64              `json:"Pending" doc:"Files left for the next time: too young, or not done with by a recording."`
	Unreadable   int64              `json:"Unreadable" doc:"Files with the name of a recording in which nothing can be played."`
	Ignored      int64              `json:"Ignored" doc:"Other files, links and the like."`
	ErrorSet     []string           `json:"ErrorSet" doc:"What could not be compared; the first 100."`
	FindingSet   []ReconcileFinding `json:"FindingSet" doc:"What is worth a look; the first 100."`
}

// ReconcileFinding is one thing that a comparison has found.
type ReconcileFinding struct {
	What      string `json:"What" doc:"adopted, lost, found, changed, unreadable or part_missing."`
	FileID    string `json:"FileId" doc:"The file; empty if it is not in the catalogue."`
	StorageID string `json:"StorageId" doc:"Its storage."`
	Path      string `json:"Path" doc:"Path of the file inside its storage folder."`
	Detail    string `json:"Detail" doc:"For people; may be empty."`
}

func (a *API) retentionActions() []action {
	return []action{
		row("SetMediaHold", versionVod, changes,
			"Holds files, or lets them go: a held file is not deleted, whether on request, because it has expired, or to make room. An addition of this server.",
			a.setMediaHold),
		row("DescribeReconcileReport", versionVod, reads,
			"Shows what the last comparison of the catalogue with the storages has found, or the one that is running. An addition of this server.",
			a.describeReconcile),
		row("ReconcileMedia", versionVod, changes,
			"Starts a comparison of the catalogue with the storages, and does not wait for it. An addition of this server.", a.reconcile),
	}
}

func (a *API) setMediaHold(ctx context.Context, c *Caller, q *SetMediaHoldRequest) (*SetMediaHoldResponse, error) {
	if err := someFiles(q.FileIDs); err != nil {
		return nil, err
	}
	found, err := a.assets(ctx, readableIDs(q.FileIDs), q.SubAppID)
	if err != nil {
		return nil, err
	}
	ids := idsOf(found)
	missing, err := a.Catalog.Hold(ctx, ids, q.Hold, q.Reason, c.SecretID)
	if err != nil {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(id vod.FileID) bool { return slices.Contains(missing, id) })
	return &SetMediaHoldResponse{NotExistFileIDSet: missingOf(q.FileIDs, ids)}, nil
}

func (a *API) describeReconcile(context.Context, *Caller, *None) (*DescribeReconcileReportResponse, error) {
	if a.Reconciler == nil {
		return &DescribeReconcileReportResponse{State: "None"}, nil
	}
	r, ok := a.Reconciler.Report()
	switch {
	case !ok:
		return &DescribeReconcileReportResponse{State: "None"}, nil
	case r.Ended.IsZero():
		return &DescribeReconcileReportResponse{State: "Running", Report: showReconcile(r)}, nil
	}
	return &DescribeReconcileReportResponse{State: "Done", Report: showReconcile(r)}, nil
}

func showReconcile(r vod.ReconcileReport) *ReconcileReport {
	out := &ReconcileReport{
		BeginTime: utcTime(r.Began), EndTime: optionalTime(r.Ended), Assets: int64(r.Assets), Files: int64(r.Files),
		Adopted: int64(r.Adopted), Lost: int64(r.Lost), Found: int64(r.Found), Missing: int64(r.Missing), MissingParts: int64(r.MissingParts), Changed: int64(r.Changed),
		Pending: int64(r.Pending), Unreadable: int64(r.Unreadable), Ignored: int64(r.Ignored),
		ErrorSet: append([]string{}, r.Errors...), FindingSet: []ReconcileFinding{},
	}
	for _, f := range r.Findings {
		id := ""
		if f.ID != 0 {
			id = f.ID.String()
		}
		out.FindingSet = append(out.FindingSet, ReconcileFinding{
			What: f.What, FileID: id, StorageID: f.StorageID, Path: f.Key, Detail: f.Detail,
		})
	}
	return out
}

// optionalTime is utcTime, and empty for no time.
func optionalTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return utcTime(t)
}

func (a *API) reconcile(context.Context, *Caller, *None) (*None, error) {
	if a.Reconciler == nil {
		return nil, failf("FailedOperation", "this server does not compare its catalogue with its storages")
	}
	a.Reconciler.Kick()
	return &None{}, nil
}
