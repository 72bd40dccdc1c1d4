package api

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"aircheck/ingest/media"
	"aircheck/vod"
	"aircheck/vod/compose"
)

// How long SpliceRecordings waits.
const (
	spliceWait    = 15.0
	maxSpliceWait = 25.0
)

func (a *API) spliceRecordings(ctx context.Context, c *Caller, q *SpliceRecordingsRequest) (*SpliceRecordingsResponse, error) {
	service, err := a.composing()
	if err != nil {
		return nil, err
	}
	wait := spliceWait
	if q.Wait != nil {
		wait = *q.Wait
	}
	if !(wait >= 0 && wait <= maxSpliceWait) { // also what is no number
		return nil, &vod.InvalidError{Field: "Wait", Reason: fmt.Sprintf("must be from 0 to %v seconds", maxSpliceWait)}
	}
	for i, text := range q.FileIDs {
		if reason := a.foreign(c, text); reason != "" {
			return nil, badElement("FileIds", i, len(q.FileIDs), reason)
		}
	}
	splice, err := a.spliceOf(q)
	if err != nil {
		return nil, err
	}
	found, err := service.Splice(ctx, *splice)
	if err != nil {
		return nil, err
	}
	out := showSplice(found)
	if q.DryRun {
		return out, nil
	}
	made, err := a.await(ctx, service, splice.SubAppID, out.TaskID, time.Duration(wait*float64(time.Second)))
	if made == nil || err != nil {
		return out, err
	}
	out.FileID, out.Method = made.FileID, made.Method
	f, err := a.Views(c.BaseURL).asset(ctx, made.FileID)
	if f != nil {
		out.URL = c.BaseURL + a.Guard.PlayPath(*f)
	}
	return out, err
}

func (a *API) spliceOf(q *SpliceRecordingsRequest) (*compose.Splice, error) {
	s := &compose.Splice{
		SubAppID: signed(q.SubAppID), Domain: a.domainOf(q.DomainName), App: cmp.Or(q.AppName, media.DefaultApp), Stream: q.StreamName, Plan: q.DryRun,
		New: compose.New{
			Name: q.FileName, Description: q.Description, ClassID: q.ClassID, Procedure: q.Procedure, SourceContext: q.SourceContext,
			SessionID: q.SessionID, SessionContext: q.SessionContext, Container: q.OutputMediaType,
		},
	}
	for i, text := range q.FileIDs {
		id, err := compose.SourceOf("FileIds", text)
		if err != nil {
			return nil, badElement("FileIds", i, len(q.FileIDs), fmt.Sprintf("%.40q is neither a FileId nor a play address of this server", text))
		}
		s.FileIDs = append(s.FileIDs, id)
	}
	var err error
	if s.New.Precise, err = isPrecise(q.Precision); err != nil {
		return nil, err
	}
	if s.Start, err = momentOf("StartTime", q.StartTime); err != nil {
		return nil, err
	}
	if s.End, err = momentOf("EndTime", q.EndTime); err != nil {
		return nil, err
	}
	s.New.ExpireTime, err = expiry(q.ExpireTime)
	return s, err
}

func showSplice(s *compose.Spliced) *SpliceRecordingsResponse {
	const exact = "2006-01-02T15:04:05.000Z"
	out := &SpliceRecordingsResponse{TaskID: s.TaskID, GapSet: []SpliceGap{}}
	pieces := func(some []compose.SplicedPiece) []SplicePiece {
		set := make([]SplicePiece, 0, len(some))
		for _, p := range some {
			set = append(set, SplicePiece{FileID: p.FileID.String(), StartTime: p.Start.UTC().Format(exact), EndTime: p.End.UTC().Format(exact)})
		}
		return set
	}
	out.PieceSet = pieces(s.Pieces)
	for _, g := range s.Gaps {
		out.GapSet = append(out.GapSet, SpliceGap{
			StartTime: g.Start.UTC().Format(exact), EndTime: g.End.UTC().Format(exact), Duration: float64(g.End.Sub(g.Start).Milliseconds()) / 1000, Reason: g.Reason,
			OtherSet: pieces(g.Others),
		})
	}
	return out
}
