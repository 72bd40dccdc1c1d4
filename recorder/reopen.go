package recorder

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"aircheck/recorder/container"
)

// reopenAll opens those files of an earlier run whose publishers may still come back; the others are nil. It is to be done before
// publishers are let in: one that comes then finds its file. What would take long is not begun.
func (m *Manager) reopenAll(found []leftover, now time.Time) []*suspension {
	var all sync.WaitGroup
	held := make([]*suspension, len(found))
	slots := make(chan struct{}, finishers)
	for i, l := range found {
		if _, ok := m.formats[l.ext].(container.Resumer); !ok || l.held {
			continue
		}
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			var err error
			if held[i], err = m.reopen(l, now); err != nil {
				m.Log.Info("a recording of an earlier run cannot wait for its publisher", "file", l.id, "reason", err)
			}
		})
	}
	all.Wait()
	return held
}

// sort holds what was reopened, and leaves the other files to Recover. mu is held.
func (m *Manager) sort(found []leftover, held []*suspension, now time.Time) {
	for i, l := range found {
		m.ids.goOnAfter(l.id) // the catalogue may not know of it yet, and the clock may have been set back
		s := held[i]
		if s == nil {
			m.leftover = append(m.leftover, l)
			continue
		}
		m.Log.Info("a recording of an earlier run waits for its publisher", "file", l.id, "stream", s.output.spec.Key.String(), "until", s.deadline())
		m.hold(s) // the later file of two: they are in the order of their IDs
		if s.output.playable() {
			m.announce(s.output, now)
		}
	}
}

// reopen makes a file of an earlier run whole, and holds it. It returns nil if the file is not to wait for anybody.
func (m *Manager) reopen(l leftover, now time.Time) (s *suspension, err error) {
	w := &work{m: m, id: l.id, quick: true, stop: func() error { return nil }}
	defer func() {
		if s == nil {
			w.close()
		}
	}()
	if wanted, err := w.waits(); err != nil || !wanted {
		return nil, err
	}
	until := w.j.wall.Add(w.j.head.Spec.FlowContinueDuration)
	if w.j.suspended != nil {
		until = w.j.suspended.Until
	}
	// The clock may have been set back since.
	until = now.Add(min(until.Sub(now), w.j.head.Spec.FlowContinueDuration))
	waits := &suspension{until: until, ends: w.j.head.Until, told: told{phase: phasePaused}}
	if waits.over(now) {
		return nil, nil
	}
	if err := w.openMedia(); err != nil || w.media == nil {
		return nil, err
	}
	if err := w.settle(); err != nil {
		return nil, err
	}
	o, err := w.output()
	if err != nil || o == nil {
		return nil, err
	}
	waits.output, waits.reason = o, w.j.ended.Reason
	crashed := w.j.suspended == nil
	o.recovered = crashed || w.j.suspended.Recovered
	if crashed {
		if err := o.noteSuspended(waits.reason, waits.deadline(), now); err != nil {
			return nil, err
		}
	}
	return waits, nil
}

// waits reads the journal, if it is that of a file which may go on.
func (w *work) waits() (bool, error) {
	f, err := w.m.disk.open(journalName(w.id))
	if err != nil {
		return false, err
	}
	size, err := f.size()
	if err != nil {
		_ = f.Close()
		return false, err
	}
	head := &journal{}
	for rec, err := range records(f, size) {
		if err == nil {
			err = head.begin(rec)
		}
		if err != nil {
			_ = f.Close()
			return false, err
		}
		break
	}
	_ = f.Close()
	if head.marks == nil || head.head.Orphan || head.head.Spec.FlowContinueDuration <= 0 {
		return false, nil
	}
	if err := w.openJournal(); err != nil {
		return false, err
	}
	// An earlier start may have been killed when it had repaired the file.
	open := w.j.ended == nil || w.j.suspended != nil || w.j.ended.Reason == CutCrash
	return w.j.key == nil && open, nil
}

// settle repairs the file if it was not suspended properly, and cuts off what is not part of it.
func (w *work) settle() error {
	size, err := w.media.size()
	if err != nil {
		return err
	}
	if w.j.marks[0].length > size {
		return errors.New("it is shorter than its journal says")
	}
	if err := w.repair(false, CutCrash); err != nil {
		return fmt.Errorf("repair it: %w", err)
	}
	if err := w.media.truncate(w.j.length()); err != nil {
		return fmt.Errorf("cut off what is not whole: %w", err)
	}
	if err := w.journal.truncate(w.j.size); err != nil {
		return fmt.Errorf("cut off the end of the journal: %w", err)
	}
	return nil
}

// output makes the output again that wrote the file. It returns nil if there is nothing in the file.
func (w *work) output() (*output, error) {
	end := w.j.marks[len(w.j.marks)-1].end
	writer, summary, err := w.format.(container.Resumer).Resume(container.Unfinished{
		Tracks: w.j.tracks, Size: w.j.length(), Start: w.j.head.Start, Index: index(w.journal, end), IndexSize: end,
	}, w.media)
	if err != nil || empty(summary) {
		return nil, err
	}
	o := &output{
		id: w.id, spec: w.j.head.Spec, disk: w.m.disk, media: w.media, journal: w.journal, writer: writer, pool: &w.m.pool,
		size: w.j.size, base: w.j.head.Base, start: w.j.head.Start, wall: w.j.wall, at: w.j.at, seen: w.j.length(),
	}
	o.gaps.written = len(w.j.gaps)
	o.list, _ = writer.(container.Lister)
	o.use(w.j.now)
	o.written.Store(w.j.length())
	o.synced.Store(w.j.synced)
	for _, t := range summary.Tracks {
		o.fed.Units += int(t.Units)
		o.fed.Bytes += t.Bytes
	}
	if err := o.relist(); err != nil {
		return nil, err
	}
	w.m.sync.add(o)
	return o, nil
}

// relist writes the playlist anew: what a crash left of it may be less than what the file has.
func (o *output) relist() error {
	if o.list == nil {
		return nil
	}
	entries := o.list.Playlist(nil)
	if len(entries) == 0 {
		return o.disk.remove(playlistName(o.id))
	}
	if err := o.disk.replaceFile(playlistName(o.id), text(entries)); err != nil {
		return fmt.Errorf("write the playlist: %w", err)
	}
	f, err := o.disk.open(playlistName(o.id))
	if err != nil {
		return fmt.Errorf("open the playlist: %w", err)
	}
	o.playlist, o.listed = f, int64(len(entries))
	return nil
}
