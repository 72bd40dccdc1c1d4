package vod

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path"
	"sync"
	"time"
)

const (
	// draftsDir is where files lie that are not finished, and partsDir where parts do. Neither is looked through for recordings.
	draftsDir = ".drafts"
	partsDir  = ".parts"
	// madeDir is where files lie that were made of others.
	madeDir = "vod"
)

// ErrNoRoom is returned, wrapped, by Intake.Begin: what room there is is the recordings'.
var ErrNoRoom = errors.New("there is too little room: what is left is for recordings; delete files, or add storage")

// Intake takes new files that were made by the server's own work, rather than recorded, into the catalogue. Until such a file is
// committed, it lies under a name that is nobody's; the names that it is about to be given are noted before it is given them. So what a
// killed server left behind can be told from what is somebody's, and is removed by Sweep. Its methods may be called from any goroutine.
type Intake struct {
	Store Store
	// Storages by ID; those of type Workplace can be used.
	Storages map[string]Storage
	// NewID gives out FileIDs.
	NewID func() FileID
	// Room says whether there is room for other files than recordings; ErrNoRoom, wrapped, if there is not. May be nil. Whoever writes much
	// asks again in between.
	Room func(storageID string) error
	// Location is the time zone of the days in folder names; nil is UTC.
	Location *time.Location
	Log      *slog.Logger

	mu   sync.Mutex
	live map[FileID]bool
}

// Draft is a file in the making. It is used by one goroutine at a time.
type Draft struct {
	// ID is that of the asset, or of the part, that it is to be.
	ID FileID
	// File is empty at first, to be read and written, and closed by Commit or Discard.
	File *os.File
	// Playlist is the text of the finished playlist, which names its media as Media says; of containers that have one.
	Playlist []byte

	in       *Intake
	at       Workplace
	storage  string
	ext      string
	closed   bool
	reserved bool
}

// Begin begins a file in that storage. The extension has no dot. Commit or Discard it. ErrNoRoom, ErrForeignStorage.
func (in *Intake) Begin(_ context.Context, storageID, ext string) (*Draft, error) {
	storage, err := reachable(in.Storages, storageID)
	if err != nil {
		return nil, fmt.Errorf("begin a file: %w", err)
	}
	at, ok := storage.(Workplace)
	if !ok {
		return nil, fmt.Errorf("begin a file: storage %s cannot be written to", storageID)
	}
	if in.Room != nil {
		if err := in.Room(storageID); err != nil {
			return nil, fmt.Errorf("begin a file: %w", err)
		}
	}
	d := &Draft{ID: in.NewID(), in: in, at: at, storage: storageID, ext: ext}
	in.enter(d.ID)
	if d.File, err = at.Create(d.unfinished()); err != nil {
		in.leave(d.ID)
		return nil, fmt.Errorf("begin a file: %w", err)
	}
	return d, nil
}

// enter notes that somebody works at a draft: it is not swept.
func (in *Intake) enter(id FileID) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.live == nil {
		in.live = map[FileID]bool{}
	}
	in.live[id] = true
}

func (in *Intake) leave(id FileID) {
	in.mu.Lock()
	defer in.mu.Unlock()
	delete(in.live, id)
}

func (in *Intake) worked(id FileID) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.live[id]
}

// draftName is a draft's unfinished name.
func draftName(id FileID, ext string) string { return path.Join(draftsDir, id.String()+"."+ext) }

// draftList is the unfinished name of a draft's playlist.
const draftList = "m3u8.list"

func (d *Draft) unfinished() string { return draftName(d.ID, d.ext) }

// Media is the name by which the playlist of a draft has to name its media.
func (d *Draft) Media() string { return "media." + d.ext }

// Commit makes the file durable, gives it the name by which people find it, and puts it into the catalogue, where it is told of in the
// same transaction. Of a, all is used but where it lies and its ID, Size, Status, CreateTime and UpdateTime. It returns the asset as it is in
// the catalogue. Whatever comes of it, the draft is done with.
func (d *Draft) Commit(ctx context.Context, a Asset) (Asset, error) {
	out, err := d.commit(ctx, a)
	if err != nil {
		return out, errors.Join(fmt.Errorf("keep file %s: %w", d.ID, err), d.Discard())
	}
	d.kept()
	d.in.Log.Info("file made", "file_id", d.ID.String(), "name", out.Name, "key", out.ObjectKey, "size", out.Size)
	return out, nil
}

func (d *Draft) commit(ctx context.Context, a Asset) (Asset, error) {
	size, err := d.finish()
	if err != nil {
		return a, err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	a.ID, a.Status, a.StorageID, a.Size, a.CreateTime, a.UpdateTime = d.ID, StatusNormal, d.storage, size, now, now
	if a.StorageClass == "" {
		a.StorageClass = StorageClassStandard
	}
	if a.SourceType == "" {
		a.SourceType = SourceVideoProcessing
	}
	if err := d.placeAsset(ctx, &a); err != nil {
		return a, err
	}
	return a, d.in.Store.AddMade(ctx, a)
}

// finish makes the content durable.
func (d *Draft) finish() (size int64, err error) {
	if d.closed {
		return 0, os.ErrClosed
	}
	d.closed = true
	info, err := d.File.Stat()
	if err == nil {
		size, err = info.Size(), d.File.Sync()
	}
	return size, errors.Join(err, d.File.Close())
}
