package view

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"aircheck/vod"
)

// playlist serves the playlist of a file.
func (s *Server) playlist(w http.ResponseWriter, r *http.Request, v vod.View) error {
	object, file, err := open(r.Context(), v)
	if err != nil {
		return gone(v, err)
	}
	defer object.Close()
	var l listed
	if v.Asset.Container == "hls" {
		l, err = s.stored(r.Context(), file, object.Size, v)
	} else {
		var st *state
		if st, err = s.look(r.Context(), v, file, object.Size); err == nil {
			l, err = s.list(r.Context(), st, file, v)
		}
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/vnd.apple.mpegurl")
	h.Set(vod.HeaderStart, seconds(l.from))
	h.Set(vod.HeaderEnd, seconds(l.to))
	if name := vod.DownloadName(r, v.Asset, ".m3u8"); name != "" {
		h.Set("Content-Disposition", vod.Attachment(name))
	}
	if l.growing {
		h.Set("Cache-Control", "no-store")
		return serveBytes(w, r, l.text)
	}
	sum := sha256.Sum256(l.text)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	h.Set("Cache-Control", "no-cache")
	return serveBytes(w, r, l.text)
}

func serveBytes(w http.ResponseWriter, r *http.Request, b []byte) error {
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	return nil
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) }

// listed is a playlist, and which part of the recording it has.
type listed struct {
	text     []byte
	from, to time.Duration
	growing  bool
}

// minTarget is the least EXT-X-TARGETDURATION of a playlist that grows, in seconds: it must not change when the next segment is longer.
const minTarget = 12

// list writes the playlist of what is wanted.
func (s *Server) list(ctx context.Context, st *state, file reader, v vod.View) (l listed, err error) {
	first, last, from, to, err := st.choose(v)
	if err != nil {
		return l, err
	}
	zero := st.cuts[0].at
	// What is asked for up to a time from the end, or from one, is what there is now.
	l.growing = !st.whole && v.Range.Start >= 0 && (v.Range.End == 0 || v.Range.End > 0 && st.complete() == last && v.Range.End > st.cuts[last].at-zero)
	if v.Preview > 0 && last > first && st.ends(last-1)-zero >= v.Preview {
		l.growing = false
	}
	parts, err := s.parts(ctx, st, file, first, last, from, to)
	if err != nil {
		return l, err
	}
	l.from = parts[0].begin - zero
	body, target := st.entries(v, &l, parts)
	// In a pause, which players do not know, it begins with what comes behind.
	start := min(from, parts[0].end) - parts[0].begin
	l.text = append(st.head(v, l, target, start), body...)
	if !l.growing {
		l.text = append(l.text, "#EXT-X-ENDLIST\n"...)
	}
	return l, nil
}

// entries writes those of a playlist, and returns how long the longest is at most, in seconds.
func (s *state) entries(v vod.View, l *listed, parts []bounds) (text []byte, target float64) {
	var body bytes.Buffer
	zero := s.cuts[0].at
	for n, part := range parts {
		d := part.end - part.begin
		if v.Preview > 0 {
			d = min(d, zero+v.Preview-part.begin)
		}
		target = max(target, math.Ceil(d.Seconds()))
		jump := s.cuts[part.segment].jump
		if jump && n > 0 {
			body.WriteString("#EXT-X-DISCONTINUITY\n")
		}
		if s.fragmented && (jump || n == 0) {
			fmt.Fprintf(&body, "#EXT-X-MAP:URI=\"seg/%s%s\"\n", initName, v.Query)
		}
		if !v.Asset.Start.IsZero() {
			date := v.Asset.Start.Add(part.begin - zero).UTC()
			fmt.Fprintf(&body, "#EXT-X-PROGRAM-DATE-TIME:%s\n", date.Format("2006-01-02T15:04:05.000Z"))
		}
		fmt.Fprintf(&body, "#EXTINF:%.6f,\nseg/%s%s\n", d.Seconds(), s.nameOf(part), v.Query)
		l.to = part.begin + d - zero
	}
	return body.Bytes(), target
}

// choose returns which segments are wanted, and from when to when.
func (s *state) choose(v vod.View) (first, last int, from, to time.Duration, err error) {
	zero, n := s.cuts[0].at, s.complete()
	if n == 0 {
		return 0, 0, 0, 0, refusef(http.StatusNotFound, "file %s has no complete segment yet", v.Asset.ID)
	}
	length := s.ends(n-1) - zero
	if v.Preview > 0 {
		length = min(length, v.Preview)
	}
	from, to, ok := v.Range.Of(length)
	if !ok {
		return 0, 0, 0, 0, refusef(http.StatusRequestedRangeNotSatisfiable, "there is nothing between start and end: the recording has %.3f seconds", length.Seconds())
	}
	first = min(s.find(zero+from), n-1)
	for last = first + 1; last < n && s.cuts[last].at-zero < to; {
		last++
	}
	return first, last, zero + from, zero + to, nil
}

func (s *state) head(v vod.View, l listed, target float64, start time.Duration) []byte {
	kind, number := "VOD", 3
	if s.fragmented {
		number = 7
	}
	if l.growing {
		kind, target = "EVENT", max(target, minTarget)
	}
	text := fmt.Appendf(nil, "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:%s\n",
		number, int64(max(target, 1)), kind)
	if s.independent() {
		text = append(text, "#EXT-X-INDEPENDENT-SEGMENTS\n"...)
	}
	if start > 0 || l.growing || !v.Range.Whole() {
		text = fmt.Appendf(text, "#EXT-X-START:TIME-OFFSET=%s,PRECISE=YES\n", seconds(start))
	}
	return text
}

// independent reports whether each segment begins with a random access point: one behind missing media may not.
func (s *state) independent() bool {
	for _, c := range s.cuts {
		if c.jump {
			return false
		}
	}
	return true
}
