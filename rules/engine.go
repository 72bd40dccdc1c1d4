package rules

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/vod"
)

// causeRule is the kind of cause of everything that a rule records.
const causeRule = "rule"

// formatHLS is the format that takes no RecordInterval.
const formatHLS = "hls"

// formatMP4 is, beside HLS, the format whose files wait for a re-push.
const formatMP4 = "mp4"

// Engine starts what the rules ask for and catalogues what comes of it.
type Engine struct {
	Service *Service
	// Record starts a recording of a stream. It must not touch the disk before it returns.
	Record func(recorder.Spec, *stream.Stream) error
	// Supersede is told, before Record is called for a stream, what the rules ask for: files of earlier sessions of it that wait for
	// something else are finished. May be nil.
	Supersede func(key media.StreamKey, causeKind string, specs []recorder.Spec)
	// MP4Splice is how long MP4 files wait for a re-push whose template says nothing of it.
	MP4Splice time.Duration
	Log       *slog.Logger
}

// Attach starts the recordings of a new stream. It is the Hub's Attach: it runs on the publisher's goroutine before the
// first unit, asks the snapshot in memory once, and waits for nothing.
func (e *Engine) Attach(s *stream.Stream) {
	log := e.Log.With("stream", s.Key().String(), "session", s.ID)
	found := e.Service.Snapshot().Explain(s.Key())
	if len(found) == 0 {
		log.Info("stream not recorded", "reason", "no rule applies")
		e.supersede(s, nil)
		return
	}
	won := found[0]
	log = log.With("rule", won.RuleKey.String(), "template", won.TemplateID, "template_name", won.Template.Name,
		"shadowed", len(found)-1)
	if !won.Records {
		log.Info("stream not recorded", "reason", "the template has no format")
		e.supersede(s, nil)
		return
	}
	formats := won.Template.Formats()
	names := slices.Sorted(maps.Keys(formats))
	log.Info("stream is recorded", "formats", strings.Join(names, ","))
	specs := make([]recorder.Spec, 0, len(names))
	for _, format := range names {
		spec := newSpec(s, won, format, formats[format])
		spec.FlowContinueDuration = flowContinue(&won.Template, format, e.MP4Splice)
		specs = append(specs, spec)
	}
	e.supersede(s, specs)
	for _, spec := range specs {
		if err := e.Record(spec, s); err != nil {
			log.Error("recording not started", "format", spec.Format, "error", err)
		}
	}
}

func (e *Engine) supersede(s *stream.Stream, specs []recorder.Spec) {
	if e.Supersede != nil {
		e.Supersede(s.Key(), causeRule, specs)
	}
}

// flowContinue is how long a file of that format waits for a re-push; mp4 is for how long where the template says nothing of MP4.
func flowContinue(t *Template, format string, mp4 time.Duration) time.Duration {
	switch format {
	case formatHLS:
		return seconds(t.FlowContinueDuration)
	case formatMP4:
		return cmp.Or(seconds(t.Mp4.FlowContinueDuration), mp4)
	}
	return 0
}

func newSpec(s *stream.Stream, won Explained, format string, p FormatParam) recorder.Spec {
	spec := formatSpec(s.Key(), won.TemplateID, format, p)
	spec.SessionID, spec.Params = s.ID, s.Publisher.Params
	spec.Cause = recorder.Cause{Kind: causeRule, ID: won.RuleKey.String()}
	return spec
}

// formatSpec is a spec without what the session and the cause say.
func formatSpec(key media.StreamKey, template int64, format string, p FormatParam) recorder.Spec {
	return recorder.Spec{
		Key:          key,
		TemplateID:   template,
		Format:       format,
		Interval:     seconds(p.RecordInterval),
		FileName:     p.VodFileName,
		StorageTime:  seconds(p.StorageTime),
		Folder:       vod.SubAppFolder(p.VodSubAppID),
		SubAppID:     p.VodSubAppID,
		ClassID:      p.ClassID,
		StorageClass: storageClass(p.StorageMode),
		Procedure:    p.Procedure,
	}
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

func storageClass(mode string) string {
	if mode == modeCold {
		return vod.StorageClassIA
	}
	return vod.StorageClassStandard
}

// Begun puts a file into the catalogue that is being recorded and can be played so far. It does nothing if the file is known
// already: it may come after Finished or Gone.
func (e *Engine) Begun(ctx context.Context, f recorder.File) error {
	a := newAsset(f, now())
	a.Status = vod.StatusRecording
	// What is only true of a finished file, or would soon not be true any more.
	a.ExpireTime, a.Reason, a.Recovered = time.Time{}, "", false
	if a.End.Before(a.Start) {
		a.End = a.Start
	}
	for i := range a.Tracks {
		a.Tracks[i].Units, a.Tracks[i].Bytes = 0, 0
	}
	if err := e.Service.findPlace(ctx, &a, true, e.Log); err != nil {
		return err
	}
	if err := e.Service.Store.AddRecording(ctx, a); err != nil {
		return fmt.Errorf("add file %s, which is being recorded, to the catalogue: %w", a.ID, err)
	}
	e.Log.Debug("file can be played", "file_id", a.ID.String(), "name", a.Name, "container", a.Container,
		"stream", f.Spec.Key.String(), "url", vod.PlayPath(a))
	return nil
}

// Gone takes a file out of the catalogue that came to nothing while it was recorded. It does nothing to one that was finished. It
// may be called again, and for a file that Begun was never called for.
func (e *Engine) Gone(ctx context.Context, id int64) error {
	if err := e.Service.Store.RemoveRecordings(ctx, []vod.FileID{vod.FileID(id)}); err != nil {
		return fmt.Errorf("take file %d, which came to nothing, out of the catalogue: %w", id, err)
	}
	return nil
}

// Forget takes the files out of the catalogue that are said to be recorded but are not: a crash left them, and no journal from
// which they could be finished. It returns how many there were. alive is asked for each file after the catalogue was read, and
// must know those of this run, such as by their higher IDs, as well as those of earlier runs that may still be finished. A storage
// that is out of reach may hold any of them: do not call Forget then.
func (e *Engine) Forget(ctx context.Context, alive func(vod.FileID) bool) (int, error) {
	ids, err := e.Service.Store.Recordings(ctx)
	if err != nil {
		return 0, fmt.Errorf("list the files that are being recorded: %w", err)
	}
	ids = slices.DeleteFunc(ids, alive)
	if len(ids) == 0 {
		return 0, nil
	}
	if err := e.Service.Store.RemoveRecordings(ctx, ids); err != nil {
		return 0, fmt.Errorf("take %d lost recordings out of the catalogue: %w", len(ids), err)
	}
	for _, id := range ids {
		e.Log.Warn("a file that was being recorded is lost: nothing is left to finish it from", "file_id", id.String())
	}
	return len(ids), nil
}

// Finished puts a finished file into the catalogue, in the place of what Begun added, together with its event. It may be called
// again for the same file, after a crash or an error, and then changes nothing.
func (e *Engine) Finished(ctx context.Context, f recorder.File) error {
	a := newAsset(f, now())
	if err := e.Service.findPlace(ctx, &a, false, e.Log); err != nil {
		return err
	}
	payload, err := json.Marshal(NewFileReady(a))
	if err != nil {
		return fmt.Errorf("encode the event of file %s: %w", a.ID, err)
	}
	event := Event{
		Type: EventFileReady, Domain: a.Domain, App: a.App, Stream: a.Stream, Payload: payload, At: a.CreateTime,
	}
	if err := e.Service.Store.AddFile(ctx, a, event); err != nil {
		return fmt.Errorf("add file %s to the catalogue: %w", a.ID, err)
	}
	e.Log.Info("file catalogued", "file_id", a.ID.String(), "name", a.Name, "container", a.Container, "duration", a.Duration,
		"size", a.Size, "reason", a.Reason, "recovered", a.Recovered, "stream", f.Spec.Key.String(), "url", vod.PlayPath(a))
	return nil
}

// newAsset is the catalogue's form of a file, as finished.
func newAsset(f recorder.File, at time.Time) vod.Asset {
	a := vod.Asset{
		ID:           vod.FileID(f.ID),
		Name:         f.Name,
		Container:    f.Spec.Format,
		Status:       vod.StatusNormal,
		StorageID:    f.StorageID,
		ObjectKey:    f.ObjectKey,
		PlaylistKey:  f.PlaylistKey,
		Size:         f.Size,
		Duration:     f.Summary.Duration,
		Start:        f.Start,
		End:          f.End,
		CreateTime:   at,
		UpdateTime:   at,
		Domain:       f.Spec.Key.Domain,
		App:          f.Spec.Key.App,
		Stream:       f.Spec.Key.Stream,
		SessionID:    f.Spec.SessionID,
		Params:       f.Spec.Params,
		TemplateID:   f.Spec.TemplateID,
		CauseKind:    f.Spec.Cause.Kind,
		Cause:        f.Spec.Cause.ID,
		SubAppID:     f.Spec.SubAppID,
		ClassID:      f.Spec.ClassID,
		StorageClass: f.Spec.StorageClass,
		Procedure:    f.Spec.Procedure,
		SourceType:   vod.SourceRecord,
		Reason:       string(f.Reason),
		Recovered:    f.Recovered,
	}
	if f.Spec.StorageTime > 0 {
		a.ExpireTime = f.End.Add(f.Spec.StorageTime)
	}
	for _, t := range f.Summary.Tracks {
		if t.Units == 0 && f.Reason != "" {
			continue // announced, but it never came
		}
		a.Tracks = append(a.Tracks, vod.NewTrack(t))
	}
	for _, g := range f.Gaps {
		a.Gaps = append(a.Gaps, vod.Gap(g))
	}
	return a
}
