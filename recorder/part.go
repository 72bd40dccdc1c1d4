package recorder

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// begin opens the file of a part.
func (rec *recording) begin(p *part) {
	if mayGoOn(p.why) && !rec.changes.take(rec.now) {
		rec.fail(errRestless)
		rec.restless = p.why
	}
	if rec.failed != nil {
		rec.takeBack(p.gaps)
		return
	}
	tracks := slices.DeleteFunc(p.ordered(), func(t *media.Track) bool {
		c := rec.carried[t.ID]
		return c.track == t && !c.ok
	})
	w, tracks, err := rec.newWriter(tracks)
	if err == nil {
		w, tracks = rec.announced(p, w, tracks)
	}
	if rec.goOn(p, tracks, err) {
		rec.noticePart(p, false)
		return
	}
	if err != nil {
		// Nothing of this part can be recorded. The next change of its tracks tries again.
		rec.log.Error("nothing is recorded: the format cannot carry the stream", "error", err)
		rec.report(err.Error())
		rec.notice(NoticeStartFailed, err.Error(), 1)
		return
	}
	head := journalHead{
		Version: journalVersion, FileID: rec.fileID(p), Spec: rec.spec, Format: rec.spec.Format,
		Base: p.base, Start: p.wall.UTC().Truncate(time.Millisecond),
	}
	head.Until = rec.window.end()
	head.Tracks = newJournalTracks(tracks)
	o, err := openOutput(rec.m.disk, &rec.m.pool, head, w, tracks)
	if err != nil {
		rec.fail(err)
		rec.takeBack(p.gaps)
		return
	}
	o.recovered = rec.rebuilds != 0
	rec.outputs[p], rec.begun = o, true
	rec.recorded.Store(true)
	rec.noticePart(p, true)
	rec.m.sync.opened()
	for _, g := range p.gaps {
		rec.gap(p, g)
	}
}

// announced makes the writer of a part one that also has the tracks which the publisher has announced but not sent anything of, as
// far as the format takes them beside the others: then the file need not be cut when they come. A track that stayed silent for a
// whole file is not expected any more.
func (rec *recording) announced(p *part, w container.Writer, tracks []*media.Track) (container.Writer, []*media.Track) {
	f, ok := rec.format.(container.Expectant)
	if !ok || p.why == CutInterval || p.why == CutNoRandomAccess {
		return w, tracks
	}
	for _, t := range rec.stream.Tracks() {
		if p.tracks[t.ID] != nil || rec.silent[t.ID] || !f.Supports(t.Codec) || !f.Expects(append(tracks[:len(tracks):len(tracks)], t)) {
			continue
		}
		more := append(tracks[:len(tracks):len(tracks)], t)
		slices.SortFunc(more, func(a, b *media.Track) int { return a.ID - b.ID })
		if next, err := f.NewWriter(more); err == nil {
			w, tracks = next, more
			p.tracks[t.ID], p.silent[t.ID] = t, true
		}
	}
	return w, tracks
}

// newWriter makes a writer for as many of the tracks as the format can carry together: pictures count more than sound, and otherwise the
// tracks with lower IDs.
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
	candidates := slices.Clone(tracks)
	slices.SortStableFunc(candidates, func(a, b *media.Track) int { return int(a.Codec.Kind()) - int(b.Codec.Kind()) })
	for _, t := range candidates {
		more := append(fit[:len(fit):len(fit)], t)
		slices.SortFunc(more, func(a, b *media.Track) int { return a.ID - b.ID })
		next, nextErr := rec.format.NewWriter(more)
		if nextErr != nil {
			rec.refuse(t, nextErr)
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
		u.Release()
		return
	}
	o := rec.outputs[p]
	if o == nil {
		rec.settled()
		u.Release()
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
		rec.settled()
		rec.noticeDropped(u, err)
		rec.gap(p, g)
		u.Release()
		return
	}
	err := o.hole()
	if err == nil && len(o.buf) >= flushSize {
		err = o.write(rec.now)
	}
	if err != nil {
		rec.fail(err)
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
	for id := range p.silent {
		rec.silent[id] = true
	}
	if _, ok := o.writer.(container.Continuer); ok && mayGoOn(reason) {
		rec.pausing = o
		return
	}
	if !rec.suspend(o, reason) {
		rec.endOutput(o, reason)
	}
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
		return rec.splice(p, tracks, err)
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
	rec.ended(o, o.end(reason, rec.now))
}

// ended has a file finished that was closed. err is what of it could not be written.
func (rec *recording) ended(o *output, err error) {
	j := &job{id: o.id, ext: rec.spec.Format, trusted: true, recovered: o.recovered}
	if err != nil {
		rec.fail(err)
		j.trusted, j.reason, j.fed, j.gaps = false, CutWriteError, o.fed, o.untold()
	}
	rec.unhold(o.id)
	rec.m.finishLater(j)
}
