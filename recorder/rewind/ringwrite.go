package rewind

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"aircheck/ingest/media"
)

const (
	// writeSize is how much is gathered before it is written, within a round; a larger payload is not copied.
	writeSize = 512 << 10
	bigUnit   = 128 << 10
	// retryAfter is how long nothing is written of a session after a failure.
	retryAfter = 5 * time.Second
	// leastPage is the least that a page is let grow to.
	leastPage  = 16 << 10
	pageSuffix = ".page"
)

// ringOutput is what the writer goroutine works with.
type ringOutput struct {
	now   time.Time // of the round
	ready []*ringSession
	// buf is what the round has gathered of one session, behind what is in its page; staged is what to know of it.
	buf    []byte
	staged pageIndex
	// full: there is no room. homeless: the folder could not be made.
	full, homeless bool
	// live is how many sessions there are that have not ended.
	live int64
	// gone are pages to be removed, doomed are files that could not be removed.
	gone   []gonePage
	doomed []string
}

// put appends a unit to the page, with what must be known before it.
func (s *ringSession) put(u *media.Unit, start bool) {
	if s.gap.Units > 0 {
		s.closeGap(u.Wall)
	}
	if s.file == nil { // the gap is told of on the next page
		s.skip(u, lostFailed)
		return
	}
	if i := s.place(u.Track); i < 0 {
		s.tracks = append(s.tracks, u.Track)
		s.putTrack(u.Track)
	} else if s.tracks[i] != u.Track {
		s.tracks[i] = u.Track
		s.putTrack(u.Track)
	}
	if s.file == nil { // what goes before it could not be written
		s.skip(u, lostFailed)
		return
	}
	rec := unitRecordOf(u, start)
	s.ring.out.staged.addUnit(rec.wall, s.at, start, u.Track.Codec.Kind() == media.Video)
	s.append(&rec)
}

func (s *ringSession) putTrack(t *media.Track) {
	rec, err := recordOf(t)
	if err != nil { // a codec's name and bytes always can be written
		s.log.Error("a track cannot be written into the ring", "track", t.ID, "error", err)
		return
	}
	s.ring.out.staged.tracks = append(s.ring.out.staged.tracks, trackAt{s.at, t})
	s.append(&rec)
}

// append appends a record to what is gathered, and writes that if it is much: then there may be no page any more.
func (s *ringSession) append(rec *pageRecord) {
	o := &s.ring.out
	o.buf = appendHeader(o.buf, rec, s.number)
	s.number++
	s.at += int64(recordHeader + len(rec.body))
	if len(rec.body) > bigUnit {
		s.flush(rec.body)
		return
	}
	o.buf = append(o.buf, rec.body...)
	if len(o.buf) >= writeSize {
		s.flush(nil)
	}
}

// flush writes what is gathered and what goes behind it. It reports false if that failed.
func (s *ringSession) flush(behind []byte) bool {
	o := &s.ring.out
	if len(o.buf) == 0 {
		return true
	}
	err := s.ring.may("write", s.file.Name())
	for _, b := range [...][]byte{o.buf, behind} {
		if err == nil && len(b) > 0 {
			_, err = s.file.Write(b)
		}
	}
	o.buf = o.buf[:0]
	o.staged.size = s.at
	if err != nil {
		s.fail(err)
	} else {
		s.commit()
	}
	clear(o.staged.tracks)
	clear(o.staged.gaps)
	o.staged = pageIndex{entries: o.staged.entries[:0], tracks: o.staged.tracks[:0], gaps: o.staged.gaps[:0]}
	return err == nil
}

// commit lets readers have what was written.
func (s *ringSession) commit() {
	r := s.ring
	r.mu.Lock()
	p := s.pages[len(s.pages)-1]
	p.take(&r.out.staged, r.out.now.Sub(r.base))
	r.held += p.size - p.bytes
	p.bytes = p.size
	r.mu.Unlock()
	if r.out.staged.units > 0 {
		s.kept = time.Unix(0, r.out.staged.last)
		r.setProblem("")
	}
}

// fail gives up the page, and what was to be written, for a while.
func (s *ringSession) fail(err error) {
	r := s.ring
	r.setProblem(fmt.Sprintf("the ring cannot be written: %v", err))
	for _, g := range r.out.staged.gaps {
		s.gap = Gap{At: g.At, Reason: g.Reason, Units: s.gap.Units + g.Units}
	}
	if n := r.out.staged.units; n > 0 {
		s.miss(n, time.Unix(0, r.out.staged.first), lostFailed)
	}
	s.skipping, s.waiting, s.retry = true, time.Time{}, r.out.now.Add(retryAfter)
	if s.file != nil {
		s.dropTail()
	}
	if noSpace(err) {
		r.shrink()
	}
}

// dropTail ends the page with what is known to be in it.
func (s *ringSession) dropTail() {
	r, p := s.ring, s.pages[len(s.pages)-1]
	if err := errors.Join(s.file.Truncate(p.size), s.file.Close()); err != nil {
		s.log.Debug("a page of the ring was not ended", "error", err)
	}
	s.file = nil
	if p.units == 0 {
		r.mu.Lock()
		s.pages = s.pages[:len(s.pages)-1]
		r.held -= p.bytes
		r.mu.Unlock()
		r.remove(p.path)
	}
}

// makePage sees to it that there is a page that u can go into. It reports false if there is none.
func (s *ringSession) makePage(u *media.Unit, start bool) bool {
	if s.file != nil && s.turns(u, start) {
		s.closePage()
		if s.ring.out.now.Before(s.retry) {
			return false
		}
	}
	if s.file != nil {
		return true
	}
	if err := s.openPage(); err != nil {
		s.fail(err)
		return false
	}
	s.since = u.Wall
	return s.file != nil
}

// turns reports whether u belongs on a new page.
func (s *ringSession) turns(u *media.Unit, start bool) bool {
	size, age := s.at/s.ring.pageBytes(), u.Wall.Sub(s.since).Abs()/s.ring.pageTime()
	return start && (size >= 1 || age >= 1) || size >= late || age >= late
}

func (r *Ring) pageBytes() int64 {
	return max(leastPage, min(pageBytes, r.MaxBytes/pageShare, r.TotalBytes/pageShare/max(1, r.out.live)))
}

func (r *Ring) pageTime() time.Duration { return max(time.Second, min(pageTime, r.Window/pageShare)) }

// openPage begins a page with its head and the tracks in force. There is none either if the disk has refused them, which fail knows of then.
func (s *ringSession) openPage() error {
	head, err := pageHead{Key: s.key, Session: s.id, Params: s.params}.record()
	if err != nil {
		return err
	}
	s.opened++
	path := filepath.Join(s.ring.Dir, s.id, fmt.Sprintf("%08d%s", s.opened, pageSuffix))
	if err := s.ring.may("create", path); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if s.file, err = os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	s.ring.mu.Lock()
	s.pages = append(s.pages, &ringPage{path: path})
	s.ring.mu.Unlock()
	s.at, s.number = 0, 0
	s.append(&head)
	for _, t := range s.tracks {
		if s.file != nil {
			s.putTrack(t)
		}
	}
	return nil
}

// closePage ends the page with its index.
func (s *ringSession) closePage() {
	if !s.flush(nil) || s.file == nil {
		return
	}
	o := &s.ring.out
	p := s.pages[len(s.pages)-1]
	tail, err := appendIndex(o.buf[:0], &p.pageIndex, s.number)
	if err == nil {
		err = s.ring.may("write", p.path)
	}
	if err == nil {
		_, err = s.file.Write(tail)
	}
	o.buf = tail[:0]
	if err = errors.Join(err, s.file.Close()); err != nil {
		s.log.Warn("a page of the ring has no index; it is read as a whole after a restart", "error", err)
	} else {
		s.ring.mu.Lock()
		p.bytes += int64(len(tail))
		s.ring.held += int64(len(tail))
		s.ring.mu.Unlock()
	}
	s.file = nil
}

// may asks the hook of tests.
func (r *Ring) may(op, path string) error {
	if r.before == nil {
		return nil
	}
	return r.before(op, path)
}
