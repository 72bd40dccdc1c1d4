package recorder

import (
	"fmt"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// nothingTicks is for how many ticks the other tracks of a stream may follow one that the container cannot take.
const nothingTicks = 10

// carries reports whether the format can carry a track. The first time it cannot, it says so.
func (rec *recording) carries(t *media.Track) bool {
	c, known := rec.carried[t.ID]
	if known && c.track == t {
		return c.ok
	}
	if rec.format.Supports(t.Codec) {
		rec.carried[t.ID] = carried{track: t, ok: true}
		return true
	}
	rec.refused[t.Codec.Kind()] = true
	if known && !c.ok && c.track.Codec.Name() == t.Codec.Name() {
		rec.carried[t.ID] = carried{track: t}
	} else {
		rec.refuse(t, fmt.Errorf("%s cannot carry %s", rec.spec.Format, t.Codec.Name()))
	}
	return false
}

// refuse leaves a track out until its parameters change, and says so and why.
func (rec *recording) refuse(t *media.Track, why error) {
	rec.carried[t.ID] = carried{track: t}
	if single, ok := rec.format.(container.Single); ok && single.Only() != t.Codec.Kind() {
		return
	}
	rec.log.Warn("a track is left out: the format cannot carry its codec, or not beside the others; record it in another format",
		"track", t.ID, "codec", t.Codec.Name(), "error", why)
	rec.report("track left out: " + why.Error())
	rec.noticeLeftOut(t, why)
}

// without reports whether the format can carry nothing of that kind that has come so far.
func (rec *recording) without(kind media.Kind) bool {
	for _, c := range rec.carried {
		if c.ok && c.track.Codec.Kind() == kind {
			return false
		}
	}
	return rec.refused[kind]
}

// noticeLeftOut tells of a track that the container cannot take.
func (rec *recording) noticeLeftOut(t *media.Track, why error) {
	kind := NoticeLeftOutAudio
	if t.Codec.Kind() == media.Video {
		kind = NoticeLeftOutVideo
	}
	rec.notice(kind, fmt.Sprintf("track %d (%s) is left out: %v", t.ID, t.Codec.Name(), why), 1)
}

// noticeNothing tells of a recording that has no file after a while, because the container cannot take anything of the stream.
func (rec *recording) noticeNothing() {
	if rec.begun || len(rec.refused) == 0 || len(rec.seg.parts) > 0 {
		rec.told.refusedFor = 0
		return
	}
	if rec.told.refusedFor++; rec.told.refusedFor == nothingTicks {
		rec.notice(NoticeStartFailed, "the stream has nothing so far that the format carries", 1)
	}
}
