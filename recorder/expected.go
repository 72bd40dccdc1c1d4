package recorder

import (
	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// counted raises the numbers of tracks that are expected to those that are announced. What the format cannot carry, and what was
// silent for a whole file, is not waited for.
func (rec *recording) counted(e stream.Expected) stream.Expected {
	videos, audios := 0, 0
	for _, t := range rec.stream.Tracks() {
		c, known := rec.carried[t.ID]
		out := known && c.track == t && !c.ok || !rec.format.Supports(t.Codec) || rec.silent[t.ID]
		switch video := t.Codec.Kind() == media.Video; {
		case video && out:
			e.Videos--
		case out:
			e.Audios--
		case video:
			videos++
		default:
			audios++
		}
	}
	e.Videos, e.Audios = max(e.Videos, videos), max(e.Audios, audios)
	return e
}
