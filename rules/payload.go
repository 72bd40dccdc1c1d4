package rules

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder"
)

// pushPayload is the body of the events of types 1 and 0, without what delivery adds.
type pushPayload struct {
	App         string `json:"app"`
	AppName     string `json:"appname"`
	StreamID    string `json:"stream_id"`
	ChannelID   string `json:"channel_id"`
	EventTime   int64  `json:"event_time"`
	Sequence    string `json:"sequence"`
	Node        string `json:"node"`
	UserIP      string `json:"user_ip"`
	StreamParam string `json:"stream_param"`
	// PushDuration is in milliseconds; an end has it, a begin has not.
	PushDuration string `json:"push_duration,omitempty"`
	ErrCode      int    `json:"errcode"`
	ErrMsg       string `json:"errmsg"`
	// SetID is where the push came in; 0, no place of the specification's.
	SetID  int `json:"set_id"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// statusPayload is the body of events of type 332, without what delivery adds.
type statusPayload struct {
	AppName      string `json:"appname"`
	Domain       string `json:"domain"`
	EventTime    int64  `json:"event_time"`
	RecordEvent  string `json:"record_event"`
	RecordDetail string `json:"record_detail"` // statusDetail as text
	TaskID       string `json:"task_id,omitempty"`
	Seq          string `json:"seq"`
	SessionID    string `json:"session_id"`
	StreamID     string `json:"stream_id"`
}

type statusDetail struct {
	FileFormat    int `json:"file_format"`
	RecordBps     int `json:"record_bps"`
	StartModel    int `json:"start_model"`
	RecordContent int `json:"record_content"`
	SourceType    int `json:"source_type"`
	CodecTempID   int `json:"codec_temp_id"`
	// Reason is an addition of ours.
	Reason string `json:"reason,omitempty"`
}

// exceptionPayload is the body of events of type 341, without what delivery adds.
type exceptionPayload struct {
	Interface string        `json:"interface"`
	Domain    string        `json:"domain"`
	Path      string        `json:"path"`
	StreamID  string        `json:"stream_id"`
	SessionID string        `json:"session_id"`
	Format    string        `json:"file_format"`
	Timestamp int64         `json:"timestamp"`
	Level     string        `json:"exception_level"`
	Exception exceptionBody `json:"exception"`
}

type exceptionBody struct {
	Type   int    `json:"type"`
	Occurs int    `json:"occurs"`
	Desc   string `json:"desc"`
}

// The specification's codes of why a push ended.
const (
	codeStopped     = 1  // the publisher stopped
	codeInternal    = 5  // the server's own doing
	codeProtocol    = 6  // what was sent cannot be read
	codeSilent      = 8  // nothing came for a long time
	codeNetwork     = 12 // the connection broke
	codeDisconnects = 21 // somebody asked for it, or a new publisher took over
)

// statuses are the notices that are states of a recording, by the specification's names.
var statuses = map[recorder.NoticeKind]string{
	recorder.NoticeStarted:     "record_start_succeeded",
	recorder.NoticeStartFailed: "record_start_failed",
	recorder.NoticePaused:      "record_paused",
	recorder.NoticeResumed:     "record_resumed",
	recorder.NoticeError:       "record_error",
	recorder.NoticeEnded:       "record_ended",
}

// exceptions are the notices that are exceptions: the specification's number and level of each. It has none for a track that appears;
// what a receiver has to know is that the file was cut.
var exceptions = map[recorder.NoticeKind]struct {
	code  int
	level string
}{
	recorder.NoticeAudioJump:    {-8, LevelWarning},
	recorder.NoticeVideoJump:    {-9, LevelWarning},
	recorder.NoticeSkew:         {-10, LevelWarning},
	recorder.NoticeNoAudio:      {-17, LevelWarning},
	recorder.NoticeNoVideo:      {-18, LevelWarning},
	recorder.NoticeSilent:       {-18, LevelError},
	recorder.NoticeResolution:   {-100, LevelInfo},
	recorder.NoticeWriteError:   {-104, LevelError},
	recorder.NoticeLowRoom:      {-104, LevelWarning},
	recorder.NoticeParameters:   {-120, LevelInfo},
	recorder.NoticeTracks:       {-120, LevelInfo},
	recorder.NoticeDroppedVideo: {-130, LevelWarning},
	recorder.NoticeDroppedAudio: {-131, LevelWarning},
	recorder.NoticeLeftOutVideo: {-130, LevelWarning},
	recorder.NoticeLeftOutAudio: {-131, LevelWarning},
}

// statusFormats are the specification's numbers of formats.
var statusFormats = map[string]int{"flv": 1, "hls": 2, "mp4": 3, "aac": 4}

const (
	startedByRule, startedByTask = 1, 5
	contentOriginal              = 1
	sourceLive                   = 1
)

// number turns an identity into the decimal text of 63 bits: what receivers of these events store it as.
func number(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return strconv.FormatUint(binary.BigEndian.Uint64(sum[:])>>1, 10)
}

// recordingNumber is the session_id of a recording: it stays, whatever push the recording goes on with.
func recordingNumber(n *recorder.Notice) string {
	return number(cmp.Or(n.Session, n.Spec.SessionID), n.Spec.Format, n.Spec.Cause.Kind, n.Spec.Cause.ID)
}

// newEvent makes an event of a stream. A payload is made of text and numbers: encoding it cannot fail.
func newEvent(kind EventType, key media.StreamKey, at time.Time, payload any) Event {
	text, _ := json.Marshal(payload)
	return Event{Type: kind, Domain: key.Domain, App: key.App, Stream: key.Stream, Payload: text, At: at.UTC()}
}

func newSession(s *stream.Stream) Session {
	return Session{
		ID: s.ID, Key: s.Key(), Start: s.Start.UTC(), Seen: s.Start.UTC(),
		Remote: address(s.Publisher.Remote), Local: address(s.Publisher.Local),
		Params: strings.ToValidUTF8(s.Publisher.Params, "\uFFFD"),
	}
}

func address(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// host returns the IP address of an address with port; empty if there is none.
func host(address string) string {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return ""
	}
	return a.Addr().String()
}

func newPushPayload(s *Session, at time.Time) pushPayload {
	return pushPayload{
		App: s.Key.Domain, AppName: s.Key.App, StreamID: s.Key.Stream, ChannelID: s.Key.Stream, EventTime: at.Unix(),
		Sequence: number(s.ID), Node: host(s.Local), UserIP: host(s.Remote), StreamParam: s.Params,
	}
}

func beginEvent(s *Session) Event {
	p := newPushPayload(s, s.Start)
	p.ErrMsg = "ok"
	return newEvent(EventStreamBegin, s.Key, s.Start, p)
}

func endEvent(s *Session, from *stream.Stream, end *stream.End, silence time.Duration) Event {
	p := newPushPayload(s, end.At)
	p.PushDuration = milliseconds(end.At.Sub(from.Start))
	p.ErrCode, p.ErrMsg = endCodeOf(from, end, silence)
	p.Width, p.Height = pictureSize(from)
	return newEvent(EventStreamEnd, s.Key, end.At, p)
}

// endCodeOf is endCode for a stream that counts as silent if it delivered nothing for that long.
func endCodeOf(s *stream.Stream, end *stream.End, silence time.Duration) (code int, text string) {
	return endCode(end, silence > 0 && end.At.Sub(s.Stats().LastByte) >= silence)
}

// endCode returns the specification's code of why a stream ended, and a text for people.
func endCode(e *stream.End, silent bool) (code int, text string) {
	switch {
	case e.Reason == stream.EndClient:
		code, text = codeStopped, "the push client stopped the push"
	case e.Reason == stream.EndLost && silent:
		code, text = codeSilent, "no data came for a long time"
	case e.Reason == stream.EndLost:
		code, text = codeNetwork, "the connection broke"
	case e.Reason == stream.EndReplaced:
		code, text = codeDisconnects, "another push took the stream over"
	case e.Reason == stream.EndDropped:
		code, text = codeDisconnects, "the push was disconnected"
	case e.Reason == stream.EndProtocol:
		code, text = codeProtocol, "what was pushed cannot be read"
	case e.Reason == stream.EndShutdown:
		return codeInternal, "the server is stopping"
	default:
		code, text = codeInternal, string(e.Reason)
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return code, text
}

// interruptedEvent is the end of a session that a crash has left, as far as is known.
func interruptedEvent(s *Session, at time.Time) Event {
	p := newPushPayload(s, at)
	p.PushDuration = milliseconds(max(0, s.Seen.Sub(s.Start)))
	p.ErrCode, p.ErrMsg = codeInternal, interruptedText(s)
	return newEvent(EventStreamEnd, s.Key, at, p)
}

func interruptedText(s *Session) string {
	return "the server was interrupted; the stream was last known to be live at " + s.Seen.UTC().Format(time.RFC3339)
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// statusEvent makes the event of a notice that is the state of a recording.
func statusEvent(n *recorder.Notice) (Event, bool) {
	name, ok := statuses[n.Kind]
	if !ok {
		return Event{}, false
	}
	detail := statusDetail{
		FileFormat: statusFormats[n.Spec.Format], StartModel: startedByRule, RecordContent: contentOriginal, SourceType: sourceLive,
		Reason: n.Detail,
	}
	p := statusPayload{
		AppName: n.Spec.Key.App, Domain: n.Spec.Key.Domain, EventTime: n.At.Unix(), RecordEvent: name,
		SessionID: recordingNumber(n), StreamID: n.Spec.Key.Stream,
	}
	if n.Spec.Cause.Kind == CauseTask {
		detail.StartModel, p.TaskID = startedByTask, n.Spec.Cause.ID
	}
	text, _ := json.Marshal(detail)
	p.RecordDetail = string(text)
	p.Seq = number(p.SessionID, name, strconv.FormatInt(n.At.UnixNano(), 10))
	return newEvent(EventRecordStatus, n.Spec.Key, n.At, p), true
}

// exceptionEvent makes the event of exceptions that have become one.
func exceptionEvent(m *merge, at time.Time) Event {
	spec, what := &m.first.Spec, exceptions[m.first.Kind]
	format := spec.Format
	if format == formatHLS {
		format = "ts" // so the specification calls it here
	}
	return newEvent(EventRecordException, spec.Key, at, exceptionPayload{
		Interface: "general_callback", Domain: spec.Key.Domain, Path: spec.Key.App, StreamID: spec.Key.Stream,
		SessionID: recordingNumber(&m.first), Format: format, Timestamp: at.Unix(), Level: what.level,
		Exception: exceptionBody{Type: what.code, Occurs: m.occurs, Desc: m.first.Detail},
	})
}

// taskEvent makes the event of a task that recorded nothing.
func taskEvent(t *Task, at time.Time) Event {
	code := exceptions[recorder.NoticeSilent].code
	if t.State == TaskFailed {
		code = exceptions[recorder.NoticeWriteError].code
	}
	return newEvent(EventRecordException, t.Key, at, exceptionPayload{
		Interface: "general_callback", Domain: t.Key.Domain, Path: t.Key.App, StreamID: t.Key.Stream,
		SessionID: number(CauseTask, t.ID), Format: t.Format, Timestamp: at.Unix(), Level: LevelError,
		Exception: exceptionBody{Type: code, Occurs: 1, Desc: "record task " + t.ID + " " + string(t.State) + ": " + t.Reason},
	})
}
