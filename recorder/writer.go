package recorder

import (
	"sync"
	"time"
)

// tickEvery is how often recordings are looked at that nothing arrives for.
const tickEvery = 500 * time.Millisecond

const (
	// syncers is how many files are synced at once: one after the other, hundreds of them would take longer than SyncInterval
	// on a slow disk.
	syncers = 8
	// fewFiles are synced one by one: others that use the filesystem may have written more than we.
	fewFiles = 4
	// afterSlow is how many times files are synced one by one after syncing the filesystem took longer than SyncInterval.
	afterSlow = 10
)

// notify puts a recording on the ready list and wakes the writer. It is called by publishers and does not wait.
func (m *Manager) notify(rec *recording) {
	m.readyMu.Lock()
	if !rec.queued {
		rec.queued = true
		m.ready = append(m.ready, rec)
	}
	m.readyMu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// takeReady empties the ready list into dst.
func (m *Manager) takeReady(dst []*recording) []*recording {
	m.readyMu.Lock()
	defer m.readyMu.Unlock()
	dst = append(dst[:0], m.ready...)
	for _, rec := range dst {
		rec.queued = false
	}
	clear(m.ready)
	m.ready = m.ready[:0]
	return dst
}

// writeLoop is the writer goroutine. It alone writes media; nothing that may wait for long happens on it but the writes
// themselves.
func (m *Manager) writeLoop() {
	defer close(m.sync.stop)
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	var ready []*recording
	for {
		select {
		case <-m.wake:
			ready = m.takeReady(ready)
			now := time.Now()
			m.totals.begin()
			for _, rec := range ready {
				rec.round(now)
			}
			m.totals.rest()
			clear(ready)
			if m.SyncInterval == 0 {
				m.sync.notify()
			}
		case now := <-tick.C:
			m.totals.begin()
			for _, rec := range m.recordings() {
				rec.tick(now)
			}
			m.expire(now)
			m.totals.rest()
		case <-m.closing:
			for _, rec := range m.recordings() {
				rec.shutdown(time.Now())
			}
			return
		}
	}
}

func (m *Manager) recordings() []*recording {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]*recording, 0, len(m.active))
	for rec := range m.active {
		out = append(out, rec)
	}
	return out
}

// forget drops a recording that has ended.
func (m *Manager) forget(rec *recording) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, here := m.active[rec]; here {
		m.totals.lose(rec.snapshot().Lost)
	}
	delete(m.active, rec)
}

// syncer keeps the files that have grown since their last sync.
type syncer struct {
	wake chan struct{}
	stop chan struct{}

	mu    sync.Mutex
	dirty []*output
	// created tells that openDir has new names.
	created bool
	// alone is how many times files are to be synced one by one. Of the syncer goroutine.
	alone int
}

func (s *syncer) notify() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// add puts a file on the list.
func (s *syncer) add(o *output) {
	if o.dirty.Swap(true) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dirty = append(s.dirty, o)
}

// opened notes that a file was begun.
func (s *syncer) opened() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.created = true
}

func (s *syncer) take() (dirty []*output, created bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dirty, s.dirty = s.dirty, nil
	created, s.created = s.created, false
	return dirty, created
}

// syncLoop makes growing files durable. Files that are being finished are synced there.
func (m *Manager) syncLoop() {
	var tick <-chan time.Time
	if m.SyncInterval > 0 {
		ticker := time.NewTicker(m.SyncInterval)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case <-tick:
		case <-m.sync.wake:
		case <-m.sync.stop:
			return
		}
		m.syncAll()
	}
}

func (m *Manager) syncAll() {
	dirty, created := m.sync.take()
	if len(dirty) > 0 {
		defer func(begin time.Time) { m.totals.synced(time.Since(begin)) }(time.Now())
	}
	if created {
		if err := m.disk.syncDir(openDir); err != nil {
			m.Log.Error("unfinished files are not yet safe against a power loss", "dir", openDir, "error", err)
		}
	}
	if m.syncTogether(dirty) {
		return
	}
	queue := make(chan *output, len(dirty))
	for _, o := range dirty {
		queue <- o
	}
	close(queue)
	var work sync.WaitGroup
	for range min(syncers, len(dirty)) {
		work.Go(func() {
			for o := range queue {
				o.sync()
			}
		})
	}
	work.Wait()
}

// syncTogether syncs the filesystem if that is cheaper than many files. It reports false if they are to be synced one by one, which
// also finds out which of them cannot be.
func (m *Manager) syncTogether(dirty []*output) bool {
	if len(dirty) <= fewFiles {
		return false
	}
	if m.sync.alone > 0 {
		m.sync.alone--
		return false
	}
	lengths := make([]int64, len(dirty))
	for i, o := range dirty {
		o.dirty.Store(false)
		lengths[i] = o.written.Load()
	}
	begin := time.Now()
	if m.disk.syncOpen() != nil {
		return false
	}
	if m.SyncInterval > 0 && time.Since(begin) > m.SyncInterval {
		m.sync.alone = afterSlow
	}
	for i, o := range dirty {
		o.synced.Store(lengths[i])
	}
	return true
}
