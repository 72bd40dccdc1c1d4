package rules

import (
	"time"

	"aircheck/vod"
)

// CauseTask is the kind of cause of everything that a record task records.
const CauseTask = "task"

// FileReady is the payload of EventFileReady: what is told of a finished file, which may be deleted before it is told. Events of earlier
// versions have FileID only; those without a Container are to be made again from the catalogue.
type FileReady struct {
	FileID string
	// Container is the format, PlayPath the path of the file's address.
	Container string `json:",omitzero"`
	PlayPath  string `json:",omitzero"`
	// SubAppID is the sub-application that the file is in: its addresses may have to be signed.
	SubAppID int64 `json:",omitzero"`
	// TaskID is the record task's, for what one recorded; Params is the query of the push.
	TaskID string `json:",omitzero"`
	Params string `json:",omitzero"`
	// Start and End are the wall time of the first unit and of the last unit's end.
	Start time.Time `json:",omitzero"`
	End   time.Time `json:",omitzero"`
	// Duration in nanoseconds, Size in bytes.
	Duration time.Duration `json:",omitzero"`
	Size     int64         `json:",omitzero"`
	// VideoCodec, Width and Height are those of the first video track.
	VideoCodec string `json:",omitzero"`
	Width      int    `json:",omitzero"`
	Height     int    `json:",omitzero"`
}

// NewFileReady is what is told of a file.
func NewFileReady(a vod.Asset) FileReady {
	f := FileReady{
		FileID: a.ID.String(), Container: a.Container, PlayPath: vod.PlayPath(a), SubAppID: a.SubAppID, Params: a.Params,
		Start: a.Start, End: a.End, Duration: a.Duration, Size: a.Size,
	}
	if a.CauseKind == CauseTask {
		f.TaskID = a.Cause
	}
	for _, t := range a.Tracks {
		if t.Kind == "video" {
			f.VideoCodec, f.Width, f.Height = t.Codec, t.Width, t.Height
			break
		}
	}
	return f
}
