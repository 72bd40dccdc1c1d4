package vod

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// hashChunk is how much of a file is read at once.
	hashChunk = 256 << 10
	// maxWanted is how many wishes are remembered, and how many files that cannot be hashed when they are wished for.
	maxWanted = 10_000
)

// Hasher computes the SHA-256 of finished assets that have none yet: one file at a time, at a limited rate. Without OnRequest these are
// all of them, and what it has not done when the server stops, it does after the next start. Set the exported fields before Start.
type Hasher struct {
	Store Store
	// Storages by ID.
	Storages map[string]Storage
	// OnRequest leaves alone what nobody has named by Want: hashing a file costs about as much as recording it.
	OnRequest bool
	// BytesPerSecond is how fast files are read; 0 is no limit.
	BytesPerSecond int
	// Interval is the time between two looks, beside those that Kick asks for; 0 means a minute.
	Interval time.Duration
	Log      *slog.Logger

	job     job
	limiter *rate.Limiter
	wanted  wishes
	// skipped are assets whose file cannot be hashed; they are not tried again before the next start, or with OnRequest before
	// there are too many of them.
	skipped map[FileID]bool
}

// Start starts the job.
func (h *Hasher) Start() {
	limit := rate.Inf
	if h.BytesPerSecond > 0 {
		limit = rate.Limit(h.BytesPerSecond)
	}
	h.limiter = rate.NewLimiter(limit, hashChunk)
	h.skipped = map[FileID]bool{}
	h.job.start(h.Interval, h.look)
}

// Kick tells that there is a new asset. It does not wait; it may be called when Start was not. With OnRequest it does nothing.
func (h *Hasher) Kick() {
	if !h.OnRequest {
		h.job.kick()
	}
}

// Want asks for the hashes of assets, in this order and behind those that were asked for before. It does not wait. Those that have
// one, or are not finished, are passed over. A wish is forgotten when there are too many of them, and when the server stops: who still
// finds no hash asks again. Without OnRequest it does nothing. It may be called from any goroutine, also when Start was not.
func (h *Hasher) Want(ids ...FileID) {
	if h.OnRequest && h.wanted.add(ids) {
		h.job.kick()
	}
}

// Close ends the job and waits for it.
func (h *Hasher) Close() { h.job.close() }

func (h *Hasher) look(ctx context.Context) {
	hash := h.hashUnhashed
	if h.OnRequest {
		hash = h.hashWanted
	}
	if err := hash(ctx); err != nil && ctx.Err() == nil {
		h.Log.Warn("hashing interrupted, will go on later", "error", err)
	}
}

func (h *Hasher) hashUnhashed(ctx context.Context) error {
	for after := FileID(0); ; {
		assets, err := h.Store.Unhashed(ctx, after, batch)
		if err != nil {
			return err
		}
		if err := h.hashAll(ctx, assets); err != nil {
			return err
		}
		if len(assets) < batch {
			return nil
		}
		after = assets[len(assets)-1].ID
	}
}

// hashWanted takes one wish at a time: its row is read just before the file.
func (h *Hasher) hashWanted(ctx context.Context) error {
	for {
		id, ok := h.wanted.first()
		if !ok {
			return nil
		}
		assets, err := h.Store.AssetsByID(ctx, []FileID{id})
		if err != nil {
			return err
		}
		assets = slices.DeleteFunc(assets, func(a Asset) bool { return a.Status != StatusNormal || a.SHA256 != "" })
		if err := h.hashAll(ctx, assets); err != nil {
			return err
		}
		if len(h.skipped) >= maxWanted {
			clear(h.skipped)
		}
		h.wanted.done()
	}
}

// hashAll returns an error if it makes no sense to go on now.
func (h *Hasher) hashAll(ctx context.Context, assets []Asset) error {
	for _, a := range assets {
		if h.skipped[a.ID] {
			continue
		}
		storage, err := reachable(h.Storages, a.StorageID)
		if err != nil {
			return err
		}
		sum, err := h.sum(ctx, storage, a)
		if errors.Is(err, fs.ErrNotExist) {
			gone, err := h.gone(ctx, a)
			if err != nil {
				return err
			}
			if gone {
				continue
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			h.skipped[a.ID] = true
			h.Log.Warn("file not hashed", "file_id", a.ID.String(), "error", err)
			continue
		}
		if err := h.Store.SetSHA256(ctx, a.ID, sum); err != nil && !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("store the hash of file %s: %w", a.ID, err)
		}
	}
	return nil
}

// gone reports whether an asset was deleted or moved to another storage since its row was read. One that was moved is hashed at the next look.
func (h *Hasher) gone(ctx context.Context, a Asset) (bool, error) {
	now, err := h.Store.AssetsByID(ctx, []FileID{a.ID})
	if err != nil {
		return false, fmt.Errorf("look where file %s is: %w", a.ID, err)
	}
	return len(now) == 0 || now[0].StorageID != a.StorageID || now[0].ObjectKey != a.ObjectKey, nil
}

func (h *Hasher) sum(ctx context.Context, storage Storage, a Asset) (string, error) {
	object, err := storage.Open(a.ObjectKey)
	if err != nil {
		return "", err
	}
	defer object.Close()
	if object.Size != a.Size {
		return "", fmt.Errorf("it has %d bytes, but had %d when it was published", object.Size, a.Size)
	}
	digest := sha256.New()
	if _, err := io.CopyBuffer(digest, &limitedReader{ctx, object, h.limiter}, make([]byte, hashChunk)); err != nil {
		return "", fmt.Errorf("read the file: %w", err)
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// limitedReader reads at the rate of its limiter, until its context ends.
type limitedReader struct {
	ctx     context.Context
	from    io.Reader
	limiter *rate.Limiter
}

// Read reads at most hashChunk bytes.
func (r *limitedReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p[:min(len(p), hashChunk)])
	if wait := r.limiter.WaitN(r.ctx, n); wait != nil {
		return n, wait
	}
	return n, err
}

// wishes are assets to be hashed, the first wish first, each once, at most maxWanted.
type wishes struct {
	mu    sync.Mutex
	queue []FileID
	known map[FileID]bool
}

// add reports whether there is a new wish.
func (w *wishes) add(ids []FileID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known == nil {
		w.known = map[FileID]bool{}
	}
	before := len(w.queue)
	for _, id := range ids {
		if !w.known[id] && len(w.queue) < maxWanted {
			w.known[id] = true
			w.queue = append(w.queue, id)
		}
	}
	return len(w.queue) > before
}

// first returns a wish and leaves it there until done: while its file is read, it is not wished for again.
func (w *wishes) first() (FileID, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return 0, false
	}
	return w.queue[0], true
}

// done removes what first returned.
func (w *wishes) done() {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.known, w.queue[0])
	w.queue = w.queue[1:]
}
