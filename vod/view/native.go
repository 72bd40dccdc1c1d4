package view

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"aircheck/vod"
)

const (
	// maxPlaylist bounds what of a playlist is made anew at once, in bytes: more than a month of recording has.
	maxPlaylist = 64 << 20
	// maxHead is more lines than a playlist has in front of its first entry.
	maxHead = 100
)

// entry is a segment of a recording's own playlist.
type entry struct {
	at, length  time.Duration
	jump, gap   bool
	date, media string // lines
	ranges      string
	uri         string
	initial     string // the EXT-X-MAP in force
	end         int64  // of its bytes
}

// native writes the part of a recording's own playlist that is wanted. It goes through it twice, rather than keep a year of entries in memory.
func native(list io.ReadSeeker, v vod.View) (l listed, err error) {
	length, count := time.Duration(0), 0
	head, finished, err := parsePlaylist(list, func(e entry) error {
		length, count = e.at+e.length, count+1
		return nil
	})
	if err != nil {
		return l, err
	}
	if count == 0 {
		return l, refusef(http.StatusNotFound, "file %s has no complete segment yet", v.Asset.ID)
	}
	if v.Preview > 0 {
		length = min(length, v.Preview)
	}
	from, to, ok := v.Range.Of(length)
	if !ok {
		return l, refusef(http.StatusRequestedRangeNotSatisfiable, "there is nothing between start and end: the recording has %.3f seconds", length.Seconds())
	}
	l.growing = !finished && v.Range.Start >= 0 && (v.Range.End == 0 || v.Range.End > 0 && v.Range.End > length) && (v.Preview == 0 || length < v.Preview)
	if _, err := list.Seek(0, io.SeekStart); err != nil {
		return l, err
	}
	var body bytes.Buffer
	start, err := l.entries(list, v, &body, from, to)
	if err != nil {
		return l, err
	}
	for _, line := range head {
		if strings.HasPrefix(line, "#EXT-X-PLAYLIST-TYPE:") && !l.growing {
			line = "#EXT-X-PLAYLIST-TYPE:VOD"
		}
		if !strings.HasPrefix(line, "#EXT-X-START:") {
			l.text = append(append(l.text, line...), '\n')
		}
	}
	l.text = fmt.Appendf(l.text, "#EXT-X-START:TIME-OFFSET=%s,PRECISE=YES\n", seconds(max(start, 0)))
	l.text = append(l.text, body.Bytes()...)
	if !l.growing {
		l.text = append(l.text, "#EXT-X-ENDLIST\n"...)
	}
	return l, nil
}

// entries writes the entries between two times, and returns how far behind the beginning of the first one from is.
func (l *listed) entries(list io.Reader, v vod.View, body *bytes.Buffer, from, to time.Duration) (start time.Duration, err error) {
	initial, count := "", 0
	_, _, err = parsePlaylist(list, func(e entry) error {
		if e.at+e.length <= from || e.at >= to {
			return nil
		}
		if body.Len() > maxPlaylist {
			return refusef(http.StatusUnprocessableEntity, "the playlist of file %s is too long for one answer: ask for less, with start and end", v.Asset.ID)
		}
		if count == 0 {
			l.from, start = e.at, from-e.at
		}
		e.write(body, v.Query, initial, count > 0)
		initial, l.to = e.initial, e.at+e.length
		count++
		return nil
	})
	return start, err
}

func (e *entry) write(b *bytes.Buffer, query, initial string, more bool) {
	if e.jump && more {
		b.WriteString("#EXT-X-DISCONTINUITY\n")
	}
	if e.initial != initial {
		b.WriteString(vod.PlaylistLine(e.initial, query) + "\n")
	}
	if e.gap {
		b.WriteString(gapTag + "\n")
	}
	for _, line := range []string{e.date, e.media, e.ranges, vod.PlaylistLine(e.uri, query)} {
		if line != "" {
			b.WriteString(line + "\n")
		}
	}
}

// gapTag says that a segment is not there.
const gapTag = "#EXT-X-GAP"

// wholeLines is a bufio.SplitFunc that leaves out a last line without an end: it is being written, or was when the server was killed.
func wholeLines(data []byte, atEOF bool) (advance int, line []byte, err error) {
	if atEOF && bytes.IndexByte(data, '\n') < 0 {
		return len(data), nil, nil
	}
	return bufio.ScanLines(data, atEOF)
}

// parsePlaylist visits the entries of a playlist of package hls. head are the lines in front of the first one.
func parsePlaylist(r io.Reader, visit func(entry) error) (head []string, finished bool, err error) {
	var e entry
	count := 0
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<10)
	lines.Split(wholeLines)
	for lines.Scan() {
		line := lines.Text()
		switch name, value, _ := strings.Cut(line, ":"); {
		case line == "#EXT-X-ENDLIST":
			finished = true
		case line == "#EXT-X-DISCONTINUITY":
			e.jump = true
		case line == gapTag:
			e.gap = true
		case name == "#EXT-X-MAP":
			e.initial = line
		case name == "#EXT-X-PROGRAM-DATE-TIME":
			e.date = line
		case name == "#EXTINF":
			d, err := strconv.ParseFloat(strings.TrimSuffix(value, ","), 64)
			if err != nil || d < 0 || d > 1e6 {
				return nil, false, fmt.Errorf("playlist: %q is no duration", value)
			}
			e.media, e.length = line, time.Duration(d*float64(time.Second))
		case name == "#EXT-X-BYTERANGE":
			e.ranges = line
			size, at, _ := strings.Cut(value, "@")
			a, _ := strconv.ParseInt(size, 10, 64)
			b, _ := strconv.ParseInt(at, 10, 64)
			e.end = a + b
		case strings.HasPrefix(line, "#"):
			if count == 0 && len(head) < maxHead {
				head = append(head, line)
			}
		case line != "":
			e.uri = line
			if err := visit(e); err != nil {
				return nil, false, err
			}
			count++
			e = entry{at: e.at + e.length, initial: e.initial}
		}
	}
	return head, finished, lines.Err()
}
