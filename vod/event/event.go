// Package event is what the catalogue tells others: events that are stored together with the changes they report, and then pulled and confirmed,
// or pushed to an address.
package event

import (
	"encoding/json"
	"time"

	"aircheck/vod"
)

// Kind of an event, as PullEvents names it.
type Kind string

// The kinds. Uploaded, Deleted and Persisted are told only if the application's Config says so.
const (
	// Uploaded: there is a new file, whatever made it. Content: Upload.
	Uploaded Kind = "NewFileUpload"
	// Deleted: files or parts of them were deleted. Content: Deletion.
	Deleted Kind = "FileDeleted"
	// ProcedureChanged: a task flow has ended, or come so far. Content: the task.Task.
	ProcedureChanged Kind = "ProcedureStateChanged"
	// Composed: a composition has ended. Content: the task.Task.
	Composed Kind = "ComposeMediaComplete"
	// Persisted: a clip has become a file of its own. Content: Persistence.
	Persisted Kind = "PersistenceComplete"
)

// Event is something that has happened in a sub-application.
type Event struct {
	SubAppID int64
	Kind     Kind
	// Content is stored as JSON.
	Content any
	At      time.Time
}

// Stored is an event as it is stored.
type Stored struct {
	// ID is in the order in which they happened.
	ID       int64
	SubAppID int64
	Kind     Kind
	Content  json.RawMessage
	At       time.Time
	// Handle is what it is confirmed by; empty if it was not pulled.
	Handle string
}

// Upload is the content of Uploaded.
type Upload struct {
	// Asset is as it was then.
	Asset vod.Asset
	// ProcedureTaskID is the task of the asset's Procedure; empty if it has none.
	ProcedureTaskID string
}

// Deletion is the content of Deleted.
type Deletion struct {
	Files []DeletedFile
}

// DeletedFile says what was deleted of a file.
type DeletedFile struct {
	FileID vod.FileID
	// Parts are what was deleted; none: everything.
	Parts []DeletedPart
}

// DeletedPart is a kind of derived file, such as "TranscodeFiles", and which of them; Definition 0: all.
type DeletedPart struct {
	Type       string
	Definition int64
}

// Persistence is the content of Persisted.
type Persistence struct {
	FileID vod.FileID
	// Source says what it was made with, such as "SimpleHlsClip".
	Source string
}

// NewUpload tells that an asset is new, and which task its Procedure is; empty for none.
func NewUpload(a vod.Asset, procedureTask string, at time.Time) Event {
	return Event{SubAppID: a.SubAppID, Kind: Uploaded, Content: Upload{Asset: a, ProcedureTaskID: procedureTask}, At: at}
}

// NewDeletion tells that files, or parts of them, were deleted.
func NewDeletion(subApp int64, at time.Time, files ...DeletedFile) Event {
	return Event{SubAppID: subApp, Kind: Deleted, Content: Deletion{Files: files}, At: at}
}

// NewPersistence tells that a clip has become a file of its own.
func NewPersistence(subApp int64, id vod.FileID, source string, at time.Time) Event {
	return Event{SubAppID: subApp, Kind: Persisted, Content: Persistence{FileID: id, Source: source}, At: at}
}
