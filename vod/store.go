package vod

import (
	"context"
	"time"
)

// Limits of a search (SearchMedia).
const (
	DefaultLimit = 10
	// MaxReach is the most that Offset+Limit may be, and where the total stops counting.
	MaxReach = 5000
)

// Filter selects assets: values of one field are alternatives, fields must all match; the zero value selects all.
type Filter struct {
	IDs []FileID
	// Names match anywhere in the name, whatever the case of letters and however accents are written (Unicode's NFC and simple case
	// mapping); NamePrefixes match at its start, as they are.
	Names, NamePrefixes []string
	// Descriptions match anywhere, as Names do.
	Descriptions []string
	// Text matches anywhere in name or description, as Names do.
	Text string
	// Tags and SourceTypes match exactly: assets that have one of them.
	Tags, SourceTypes []string
	// Streams, Domains and Apps match exactly.
	Streams, Domains, Apps []string
	Containers             []string
	// ClassIDs match what is in the classes or in one below them.
	ClassIDs       []int64
	StorageClasses []string
	// Statuses are of StatusNormal, StatusRecording, StatusLost and StatusForbidden.
	Statuses []Status
	// SubAppID 0 is the primary application.
	SubAppID int64
	// Created and Expires: From inclusive, To exclusive.
	Created, Expires TimeRange
	// Descending sorts by CreateTime, newest first; otherwise oldest first. Ties are broken by ID. Texts do not change that.
	Descending    bool
	Offset, Limit int
}

// TimeRange is From inclusive to To exclusive; zero ends are open.
type TimeRange struct{ From, To time.Time }

// Page is a search result.
type Page struct {
	// Total counts all matches, at most MaxReach.
	Total  int
	Assets []Asset
}

// Store keeps assets. Every method is one transaction. Deleting assets are invisible but to Deleting.
type Store interface {
	SearchAssets(ctx context.Context, f Filter) (Page, error)
	// AssetsByID returns those that exist, in the order asked for.
	AssetsByID(ctx context.Context, ids []FileID) ([]Asset, error)
	// MarkDeleting makes a normal or lost asset invisible. ErrNotFound, ErrRecording, ErrHeld.
	MarkDeleting(ctx context.Context, id FileID) error
	// Deleting lists assets whose files are to be removed, by ID, from the one that follows after on.
	Deleting(ctx context.Context, after FileID, limit int) ([]Asset, error)
	// Shared reports whether a normal asset other than that one has the same ObjectKey, or it is reserved.
	Shared(ctx context.Context, a Asset) (bool, error)
	// PurgeAsset forgets a deleting asset; its ID stays known, so that it is not added again. An asset that is not being
	// deleted, or is gone, is left as it is.
	PurgeAsset(ctx context.Context, id FileID) error
	// Expired lists normal assets whose ExpireTime has come and that are not held, the longest expired first.
	Expired(ctx context.Context, now time.Time, limit int) ([]FileID, error)
	// Unhashed lists normal assets without SHA256, by ID, from the one that follows after on.
	Unhashed(ctx context.Context, after FileID, limit int) ([]Asset, error)
	// SetSHA256 stores the hash of a normal asset's file. ErrNotFound, ErrRecording.
	SetSHA256(ctx context.Context, id FileID, sum string) error
	// SetHold holds visible assets, or lets them go if h is zero. It returns those that were there.
	SetHold(ctx context.Context, ids []FileID, h Hold, at time.Time) ([]FileID, error)
	// Oldest lists the normal assets of a storage that are not held, those first whose recording ended first.
	Oldest(ctx context.Context, storageID string, limit int) ([]FileID, error)
	// Placed lists where the files of normal and lost assets lie, by ID, from the one that follows after on.
	Placed(ctx context.Context, after FileID, limit int) ([]Placed, error)
	// KnownKeys returns those of the keys that are the ObjectKey of an asset of whatever status, or the Key of a part, or reserved.
	KnownKeys(ctx context.Context, storageID string, keys []string) ([]string, error)
	// MarkLost turns those of the assets that are normal into lost ones, and MarkFound those that are lost into normal ones. They return
	// how many there were.
	MarkLost(ctx context.Context, ids []FileID, at time.Time) (int, error)
	MarkFound(ctx context.Context, ids []FileID, at time.Time) (int, error)
	// Adopt adds an asset of which there is no event, and reports whether it did: it does not if there is an asset of that file, or
	// there has been one of that ID.
	Adopt(ctx context.Context, a Asset) (bool, error)
	// ModifyAsset changes a visible asset by a function that may look at it, adds parts of it as AddParts does, and returns it as it is
	// then. What the function changes beside what people say of an asset is lost. ErrNotFound, or the function's error.
	ModifyAsset(ctx context.Context, id FileID, change func(*Asset) error, parts []Part) (Asset, error)
	// SetForbidden forbids that visible assets are played, or ends that. It returns those that were there.
	SetForbidden(ctx context.Context, ids []FileID, forbid bool, at time.Time) ([]FileID, error)
	PartStore
}

// Placed is where the files of an asset lie.
type Placed struct {
	ID                                FileID
	Status                            Status
	StorageID, ObjectKey, PlaylistKey string
	Size                              int64
}
