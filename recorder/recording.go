package recorder

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder/container"
)

// whySlow is the reason of a gap where units came faster than they could be written.
const whySlow = "the disk was too slow"

// recording records one stream into one format. All but attach and snapshot belongs to the writer goroutine.
type recording struct {
	m      *Manager
	spec   Spec
	format container.Format
	stream *stream.Stream
	log    *slog.Logger

	reader   *stream.Reader
	attached atomic.Bool
	queued   bool // guarded by Manager.readyMu

	now     time.Time // of the round
	seg     *segmenter
	outputs map[*part]*output
	// pausing is the file of a part that has ended, if the next part may go on in it.
	pausing *output
	// carried remembers by ID which tracks the format can carry, refused the kinds of those that it cannot.
	carried map[int]carried
	refused map[media.Kind]bool
	// failed ends the files of this round, and interrupted is then what to tell of it; until retry nothing is written after it.
	failed      error
	interrupted string
	retry       time.Time
	changes     budget
	// lost counts all that was lost, missed what will be told to the next file.
	lost, missed stream.Lost

	mu     sync.Mutex
	status Status
}

type carried struct {
	track *media.Track
	ok    bool
}

func newRecording(m *Manager, spec Spec, f container.Format, s *stream.Stream) *recording {
	if _, ok := f.(container.Playlisted); ok {
		spec.Interval = 0
	}
	rec := &recording{
		m: m, spec: spec, format: f, stream: s,
		log:     m.Log.With("stream", spec.Key.String(), "session", spec.SessionID, "format", spec.Format),
		outputs: map[*part]*output{},
		carried: map[int]carried{},
		refused: map[media.Kind]bool{},
		status:  Status{Spec: spec},
	}
	rec.restart()
	return rec
}

// attach begins to collect units. What Notify says before the reader is known is made up for at the end.
func (rec *recording) attach() {
	rec.reader = rec.stream.NewReader(stream.ReaderOptions{Notify: func() {
		if rec.attached.Load() {
			rec.m.notify(rec)
		}
	}})
	rec.attached.Store(true)
	rec.m.notify(rec)
}

func (rec *recording) snapshot() Status {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.status
}

// restart begins with a new file.
func (rec *recording) restart() {
	rec.seg = newSegmenter(rec.spec.Interval, rec.expected, rec)
	rec.retry = time.Time{}
}

// expected is what the publisher promised, by metadata or by the configuration of both pictures and sound, without what the format cannot carry anyhow.
func (rec *recording) expected() stream.Expected {
	e := rec.stream.Expected()
	if !e.Known {
		for _, t := range rec.stream.Tracks() {
			e.Video = e.Video || t.Codec.Kind() == media.Video
			e.Audio = e.Audio || t.Codec.Kind() == media.Audio
		}
		e.Known = e.Video && e.Audio
	}
	e.Video = e.Video && !rec.refused[media.Video]
	e.Audio = e.Audio && !rec.refused[media.Audio]
	e.Known = e.Known || len(rec.refused) > 0
	return e
}

// round takes what has arrived and writes it.
func (rec *recording) round(now time.Time) {
	rec.now = now
	b := rec.reader.Take()
	if b.Lost.Units > 0 {
		rec.lose(b.Lost, whySlow)
	}
	for _, u := range b.Units {
		rec.add(u)
	}
	if b.End != nil {
		reason := CutStreamEnd
		if b.End.Reason == stream.EndShutdown {
			reason = CutShutdown
		}
		rec.finish(reason)
		return
	}
	rec.settle()
}

// tick looks after a recording for which nothing may have arrived.
func (rec *recording) tick(now time.Time) {
	rec.now = now
	rec.seg.tick(now)
	for _, o := range rec.outputs {
		if err := o.idle(now); err != nil {
			rec.fail(err)
		}
	}
	rec.settle()
}

// shutdown ends the recording with what has arrived so far.
func (rec *recording) shutdown(now time.Time) {
	// A loss is told with what follows it, so the second round may tell one behind the last units.
	for range 2 {
		if rec.seg != nil {
			rec.round(now)
		}
	}
	if rec.seg != nil {
		rec.finish(CutShutdown)
	}
}

// finish ends the recording.
func (rec *recording) finish(reason CutReason) {
	if rec.seg == nil {
		return
	}
	rec.reader.Close()
	rec.seg.end(reason)
	rec.settle()
	if rec.missed.Units > 0 {
		rec.log.Error("media was lost", "units", rec.missed.Units, "bytes", rec.missed.Bytes, "reason", rec.interrupted)
	}
	rec.seg = nil
	rec.m.forget(rec)
}

// add takes one unit.
func (rec *recording) add(u *media.Unit) {
	if !rec.carries(u.Track) {
		return
	}
	if !rec.retry.IsZero() {
		if !rec.resumes(u) {
			rec.missed.Units++
			rec.missed.Bytes += int64(len(u.Payload))
			return
		}
		rec.resume()
	}
	rec.seg.add(u, rec.now)
	if rec.failed != nil {
		rec.settle()
	}
}

// carries reports whether the format can carry a track. The first time it cannot, it says so.
func (rec *recording) carries(t *media.Track) bool {
	c, known := rec.carried[t.ID]
	if known && c.track == t {
		return c.ok
	}
	if rec.format.Supports(t.Codec) {
		rec.carried[t.ID] = carried{track: t, ok: true}
		return true
	}
	rec.refused[t.Codec.Kind()] = true
	if known && !c.ok && c.track.Codec.Name() == t.Codec.Name() {
		rec.carried[t.ID] = carried{track: t}
	} else {
		rec.refuse(t)
	}
	return false
}

// refuse leaves a track out until its parameters change, and says so.
func (rec *recording) refuse(t *media.Track) {
	rec.carried[t.ID] = carried{track: t}
	if single, ok := rec.format.(container.Single); ok && single.Only() != t.Codec.Kind() {
		return
	}
	rec.log.Warn("a track is left out: the format cannot carry its codec, or not beside the others; record it in another format",
		"track", t.ID, "codec", t.Codec.Name())
	rec.report("track left out: " + rec.spec.Format + " cannot carry " + t.Codec.Name())
}

// lose notes media that is missing.
func (rec *recording) lose(l stream.Lost, why string) {
	if !rec.retry.IsZero() {
		rec.miss(l.Units, l.Bytes)
		return
	}
	rec.seg.lose(l, why)
	rec.log.Error("media was lost", "units", l.Units, "bytes", l.Bytes, "reason", why)
	rec.lost.Units += l.Units
	rec.lost.Bytes += l.Bytes
}

func (rec *recording) report(err string) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.status.Err = err
}

// begin opens the file of a part.
func (rec *recording) begin(p *part) {
	if mayGoOn(p.why) && !rec.changes.take(rec.now) {
		rec.fail(errRestless)
	}
	if rec.failed != nil {
		return
	}
	rec.announced(p)
	tracks := slices.DeleteFunc(p.ordered(), func(t *media.Track) bool {
		c := rec.carried[t.ID]
		return c.track == t && !c.ok
	})
	w, tracks, err := rec.newWriter(tracks)
	if rec.goOn(p, tracks, err) {
		return
	}
	if err != nil {
		// Nothing of this part can be recorded. The next change of its tracks tries again.
		rec.log.Error("nothing is recorded: the format cannot carry the stream", "error", err)
		rec.report(err.Error())
		return
	}
	head := journalHead{
		Version: journalVersion, FileID: rec.m.ids.next(rec.now), Spec: rec.spec, Format: rec.spec.Format,
		Base: p.base, Start: p.wall.UTC().Truncate(time.Millisecond),
	}
	head.Tracks = newJournalTracks(tracks)
	o, err := openOutput(rec.m.disk, &rec.m.pool, head, w, tracks)
	if err != nil {
		rec.fail(err)
		return
	}
	rec.outputs[p] = o
	rec.m.sync.opened()
	for _, g := range p.gaps {
		rec.gap(p, g)
	}
}

// announced adds the tracks to a part that the publisher has announced but not sent anything of, so that the file need not be cut when it
// does. After a cut by the interval they have been silent for a whole file, and are not waited for.
func (rec *recording) announced(p *part) {
	if p.why == CutInterval || p.why == CutNoRandomAccess {
		return
	}
	for _, t := range rec.stream.Tracks() {
		if p.tracks[t.ID] == nil && rec.format.Supports(t.Codec) {
			p.tracks[t.ID] = t
		}
	}
}

// newWriter makes a writer for as many of the tracks as the format can carry together.
func (rec *recording) newWriter(tracks []*media.Track) (container.Writer, []*media.Track, error) {
	if len(tracks) == 0 {
		return nil, nil, fmt.Errorf("%w: no track is left", container.ErrUnsupported)
	}
	w, err := rec.format.NewWriter(tracks)
	if err == nil || !errors.Is(err, container.ErrUnsupported) {
		return w, tracks, err
	}
	w = nil
	var fit []*media.Track
	for _, t := range tracks {
		more := append(fit[:len(fit):len(fit)], t)
		next, nextErr := rec.format.NewWriter(more)
		if nextErr != nil {
			rec.refuse(t)
			continue
		}
		w, fit = next, more
	}
	if w == nil {
		return nil, nil, err
	}
	return w, fit, nil
}

// unit gives a unit to the file of a part.
func (rec *recording) unit(p *part, u *media.Unit) {
	if rec.failed != nil {
		rec.miss(1, int64(len(u.Payload)))
		return
	}
	o := rec.outputs[p]
	if o == nil {
		return
	}
	if err := o.add(u, rec.now); err != nil {
		g := Gap{At: u.Time() - p.base, Units: 1, Bytes: int64(len(u.Payload)), Reason: err.Error()}
		if !o.complained {
			o.complained = true
			rec.log.Warn("a unit could not be recorded; further ones of this file are only counted",
				"file", o.id, "track", u.Track.ID, "dts", u.DTS, "error", err)
		}
		rec.lost.Units++
		rec.lost.Bytes += g.Bytes
		rec.gap(p, g)
		return
	}
	if len(o.buf) >= flushSize {
		if err := o.write(rec.now); err != nil {
			rec.fail(err)
		}
	}
}

// gap notes media that the file of a part lacks, at a place relative to the part's zero.
func (rec *recording) gap(p *part, g Gap) {
	if o := rec.outputs[p]; o != nil {
		g.At += p.base - o.base
		if err := o.gap(g); err != nil {
			rec.fail(err)
		}
	}
}

// end ends the file of a part and has it finished.
func (rec *recording) end(p *part, reason CutReason) {
	o := rec.outputs[p]
	if o == nil || rec.failed != nil {
		return
	}
	delete(rec.outputs, p)
	if _, ok := o.writer.(container.Continuer); ok && mayGoOn(reason) {
		rec.pausing = o
		return
	}
	rec.endOutput(o, reason)
}

// mayGoOn reports whether a file may go on in spite of the reason why a part ended.
func mayGoOn(reason CutReason) bool {
	return reason == CutParameters || reason == CutTracks || reason == CutDiscontinuity
}

// goOn goes on with a part in the file of the part before it. It reports false, and ends that file, if it cannot. err is why
// nothing can be recorded at all.
func (rec *recording) goOn(p *part, tracks []*media.Track, err error) bool {
	o := rec.pausing
	if o == nil {
		return false
	}
	rec.pausing = nil
	if err == nil {
		err = o.resume(tracks, p.base, p.why == CutDiscontinuity, rec.now)
	}
	switch {
	case errors.Is(err, container.ErrUnsupported):
		rec.endOutput(o, p.why)
		return false
	case err != nil:
		rec.fail(err)
	}
	rec.outputs[p] = o
	for _, g := range p.gaps {
		rec.gap(p, g)
	}
	return true
}

// endOutput ends a file and has it finished.
func (rec *recording) endOutput(o *output, reason CutReason) {
	j := &job{id: o.id, ext: rec.spec.Format, trusted: true}
	if err := o.end(reason, rec.now); err != nil {
		rec.fail(err)
		j.trusted, j.reason, j.fed = false, CutWriteError, o.fed
	}
	rec.m.finishLater(j)
}

// settle writes what the round gathered. After a write error it ends all files and waits.
func (rec *recording) settle() {
	for _, o := range rec.outputs {
		if rec.failed != nil {
			break
		}
		if err := o.write(rec.now); err != nil {
			rec.fail(err)
		}
	}
	if rec.failed != nil {
		rec.abandon()
	}
	rec.update()
}

// update refreshes the snapshot.
func (rec *recording) update() {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	st := &rec.status
	st.FileID, st.Start, st.Bytes, st.Duration = 0, time.Time{}, 0, 0
	st.Lost = stream.Lost{Units: rec.lost.Units + rec.missed.Units, Bytes: rec.lost.Bytes + rec.missed.Bytes}
	for _, o := range rec.outputs {
		if o.id > st.FileID {
			st.FileID, st.Start, st.Bytes, st.Duration = o.id, o.start, o.written.Load(), o.at
		}
		if o.grew() {
			st.LastWrite = rec.now
			rec.m.sync.add(o)
		}
		if o.playable() {
			rec.m.announce(o, rec.now)
		}
	}
}
