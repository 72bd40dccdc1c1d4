package hls

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"aircheck/ingest/media"
)

// segment is what is known of a segment when it begins.
type segment struct {
	offset int64
	start  int64 // DTS of its first unit
	wall   int64 // when that was received, in Unix milliseconds; 0 when unknown
	init   span  // the initialization section of its period
	// discontinuity: a new period begins with it. before is where the media in front of it ends.
	discontinuity bool
	before        int64
	// tracks are those of its period.
	tracks []*media.Track
}

// list writes the entries of a playlist. What is known of a segment is only complete when the next begins.
type list struct {
	kind kind
	// separate: players want the tracks one by one, and have to know which are silent.
	separate bool

	text   []byte
	headed bool
	begun  bool
	// closed: the entry of the last segment has been written.
	closed bool
	last   segment
	// next is the first initialization section behind it, mapped the one in force.
	next, mapped span
	// count is how many entries were written.
	count int
	// heard has a bit for each track that has units in the last segment, by position.
	heard uint64
}

// newList is the list of a recording that begins with these tracks.
func newList(tracks []*media.Track) list {
	k := kindOf(tracks)
	return list{kind: k, separate: k == fragmented && separate(tracks)}
}

// open takes the next segment, and writes the entry of the one before.
func (l *list) open(s segment) {
	if l.begun && !l.closed {
		end := l.end(s.offset)
		duration := s.start - l.last.start
		if s.discontinuity || duration <= 0 || duration > longest {
			// Media is missing between the two, or the time line is another: players must not wait for what does not come.
			s.discontinuity = true
			duration = s.before - l.last.start
		}
		l.entry(end, duration)
	}
	if s.wall == 0 && l.begun {
		s.wall = l.last.wall + (s.start-l.last.start)*1000/clock
	}
	l.begun, l.closed, l.last, l.next, l.heard = true, false, s, span{}, 0
}

// period takes the initialization section of a period that begins.
func (l *list) period(init span) {
	if l.next.size == 0 {
		l.next = init
	}
}

// end returns where the last segment ends, if the next one begins at offset, or the file ends there: in front of what initializes others.
func (l *list) end(offset int64) int64 {
	if l.next.size > 0 && l.next.offset > l.last.offset {
		return l.next.offset
	}
	return offset
}

// close writes the last entry, whose media ends at that time, in a file of that size.
func (l *list) close(size, end int64) {
	offset := l.end(size)
	if l.begun && !l.closed && offset > l.last.offset {
		l.entry(offset, end-l.last.start)
		l.closed = true
	}
}

// hear notes that a track, by position, has units in the last segment.
func (l *list) hear(track int) { l.heard |= 1 << track }

// silent writes which tracks of the last segment have nothing in it.
func (l *list) silent() {
	if !l.separate {
		return
	}
	name := silentTag
	for i, t := range l.last.tracks {
		if l.heard>>i&1 == 0 {
			l.text = strconv.AppendInt(append(l.text, name...), int64(t.ID), 10)
			name = ","
		}
	}
	if name != silentTag {
		l.text = append(l.text, '\n')
	}
}

// entry writes the entry of the last segment.
func (l *list) entry(end, duration int64) {
	s := &l.last
	duration = min(max(duration, 1), longest)
	if s.discontinuity && l.count > 0 {
		l.text = append(l.text, "#EXT-X-DISCONTINUITY\n"...)
	}
	if s.init.size > 0 && s.init != l.mapped {
		l.text = fmt.Appendf(l.text, "#EXT-X-MAP:URI=\"%s\",BYTERANGE=\"%d@%d\"\n", l.kind.name(), s.init.size, s.init.offset)
		l.mapped = s.init
	}
	l.silent()
	l.text = append(l.text, "#EXT-X-PROGRAM-DATE-TIME:"...)
	l.text = time.UnixMilli(s.wall).UTC().AppendFormat(l.text, "2006-01-02T15:04:05.000Z")
	l.text = append(l.text, "\n#EXTINF:"...)
	// Each end is rounded by itself, so that the sum stays exact.
	l.text = appendSeconds(l.text, micros(s.start+duration)-micros(s.start))
	l.text = append(l.text, ",\n#EXT-X-BYTERANGE:"...)
	l.text = strconv.AppendInt(l.text, end-s.offset, 10)
	l.text = append(l.text, '@')
	l.text = strconv.AppendInt(l.text, s.offset, 10)
	l.text = append(append(append(l.text, '\n'), l.kind.name()...), '\n')
	l.count++
}

func micros(ticks int64) int64 { return ticks * 100 / 9 }

func appendSeconds(dst []byte, micros int64) []byte {
	return strconv.AppendFloat(dst, float64(micros)/1e6, 'f', 6, 64)
}

// head is the head of a playlist: "EVENT" while it grows, "VOD" once finished. A recording is played from its beginning.
func head(k kind, playlistType string) string {
	version := 4 // byte ranges
	if k == fragmented {
		version = 7 // initialization sections
	}
	return fmt.Sprintf("#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:%s\n"+
		"#EXT-X-START:TIME-OFFSET=0\n", version, target/clock, playlistType)
}

// drain writes the text so far, and forgets it.
func (l *list) drain(w io.Writer) error {
	_, err := w.Write(l.text)
	l.text = l.text[:0]
	return err
}
