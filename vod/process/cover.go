package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"aircheck/vod"
	"aircheck/vod/ffmpeg"
)

const (
	// coverBatch is how many files are looked at in one go, coverTries how often a cover is tried, and coverAgain when next.
	coverBatch = 100
	coverTries = 3
	coverAgain = 5 * time.Minute
	// coverAt is the place in a file that its cover shows.
	coverAt = "10%"
)

// Coverer gives finished files with pictures a cover, one after the other, from a picture at which decoding can start. Nobody waits for it, and
// it is no task. Start it, and Close it when done.
type Coverer struct {
	*Processor
	Log *slog.Logger

	once   sync.Once
	wake   chan struct{} // holds one
	cancel context.CancelFunc
	wait   sync.WaitGroup
	// missed: it was said that there is no ffmpeg.
	missed bool
}

func (c *Coverer) prepare() { c.wake = make(chan struct{}, 1) }

// Start begins with what an earlier run left.
func (c *Coverer) Start() {
	var ctx context.Context
	c.once.Do(c.prepare)
	ctx, c.cancel = context.WithCancel(context.Background())
	c.wait.Go(func() { c.serve(ctx) })
}

// Close waits for the cover being made to be given up. It does nothing before Start.
func (c *Coverer) Close() {
	if c.cancel != nil {
		c.cancel()
		c.wait.Wait()
	}
}

// Kick says that there may be new files. It does not wait. A nil Coverer does nothing.
func (c *Coverer) Kick() {
	if c == nil {
		return
	}
	c.once.Do(c.prepare)
	select {
	case c.wake <- struct{}{}:
	default: // told already
	}
}

func (c *Coverer) serve(ctx context.Context) {
	tick := time.NewTicker(coverAgain)
	defer tick.Stop()
	for {
		wake := c.wake
		if err := c.all(ctx); err != nil && ctx.Err() == nil {
			c.Log.Warn("covers are not made now; they are tried again", "error", err, "in", coverAgain)
			wake = nil // each file that is finished meanwhile would meet the same
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick.C:
		}
	}
}

// all looks at all files that are due.
func (c *Coverer) all(ctx context.Context) error {
	for after := vod.FileID(0); ; {
		due, err := c.Service.Store.CoversDue(ctx, after, coverBatch)
		if err != nil {
			return fmt.Errorf("list files without a cover: %w", err)
		}
		for _, d := range due {
			after = d.ID
			if err := c.one(ctx, d); err != nil {
				return err
			}
		}
		if len(due) < coverBatch {
			return nil
		}
	}
}

// one makes the cover of one file, if it is to have one. Its error is one that would be that of others as well.
func (c *Coverer) one(ctx context.Context, d Due) error {
	err := c.cover(ctx, d.ID)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, vod.ErrNoRoom):
		return err
	case errors.Is(err, ffmpeg.ErrMissing) && !c.missed:
		c.missed = true
		c.Log.Warn("recordings get no covers", "error", err)
		fallthrough
	case err == nil, errors.Is(err, ffmpeg.ErrMissing), errors.Is(err, vod.ErrNotFound):
		return c.Service.Store.CoverDone(ctx, d.ID)
	case d.Tries+1 < coverTries:
		c.Log.Debug("cover not made yet", "file_id", d.ID.String(), "error", err)
		return c.Service.Store.CoverTried(ctx, d.ID)
	}
	c.Log.Warn("file stays without a cover", "file_id", d.ID.String(), "error", err)
	return c.Service.Store.CoverDone(ctx, d.ID)
}

func (c *Coverer) cover(ctx context.Context, id vod.FileID) error {
	if _, err := c.Runner.Find(); err != nil {
		return err
	}
	found, err := c.Catalog.Get(ctx, []vod.FileID{id})
	if err != nil || len(found) == 0 {
		return errors.Join(err, vod.ErrNotFound)
	}
	a := found[0]
	if a.Status == vod.StatusRecording || a.Cover != "" || a.ObjectKey == "" || c.coveredBy(ctx, &a) {
		return nil
	}
	src, err := c.open(ctx, a)
	if err != nil {
		return err
	}
	defer src.Close()
	w := &work{c.Processor, src}
	at, err := moment(coverAt, a.Duration)
	if err != nil {
		return err
	}
	k := src.newKeys()
	defer func() { k.stop() }()
	u, err := k.find(ctx, at)
	if err != nil {
		return err
	}
	p, err := w.begin(ctx, vod.PartCover, 0, 0, typeJPEG, "jpg")
	if err != nil {
		return err
	}
	if err = w.develop(ctx, p.File, u, 0); err == nil {
		err = picked(p, vod.PictureMeta{At: shown(u)})
	}
	if err != nil {
		return discard(err, p)
	}
	_, err = w.Parts.Commit(ctx, p)
	return err
}

// coveredBy reports whether an asset's procedure makes a cover.
func (c *Coverer) coveredBy(ctx context.Context, a *vod.Asset) bool {
	if a.Procedure == "" {
		return false
	}
	p, err := c.Service.Find(ctx, a.SubAppID, a.Procedure)
	return err == nil && len(p.Flow.Covers) > 0
}
