package vod

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// maxFindings is how many findings a report names; all are counted.
const maxFindings = 100

// ReconcileReport is what a comparison of the catalogue with its storages has found so far, or in the end.
type ReconcileReport struct {
	// Began and Ended say when; Ended is zero while it goes on.
	Began, Ended time.Time
	// Assets of the catalogue and Files of the storages were looked at.
	Assets, Files int
	// Adopted files were not in the catalogue and are now. Lost and Found assets were normal and lost so far.
	Adopted, Lost, Found int
	// Missing assets are lost, those of Lost among them. Changed ones are there, but with another size than they were catalogued with.
	Missing, Changed int
	// MissingParts are parts whose file is not there; they stay in the catalogue.
	MissingParts int
	// Pending files were left for the next time: they are too young, or a recording is not done with them.
	Pending int
	// Unreadable files have the name of a recording, but nothing in them can be played. Ignored are other files, links, and the like.
	Unreadable, Ignored int
	// Errors say what could not be compared; the first maxFindings of them.
	Errors []string
	// Findings are the first of those that are worth a look.
	Findings []Finding
}

// Finding is one thing that a comparison has found.
type Finding struct {
	// What is "adopted", "lost", "found", "changed", "unreadable" or "part_missing".
	What string
	// ID is 0 where there is no asset.
	ID             FileID
	StorageID, Key string
	// Detail is for people; may be empty.
	Detail string
}

// clone is a copy that does not change.
func (r *ReconcileReport) clone() ReconcileReport {
	out := *r
	out.Errors, out.Findings = slices.Clone(r.Errors), slices.Clone(r.Findings)
	return out
}

// find notes a finding, and logs it unless there were too many.
func (r *ReconcileReport) find(log *slog.Logger, f Finding) {
	if len(r.Findings) >= maxFindings {
		return
	}
	r.Findings = append(r.Findings, f)
	level, args := slog.LevelWarn, []any{"what", f.What, "storage", f.StorageID, "key", f.Key}
	if f.What == "adopted" || f.What == "found" {
		level = slog.LevelInfo
	}
	if f.ID != 0 {
		args = append(args, "file_id", f.ID.String())
	}
	if f.Detail != "" {
		args = append(args, "detail", f.Detail)
	}
	log.Log(context.Background(), level, "catalogue and storage differ", args...)
}

func (r *ReconcileReport) fail(err error) {
	if len(r.Errors) < maxFindings {
		r.Errors = append(r.Errors, err.Error())
	}
}
