package recorder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// How often the watcher looks whether the right disk is mounted.
const (
	attendEvery = 2 * time.Second
	// attendGone is how often while it is not, or may not be.
	attendGone = time.Second
)

// enter opens the storage and makes it the one in use: its identity is checked, and what the last run left unfinished is listed
// before anything new is begun: this list is returned. After an error nothing has changed.
func (m *Manager) enter(d *disk) ([]leftover, error) {
	used := m.Used || m.watched.entered.Load()
	next, err := openDisk(m.Dir, !used)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: %w; is the disk not mounted?", ErrForeignStorage, err)
	}
	if err != nil {
		return nil, err
	}
	next.before = m.before
	names, err := m.prepare(next, used)
	if err != nil {
		return nil, errors.Join(err, next.close())
	}
	d.mu.Lock()
	clear(d.durable)
	d.mu.Unlock()
	_ = d.root.move(next.root.now.Load()).close()
	if m.watched.entered.Swap(true) {
		return nil, nil // what is unfinished there is being seen to
	}
	return leftovers(names), nil
}

// prepare checks a storage and lists its unfinished files. Until it is entered nobody else knows of it.
func (m *Manager) prepare(d *disk, used bool) ([]string, error) {
	if err := identify(d, m.StorageID, used); err != nil {
		return nil, err
	}
	if err := d.mkdirAll(openDir); err != nil {
		return nil, fmt.Errorf("create the folder of unfinished files: %w", err)
	}
	p, err := d.root.here()
	if err != nil {
		return nil, err
	}
	if p.unfinished, err = p.root.Open(openDir); err != nil {
		return nil, fmt.Errorf("open the folder of unfinished files: %w", err)
	}
	names, err := d.list(openDir)
	if err != nil {
		return nil, fmt.Errorf("list the unfinished files: %w", err)
	}
	return names, nil
}

// attendance is what the watcher knows of the disk. Of the watcher goroutine.
type attendance struct {
	next time.Time
	// doubts is how often in a row the folder was ours but its identity was not right: whoever rewrites that file may have it
	// empty for a moment.
	doubts int
}

// attend looks whether the storage is there, by its path, and leaves or enters it. It returns why it is not there.
func (m *Manager) attend(a *attendance, now time.Time) error {
	_, err := m.disk.root.here()
	if now.Before(a.next) {
		return err
	}
	a.next = now.Add(attendEvery)
	if err != nil {
		a.next = now.Add(attendGone)
		return m.comeBack(err)
	}
	gone, certain := m.gone()
	switch {
	case gone == nil:
		a.doubts = 0
		return nil
	case !certain && a.doubts == 0:
		a.doubts++
		a.next = now.Add(attendGone)
		return nil
	}
	a.doubts, a.next = 0, now.Add(attendGone)
	m.leave(gone)
	return gone
}

// gone returns why the folder at the path is not the one in use, or nil; certain unless it may be a mistake.
func (m *Manager) gone() (why error, certain bool) {
	root, err := os.OpenRoot(m.Dir)
	if err != nil {
		return unlessUnsaying(err), true
	}
	defer root.Close()
	p, err := m.disk.root.here()
	if err != nil {
		return err, true
	}
	there, err := root.Stat(".")
	if err != nil {
		return unlessUnsaying(err), true
	}
	ours, err := p.root.Stat(".")
	same := err == nil && os.SameFile(there, ours)
	if err := checkIdentity(root, m.StorageID); err != nil {
		return unlessUnsaying(err), !same
	}
	if !same {
		return errors.New("its folder is another one now"), true
	}
	return nil, true
}

func unlessUnsaying(err error) error {
	if unsaying(err) {
		return nil
	}
	return err
}

// leave gives the storage up until it is back: no change of it is made any more, and its folder is closed, so that what was
// unmounted can go.
func (m *Manager) leave(why error) {
	err := absent(why)
	m.watched.blocked.Store(blockedBy(err))
	old := m.disk.root.move(&place{err: err})
	m.Log.Error("the storage is gone: nothing is written until it is back; mount the right disk", "dir", m.Dir, "error", err)
	_ = old.close()
	m.letGo()
	m.storageChanged(err)
}

// letGo has the files finished that wait for their publishers, as soon as that can be: until then they would keep a disk busy that is
// not there.
func (m *Manager) letGo() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, s := range m.suspended {
		delete(m.suspended, k)
		m.conclude(s)
	}
}

// comeBack enters the storage if it is there. It returns why not.
func (m *Manager) comeBack(was error) error {
	found, err := m.enter(m.disk)
	if err == nil {
		now := time.Now()
		held := m.reopenAll(found, now)
		m.mu.Lock()
		m.sort(found, held, now)
		m.mu.Unlock()
		m.Log.Info("the storage is there", "dir", m.Dir)
		m.storageChanged(nil)
		return nil
	}
	if why := absent(err); why.Error() != was.Error() && !unsaying(err) {
		m.disk.root.move(&place{err: why})
		return why
	}
	return was
}

func (m *Manager) storageChanged(err error) {
	if m.OnStorage != nil {
		m.OnStorage(err)
	}
}
