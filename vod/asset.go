// Package vod is the catalogue: files as assets that can be searched and played while they are recorded, and deleted when they
// are finished. It knows no recorder, no rule and no SQL.
package vod

import (
	"errors"
	"strconv"
	"time"
)

// Errors of Catalog and Store, wrapped.
var (
	// ErrNotFound: no such asset.
	ErrNotFound = errors.New("file not found")
	// ErrRecording: the asset cannot be deleted yet.
	ErrRecording = errors.New("the file is still being recorded; stop the push or wait until it is finished")
	// ErrHeld: the asset cannot be deleted before its hold is lifted.
	ErrHeld = errors.New("the file is held; lift the hold with SetMediaHold first")
)

// Status of an asset.
type Status string

// The states. A recording asset is found and played like a normal one, but is not hashed, does not expire and cannot be deleted. A
// deleting asset is invisible; its row goes when its file is gone. The file of a lost asset is not where it should be: it is found,
// but not played, does not expire, and is normal again when the file is back. See Reconciler.
const (
	StatusRecording Status = "Recording"
	StatusNormal    Status = "Normal"
	StatusLost      Status = "Lost"
	StatusDeleting  Status = "Deleting"
	// StatusForbidden is how a normal asset that must not be played is shown and searched for; it is not stored.
	StatusForbidden Status = "Forbidden"
)

// Storage classes of an asset.
const (
	StorageClassStandard = "STANDARD"
	StorageClassIA       = "STANDARD_IA"
)

// Source types of an asset: where it comes from.
const (
	SourceRecord          = "Record"
	SourceUpload          = "Upload"
	SourceVideoProcessing = "VideoProcessing"
)

// FileID identifies an asset: positive, in order of the recordings' begin.
type FileID int64

// String returns the decimal form, which is the one used on the wire.
func (id FileID) String() string { return strconv.FormatInt(int64(id), 10) }

// ParseFileID reads the decimal form; it returns ErrNotFound, wrapped, for anything else.
func ParseFileID(s string) (FileID, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || FileID(n).String() != s {
		return 0, errors.Join(ErrNotFound, errors.New("a FileId is a positive decimal number"))
	}
	return FileID(n), nil
}

// Asset is one file of the catalogue.
type Asset struct {
	ID          FileID
	Name        string
	Description string
	// Container is the format: "flv", "mp4", "hls", "aac".
	Container string
	Status    Status
	// StorageID and ObjectKey say where the file lies; never a path of the machine. PlaylistKey is its playlist; empty for a
	// container that has none.
	StorageID   string
	ObjectKey   string
	PlaylistKey string
	// Size in bytes, without the playlist. Of a recording asset, Size, Duration and End are those of its beginning: see
	// Catalog.Live.
	Size     int64
	Duration time.Duration
	// Start and End are the wall time of the first unit and of the last unit's end, in ms.
	Start, End time.Time
	// CreateTime is when it entered the catalogue in its present status; a zero ExpireTime means never.
	CreateTime, UpdateTime, ExpireTime time.Time
	// Domain, App and Stream were recorded in the publish session SessionID, pushed with the query Params.
	Domain, App, Stream string
	SessionID           string
	Params              string
	// TemplateID and the cause ("rule" or "task", and its id) say why.
	TemplateID       int64
	CauseKind, Cause string
	SubAppID         int64
	ClassID          int64
	// StorageClass is "STANDARD" or "STANDARD_IA".
	StorageClass string
	Procedure    string
	Tracks       []Track
	Gaps         []Gap
	// Reason is why the file ended, Recovered whether it was repaired after a crash.
	Reason    string
	Recovered bool
	// SHA256 of the file as published, lower-case hex; empty until it has been computed.
	SHA256 string
	// Hold keeps it from being deleted.
	Hold Hold
	// SourceType is where it comes from: SourceRecord, ... SourceContext is what whoever made it wanted to have with it.
	SourceType, SourceContext string
	Tags                      []string
	// KeyFrames are moments that people have described, by their time.
	KeyFrames []KeyFrame
	// Cover is the key of its cover picture among its parts; empty if it has none.
	Cover string
	// Forbidden: it must not be played.
	Forbidden bool
	// Edits are what people have changed of what its maker said of it.
	Edits Edits
	// Note says for people what was done otherwise than asked when it came into the catalogue.
	Note string
}

// Codecs are those of tracks, in their order.
func Codecs(tracks []Track) (out []string) {
	for _, t := range tracks {
		out = append(out, t.Codec)
	}
	return out
}

// KeyFrame is a described moment of an asset.
type KeyFrame struct {
	At      time.Duration
	Content string
}

// Hold keeps an asset from being deleted: on request, when it expires, and when room is needed. The zero value is none.
type Hold struct {
	// Since is when it began.
	Since time.Time
	// Reason is for people, By who asked for it.
	Reason, By string
}

// Held reports whether there is a hold.
func (a *Asset) Held() bool { return !a.Hold.Since.IsZero() }

// Track is one track of an asset.
type Track struct {
	// Kind is "video" or "audio", Codec the short name, such as "h264".
	Kind, Codec string
	// Width and Height in pixels, FrameRate in frames per second; of video.
	Width, Height int     `json:",omitempty"`
	FrameRate     float64 `json:",omitempty"`
	// SampleRate in Hz; of audio.
	SampleRate int `json:",omitempty"`
	Channels   int `json:",omitempty"`
	// Units and Bytes are 0 while the asset is being recorded.
	Units int64
	Bytes int64
}

// Gap is media that an asset lacks.
type Gap struct {
	// At is the place in the file. Length is how much time the file lacks there; 0 when the time is there, but without that media.
	At     time.Duration
	Length time.Duration
	Units  int
	Bytes  int64
	// Reason is for people.
	Reason string
}
