package vod

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// moveChunk is how much is copied at once, moveLook how much between two looks whether there is room, both in bytes.
	moveChunk = 64 << 10
	moveLook  = 64 << 20
	// maxPlaylist bounds a playlist that is copied: more than one of a recording of a year has.
	maxPlaylist = 256 << 20
	// MaxMoves is how many files one call may move.
	MaxMoves = 100
	// stubborn is how long a file is left alone that could not be moved.
	stubborn = time.Hour
)

// Storage classes that others have.
const (
	storageClassArchive = "ARCHIVE"
	storageClassDeep    = "DEEP_ARCHIVE"
)

// Errors of Mover, wrapped.
var (
	// ErrStorageClass: this server has no such storage class.
	ErrStorageClass = errors.New("StorageClass: this server has STANDARD and STANDARD_IA only")
	// ErrTransition: the file has that class already.
	ErrTransition = errors.New("StorageClass: the file has that storage class already")
	// ErrRestoreTier: nothing here is archived.
	ErrRestoreTier = errors.New("RestoreTier: this server has no archive to restore from; leave it out")
	// ErrLost: the file is not in its storage.
	ErrLost = errors.New("the file is lost: it was not in its storage when that was last looked through")
	// errChanged: the file is not what the catalogue says.
	errChanged = errors.New("the file is not as it was catalogued, and stays where it is")
)

// Moved says where the files of an asset lie from now on, and its storage class.
type Moved struct {
	// Draft is the reservation of the new names; 0 for none.
	Draft                             FileID
	StorageID, ObjectKey, PlaylistKey string
	StorageClass                      string
	At                                time.Time
}

// MoveStore is what a Mover needs of the store. Every method is one transaction.
type MoveStore interface {
	Store
	UsageStore
	// Strays lists normal assets of that application and class that lie in a storage, by ID, from the one that follows after on.
	Strays(ctx context.Context, of Usage, after FileID, limit int) ([]FileID, error)
	// MoveAsset notes that the files of a normal asset lie elsewhere now, forgets the reservation of their new names, and dooms the
	// old files. ErrNotFound if the asset is not normal any more, or not where from says.
	MoveAsset(ctx context.Context, from Asset, m Moved) error
	// SetStorageClass changes nothing but that of a normal asset. ErrNotFound, ErrRecording.
	SetStorageClass(ctx context.Context, id FileID, m Moved) error
}

// Mover moves files to the storages in which they belong: on request, when their storage class changes, and by itself what was recorded
// for another storage than the one that recordings are written to. It does one after the other, at a limited rate. A file is copied under an
// unfinished name, made durable and given its name; then its row changes, in one transaction that also dooms the old file: whoever
// has that open goes on reading it. Whatever a kill leaves of that is made good by Intake.Sweep and by what removes doomed files. Set the
// exported fields before Start; Move may be called without it.
type Mover struct {
	Store    MoveStore
	Storages map[string]Storage
	Intake   *Intake
	Homes    Homes
	// Claimed returns those of the keys that a recording is not done with, perhaps: as long as it is not, a crash would have it put its file
	// where it was. May be nil.
	Claimed func(storageID string, keys []string) ([]string, error)
	// Room says whether a storage has room for so many bytes more; ErrNoRoom, wrapped, if it has not. May be nil.
	Room func(storageID string, size int64) error
	// Name is what people call a storage, for the log; nil: its identity is shown.
	Name func(storageID string) string
	// Doomed is told that there are old files to be removed. It must not wait. May be nil.
	Doomed func()
	// After is waited for before the first look; nil is nothing.
	After <-chan struct{}
	// Interval is the time between two looks for files that are not where they belong; 0 means a minute.
	Interval time.Duration
	// BytesPerSecond is how fast files are copied, all together; 0 means no limit.
	BytesPerSecond int
	Log            *slog.Logger

	job  job
	once sync.Once
	turn chan struct{} // holds one: one file at a time
	pace *rate.Limiter
	// left are the files that could not be moved, by when they are tried again. The job's.
	left map[FileID]time.Time
}

// Start starts looking for files that are not where they belong.
func (m *Mover) Start() {
	m.left = map[FileID]time.Time{}
	m.job.start(m.Interval, m.look)
}

// Kick makes it look now. It does not wait.
func (m *Mover) Kick() { m.job.kick() }

// Close ends it and waits for it. A file that is being copied stays where it was.
func (m *Mover) Close() { m.job.close() }

// Move gives an asset a storage class, and its files the storage in which they belong then; told hears of each piece that has been copied, in
// bytes, and may be nil. It waits for others. An asset that has its place already is left as it is. ErrNotFound, ErrRecording, ErrLost,
// ErrNoRoom, ErrForeignStorage.
func (m *Mover) Move(ctx context.Context, id FileID, class string, told func(done, size int64)) error {
	done, err := m.take(ctx)
	if err != nil {
		return err
	}
	defer done()
	found, err := m.Store.AssetsByID(ctx, []FileID{id})
	if err != nil {
		return fmt.Errorf("move file %s: %w", id, err)
	}
	if len(found) == 0 {
		return fmt.Errorf("move file %s: %w", id, ErrNotFound)
	}
	a := found[0]
	if err := movable(&a); err != nil {
		return err
	}
	to := Moved{StorageID: m.Homes.Of(a.SubAppID, class), StorageClass: class, At: time.Now()}
	if to.StorageID != a.StorageID && a.ObjectKey != "" {
		err = m.carry(ctx, a, to, told)
	} else if a.StorageClass != class {
		err = m.Store.SetStorageClass(ctx, id, to)
	}
	if err != nil {
		return fmt.Errorf("move file %s: %w", id, err)
	}
	return nil
}

// take waits for the turn to move a file, as long as ctx lasts: the file before may take hours. Call done when it is over.
func (m *Mover) take(ctx context.Context) (done func(), err error) {
	m.once.Do(func() { m.turn = make(chan struct{}, 1) })
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return func() { <-m.turn }, nil
}

// carry brings the files of an asset to another storage.
func (m *Mover) carry(ctx context.Context, a Asset, to Moved, told func(done, size int64)) error {
	from, err := reachable(m.Storages, a.StorageID)
	if err != nil {
		return err
	}
	const tries = 100
	if ok, err := unclaimed(ctx, m.Claimed, a, tries); err != nil || !ok {
		return cmp.Or(err, errors.New("its recording is not done with it yet"))
	}
	if err := m.room(to.StorageID, a.Size); err != nil {
		return err
	}
	d, err := m.Intake.Begin(ctx, to.StorageID, strings.TrimPrefix(path.Ext(a.ObjectKey), "."))
	if err != nil {
		return err
	}
	err = m.copyMedia(ctx, d, from, a, told)
	if err == nil && a.PlaylistKey != "" {
		d.Playlist, err = wholePlaylist(from, a.PlaylistKey)
	}
	if err == nil {
		err = m.settle(ctx, d, a, to)
	}
	if err != nil {
		return errors.Join(err, d.Discard())
	}
	d.kept()
	if m.Doomed != nil {
		m.Doomed()
	}
	m.Log.Info("file moved", "file_id", a.ID.String(), "name", a.Name, "size", a.Size, "storage_class", to.StorageClass,
		"from", m.name(a.StorageID), "to", m.name(to.StorageID))
	return nil
}

func (m *Mover) name(storageID string) string {
	if m.Name == nil {
		return storageID
	}
	return m.Name(storageID)
}

func (m *Mover) room(storageID string, size int64) error {
	if m.Room == nil {
		return nil
	}
	return m.Room(storageID, size)
}

// copyMedia copies the media of an asset into a draft, and sees to it that it is what was catalogued.
func (m *Mover) copyMedia(ctx context.Context, d *Draft, from Storage, a Asset, told func(done, size int64)) error {
	object, err := from.Open(a.ObjectKey)
	if err != nil {
		return err
	}
	defer object.Close()
	if object.Size != a.Size {
		return fmt.Errorf("%w: it has %d bytes instead of %d", errChanged, object.Size, a.Size)
	}
	if m.pace == nil {
		limit := rate.Inf
		if m.BytesPerSecond > 0 {
			limit = rate.Limit(m.BytesPerSecond)
		}
		m.pace = rate.NewLimiter(limit, moveChunk)
	}
	sum := sha256.New()
	buf := make([]byte, moveChunk)
	for done := int64(0); done < a.Size; {
		n := int(min(moveChunk, a.Size-done))
		if err := m.pace.WaitN(ctx, n); err != nil {
			return err
		}
		if _, err := io.ReadFull(object, buf[:n]); err != nil {
			return fmt.Errorf("read %s: %w", a.ObjectKey, err)
		}
		if _, err := d.File.Write(buf[:n]); err != nil {
			return fmt.Errorf("copy %s: %w", a.ObjectKey, err)
		}
		_, _ = sum.Write(buf[:n]) // never fails
		done += int64(n)
		if told != nil {
			told(done, a.Size)
		}
		if done%moveLook == 0 {
			if err := m.room(d.storage, a.Size-done); err != nil {
				return err
			}
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); a.SHA256 != "" && got != a.SHA256 {
		return fmt.Errorf("%w: its SHA-256 is %s instead of %s", errChanged, got, a.SHA256)
	}
	return nil
}

func wholePlaylist(from Storage, key string) ([]byte, error) {
	object, err := from.Open(key)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	if object.Size > maxPlaylist {
		return nil, fmt.Errorf("%w: its playlist has %d bytes", errChanged, object.Size)
	}
	text := make([]byte, object.Size)
	if _, err := io.ReadFull(object, text); err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return text, nil
}

// settle makes the copy durable, gives it the name that the file has had, or one like it if that is taken, and changes the row.
func (m *Mover) settle(ctx context.Context, d *Draft, a Asset, to Moved) error {
	if _, err := d.finish(); err != nil {
		return err
	}
	to.Draft = d.ID
	for n := 1; ; n++ {
		to.ObjectKey, to.PlaylistKey = otherName(a, d.ID, n)
		taken, err := d.taken(ctx, to.ObjectKey)
		if err == nil && !taken && to.PlaylistKey != "" {
			taken, err = d.taken(ctx, to.PlaylistKey)
		}
		if err == nil && !taken {
			err = d.place(ctx, to.ObjectKey, to.PlaylistKey)
		}
		switch {
		case err == nil && !taken:
			return m.Store.MoveAsset(ctx, a, to)
		case err == nil && n <= maxTaken:
		case errors.Is(err, fs.ErrExist) && to.PlaylistKey == "" && n <= maxTaken:
		case err == nil:
			return fmt.Errorf("no name is free for %s", a.ObjectKey)
		default:
			return err
		}
	}
}

// otherName is the nth choice of names for the files of an asset in another storage. One with a playlist keeps its folder, or gets one that
// nobody else can have.
func otherName(a Asset, draft FileID, n int) (key, playlist string) {
	dir, base := path.Split(a.ObjectKey)
	if a.PlaylistKey != "" {
		if n > 1 {
			dir = path.Clean(dir) + "_" + draft.String()
		}
		return path.Join(dir, base), path.Join(dir, path.Base(a.PlaylistKey))
	}
	if n > 1 {
		ext := path.Ext(base)
		base = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(base, ext), n, ext)
	}
	if n > maxTaken {
		base = draft.String() + path.Ext(base)
	}
	return path.Join(dir, base), ""
}
