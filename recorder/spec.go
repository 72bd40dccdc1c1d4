package recorder

import (
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// Spec says what to record of a stream. It is fixed for the life of a recording and kept in its journal.
type Spec struct {
	// Key and SessionID name the stream, Params is the query of its push URL.
	Key       media.StreamKey
	SessionID string
	Params    string
	// Cause tells who asked.
	Cause Cause
	// TemplateID is the recording template that was in force; 0 when there was none.
	TemplateID int64
	// Format is the name of a container: "flv", "mp4", "hls" or "aac".
	Format string
	// Interval is RecordInterval: a file is cut at the first random access point at or after it, and at
	// twice the interval if there is none. A format with a playlist is never cut.
	Interval time.Duration
	// FlowContinueDuration is how long the file waits for the stream to come back after it was interrupted, and goes on then; 0 if
	// not at all. It counts for HLS and MP4.
	FlowContinueDuration time.Duration
	// FileName is the VodFileName pattern; empty means DefaultFileName.
	FileName string
	// StorageTime is how long to keep a file from its end on; 0 means for ever.
	StorageTime time.Duration
	// Folder is what the folders of finished files are in; empty: the storage's own. It must be a single clean name.
	Folder string `json:",omitempty"`
	// SubAppID, ClassID, StorageClass and Procedure are handed on to the catalogue.
	SubAppID     int64
	ClassID      int64
	StorageClass string
	Procedure    string
}

// Cause is why something is recorded.
type Cause struct {
	// Kind is "rule" or "task".
	Kind string
	// ID is the rule's "domain/app/stream" or the task's id.
	ID string
}

// CutReason says why a file ended.
type CutReason string

// The reasons.
const (
	// CutInterval: RecordInterval was reached.
	CutInterval CutReason = "interval"
	// CutNoRandomAccess: twice RecordInterval passed without a random access point.
	CutNoRandomAccess CutReason = "no_random_access"
	// CutParameters: codec parameters changed.
	CutParameters CutReason = "parameters"
	// CutTracks: a track appeared.
	CutTracks CutReason = "tracks"
	// CutDiscontinuity: the time line jumped.
	CutDiscontinuity CutReason = "discontinuity"
	// CutStreamEnd: the stream ended.
	CutStreamEnd CutReason = "stream_end"
	// CutShutdown: the server stopped.
	CutShutdown CutReason = "shutdown"
	// CutWindowEnd: the end of the recording's window was reached; CutStopped: it was stopped before that.
	CutWindowEnd CutReason = "window_end"
	CutStopped   CutReason = "stopped"
	// CutWriteError: the file could not be written on.
	CutWriteError CutReason = "write_error"
	// CutNoSpace: the disk had no more room than is to be left free, CutQuota: recordings had used up their quota.
	CutNoSpace CutReason = "no_space"
	CutQuota   CutReason = "quota"
	// CutNoStorage: the disk was unmounted, or another one was mounted in its place.
	CutNoStorage CutReason = "no_storage"
	// CutCrash: the server was killed; the file was repaired at the next start.
	CutCrash CutReason = "crash"
)

// Gap is media that a file lacks.
type Gap struct {
	// At is the place in the file, relative to its zero. Length is how much time the file lacks there; 0 when the time is there, but
	// without that media. Where the stream was interrupted it is how long, whether the file has that time or not.
	At, Length time.Duration
	// Units and Bytes were lost there.
	Units int
	Bytes int64
	// Reason is for people.
	Reason string
}

// File is one finished file.
type File struct {
	// ID is the FileId: 63 bits of time, node and counter, given when the file was begun.
	ID   int64
	Spec Spec
	// StorageID and ObjectKey say where it lies: the key is a slash-separated path inside the storage.
	// PlaylistKey is the playlist of a format that has one.
	StorageID   string
	ObjectKey   string
	PlaylistKey string
	// Name is the expanded VodFileName. While the file is being recorded, its end is its start.
	Name string
	// Size is that of the file, without the playlist.
	Size int64
	// Start is the wall time of the first unit, End of the last unit's end; milliseconds, UTC.
	Start, End time.Time
	Summary    container.Summary
	Gaps       []Gap
	Reason     CutReason
	// Recovered tells that the file was finished, or gone on with, by a later start of a server that was killed while it recorded into it
	// or was to finish it.
	Recovered bool
}
