package vod

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"aircheck/recorder/container"
)

// What a Reconciler does unless its fields say otherwise.
const (
	defaultReconcile = 24 * time.Hour
	defaultMinAge    = 10 * time.Minute
	defaultPace      = 5000
	// afterErrors is how long it waits when something could not be compared.
	afterErrors = time.Hour
)

// Reconciler compares the catalogue with its storages: once at the start, then daily, and on request. Files without a row are adopted:
// probed, and catalogued as far as their place and their content tell; nobody is told of them. Assets without a file become lost, and
// normal again when it is back. Nothing is deleted. A storage that is out of reach is left alone. Both sides are read in pages, slowly:
// a catalogue of any size takes the same memory. Set the exported fields before Start.
type Reconciler struct {
	Catalog *Catalog
	// Formats are those that files are adopted of.
	Formats []container.Format
	// NewID gives out the FileIDs of adopted files.
	NewID func() FileID
	// Homes tell the storage class of what is found in a storage, SubApps whether the sub-application in whose folder it is exists; nil: it
	// does.
	Homes   Homes
	SubApps *SubApps
	// Claimed returns those of the keys that a recording is not done with, perhaps: they are left alone. It is asked after the
	// files were seen. An error means that nothing is known.
	Claimed func(storageID string, keys []string) ([]string, error)
	// After is waited for before the first comparison, such as until recovery has finished; nil is nothing.
	After <-chan struct{}
	// Interval is the time between two comparisons; 0 means a day.
	Interval time.Duration
	// MinAge is how long a file must not have been written to; 0 means 10 minutes.
	MinAge time.Duration
	// PerSecond is how many rows and names are looked at, BytesPerSecond how fast files are read that are adopted; 0 means 5000 and no
	// limit.
	PerSecond, BytesPerSecond int
	Log                       *slog.Logger

	job   job
	asked atomic.Bool
	// due and again are the job's: when it is time, and whether that is only for what was pending.
	due   time.Time
	again bool
	pace  *rate.Limiter
	bytes *rate.Limiter

	mu     sync.Mutex
	report ReconcileReport
}

// Start starts the job.
func (r *Reconciler) Start() {
	if r.Interval == 0 {
		r.Interval = defaultReconcile
	}
	if r.MinAge == 0 {
		r.MinAge = defaultMinAge
	}
	if r.PerSecond == 0 {
		r.PerSecond = defaultPace
	}
	limit := rate.Inf
	if r.BytesPerSecond > 0 {
		limit = rate.Limit(r.BytesPerSecond)
	}
	r.bytes = rate.NewLimiter(limit, hashChunk)
	r.pace = rate.NewLimiter(rate.Limit(r.PerSecond), max(r.PerSecond/10, batch))
	r.job.start(r.MinAge, r.look)
}

// Kick asks for a comparison now. It does not wait; while one is under way, another follows it.
func (r *Reconciler) Kick() {
	r.asked.Store(true)
	r.job.kick()
}

// Close ends the job and waits for it.
func (r *Reconciler) Close() { r.job.close() }

// Report returns what the last comparison has found, or the one under way so far. ok is false if there was none.
func (r *Reconciler) Report() (report ReconcileReport, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.report.clone(), !r.report.Began.IsZero()
}

// note changes the report.
func (r *Reconciler) note(change func(*ReconcileReport)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.report)
}

func (r *Reconciler) fail(err error) { r.note(func(n *ReconcileReport) { n.fail(err) }) }

func (r *Reconciler) look(ctx context.Context) {
	if r.After != nil {
		select {
		case <-r.After:
		case <-ctx.Done():
			return
		}
	}
	if !r.asked.Swap(false) && time.Now().Before(r.due) {
		return
	}
	r.note(func(n *ReconcileReport) { *n = ReconcileReport{Began: time.Now().UTC()} })
	err := r.compare(ctx)
	if ctx.Err() != nil {
		err = errors.New("stopped before it was done")
	}
	if err != nil {
		r.fail(err)
	}
	r.note(func(n *ReconcileReport) { n.Ended = time.Now().UTC() })
	r.conclude()
}

// conclude tells of a comparison and decides when the next one is due.
func (r *Reconciler) conclude() {
	n, _ := r.Report()
	level := slog.LevelInfo
	if n.Lost+n.Changed+n.MissingParts+len(n.Errors) > 0 {
		level = slog.LevelWarn
	}
	r.Log.Log(context.Background(), level, "catalogue and storages compared", "assets", n.Assets, "files", n.Files,
		"adopted", n.Adopted, "lost", n.Lost, "found", n.Found, "missing", n.Missing, "missing_parts", n.MissingParts, "changed", n.Changed, "pending", n.Pending,
		"unreadable", n.Unreadable, "ignored", n.Ignored, "errors", n.Errors, "took", n.Ended.Sub(n.Began).Round(time.Millisecond))
	next := r.Interval
	switch {
	case n.Pending > 0 && !r.again:
		next, r.again = r.MinAge, true
	case len(n.Errors) > 0:
		next, r.again = min(next, afterErrors), false
	default:
		r.again = false
	}
	r.due = time.Now().Add(next)
}

// compare does everything. It returns an error if it makes no sense to go on.
func (r *Reconciler) compare(ctx context.Context) error {
	storages := map[string]Storage{}
	for id, s := range r.Catalog.Storages {
		if err := s.Check(); err != nil {
			r.fail(fmt.Errorf("storage %s is left alone: %w", id, err))
			continue
		}
		storages[id] = s
	}
	for after := FileID(0); ; {
		if err := r.pace.WaitN(ctx, batch); err != nil {
			return err
		}
		page, err := r.Catalog.Store.Placed(ctx, after, batch)
		if err != nil {
			return fmt.Errorf("read the catalogue: %w", err)
		}
		if err := r.lookFor(ctx, storages, page); err != nil {
			return err
		}
		if len(page) < batch {
			break
		}
		after = page[len(page)-1].ID
	}
	if err := r.lookForParts(ctx, storages); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(storages)) {
		w := &walk{Reconciler: r, id: id, storage: storages[id]}
		if err := w.folder(ctx, ".", 0); err != nil {
			return err
		}
	}
	return nil
}

// lookFor looks for the files of some assets.
func (r *Reconciler) lookFor(ctx context.Context, storages map[string]Storage, page []Placed) error {
	var lost, found []Placed
	for _, p := range page {
		s := storages[p.StorageID]
		if s == nil {
			continue
		}
		there, same, err := present(s, p)
		if err == nil && !there {
			// Before that is believed: is the storage still there?
			if err = s.Check(); err == nil {
				there, same, err = present(s, p)
			}
		}
		r.note(func(n *ReconcileReport) {
			n.Assets++
			switch {
			case err != nil:
				n.fail(fmt.Errorf("file %s: %w", p.ID, err))
			case !there:
				n.Missing++
				if p.Status == StatusNormal {
					lost = append(lost, p)
				}
			case !same:
				n.Changed++
				n.find(r.Log, Finding{What: "changed", ID: p.ID, StorageID: p.StorageID, Key: p.ObjectKey})
			case p.Status == StatusLost:
				found = append(found, p)
			}
		})
	}
	lost, err := r.stayed(ctx, lost)
	if err != nil {
		return err
	}
	err = r.mark(ctx, "lost", lost, r.Catalog.Store.MarkLost)
	return errors.Join(err, r.mark(ctx, "found", found, r.Catalog.Store.MarkFound))
}

// stayed returns those of the assets that are still where they were: what was moved meanwhile is missing only there.
func (r *Reconciler) stayed(ctx context.Context, some []Placed) ([]Placed, error) {
	if len(some) == 0 {
		return nil, nil
	}
	ids := make([]FileID, len(some))
	for i, p := range some {
		ids[i] = p.ID
	}
	now, err := r.Catalog.Store.AssetsByID(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	return slices.DeleteFunc(some, func(p Placed) bool {
		moved := slices.ContainsFunc(now, func(a Asset) bool {
			return a.ID == p.ID && (a.StorageID != p.StorageID || a.ObjectKey != p.ObjectKey)
		})
		if moved {
			r.note(func(n *ReconcileReport) { n.Missing-- })
		}
		return moved
	}), nil
}

// mark turns assets that were lost, or found.
func (r *Reconciler) mark(ctx context.Context, what string, which []Placed, turn func(context.Context, []FileID, time.Time) (int, error)) error {
	if len(which) == 0 {
		return nil
	}
	ids := make([]FileID, len(which))
	for i, p := range which {
		ids[i] = p.ID
	}
	// Those that were deleted meanwhile are not counted.
	turned, err := turn(ctx, ids, time.Now())
	if err != nil {
		return fmt.Errorf("note which files are %s: %w", what, err)
	}
	r.note(func(n *ReconcileReport) {
		if what == "lost" {
			n.Lost += turned
		} else {
			n.Found += turned
		}
		for _, p := range which {
			n.find(r.Log, Finding{What: what, ID: p.ID, StorageID: p.StorageID, Key: p.ObjectKey})
		}
	})
	return nil
}

// present reports whether all files of an asset are there, and its media has the size that it was catalogued with.
func present(s Storage, p Placed) (there, same bool, err error) {
	info, err := s.Stat(p.ObjectKey)
	if err == nil && p.PlaylistKey != "" {
		_, err = s.Stat(p.PlaylistKey)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, false, nil
	}
	return err == nil, info.Size == p.Size, err
}
