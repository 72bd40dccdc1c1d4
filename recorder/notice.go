package recorder

import (
	"fmt"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// NoticeKind says what happened to a recording.
type NoticeKind string

// The states of a recording. Each is told when it begins, and once: see recording.notice.
const (
	// NoticeStarted: the first file was begun.
	NoticeStarted NoticeKind = "started"
	// NoticeStartFailed: nothing can be recorded so far.
	NoticeStartFailed NoticeKind = "start_failed"
	// NoticePaused: nothing is being recorded for now, and the recording may go on.
	NoticePaused NoticeKind = "paused"
	// NoticeResumed: recording goes on after NoticePaused.
	NoticeResumed NoticeKind = "resumed"
	// NoticeError: something that should be in the files never will be.
	NoticeError NoticeKind = "error"
	// NoticeEnded: nothing more will be recorded. It is the last notice of a recording that had started.
	NoticeEnded NoticeKind = "ended"
)

// What is remarkable about a stream or its files. These may come often.
const (
	// NoticeAudioJump and NoticeVideoJump: the time line jumped in a track with sound or pictures.
	NoticeAudioJump NoticeKind = "audio_jump"
	NoticeVideoJump NoticeKind = "video_jump"
	// NoticeSkew: the times of sound and pictures that arrive together lie far apart.
	NoticeSkew NoticeKind = "skew"
	// NoticeNoAudio and NoticeNoVideo: the publisher promised sound or pictures, and none came.
	NoticeNoAudio NoticeKind = "no_audio"
	NoticeNoVideo NoticeKind = "no_video"
	// NoticeResolution: the size of the pictures changed.
	NoticeResolution NoticeKind = "resolution"
	// NoticeParameters: the file was cut because the parameters of a track changed.
	NoticeParameters NoticeKind = "parameters"
	// NoticeTracks: the file was cut because a track appeared.
	NoticeTracks NoticeKind = "tracks"
	// NoticeDroppedVideo and NoticeDroppedAudio: units that the container cannot take are missing in the file.
	NoticeDroppedVideo NoticeKind = "dropped_video"
	NoticeDroppedAudio NoticeKind = "dropped_audio"
	// NoticeLeftOutVideo and NoticeLeftOutAudio: a track with pictures or sound is left out, since the container cannot take its codec, or not
	// beside the others.
	NoticeLeftOutVideo NoticeKind = "left_out_video"
	NoticeLeftOutAudio NoticeKind = "left_out_audio"
	// NoticeWriteError: media was lost because it could not be written, or not as fast as it came.
	NoticeWriteError NoticeKind = "write_error"
	// NoticeLowRoom: recording will stop soon if nobody makes room. NoticeSilent: the publisher is connected and sends no media. They
	// are for whoever sees it to tell; no recording does.
	NoticeLowRoom NoticeKind = "low_room"
	NoticeSilent  NoticeKind = "silent"
)

// Notice tells what happened to a recording.
type Notice struct {
	Kind NoticeKind
	// Spec is that of the recording, Session the ID of the push with which it began, if it goes on in what another has left.
	Spec    Spec
	Session string
	// Detail is for people; of NoticeEnded the CutReason.
	Detail string
	// Count is how often it happened, or how many units it concerns; at least 1.
	Count int
	At    time.Time
}

// phase is the state of a recording as OnNotice knows it.
type phase uint8

const (
	phaseNew phase = iota
	phaseFailed
	phaseRunning
	phasePaused
	phaseOver
)

// skewLimit is how far apart the times of sound and pictures may be; a jump of the time line, which comes in one track first, must
// not count, so they are to be that for skewTicks.
const (
	skewLimit = 5 * time.Second
	skewTicks = 3
)

// told is what OnNotice has been told of a recording, and what telling more of it needs. Of the writer goroutine.
type told struct {
	phase phase
	// session is Notice.Session.
	session string
	// width and height are the size of the pictures.
	width, height int
	// silence tells that missing tracks have been told of.
	silence bool
	// skewed is for how many ticks the tracks have been too far apart; audio and video are where they were at the last one.
	skewed       int
	audio, video time.Duration
	// refusedFor is for how many ticks there has been nothing but what the container cannot take.
	refusedFor int
}

// of returns t for a recording that goes on in a file of that spec.
func (t told) of(before Spec) told {
	if t.session == "" {
		t.session = before.SessionID
	}
	return t
}

// next returns what to tell of a state, given those told before: whoever begins a file need not know whether it is the first one
// or one after an interruption. ok is false if there is nothing new in it.
func (t *told) next(kind NoticeKind) (out NoticeKind, ok bool) {
	was := t.phase
	if was == phaseOver {
		return kind, false
	}
	switch kind {
	case NoticeStarted, NoticeResumed:
		t.phase = phaseRunning
		if was == phasePaused {
			return NoticeResumed, true
		}
		return NoticeStarted, was != phaseRunning
	case NoticeStartFailed, NoticePaused:
		if was == phaseNew || was == phaseFailed {
			t.phase = phaseFailed
			return NoticeStartFailed, was == phaseNew
		}
		t.phase = phasePaused
		return NoticePaused, was == phaseRunning
	case NoticeEnded:
		t.phase = phaseOver
		return kind, was == phaseRunning || was == phasePaused
	}
	return kind, true
}

// notice tells OnNotice what has happened. It belongs to the writer goroutine, may be called as often as one likes, and does not
// wait. A state that is in force already is not told again; NoticeStarted after NoticePaused is told as NoticeResumed, and
// NoticePaused of a recording that has no file yet as NoticeStartFailed.
func (rec *recording) notice(kind NoticeKind, detail string, count int) {
	if rec.m.OnNotice == nil || rec.rebuilds != 0 {
		return
	}
	kind, ok := rec.told.next(kind)
	if !ok {
		return
	}
	rec.m.OnNotice(Notice{Kind: kind, Spec: rec.spec, Session: rec.told.session, Detail: detail, Count: max(count, 1), At: rec.now})
}

// noticeRefused tells of a recording that was asked for and cannot be.
func (m *Manager) noticeRefused(spec Spec, err error) {
	if m.OnNotice != nil {
		m.OnNotice(Notice{Kind: NoticeStartFailed, Spec: spec, Detail: err.Error(), Count: 1, At: time.Now()})
	}
}

// noticePart tells that a part has begun, in a file of its own or in that of the part before it.
func (rec *recording) noticePart(p *part, ownFile bool) {
	if rec.m.OnNotice == nil {
		return
	}
	rec.notice(NoticeStarted, "", 1)
	rec.noticeSize(p)
	switch p.why {
	case CutParameters:
		if ownFile {
			rec.notice(NoticeParameters, "codec parameters changed: a new file was begun", 1)
		}
	case CutTracks:
		if ownFile {
			rec.notice(NoticeTracks, "a track appeared: a new file was begun", 1)
		}
	case CutDiscontinuity:
		rec.noticeJump(p)
	}
	if !rec.told.silence && p.why == "" {
		rec.told.silence = true
		rec.noticeSilence(p)
	}
}

// noticeSize tells that the size of the pictures changed.
func (rec *recording) noticeSize(p *part) {
	t := p.tracks[p.lead()]
	if t == nil {
		return
	}
	c, ok := t.Codec.(media.VideoCodec)
	if !ok {
		return
	}
	width, height := c.Size()
	was := rec.told
	rec.told.width, rec.told.height = width, height
	if was.width != 0 && (was.width != width || was.height != height) {
		rec.notice(NoticeResolution, fmt.Sprintf("%dx%d after %dx%d", width, height, was.width, was.height), 1)
	}
}

// noticeJump tells that the time line jumped, by the unit with which the part begins.
func (rec *recording) noticeJump(p *part) {
	if len(p.held) == 0 {
		return
	}
	kind := NoticeAudioJump
	if p.held[0].Track.Codec.Kind() == media.Video {
		kind = NoticeVideoJump
	}
	rec.notice(kind, fmt.Sprintf("the time line jumped by %s", (p.from-p.before).Round(time.Millisecond)), 1)
}

// noticeSilence tells of sound or pictures that were promised and did not come in time for the first file.
func (rec *recording) noticeSilence(p *part) {
	e := rec.expected()
	if single, ok := rec.format.(container.Single); ok {
		e.Video, e.Audio = e.Video && single.Only() == media.Video, e.Audio && single.Only() == media.Audio
	}
	var video, audio bool
	for id := range p.last {
		kind := p.tracks[id].Codec.Kind()
		video, audio = video || kind == media.Video, audio || kind == media.Audio
	}
	if e.Audio && !audio {
		rec.notice(NoticeNoAudio, "the publisher announced sound, and none has come", 1)
	}
	if e.Video && !video {
		rec.notice(NoticeNoVideo, "the publisher announced pictures, and none have come", 1)
	}
}

// noticeSkew tells, once each time it comes to that, that sound and pictures arrive whose times lie far apart.
func (rec *recording) noticeSkew() {
	if rec.m.OnNotice == nil || rec.seg == nil || len(rec.seg.parts) == 0 {
		return
	}
	var audio, video time.Duration
	var both [2]bool
	for _, ts := range rec.seg.tracks {
		switch {
		case ts.track == nil:
		case ts.track.Codec.Kind() == media.Video:
			video, both[0] = max(video, ts.last), true
		default:
			audio, both[1] = max(audio, ts.last), true
		}
	}
	was := rec.told
	rec.told.audio, rec.told.video = audio, video
	if !both[0] || !both[1] || audio == was.audio || video == was.video {
		return // one of them rests: that is not what this is about
	}
	apart := (audio - video).Abs()
	if apart <= skewLimit {
		rec.told.skewed = 0
		return
	}
	rec.told.skewed++
	if rec.told.skewed == skewTicks {
		rec.notice(NoticeSkew, fmt.Sprintf("sound and pictures are %s apart", apart.Round(time.Millisecond)), 1)
	}
}

// noticeDropped tells of a unit that the container cannot take.
func (rec *recording) noticeDropped(u *media.Unit, err error) {
	kind := NoticeDroppedAudio
	if u.Track.Codec.Kind() == media.Video {
		kind = NoticeDroppedVideo
	}
	rec.notice(kind, err.Error(), 1)
}

// noticeInterrupted tells why nothing is recorded for now.
func (rec *recording) noticeInterrupted(err error, restless bool) {
	if !restless {
		rec.notice(NoticeWriteError, err.Error(), 1)
	}
	rec.notice(NoticePaused, err.Error(), 1)
}

// noticeEnd tells that the recording is over.
func (rec *recording) noticeEnd(reason CutReason) {
	switch {
	case !rec.begun && len(rec.refused) > 0:
		rec.notice(NoticeStartFailed, "the stream had nothing that the format carries", 1)
	case rec.begun && rec.missed.Units > 0:
		rec.notice(NoticeError, "it ended during an interruption: "+rec.interrupted, rec.missed.Units)
	}
	rec.notice(NoticeEnded, string(reason), 1)
}
