package recorder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"aircheck/ingest/stream"
	"aircheck/recorder/container"
)

// DefaultSyncInterval is the SyncInterval to use where nothing is configured.
const DefaultSyncInterval = 5 * time.Second

// Errors of Manager, wrapped.
var (
	// ErrClosed: the manager is not open, or being closed.
	ErrClosed = errors.New("the recorder is closed")
	// ErrUnknownFormat: no such container.
	ErrUnknownFormat = errors.New("unknown format")
)

// Manager records streams into the files of one storage. Set the exported fields before Open; Record, Recover, Active and
// Ready may then be called from any goroutine.
//
//	Stream ─ Notify ─▶ ready list ─▶ writer goroutine: Take, segment, container, one write per file and round
//	                                   │ ends a file
//	                                   ▼
//	                                 finisher: trailer, sync, patches, sync, link, sync ─▶ OnFile ─▶ journal removed
//	syncer: every SyncInterval, the files that have grown
//
// There is one writer goroutine, so a hung disk stops it and nothing else: readers overflow, counted.
type Manager struct {
	// Dir is the storage's folder, StorageID the identity it must bear: see ErrForeignStorage.
	Dir       string
	StorageID string
	// Node is this server's number in FileIDs: 0 to 255.
	Node int
	// LastID is the highest FileID that the catalogue has ever had. New ones go on after it even if the clock was set back
	// meanwhile: a file whose ID is taken would not be catalogued.
	LastID int64
	// Used tells that the storage has held files: an empty folder in its place is not it.
	Used bool
	// Awaits tells to wait for a storage that is not there: see Open.
	Awaits bool
	// MinFree is how many bytes of the filesystem are to stay free: recordings end there, and go on when there is more. It counts for
	// no more than a twentieth of the filesystem. 0: they go on until the disk refuses. WarnFree is when to warn before, for no more
	// than a tenth; 0 means twice MinFree.
	MinFree, WarnFree int64
	// Quota is how many bytes recordings may have, finished and growing; 0: no limit. OnStored tells how many the catalogue has of
	// this storage; it may be slow.
	Quota    int64
	OnStored func(context.Context) (int64, error)
	// OnRoom is told when Room.State changes, OnStorage when the storage goes, with the reason, and with nil when it comes. They are
	// called one at a time and should not take long. May be nil.
	OnRoom    func(Room)
	OnStorage func(error)
	// SyncInterval bounds what a power loss costs: files that have grown are synced so often, many of them together with all else
	// that their filesystem holds. With 0 a sync
	// follows every round of writes.
	SyncInterval time.Duration
	// Formats are the containers, by their names.
	Formats []container.Format
	// Location is the time zone of file names and date folders; nil means UTC.
	Location *time.Location
	// OnFile puts a finished file into the catalogue. It may be called again for the same File.ID, after an error or
	// a crash, and must do nothing then. It is retried until it succeeds or the manager is closed. May be nil.
	OnFile func(context.Context, File) error
	// OnBegin tells of a file that is being recorded and can be played so far: as soon as there is media in it, with a
	// playlist as soon as that has an entry. The keys are those of the unfinished file; OnFile tells the final ones, while the
	// unfinished file is still there as well. It may come after OnFile, or not at all, and is not retried beyond the file's end. May be nil.
	OnBegin func(context.Context, File) error
	// OnGone tells that a file which OnBegin may have told of has come to nothing: there was nothing whole in it. It is
	// retried like OnFile. May be nil.
	OnGone func(ctx context.Context, id int64) error
	// OnNotice is told what happens to recordings. It is called on the writer goroutine, and by Record, and must not wait. May be nil.
	OnNotice func(Notice)
	// Log is where losses and failures go; nil means slog.Default.
	Log *slog.Logger

	disk    *disk
	ids     idSource
	formats map[string]container.Format
	ctx     context.Context // of OnFile; cancelled when Close gives up
	cancel  context.CancelFunc
	closing chan struct{}
	loops   sync.WaitGroup // writer and syncer
	jobs    sync.WaitGroup // finishers
	slots   chan struct{}

	mu     sync.Mutex
	closed bool
	err    error // why the storage cannot be used
	active map[*recording]struct{}
	begun  int64 // how many recordings there were
	// suspended are the files that wait for their streams.
	suspended map[suspensionKey]*suspension
	leftover  []leftover

	readyMu sync.Mutex
	ready   []*recording
	wake    chan struct{}

	sync    syncer
	pool    buffers // of the writer goroutine
	totals  totals
	watched watched
	// before is handed to the disk by tests.
	before func(op) error
}

// announceEvery is how long after a failure OnBegin is told again of a file.
const announceEvery = 10 * time.Second

// finishers is how many files are finished at once. A finisher mostly waits for the disk, which makes several files durable in little
// more time than one: a stop with hundreds of recordings must not take long.
const finishers = 8

// Open checks the storage's identity, gives one to an empty or new folder, and starts the goroutines. After
// ErrForeignStorage, or any other error, nothing is recorded or recovered: Ready, Record and Recover return it. Open may
// then be called again. With Awaits the goroutines start even so, where only the storage is missing: Record takes streams, and they
// are recorded once the storage is there, see OnStorage.
func (m *Manager) Open() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.disk != nil || m.closed {
		return ErrClosed
	}
	if m.Log == nil {
		m.Log = slog.Default()
	}
	if m.Location == nil {
		m.Location = time.UTC
	}
	err := m.open()
	m.err = nil
	if m.disk == nil {
		m.err = err
	}
	return err
}

func (m *Manager) open() error {
	if m.Node < 0 || m.Node >= 1<<idNodeBits {
		return fmt.Errorf("open the storage: node %d is not within 0 to %d", m.Node, 1<<idNodeBits-1)
	}
	d := &disk{durable: map[string]bool{}, before: m.before}
	found, err := m.enter(d)
	if err != nil {
		if !m.Awaits {
			return err
		}
		d.root.move(&place{err: absent(err)})
		m.watched.blocked.Store(blockedBy(err))
	}
	m.disk = d
	m.ids.node = int64(m.Node)
	m.ids.goOnAfter(m.LastID)
	m.formats = map[string]container.Format{}
	for _, f := range m.Formats {
		m.formats[f.Name()] = f
	}
	m.active = map[*recording]struct{}{}
	m.suspended = map[suspensionKey]*suspension{}
	m.wake = make(chan struct{}, 1)
	m.closing = make(chan struct{})
	m.slots = make(chan struct{}, finishers)
	m.ctx, m.cancel = context.WithCancel(context.Background())
	m.sync.wake = make(chan struct{}, 1)
	m.sync.stop = make(chan struct{})
	m.totals.base = time.Now()
	now := time.Now()
	m.sort(found, m.reopenAll(found, now), now)
	m.loops.Go(m.writeLoop)
	m.loops.Go(m.syncLoop)
	m.loops.Go(m.watchLoop)
	return err
}

// Ready returns why nothing can be recorded, or nil.
func (m *Manager) Ready() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.there()
}

// there is Ready with mu held.
func (m *Manager) there() error {
	if err := m.usable(); err != nil {
		return err
	}
	_, err := m.disk.root.here()
	return err
}

// usable returns why streams cannot be taken to be recorded, at present or later. mu is held.
func (m *Manager) usable() error {
	if m.err != nil {
		return m.err
	}
	if m.disk == nil || m.closed {
		return ErrClosed
	}
	return nil
}

// Record records a stream until it ends, beginning with the next unit written to it. It neither waits nor touches the
// disk. It returns ErrUnknownFormat, ErrClosed or what Open returned, wrapped.
func (m *Manager) Record(spec Spec, s *stream.Stream) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(); err != nil {
		m.noticeRefused(spec, err)
		return fmt.Errorf("record %s: %w", spec.Key, err)
	}
	format := m.formats[spec.Format]
	if format == nil {
		return fmt.Errorf("record %s: %w %q", spec.Key, ErrUnknownFormat, spec.Format)
	}
	m.begin(newRecording(m, spec, format, s))
	return nil
}

// begin numbers a recording, and begins to collect units. mu is held.
func (m *Manager) begin(rec *recording) {
	m.begun++
	rec.number = m.begun
	m.active[rec] = struct{}{}
	rec.attach()
}

// Status is a snapshot of a recording.
type Status struct {
	Spec Spec
	// FileID is the file being written, 0 if there is none; Start, Bytes and Duration are its own.
	FileID   int64
	Start    time.Time
	Bytes    int64
	Duration time.Duration
	// LastWrite is when something was last written to the disk.
	LastWrite time.Time
	// Lost counts what this recording has lost since it began.
	Lost stream.Lost
	// Waiting is when the oldest unit came that the recording took, that is to be in a file, and that has not been written; zero if
	// there is none. Seconds are usual while a file waits for its tracks.
	Waiting time.Time
	// Interrupted tells that nothing is written after a failure, for now.
	Interrupted bool
	// Suspended tells that the stream was interrupted, and the file waits for it until Until.
	Suspended bool
	Until     time.Time
	// Err is why nothing is being recorded, or what happened last; empty if all is well.
	Err string
}

// Active returns all recordings, and the files that wait for their streams, ordered by stream and format.
func (m *Manager) Active() []Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]Status, 0, len(m.active))
	for rec := range m.active {
		out = append(out, rec.snapshot())
	}
	for _, s := range m.suspended {
		out = append(out, s.status())
	}
	slices.SortFunc(out, func(a, b Status) int {
		return cmp.Or(cmp.Compare(a.Spec.Key.String(), b.Spec.Key.String()), cmp.Compare(a.Spec.Format, b.Spec.Format))
	})
	return out
}

// announce tells OnBegin of a file, unless it knows. If that fails it is tried again after announceEvery.
func (m *Manager) announce(o *output, now time.Time) {
	if m.OnBegin == nil || now.Before(o.announceAt) || o.announced.Swap(true) {
		return
	}
	o.announceAt = now.Add(announceEvery)
	f := o.file(m)
	m.jobs.Go(func() {
		if err := m.OnBegin(m.ctx, f); err != nil {
			m.Log.Warn("a file that is being recorded cannot be found yet; it is tried again", "file", f.ID, "error", err)
			o.announced.Store(false)
		}
	})
}

// Unfinished reports whether a file is being recorded, or is yet to be finished.
func (m *Manager) Unfinished(id int64) bool {
	m.mu.Lock()
	d := m.disk
	m.mu.Unlock()
	if d == nil {
		return true // out of reach: it may be
	}
	info, err := d.stat(journalName(id))
	return err != nil || info != nil
}

// Close ends every recording with CutShutdown and waits until all files are finished and in the catalogue, but for those that wait for
// their streams. If
// ctx ends first it gives up and returns ctx's error; what is not done then is done by the next start.
func (m *Manager) Close(ctx context.Context) error {
	m.mu.Lock()
	opened := m.disk != nil
	first := !m.closed
	m.closed = true
	m.mu.Unlock()
	if !opened || !first {
		return nil
	}
	close(m.closing)
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.loops.Wait()
		m.jobs.Wait()
		m.closeSuspended()
	}()
	defer m.cancel()
	select {
	case <-done:
		return m.disk.close()
	case <-ctx.Done():
	}
	// Only a hung disk keeps the goroutines longer than this.
	m.cancel()
	select {
	case <-done:
		_ = m.disk.close()
	case <-time.After(time.Second):
	}
	return fmt.Errorf("finish the recordings: %w", ctx.Err())
}
