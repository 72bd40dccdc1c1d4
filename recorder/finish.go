package recorder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"aircheck/ingest/stream"
	"aircheck/recorder/container"
)

// How long a finisher waits before it tries again what failed.
const (
	firstBackoff   = 100 * time.Millisecond
	longestBackoff = 30 * time.Second
	closingBackoff = 500 * time.Millisecond
)

// job is an unfinished file to be finished.
type job struct {
	id int64
	// ext is the media file's extension; empty if there is only a journal.
	ext string
	// trusted: this process wrote all of it without an error, so there is nothing to repair.
	trusted bool
	// reason is why the file ended, unless its journal has a closing record.
	reason CutReason
	// fed counts what was given to the file, if it failed: what is not in it has been lost.
	fed stream.Lost
	// gaps are those that are not in the journal.
	gaps      []Gap
	recovered bool
	// quick: it is not to be read as a whole. See errLongScan.
	quick bool
	// done is the finished file, once it is in place.
	done *File
}

// finishLater finishes a file in the background and keeps trying until it is in the catalogue or the manager gives up.
func (m *Manager) finishLater(j *job) {
	m.jobs.Go(func() { m.persist(j) })
}

func (m *Manager) persist(j *job) {
	m.totals.finishing.Add(1)
	defer m.totals.finishing.Add(-1)
	backoff := firstBackoff
	for failures := 0; ; failures++ {
		err := m.finish(m.ctx, j)
		if err == nil {
			if failures > 0 {
				m.Log.Info("a file that could not be finished is finished now", "file", j.id, "failures", failures)
			}
			return
		}
		m.totals.retries.Add(1)
		if errors.Is(err, errStopped) {
			return
		}
		if failures == 0 {
			m.Log.Error("a file cannot be finished yet; "+remedy(err), "file", j.id, "error", err)
		}
		if errors.Is(err, ErrForeignStorage) {
			backoff = attendGone // to try costs nothing until it is there
			// What was not synced may be missing then.
			j.trusted, j.reason = false, cmp.Or(j.reason, CutNoStorage)
		}
		closing := m.closing
		select {
		case <-closing:
			closing = nil
			backoff = closingBackoff
		default:
		}
		select {
		case <-time.After(backoff):
		case <-closing:
		case <-m.ctx.Done():
			return
		}
		backoff = min(2*backoff, longestBackoff)
	}
}

// finish finishes one file: it is put in place, into the catalogue, and its journal is removed. It may be
// called again whatever became of an earlier call, also one of an earlier process.
func (m *Manager) finish(ctx context.Context, j *job) error {
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if j.done == nil {
		var err error
		if j.done, err = m.complete(ctx, j); err != nil {
			return fmt.Errorf("finish file %d: %w", j.id, err)
		}
	}
	// Of a file without journal the stream is not known: it is in the lost and found, not in the catalogue.
	if j.done != nil && m.OnFile != nil && j.done.Spec.Key.Stream != "" {
		if err := m.OnFile(ctx, *j.done); err != nil {
			return fmt.Errorf("catalogue file %d: %w", j.id, err)
		}
	}
	if j.done == nil && m.OnGone != nil {
		if err := m.OnGone(ctx, j.id); err != nil {
			return fmt.Errorf("forget file %d: %w", j.id, err)
		}
	}
	if err := m.tidy(j); err != nil {
		return fmt.Errorf("tidy up after file %d: %w", j.id, err)
	}
	if j.done != nil {
		m.totals.ended(j)
		m.watched.added.Add(j.done.Size)
		m.Log.Info("recorded", "file", j.id, "key", j.done.ObjectKey, "bytes", j.done.Size,
			"duration", j.done.Summary.Duration, "reason", j.done.Reason, "recovered", j.done.Recovered)
	}
	return nil
}

// tidy removes what the unfinished file leaves behind, the journal last: were it gone and the file's old name still there, the file would
// pass for one without journal.
func (m *Manager) tidy(j *job) error {
	if j.ext != "" {
		if err := m.disk.remove(mediaName(j.id, j.ext)); err != nil {
			return err
		}
	}
	for _, name := range []string{playlistName(j.id) + newSuffix, playlistName(j.id)} {
		if err := m.disk.remove(name); err != nil {
			return err
		}
	}
	if err := m.disk.syncDir(openDir); err != nil {
		return err
	}
	return m.disk.remove(journalName(j.id))
}

// complete brings a file into its final form and place. It returns nil if there is nothing worth keeping.
func (m *Manager) complete(ctx context.Context, j *job) (*File, error) {
	w, err := m.load(ctx, j)
	if err != nil || w == nil {
		return nil, err
	}
	defer w.close()
	if !j.trusted && !w.placed {
		if err := w.repair(false, j.reason); err != nil {
			return nil, fmt.Errorf("repair it: %w", err)
		}
	}
	ending, err := w.ending()
	if errors.Is(err, container.ErrCorrupt) && !w.placed {
		// The index does not make sense: read it from the file itself.
		if j.quick {
			return nil, errLongScan
		}
		if err = w.repair(true, j.reason); err == nil {
			ending, err = w.ending()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("compute its ending: %w", err)
	}
	if empty(ending.Summary) {
		return nil, nil
	}
	if !w.placed {
		if err := w.seal(ending); err != nil {
			return nil, err
		}
	}
	out := w.describe(j, ending.Summary)
	if out.Size, err = w.media.size(); err != nil {
		return nil, err
	}
	if !w.placed {
		w.closeMedia() // some systems do not rename open files
		if err := w.place(out, ending.Playlist); err != nil {
			return nil, fmt.Errorf("put it in place: %w", err)
		}
	}
	return out, nil
}

// ending computes the end of the file from its journal.
func (w *work) ending() (container.Ending, error) {
	end := w.j.marks[len(w.j.marks)-1].end
	return w.format.Finish(container.Unfinished{
		Tracks:    w.j.tracks,
		Size:      w.j.length(),
		Start:     w.j.head.Start,
		Index:     index(w.journal, end),
		IndexSize: end,
	})
}

func empty(s container.Summary) bool {
	for _, t := range s.Tracks {
		if t.Units > 0 {
			return false
		}
	}
	return true
}

// seal writes the end of the file and makes it durable. The patches come after the trailer is safe, because
// they make the file need it.
func (w *work) seal(e container.Ending) error {
	length := w.j.length()
	size, err := w.media.size()
	if err != nil {
		return err
	}
	if size > length {
		if err := w.media.truncate(length); err != nil {
			return fmt.Errorf("cut off what is not whole: %w", err)
		}
	}
	if len(e.Trailer) > 0 {
		if err := w.media.writeAt(e.Trailer, length); err != nil {
			return fmt.Errorf("write the trailer: %w", err)
		}
	}
	if err := w.media.sync(); err != nil {
		return fmt.Errorf("sync the file: %w", err)
	}
	if len(e.Patches) == 0 {
		return nil
	}
	for _, p := range e.Patches {
		if err := w.media.writeAt(p.Bytes, p.Offset); err != nil {
			return fmt.Errorf("patch the header: %w", err)
		}
	}
	if err := w.media.sync(); err != nil {
		return fmt.Errorf("sync the file: %w", err)
	}
	return nil
}

// describe tells what is known of the file. Its end is when its newest unit was received, plus what the file
// lasts beyond that unit's DTS.
func (w *work) describe(j *job, s container.Summary) *File {
	h := &w.j.head
	f := &File{
		ID: h.FileID, Spec: h.Spec, StorageID: w.m.StorageID, Summary: s, Gaps: w.j.gaps,
		Start: h.Start, End: w.j.wall.Add(max(0, s.Duration-w.j.at)).UTC().Truncate(time.Millisecond),
		Reason: j.reason, Recovered: j.recovered,
	}
	if w.j.ended != nil {
		f.Reason = w.j.ended.Reason
	}
	if w.j.suspended != nil { // it was whole, whenever it is finished
		f.Recovered = w.j.suspended.Recovered
	}
	if f.End.Before(f.Start) {
		f.End = f.Start
	}
	f.Gaps = append(f.Gaps, j.gaps...)
	if lost := missing(j.fed, s); lost.Units > 0 {
		f.Gaps = append(f.Gaps, Gap{At: s.Duration, Units: lost.Units, Bytes: lost.Bytes, Reason: whyMissing(j.reason)})
	}
	if key := w.j.key; key != nil {
		f.ObjectKey, f.PlaylistKey, f.Name = key.ObjectKey, key.PlaylistKey, key.Name
	}
	return f
}

// whyMissing is the reason of a gap where what was given to a file is not in it.
func whyMissing(reason CutReason) string {
	if reason == CutNoStorage {
		return whyGone
	}
	return whyUnwritable
}

// missing is what was given to a file but is not in it.
func missing(fed stream.Lost, s container.Summary) stream.Lost {
	for _, t := range s.Tracks {
		fed.Units -= int(t.Units)
		fed.Bytes -= t.Bytes
	}
	fed.Bytes = max(fed.Bytes, 0)
	return fed
}
