package rewind

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"aircheck/ingest/media"
)

// load finds what an earlier run left, and gives it to the writer.
func (r *Ring) load() {
	defer close(r.loading)
	folders, err := ringFolders(r.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.Log.Warn("what the ring held before cannot be found", "error", err)
	}
	begin := time.Now()
	var found []*ringSession
	pages := 0
	for _, id := range folders {
		select {
		case <-r.closing:
			return
		default:
		}
		if r.has(id) {
			continue // of this run
		}
		if s := r.loadSession(id); s != nil {
			found = append(found, s)
			pages += len(s.pages)
		}
	}
	if len(found) == 0 {
		return
	}
	r.Log.Info("the ring goes on with what it held", "sessions", len(found), "pages", pages, "took", time.Since(begin).Round(time.Millisecond))
	select {
	case r.found <- found:
	case <-r.closing:
	}
}

// ringFolders returns the names of the sessions' folders, the oldest first. There is nothing else that the ring may touch.
func ringFolders(dir string) (names []string, err error) {
	all, err := os.ReadDir(dir)
	for _, e := range all {
		if id, bad := uuid.Parse(e.Name()); e.IsDir() && bad == nil && id.String() == e.Name() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// ringPages returns the paths of the pages in a session's folder, the oldest first.
func ringPages(dir string) (paths []string, err error) {
	all, err := os.ReadDir(dir)
	for _, e := range all {
		name, ok := strings.CutSuffix(e.Name(), pageSuffix)
		if ok && e.Type().IsRegular() && len(name) >= 8 && strings.Trim(name, "0123456789") == "" {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	slices.SortFunc(paths, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	return paths, err
}

// has reports whether a session is of this run.
func (r *Ring) has(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, list := range r.sessions {
		if slices.ContainsFunc(list, func(s *ringSession) bool { return s.id == id }) {
			return true
		}
	}
	return false
}

// loadSession reads what is known of the pages in a folder. Those that are nobody's, or not to be held any more, are removed.
func (r *Ring) loadSession(id string) *ringSession {
	paths, err := ringPages(filepath.Join(r.Dir, id))
	if err != nil {
		r.Log.Warn("a session of the ring cannot be found", "session", id, "error", err)
	}
	var s *ringSession
	for _, path := range paths {
		head, p, err := loadPage(path)
		if err == nil && (head.Session != id || p.units == 0) {
			err = fmt.Errorf("%w: %d units of session %s", errDamaged, p.units, head.Session)
		}
		if err != nil || r.Covers != nil && !r.Covers(head.Key) {
			if err != nil {
				r.Log.Warn("a page of the ring is given up", "page", path, "error", err)
			}
			if err == nil || errors.Is(err, errDamaged) {
				_ = os.Remove(path) // or else it is found again at the next start
			}
			continue
		}
		if s == nil {
			s = &ringSession{
				ring: r, id: id, key: head.Key, params: head.Params, ended: true, done: true, log: r.Log,
			}
		}
		if head.Key == s.key {
			s.pages = append(s.pages, p)
		}
	}
	if s == nil {
		_ = os.Remove(filepath.Join(r.Dir, id)) // fails where there is more in it
		return nil
	}
	s.begun = time.Unix(0, s.pages[0].first)
	s.unify()
	return s
}

// loadPage finds out what is in a page, and cuts off what is torn.
func loadPage(path string) (head pageHead, p *ringPage, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return head, nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return head, nil, err
	}
	head, x, err := readPage(f, st.Size())
	if err != nil {
		return head, nil, err
	}
	if err := head.Key.Validate(); err != nil {
		return head, nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	p = &ringPage{path: path, bytes: st.Size(), pageIndex: *x}
	if !x.ended && x.size < st.Size() && f.Truncate(x.size) == nil {
		p.bytes = x.size
	}
	return head, p, nil
}

// unify lets pages whose tracks are the same have the same ones, so that a change is one.
func (s *ringSession) unify() {
	known := map[int]*media.Track{}
	for _, p := range s.pages {
		for i, t := range p.tracks {
			was := known[t.track.ID]
			if was != nil && was.Timescale == t.track.Timescale && media.SameParameters(was.Codec, t.track.Codec) {
				p.tracks[i].track = was
			}
			known[t.track.ID] = p.tracks[i].track
		}
	}
}

// adopt goes on with what an earlier run left. It is of the writer goroutine.
func (r *Ring) adopt(found []*ringSession) {
	r.mu.Lock()
	for _, s := range found {
		r.sessions[s.key] = append(r.sessions[s.key], s)
		for _, p := range s.pages {
			r.held += p.bytes
			r.date(p)
		}
	}
	r.mu.Unlock()
	r.upkeep()
}

// date notes when what is in a page of an earlier run came, as far as the wall clock tells: what it puts into the future came just now.
func (r *Ring) date(p *ringPage) {
	since := func(wall int64) time.Duration {
		return r.out.now.Sub(r.base) - max(0, r.out.now.Sub(time.Unix(0, wall)))
	}
	p.opened, p.newest = since(p.first), since(p.last)
	if len(p.entries) > 0 {
		p.start = since(p.entries[0].wall)
	}
}

// RemoveRing removes what a ring left in its folder, when there is to be none any more. It is no error if there is nothing.
func RemoveRing(dir string) error {
	folders, err := ringFolders(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, id := range folders {
		pages, err := ringPages(filepath.Join(dir, id))
		errs = append(errs, err)
		for _, path := range pages {
			errs = append(errs, os.Remove(path))
		}
		_ = os.Remove(filepath.Join(dir, id)) // fails where there is more in it
	}
	_ = os.Remove(dir)
	return errors.Join(errs...)
}
