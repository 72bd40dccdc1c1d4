package recorder

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"aircheck/recorder/container"
)

// leftover is an unfinished file that an earlier run left behind.
type leftover struct {
	id  int64
	ext string
	// held: there is a file of what had been held back.
	held bool
}

// leftovers sorts out the names in openDir: {FileID}.journal, {FileID}.{ext}, {FileID}.held, and {FileID}.m3u8, which is made
// anew.
func leftovers(names []string) []leftover {
	exts, helds := map[int64]string{}, map[int64]bool{}
	for _, name := range names {
		base, ext, _ := strings.Cut(name, ".")
		id, err := strconv.ParseInt(base, 10, 64)
		if err != nil || id <= 0 {
			continue
		}
		if helds[id] = helds[id] || ext == heldExt; ext == heldExt {
			ext = journalExt
		}
		switch {
		case !strings.HasPrefix(ext, journalExt) && !strings.HasPrefix(ext, playlistExt):
			exts[id] = ext
		case exts[id] == "":
			exts[id] = ""
		}
	}
	out := make([]leftover, 0, len(exts))
	for id, ext := range exts {
		out = append(out, leftover{id: id, ext: ext, held: helds[id]})
	}
	slices.SortFunc(out, func(a, b leftover) int { return int(min(max(a.id-b.id, -1), 1)) })
	return out
}

// Recover finishes what earlier runs left unfinished: each file is cut back to its last whole unit, finished, put in
// place and handed to OnFile with Recovered set. It returns how many files there were. A file that fails is reported and
// tried again in the background; the others are not held up. A second call does nothing.
func (m *Manager) Recover(ctx context.Context) (int, error) {
	m.mu.Lock()
	if err := m.there(); err != nil {
		m.mu.Unlock()
		return 0, fmt.Errorf("recover: %w", err)
	}
	todo := m.leftover
	m.leftover = nil
	m.jobs.Add(1)
	defer m.jobs.Done()
	m.mu.Unlock()
	if len(todo) == 0 {
		return 0, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(m.ctx, cancel)()
	m.Log.Info("finishing the recordings of an earlier run", "files", len(todo))
	quick := &rescue{m: m}
	quick.run(ctx, todo, recoverers)
	whole := &rescue{m: m, whole: true, done: quick.done, failed: quick.failed}
	if n := len(quick.later); n > 0 {
		m.Log.Warn("files whose journal does not tell what is in them are read as a whole; that takes as long as the disk needs", "files", n)
		whole.run(ctx, quick.later, 1)
	}
	return whole.done, errors.Join(whole.failed...)
}

// recoverOne returns 1 if there is a file now. It returns errLongScan, wrapped, if the file must be read as a whole and may not.
func (m *Manager) recoverOne(ctx context.Context, l leftover, whole bool) (int, error) {
	if err := ctx.Err(); err != nil {
		m.putOff(l)
		return 0, err
	}
	if l.held {
		more, err := m.rebuild(l)
		if err != nil {
			m.putOff(l)
			return 0, fmt.Errorf("rebuild file %d: %w", l.id, err)
		}
		if !more {
			return 1, nil
		}
	}
	j := &job{id: l.id, ext: l.ext, reason: CutCrash, recovered: true, quick: !whole}
	err := m.finish(ctx, j)
	switch {
	case err == nil && j.done != nil:
		return 1, nil
	case err == nil || errors.Is(err, errLongScan):
		return 0, err
	case errors.Is(err, errStopped), ctx.Err() != nil:
		m.putOff(l)
		return 0, err
	}
	j.quick = false
	m.finishLater(j)
	return 0, err
}

// repair makes a file and its journal what they would be had the file been ended properly: all that the journal says is
// true, and it ends with a closing record. What is known to be durable is believed; what was written after that is
// verified; what the journal does not know, or wrongly, is scanned; everything if full is set. It may be cut short
// anywhere and run again.
func (w *work) repair(full bool, reason CutReason) error {
	size, err := w.media.size()
	if err != nil {
		return err
	}
	keep, intact, err := w.verify(size)
	if err != nil {
		return err
	}
	if ended := w.j.ended; ended != nil && intact {
		if !full {
			return nil
		}
		reason = ended.Reason
	}
	if full || keep.length > size {
		if keep, err = w.beginning(); err != nil {
			return err
		}
	}
	if w.quick && size-keep.length > longScan {
		return errLongScan
	}
	valid, at, err := w.scan(keep, size)
	if err != nil {
		return err
	}
	if err := w.media.truncate(valid); err != nil {
		return fmt.Errorf("cut off what is not whole: %w", err)
	}
	if err := w.media.sync(); err != nil {
		return fmt.Errorf("sync the file: %w", err)
	}
	return w.conclude(keep, at, valid, reason)
}

// verify checks the groups that are not known to be durable. It returns the last that is good, and whether all are.
func (w *work) verify(size int64) (keep mark, intact bool, err error) {
	keep = w.j.marks[0]
	for _, m := range w.j.marks[1:] {
		if m.length > size {
			return keep, false, nil
		}
		if m.length > w.j.synced {
			sum := crc32.New(castagnoli)
			if _, err := io.Copy(sum, io.NewSectionReader(w.media, keep.length, m.length-keep.length)); err != nil {
				return keep, false, fmt.Errorf("read the file: %w", err)
			}
			if sum.Sum32() != m.sum {
				return keep, false, nil
			}
		}
		keep = m
	}
	return keep, true, nil
}

// beginning is the mark of nothing: the journal's head remains.
func (w *work) beginning() (mark, error) {
	for rec, err := range records(w.journal, w.j.size) {
		return mark{end: rec.end, tracks: w.j.tracks}, err
	}
	return mark{}, errBadJournal
}

// scan reads what lies behind a mark and writes the index of it into the journal, behind the mark. It returns how much of
// the file is whole and where the journal ends.
func (w *work) scan(from mark, size int64) (valid, at int64, err error) {
	at = from.end
	if err := w.journal.truncate(at); err != nil {
		return 0, 0, err
	}
	var buf []byte
	flush := func() error {
		err := w.journal.writeAt(buf, at)
		at += int64(len(buf))
		buf = buf[:0]
		return err
	}
	media := newScan(w.media, from.length, size, w.stop, w.m.Log.With("file", w.id))
	valid, err = w.format.Scan(media, size, from.length, from.tracks, func(part []byte) error {
		buf = appendRecord(buf, recIndex, func(dst []byte) []byte { return append(dst, part...) })
		if len(buf) < 64<<10 {
			return nil
		}
		return flush()
	})
	if err != nil && !errors.Is(err, container.ErrCorrupt) {
		return 0, 0, fmt.Errorf("scan the file: %w", err)
	}
	if err := flush(); err != nil {
		return 0, 0, fmt.Errorf("write the journal: %w", err)
	}
	return max(valid, from.length), at, nil
}

// conclude writes the last group record and the closing record at that place of the journal. Gaps that stood behind the mark up to
// which the journal was kept are still gaps.
func (w *work) conclude(keep mark, at, valid int64, reason CutReason) error {
	var rec []byte
	var err error
	for _, g := range w.j.gaps[keep.gaps:] {
		if rec, err = appendJSON(rec, recGap, g); err != nil {
			return err
		}
	}
	g := group{length: valid, synced: valid, wall: w.j.wall, at: w.j.at}
	rec = g.append(rec, nil)
	end := at + int64(len(rec))
	ended := &journalEnd{Reason: reason}
	if rec, err = appendJSON(rec, recEnd, ended); err != nil {
		return err
	}
	if err := w.journal.truncate(at); err != nil {
		return err
	}
	if err := w.journal.writeAt(rec, at); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if err := w.journal.sync(); err != nil {
		return fmt.Errorf("sync the journal: %w", err)
	}
	j := w.j
	j.marks = []mark{{length: valid, end: end, tracks: keep.tracks, gaps: len(j.gaps)}}
	j.synced, j.size, j.now, j.ended, j.suspended, j.key = valid, at+int64(len(rec)), keep.tracks, ended, nil, nil
	return nil
}

// adopt makes a journal for a file that has none, from the file itself, or puts the file aside as it is if nothing can
// be read from it. It reports whether there is a journal now.
func (m *Manager) adopt(j *job, stop func() error) (bool, error) {
	if err := m.disk.remove(journalName(j.id) + newSuffix); err != nil {
		return false, err
	}
	if j.ext == "" {
		m.Log.Warn("a damaged journal without a file is removed", "file", j.id)
		return false, nil
	}
	name := mediaName(j.id, j.ext)
	info, err := m.disk.stat(name)
	if err != nil || info == nil {
		return false, err
	}
	head := journalHead{
		Version: journalVersion, FileID: j.id, Format: j.ext, Orphan: true,
		Start: time.UnixMilli(j.id>>(idNodeBits+idCounterBits) + idEpoch).UTC(),
	}
	err = m.probe(name, &head, stop)
	if errors.Is(err, errStopped) || errors.Is(err, context.Canceled) {
		return false, err
	}
	if err != nil {
		m.Log.Error("a file without journal cannot be read and is put aside", "file", j.id, "dir", lostDir, "error", err)
		return false, m.putAside(name)
	}
	m.Log.Warn("a file has no journal: it is finished and put aside", "file", j.id, "dir", lostDir)
	rec, err := appendJSON([]byte(journalMagic), recHead, &head)
	if err != nil {
		return false, err
	}
	return true, m.disk.replaceFile(journalName(j.id), text(rec))
}

// putAside gives a file a name in lostDir; tidy removes the one it had. It may be called again.
func (m *Manager) putAside(name string) error {
	for n := 1; ; n++ {
		to := path.Join(lostDir, path.Base(name))
		if n > 1 {
			to += fmt.Sprintf("-%d", n)
		}
		err := m.disk.publish(name, to)
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if same, err := m.disk.same(name, to); err != nil || same {
			return err
		}
	}
}

// probe reads the tracks of a file into a head. It returns an error if the file has nothing to be finished.
func (m *Manager) probe(name string, head *journalHead, stop func() error) error {
	format := m.formats[head.Format]
	if format == nil {
		return fmt.Errorf("%w %q", ErrUnknownFormat, head.Format)
	}
	f, err := m.disk.open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.size()
	if err != nil {
		return err
	}
	tracks, err := format.Probe(f, size)
	if err != nil {
		return err
	}
	if len(tracks) == 0 {
		return errors.New("it has no tracks")
	}
	head.Tracks = newJournalTracks(tracks)
	enough := errors.New("something is whole")
	valid, err := format.Scan(newScan(f, 0, size, stop, m.Log.With("file", head.FileID)), size, 0, tracks, func([]byte) error { return enough })
	switch {
	case errors.Is(err, enough):
		return nil
	case err == nil && valid == 0:
		err = errors.New("nothing of it is whole")
	}
	return err
}
