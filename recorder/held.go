package recorder

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder/container"
)

// A part that waits for its tracks holds units in memory for up to waitPromised. What it has held for holdFor is written, as it came,
// to a file of its own, so that a killed server loses no more than otherwise. That file goes when the part begins, and has its FileID.
// It is built like a journal: the head without tracks, and then, in the order of arrival, tracks and units.
//
// A part that may go on in a file that is there is not held so: whether its units are in that file could not be told after a crash.
const (
	heldExt = "held"
	holdFor = 100 * time.Millisecond
)

// Kinds of record that only a held file has.
const (
	// recHeldTrack: the units that follow may be of this journalTrack. As JSON.
	recHeldTrack = iota + 64
	// recHeldUnit is binary: track, DTS, PTS, wall time, whether decoding can start there, payload.
	recHeldUnit
)

func heldName(id int64) string { return mediaName(id, heldExt) }

// held is the file of a part that waits.
type held struct {
	id     int64
	file   *file
	size   int64
	units  int
	tracks []*media.Track
	failed bool
}

// holdBack writes what parts have held for long, and removes the files of those that have begun. All that they held is in their
// files by then.
func (rec *recording) holdBack() {
	if rec.seg == nil {
		return
	}
	for p, h := range rec.held {
		if p.begun || !slices.Contains(rec.seg.parts, p) {
			delete(rec.held, p)
			rec.dropHeld(h)
		}
	}
	for _, p := range rec.seg.parts {
		if p.begun || len(p.held) == 0 || rec.now.Sub(p.arrived) < holdFor || rec.continues(p) {
			continue
		}
		h := rec.held[p]
		if h == nil {
			h = &held{id: rec.m.ids.next(rec.now)}
			rec.held[p] = h
		}
		if h.failed {
			continue
		}
		if err := h.write(rec, p); err != nil {
			h.failed = true
			rec.log.Warn("media that waits for its tracks is not safe against a crash", "error", err)
		}
	}
}

// continues reports whether a part may go on in a file that is there.
func (rec *recording) continues(p *part) bool {
	if p.why == "" {
		return rec.splicing != nil
	}
	for _, o := range rec.outputs {
		if _, ok := o.writer.(container.Continuer); ok && mayGoOn(p.why) {
			return true
		}
	}
	return false
}

// fileID is the ID of a part's file.
func (rec *recording) fileID(p *part) int64 {
	if h := rec.held[p]; h != nil {
		return h.id
	}
	if id := rec.rebuilds; id != 0 && !rec.begun {
		return id
	}
	return rec.m.ids.next(rec.now)
}

// write appends what the part has held since the last call, with one system call.
func (h *held) write(rec *recording, p *part) error {
	var buf []byte
	var err error
	if h.file == nil {
		head := journalHead{
			Version: journalVersion, FileID: h.id, Spec: rec.spec, Format: rec.spec.Format, Base: p.base,
			Start: p.wall.UTC().Truncate(time.Millisecond),
		}
		if buf, err = appendJSON([]byte(journalMagic), recHead, &head); err != nil {
			return err
		}
		if h.file, err = rec.m.disk.create(heldName(h.id)); err != nil {
			return err
		}
	}
	for _, u := range p.held[h.units:] {
		if !slices.Contains(h.tracks, u.Track) {
			h.tracks = append(h.tracks, u.Track)
			if buf, err = appendJSON(buf, recHeldTrack, newJournalTracks([]*media.Track{u.Track})[0]); err != nil {
				return err
			}
		}
		buf = appendHeldUnit(buf, u)
	}
	h.units = len(p.held)
	if err := h.file.writeAt(buf, h.size); err != nil {
		return err
	}
	h.size += int64(len(buf))
	return nil
}

func appendHeldUnit(dst []byte, u *media.Unit) []byte {
	return appendRecord(dst, recHeldUnit, func(dst []byte) []byte {
		for _, v := range []int64{int64(u.Track.ID), u.DTS, u.PTS, u.Wall.UnixNano()} {
			dst = binary.AppendVarint(dst, v)
		}
		if u.RandomAccess {
			dst = append(dst, 1)
		} else {
			dst = append(dst, 0)
		}
		return append(dst, u.Payload...)
	})
}

// dropHeld removes a held file.
func (rec *recording) dropHeld(h *held) {
	if h.file == nil {
		return
	}
	if err := errors.Join(h.file.Close(), rec.m.disk.remove(heldName(h.id))); err != nil {
		rec.log.Warn("a file that is not needed any more could not be removed", "file", heldName(h.id), "error", err)
	}
}

// unhold removes the held file of a file that has ended, before that is finished: what is finished must not be rebuilt.
func (rec *recording) unhold(id int64) {
	for p, h := range rec.held {
		if h.id == id {
			delete(rec.held, p)
			rec.dropHeld(h)
		}
	}
	if id == rec.rebuilds {
		if err := rec.m.disk.remove(heldName(id)); err != nil {
			rec.log.Warn("a file that is not needed any more could not be removed", "file", heldName(id), "error", err)
		}
	}
}

// readHeld reads a held file of that size, as far as it is whole. It returns errBadJournal, wrapped, if its head is not.
func readHeld(r io.ReaderAt, size int64) (head journalHead, units []*media.Unit, err error) {
	tracks := map[int]*media.Track{}
	for rec, err := range records(r, size) {
		switch {
		case err != nil:
			return head, nil, fmt.Errorf("read what was held: %w", err)
		case head.FileID == 0:
			if rec.kind != recHead || json.Unmarshal(rec.body, &head) != nil || head.Version != journalVersion || head.FileID <= 0 {
				return head, nil, errBadJournal
			}
		case rec.kind == recHeldTrack:
			var t journalTrack
			if json.Unmarshal(rec.body, &t) != nil {
				return head, units, nil
			}
			list, err := journalTracks{t}.tracks()
			if err != nil || t.Timescale == 0 {
				return head, units, nil
			}
			tracks[t.ID] = list[0]
		case rec.kind == recHeldUnit:
			u := parseHeldUnit(rec.body, tracks)
			if u == nil {
				return head, units, nil
			}
			units = append(units, u)
		default:
			return head, units, nil
		}
	}
	if head.FileID == 0 {
		err = errBadJournal
	}
	return head, units, err
}

// parseHeldUnit returns nil for what is no unit of these tracks.
func parseHeldUnit(b []byte, tracks map[int]*media.Track) *media.Unit {
	r := groupReader{b: b}
	t := tracks[int(r.varint())]
	u := &media.Unit{Track: t, DTS: r.varint(), PTS: r.varint(), Wall: time.Unix(0, r.varint()).UTC()}
	if r.bad || t == nil || len(r.b) == 0 {
		return nil
	}
	u.RandomAccess, u.Payload = r.b[0] == 1, slices.Clone(r.b[1:])
	return u
}

// rebuild makes a file of what a part had held when the server was killed, unless the part had begun and all of it is in its file. It
// reports whether there still is that file to be finished.
func (m *Manager) rebuild(l leftover) (bool, error) {
	head, units, err := m.loadHeld(l.id)
	if err != nil && !errors.Is(err, errBadJournal) {
		return false, err
	}
	format := m.formats[head.Format]
	there, err := m.counted(l, format, len(units))
	if err != nil {
		return false, err
	}
	if there >= len(units) || format == nil {
		return true, m.disk.remove(heldName(l.id))
	}
	// The journal last: without it the file would be put aside, and its units would be there twice.
	j := &job{id: l.id, ext: l.ext}
	if err := m.tidy(j); err != nil {
		return false, err
	}
	m.Log.Info("media that waited for its tracks becomes a file", "file", l.id, "stream", head.Spec.Key.String(), "units", len(units))
	var hub stream.Hub
	s, err := hub.Publish(stream.Publisher{Key: head.Spec.Key, Protocol: "held"})
	if err != nil {
		return false, err
	}
	head.Spec.FlowContinueDuration = 0
	rec := newRecording(m, head.Spec, format, s)
	rec.rebuilds = l.id
	rec.rebuilt = make(chan struct{})
	rec.attach()
	err = s.Write(units)
	s.End(stream.EndClient, "")
	select {
	case <-rec.rebuilt:
	case <-m.closing:
		err = ErrClosed
	}
	return false, err
}

func (m *Manager) loadHeld(id int64) (head journalHead, units []*media.Unit, err error) {
	f, err := m.disk.open(heldName(id))
	if errors.Is(err, fs.ErrNotExist) {
		return head, nil, errBadJournal
	}
	if err != nil {
		return head, nil, err
	}
	defer f.Close()
	size, err := f.size()
	if err != nil {
		return head, nil, err
	}
	return readHeld(f, size)
}

// counted counts the units of an unfinished file, up to a number.
func (m *Manager) counted(l leftover, format container.Format, most int) (n int, err error) {
	if l.ext == "" || format == nil || format.Name() != l.ext {
		return 0, nil
	}
	f, err := m.disk.open(mediaName(l.id, l.ext))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	size, err := f.size()
	if err != nil {
		return 0, err
	}
	for _, err := range format.Read(f, size) {
		if err != nil || n >= most {
			break
		}
		n++
	}
	return n, nil
}
