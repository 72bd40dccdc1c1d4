package vod

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"strconv"
	"time"
)

// PartKind is what a part is.
type PartKind string

// The kinds. A cover, of which an asset has one at most, is the picture that stands for it; a sprite is a picture of many small ones,
// and a webvtt says which of them is when; an adaptive is one of the files of a set of renditions.
const (
	PartCover          PartKind = "cover"
	PartSprite         PartKind = "sprite"
	PartWebVTT         PartKind = "webvtt"
	PartSnapshot       PartKind = "snapshot"
	PartSampleSnapshot PartKind = "samplesnapshot"
	PartAnimated       PartKind = "animated"
	PartTranscode      PartKind = "transcode"
	PartAdaptive       PartKind = "adaptive"
	// PartOriginal is the file of an asset that it no longer has: it is yet to be removed.
	PartOriginal PartKind = "original"
)

// Part is a file that was made of an asset and belongs to it: it is deleted with it. It never changes.
type Part struct {
	// ID is its own. No other part and no asset has it.
	ID     FileID
	FileID FileID
	Kind   PartKind
	// Definition is the template it was made by, 0 for none; Index its place among those of one kind and definition.
	Definition int64
	Index      int
	// StorageID and Key say where it lies, Size is in bytes. Its name in addresses is the last component of Key: see PartPath.
	StorageID, Key string
	Size           int64
	// ContentType is the media type it is served as.
	ContentType string
	// Meta is what its maker wants to know of it: a JSON object of one of the types named for it, such as TranscodeMeta. Empty for none.
	Meta       json.RawMessage
	CreateTime time.Time
}

// PictureMeta is the Meta of a picture that shows one moment: of PartSnapshot and PartSampleSnapshot.
type PictureMeta struct {
	// At is the moment; of a snapshot.
	At            time.Duration `json:",omitempty"`
	Width, Height int           `json:",omitempty"`
	// SampleType is "Percent" or "Time", Interval in percent or in seconds; of a sample snapshot.
	SampleType string `json:",omitempty"`
	Interval   int64  `json:",omitempty"`
}

// SpriteMeta is the Meta of a PartSprite.
type SpriteMeta struct {
	// Width and Height are those of one small picture, in pixels; Count is how many there are in all sprites of its set.
	Width, Height int
	Count         int
}

// AnimatedMeta is the Meta of a PartAnimated.
type AnimatedMeta struct {
	// Container is "gif" or "webp".
	Container     string
	Width, Height int
	// Bitrate in bits per second.
	Bitrate    int64
	MD5        string `json:",omitempty"`
	Start, End time.Duration
}

// TranscodeMeta is the Meta of a PartTranscode.
type TranscodeMeta struct {
	Container string
	Duration  time.Duration
	Tracks    []Track
	MD5       string `json:",omitempty"`
}

// AdaptiveMeta is the Meta of a PartAdaptive with Index 0, which is the set's master playlist; the other files of the set have none.
type AdaptiveMeta struct {
	// Package is "hls".
	Package    string
	SubStreams []SubStream
}

// SubStream is one rendition of an adaptive set.
type SubStream struct {
	// Kind is "video" or "audio".
	Kind          string
	Width, Height int
	// Size in bytes.
	Size int64
}

// Name is the part's name among those of its asset.
func (p *Part) Name() string { return path.Base(p.Key) }

// partsFolder is between the FileID and the name in the address of a part.
const partsFolder = "parts"

// PartPath is the address of a part without scheme and host: "/vod/{FileId}/parts/{name}".
func PartPath(id FileID, name string) string {
	return PlayPrefix + id.String() + "/" + partsFolder + "/" + url.PathEscape(name)
}

// Deletion says what of an asset is to be deleted.
type Deletion struct {
	// Original is its own file.
	Original bool
	Parts    []PartFilter
	// At is when.
	At time.Time
}

// CoverPath is the address of an asset's cover, which it must have, without scheme and host.
func CoverPath(a *Asset) string { return PartPath(a.ID, path.Base(a.Cover)) }

// PartFilter says which parts of an asset are meant: those of that kind, and of that definition unless it is 0.
type PartFilter struct {
	Kind       PartKind
	Definition int64
}

// PartStore keeps parts, and which names files are about to be given. Every method is one transaction. A part that is to be removed is
// invisible but to DoomedParts. It is doomed when its asset is: MarkDeleting and RemoveRecordings see to that.
type PartStore interface {
	// PartsOf returns the parts of assets, by FileID, kind, definition and index.
	PartsOf(ctx context.Context, ids []FileID) ([]Part, error)
	// Reserve notes which names a file is about to be given.
	Reserve(ctx context.Context, r Reservation) error
	// Reservations lists those that were neither kept nor dropped, by ID, from the one that follows after on.
	Reservations(ctx context.Context, after FileID, limit int) ([]Reservation, error)
	// Reserved returns the reservation with that ID; ok is false if there is none.
	Reserved(ctx context.Context, id FileID) (r Reservation, ok bool, err error)
	// DropReservations forgets reservations whose files are gone.
	DropReservations(ctx context.Context, ids []FileID) error
	// AddMade adds an asset and tells of it, and AddParts parts, in the place of all parts of that asset that have a kind and a
	// definition of theirs, and of its cover if one of them is; both drop the reservations of what they add. ErrNotFound if there is
	// no such asset, or it is being deleted; ErrNoSubApp if the application of one that was made is destroyed.
	AddMade(ctx context.Context, a Asset) error
	AddParts(ctx context.Context, id FileID, parts []Part) error
	// DoomParts dooms parts of a finished asset, and its own file if d says so; or the asset, like MarkDeleting, if nothing of it could
	// be played afterwards, in which case whole is true. ErrNotFound, ErrRecording, ErrHeld.
	DoomParts(ctx context.Context, id FileID, d Deletion) (whole bool, err error)
	// DoomedParts lists parts whose files are to be removed, by ID, from the one that follows after on; those of one asset unless of is 0.
	DoomedParts(ctx context.Context, of, after FileID, limit int) ([]DoomedPart, error)
	// PurgePart forgets a doomed part.
	PurgePart(ctx context.Context, id FileID) error
	// AllParts lists the parts of all assets, by ID, from the one that follows after on.
	AllParts(ctx context.Context, after FileID, limit int) ([]Part, error)
}

// Reservation is a note that files are about to be given their names. As long as it is there, they are in nobody's possession.
type Reservation struct {
	// ID is the draft's.
	ID FileID
	// Extension is the draft's: its unfinished name is made of the two.
	Extension                         string
	StorageID, ObjectKey, PlaylistKey string
}

// DoomedPart is a part whose files are to be removed. Only the file of an asset may have a playlist.
type DoomedPart struct {
	Part
	PlaylistKey string
}

// Parts keeps what is made of assets. Its methods may be called from any goroutine.
type Parts struct {
	Store  PartStore
	Intake *Intake
	// Doomed is told that there may be parts to be removed, those which others have taken the place of. It must not wait. May be nil.
	Doomed func()
}

// NewPart is a part in the making, used by one goroutine at a time. Commit it, with those that belong to it, or Discard it.
type NewPart struct {
	// Part is what it is to be; its Meta and ContentType may be set until it is committed.
	Part
	// File is empty at first, to be read and written, and closed by Commit or Discard.
	File *os.File

	draft *Draft
}

// Discard removes a part that is not wanted. After Commit it does nothing.
func (n *NewPart) Discard() error { return n.draft.Discard() }

// errNoParts is a programming error.
var errNoParts = errors.New("no parts")

// Begin begins a part of an asset: FileID, Kind, Definition, Index, ContentType and, if it is known already, StorageID of p are used;
// without one it lies where the asset's own file does. The extension has no dot. The part's Key and so its name are known from here
// on, so that other parts can refer to it. ErrNotFound, ErrNoRoom.
func (p *Parts) Begin(ctx context.Context, a Asset, part Part, ext string) (*NewPart, error) {
	if part.StorageID == "" {
		part.StorageID = a.StorageID
	}
	d, err := p.Intake.Begin(ctx, part.StorageID, ext)
	if err != nil {
		return nil, err
	}
	part.ID, part.FileID = d.ID, a.ID
	name := fmt.Sprintf("%s-%d-%d-%s.%s", part.Kind, part.Definition, part.Index, strconv.FormatInt(int64(d.ID), 36), ext)
	part.Key = path.Join(SubAppFolder(a.SubAppID), partsDir, a.ID.String(), name)
	return &NewPart{Part: part, File: d.File, draft: d}, nil
}

// Commit makes parts of one asset durable and visible, all at once, in the place of all that it has of their kinds and definitions; a
// cover takes the place of any other. It returns them as they are kept. Whatever comes of it, the drafts are done with. ErrNotFound if
// the asset was deleted meanwhile.
func (p *Parts) Commit(ctx context.Context, parts ...*NewPart) ([]Part, error) {
	if len(parts) == 0 {
		return nil, errNoParts
	}
	id := parts[0].FileID
	return p.commitBy(ctx, parts, func(parts []Part) error {
		if err := p.Store.AddParts(ctx, id, parts); err != nil {
			return fmt.Errorf("keep parts of file %s: %w", id, err)
		}
		return nil
	})
}

// commitBy is Commit with what keeps the parts.
func (p *Parts) commitBy(ctx context.Context, parts []*NewPart, keep func([]Part) error) ([]Part, error) {
	out, err := p.place(ctx, parts)
	if err == nil {
		err = keep(out)
	}
	if err != nil {
		for _, n := range parts {
			err = errors.Join(err, n.Discard())
		}
		return nil, err
	}
	for _, n := range parts {
		n.draft.kept()
	}
	if p.Doomed != nil {
		p.Doomed()
	}
	return out, nil
}

// place makes parts durable and gives them their names.
func (p *Parts) place(ctx context.Context, parts []*NewPart) ([]Part, error) {
	out := make([]Part, len(parts))
	for i, n := range parts {
		if n.FileID != parts[0].FileID {
			return nil, errors.New("parts of different files are committed one after the other")
		}
		size, err := n.draft.finish()
		if err != nil {
			return nil, err
		}
		if err := n.draft.place(ctx, n.Key, ""); err != nil {
			return nil, err
		}
		n.Size, n.CreateTime = size, time.Now().UTC().Truncate(time.Microsecond)
		out[i] = n.Part
	}
	return out, nil
}

// Of returns the parts of assets, by FileID, kind, definition and index.
func (p *Parts) Of(ctx context.Context, ids ...FileID) ([]Part, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	out, err := p.Store.PartsOf(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read the parts of files: %w", err)
	}
	return out, nil
}
