package vod

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"golang.org/x/time/rate"
)

// hashChunk is how much of a file is read at once.
const hashChunk = 256 << 10

// Hasher computes the SHA-256 of assets that have none yet: one file at a time, at a limited rate. What it has not done when the
// server stops, it does after the next start. Set the exported fields before Start.
type Hasher struct {
	Store Store
	// Storages by ID.
	Storages map[string]Storage
	// BytesPerSecond is how fast files are read; 0 is no limit.
	BytesPerSecond int
	// Interval is the time between two looks, beside those that Kick asks for; 0 means a minute.
	Interval time.Duration
	Log      *slog.Logger

	job     job
	limiter *rate.Limiter
	// skipped are assets whose file cannot be hashed; they are not tried again before the next start.
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

// Kick tells that there is a new asset. It does not wait; it may be called when Start was not.
func (h *Hasher) Kick() { h.job.kick() }

// Close ends the job and waits for it.
func (h *Hasher) Close() { h.job.close() }

func (h *Hasher) look(ctx context.Context) {
	for after := FileID(0); ; {
		assets, err := h.Store.Unhashed(ctx, after, batch)
		if err == nil {
			err = h.hashAll(ctx, assets)
		}
		if err != nil {
			if ctx.Err() == nil {
				h.Log.Warn("hashing interrupted, will go on later", "error", err)
			}
			return
		}
		if len(assets) < batch {
			return
		}
		after = assets[len(assets)-1].ID
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
