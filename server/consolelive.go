package server

import (
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/server/preview"
	"aircheck/vod"
)

// consoleTopics are what the console's pages show, by the tables that it comes from. What is in no table counts as settings.
var consoleTopics = map[string][]string{
	"asset_ids": {}, "search_pending": {}, "search_entries": {}, "storage_usage": {}, "reservations": {}, "covers_due": {},
	"assets": {"media"}, "parts": {"media"}, "long_tasks": {"work"}, "procedures": {"media"},
	"templates": {"recording"}, "rules": {"recording"}, "tasks": {"recording"}, "task_files": {"recording"},
	"events": {"callbacks"}, "callback_templates": {"callbacks"}, "callback_rules": {"callbacks"}, "deliveries": {"callbacks"},
	"vod_events": {"callbacks"}, "vod_event_configs": {"callbacks"},
	"access_keys": {"keys"}, "audit_log": {"audit"}, "console_sessions": {"sessions"},
	"live_sessions": {"streams"}, "pushes": {"streams"}, "forbidden_streams": {"streams"}, "pulls": {"streams"},
}

// allTopics are all there are.
func allTopics() []string {
	return []string{"media", "work", "recording", "callbacks", "streams", "settings", "keys", "audit", "sessions"}
}

// tellConsole passes on which tables have changed.
func (s *Server) tellConsole(tables []string) {
	var topics []string
	for _, t := range tables {
		if of, ok := consoleTopics[t]; ok {
			topics = append(topics, of...)
		} else {
			topics = append(topics, "settings")
		}
	}
	if len(topics) > 0 {
		s.pages.Changed(topics...)
	}
}

// consoleLive is what pages are told every two seconds.
type consoleLive struct {
	// At is when, in ms since 1970: counters of two of these give rates.
	At      int64
	Streams []consoleStream
	// Waiting are files that wait for their stream to come back.
	Waiting []consoleRecording
}

// consoleStream is a live stream.
type consoleStream struct {
	DomainName, AppName, StreamName, ID string
	// StartTime is in ms since 1970.
	StartTime int64
	Remote    string
	Protocol  string
	// Bytes, Video and Audio count what has come: bytes, pictures, frames of sound.
	Bytes, Video, Audio int64
	Tracks              []consoleTrack
	Recordings          []consoleRecording
	// Preview: there is a picture of it, see package preview.
	Preview bool
}

// consoleTrack is a track of a stream.
type consoleTrack struct {
	Kind, Codec          string
	Width, Height        int
	SampleRate, Channels int
}

// consoleRecording is a recording under way.
type consoleRecording struct {
	DomainName, AppName, StreamName string
	FileID, Format                  string
	TemplateID                      int64
	// CauseKind is "rule" or "task".
	CauseKind, Cause string
	Bytes            int64
	// Duration in ms.
	Duration int64
	Lost     int64
	// Until is when a suspended one stops waiting, in ms since 1970; 0 for the others.
	Until int64
	Err   string
}

func (s *Server) consoleLive() any {
	out := consoleLive{At: time.Now().UnixMilli(), Streams: []consoleStream{}, Waiting: []consoleRecording{}}
	recordings := map[media.StreamKey][]consoleRecording{}
	for _, r := range s.recorder.Active() {
		c := newConsoleRecording(r)
		if r.Suspended {
			out.Waiting = append(out.Waiting, c)
		} else {
			recordings[r.Spec.Key] = append(recordings[r.Spec.Key], c)
		}
	}
	able := s.previews.Able() == nil
	for _, l := range s.hub.List() {
		c := newConsoleStream(l, recordings[l.Key()])
		c.Preview = able && preview.Offers(l)
		out.Streams = append(out.Streams, c)
	}
	return out
}

func newConsoleStream(l *stream.Stream, recordings []consoleRecording) consoleStream {
	k, st := l.Key(), l.Stats()
	c := consoleStream{
		DomainName: k.Domain, AppName: k.App, StreamName: k.Stream, ID: l.ID, StartTime: l.Start.UnixMilli(), Remote: l.Publisher.Remote.String(),
		Protocol: l.Publisher.Protocol,
		Bytes:    st.Bytes, Video: st.Video, Audio: st.Audio, Tracks: []consoleTrack{}, Recordings: append([]consoleRecording{}, recordings...),
	}
	for _, t := range l.Tracks() {
		x := consoleTrack{Kind: t.Codec.Kind().String(), Codec: t.Codec.Name()}
		if v, ok := t.Codec.(media.VideoCodec); ok {
			x.Width, x.Height = v.Size()
		}
		if a, ok := t.Codec.(media.AudioCodec); ok {
			x.SampleRate, x.Channels = a.SampleRate(), a.Channels()
		}
		c.Tracks = append(c.Tracks, x)
	}
	return c
}

func newConsoleRecording(r recorder.Status) consoleRecording {
	c := consoleRecording{
		DomainName: r.Spec.Key.Domain, AppName: r.Spec.Key.App, StreamName: r.Spec.Key.Stream, Format: r.Spec.Format,
		TemplateID: r.Spec.TemplateID, CauseKind: r.Spec.Cause.Kind, Cause: r.Spec.Cause.ID, Bytes: r.Bytes,
		Duration: r.Duration.Milliseconds(), Lost: int64(r.Lost.Units), Err: r.Err,
	}
	if r.FileID != 0 {
		c.FileID = vod.FileID(r.FileID).String()
	}
	if r.Suspended {
		c.Until = r.Until.UnixMilli()
	}
	return c
}
