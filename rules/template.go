// Package rules decides who is recorded, when and into what: templates, the rules that bind them to streams, and the
// engine that starts recordings. It knows no SQL, no HTTP and no file format.
package rules

import "time"

// Limits of the specification.
const (
	// MaxTemplates and MaxRules bound one server.
	MaxTemplates = 50
	MaxRules     = 50
	// MinRecordInterval and MaxRecordInterval bound RecordInterval, in seconds.
	MinRecordInterval     = 60
	MaxRecordInterval     = 7200
	DefaultRecordInterval = 1800
	// MaxStorageTime bounds StorageTime, in seconds (1500 days).
	MaxStorageTime = 129600000
	// MaxFlowContinueDuration bounds FlowContinueDuration, in seconds.
	MaxFlowContinueDuration = 1800
)

// FormatParam is how one format of a template is recorded (the wire format's RecordParam).
type FormatParam struct {
	Enable bool
	// RecordInterval in seconds; ignored for HLS.
	RecordInterval int64
	// StorageTime in seconds; 0 keeps files for ever.
	StorageTime int64
	// VodSubAppID and ClassID say where in the catalogue files go; 0 is the primary application, the class "Other".
	VodSubAppID int64
	ClassID     int64
	// VodFileName is the pattern of the file's name; empty means the default.
	VodFileName string
	// Procedure is a task flow run on the finished file.
	Procedure string
	// StorageMode is "normal" (STANDARD) or "cold" (STANDARD_IA); empty means normal.
	StorageMode string
	// FlowContinueDuration is how long an MP4 waits for a re-push, in seconds; 0 leaves that to the server. It means nothing for other
	// formats: HLS has Template's.
	FlowContinueDuration int64
}

// Template says which formats to record and how. A template without any enabled format means "do not record".
type Template struct {
	ID          int64
	Name        string
	Description string
	Flv         FormatParam
	Hls         FormatParam
	Mp4         FormatParam
	Aac         FormatParam
	Mp3         FormatParam
	// FlowContinueDuration is how long an HLS recording waits for a re-push, in seconds.
	FlowContinueDuration int64
	// IsDelayLive, RemoveWatermark and FlvUploadInRecording are stored and given back.
	IsDelayLive          bool
	RemoveWatermark      bool
	FlvUploadInRecording bool
	CreateTime           time.Time
	UpdateTime           time.Time
}

// Formats returns the enabled formats by container name.
func (t *Template) Formats() map[string]FormatParam {
	out := map[string]FormatParam{}
	for name, p := range map[string]FormatParam{
		"flv": t.Flv, "hls": t.Hls, "mp4": t.Mp4, "aac": t.Aac, "mp3": t.Mp3,
	} {
		if p.Enable {
			out[name] = p
		}
	}
	return out
}
