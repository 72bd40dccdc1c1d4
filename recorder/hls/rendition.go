package hls

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
)

// Renditions describe a recording in fragmented MP4 of which a media source takes one track at a time: with several tracks of a kind, or with
// MP3. What lies on disk has all of them together, and players that read files take that. For the others each track is a rendition (RFC
// 8216, 4.3.4.1) with a playlist of its own, made of the one that is stored: nothing more is kept anywhere.
type Renditions struct {
	all     []rendition
	periods []period
	// peak is the highest rate of a segment, in bits per second.
	peak int64
}

// rendition is a track over all periods; track is that of its first one.
type rendition struct{ track *media.Track }

// period is what follows an initialization section. ids are the tracks in it by rendition, 0 where that has none.
type period struct {
	head span
	ids  []int
}

// separate reports whether players want tracks in fragmented MP4 one by one.
func separate(tracks []*media.Track) bool {
	seen := map[media.Kind]bool{}
	for _, t := range tracks {
		kind := t.Codec.Kind()
		if seen[kind] || packed(t) {
			return true
		}
		seen[kind] = true
	}
	return false
}

// packed reports whether a track alone is packed audio (RFC 8216, 3.4): browsers take MP3 so, but not in MP4.
func packed(t *media.Track) bool { return t.Codec.Name() == "mp3" }

// ReadRenditions reads the playlist of a recording, of which r has size bytes. It returns nil if that is to be played as it is, for which it
// reads no further than the first entry: the tracks that a recording begins with decide. container.ErrCorrupt, wrapped.
func ReadRenditions(r io.ReaderAt, size int64, playlist io.Reader) (*Renditions, error) {
	out := &Renditions{}
	for e, err := range entries(playlist) {
		if err != nil {
			return nil, err
		}
		if e.head.size == 0 {
			return nil, nil //nolint:nilnil // a transport stream
		}
		last := len(out.periods) - 1
		if last < 0 {
			if one, err := playedWhole(r, size); one || err != nil {
				return nil, err
			}
		}
		if last < 0 || out.periods[last].head != e.head {
			if e.head.offset+e.head.size > size {
				return nil, fmt.Errorf("%w: an initialization section behind the end", container.ErrCorrupt)
			}
			tracks, err := mp4.Format{}.Probe(io.NewSectionReader(r, e.head.offset, e.head.size), e.head.size)
			if err != nil {
				return nil, err
			}
			out.period(e.head, tracks)
		}
		if e.micros > 0 {
			out.peak = max(out.peak, int64(float64(e.media.size)*8e6/float64(e.micros)))
		}
	}
	if len(out.periods) == 0 {
		return nil, nil //nolint:nilnil // there is nothing yet
	}
	return out, nil
}

// playedWhole reports whether players take all tracks of a file in fragmented MP4 together.
func playedWhole(r io.ReaderAt, size int64) (bool, error) {
	tracks, err := mp4.Format{}.Probe(io.NewSectionReader(r, 0, size), size)
	return !separate(tracks), err
}

// period takes a period with these tracks. A track that is not known goes on where one of its kind has ended, or is a rendition more.
func (r *Renditions) period(head span, tracks []*media.Track) {
	p := period{head: head, ids: make([]int, len(r.all), len(r.all)+len(tracks))}
	var others []*media.Track
	for _, t := range tracks {
		i := slices.IndexFunc(r.all, func(x rendition) bool { return x.track.ID == t.ID && x.takes(t) })
		if i < 0 {
			others = append(others, t)
			continue
		}
		p.ids[i] = t.ID
	}
	for _, t := range others {
		i := 0
		for i < len(r.all) && (p.ids[i] != 0 || !r.all[i].takes(t)) {
			i++
		}
		if i == len(r.all) {
			r.all, p.ids = append(r.all, rendition{t}), append(p.ids, 0)
		}
		p.ids[i] = t.ID
	}
	r.periods = append(r.periods, p)
}

// takes reports whether a track can go on in the rendition.
func (x rendition) takes(t *media.Track) bool {
	return x.track.Codec.Kind() == t.Codec.Kind() && packed(x.track) == packed(t)
}

// id is the track of a rendition in a period, or 0.
func (p period) id(rendition int) int {
	if rendition < len(p.ids) {
		return p.ids[rendition]
	}
	return 0
}

// Count is how many renditions there are; they are numbered from 1 on.
func (r *Renditions) Count() int { return len(r.all) }

// Master writes the master playlist. The first track of each kind is played unless a player is asked for another. It says nothing of codecs: a
// player leaves out a variant if it lacks the decoder for any rendition, also for one that nobody asked for.
func (r *Renditions) Master(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "#EXTM3U\n#EXT-X-VERSION:7\n")
	video, audio := r.of(media.Video), r.of(media.Audio)
	for i, n := range audio {
		fmt.Fprintf(b, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Audio %d\",%s", i+1, chosen(i))
		if c, ok := r.all[n].track.Codec.(media.AudioCodec); ok && c.Channels() > 0 {
			fmt.Fprintf(b, ",CHANNELS=\"%d\"", c.Channels())
		}
		fmt.Fprintf(b, ",URI=\"%s\"\n", playlistAddress(n))
	}
	if len(video) > 1 {
		for i, n := range video {
			fmt.Fprintf(b, "#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID=\"video\",NAME=\"Video %d\",%s", i+1, chosen(i))
			if i > 0 {
				fmt.Fprintf(b, ",URI=\"%s\"", playlistAddress(n))
			}
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(b, "#EXT-X-STREAM-INF:BANDWIDTH=%d", max(r.peak, 1))
	first := slices.Concat(video, audio)[0]
	if c, ok := r.all[first].track.Codec.(media.VideoCodec); ok {
		if width, height := c.Size(); width > 0 && height > 0 {
			fmt.Fprintf(b, ",RESOLUTION=%dx%d", width, height)
		}
	}
	if len(audio) > 0 {
		b.WriteString(",AUDIO=\"audio\"")
	}
	if len(video) > 1 {
		b.WriteString(",VIDEO=\"video\"")
	}
	fmt.Fprintf(b, "\n%s\n", playlistAddress(first))
	return b.Flush()
}

// of are the renditions of a kind.
func (r *Renditions) of(k media.Kind) (out []int) {
	for i, x := range r.all {
		if x.track.Codec.Kind() == k {
			out = append(out, i)
		}
	}
	return out
}

func chosen(i int) string {
	if i == 0 {
		return "DEFAULT=YES,AUTOSELECT=YES"
	}
	return "DEFAULT=NO,AUTOSELECT=NO"
}

// Playlist writes the playlist of a rendition, from 1 to Count. playlist is the one that ReadRenditions read.
func (r *Renditions) Playlist(w io.Writer, number int, playlist io.Reader) error {
	n := number - 1
	b := bufio.NewWriter(w)
	now, mapped := -1, 0
	for e, err := range entries(playlist) {
		if err != nil {
			return err
		}
		if now < 0 || r.periods[now].head != e.head {
			now++
		}
		if now >= len(r.periods) {
			return fmt.Errorf("%w: the playlist is another one", container.ErrCorrupt)
		}
		id, pack := r.periods[now].id(n), packed(r.all[n].track)
		gap := id == 0 || slices.Contains(e.silent, id)
		for _, line := range e.lines {
			b.WriteString(line)
			b.WriteByte('\n')
		}
		if !pack && !gap && mapped != now+1 {
			mapped = now + 1
			fmt.Fprintf(b, "#EXT-X-MAP:URI=\"%s\"\n", Part{Track: id, head: e.head}.address())
		}
		if gap {
			// Who does not know the tag asks for it: what comes must not be of another track.
			b.WriteString("#EXT-X-GAP\n")
			id = cmp.Or(id, noTrack)
		}
		fmt.Fprintf(b, "#EXTINF:%s\n", e.length)
		part := Part{Track: id, media: e.media}
		if pack {
			part.head = e.head
		}
		fmt.Fprintf(b, "%s\n", part.address())
		for _, line := range e.after {
			b.WriteString(line)
			b.WriteByte('\n')
		}
	}
	return b.Flush()
}

// entryLines are an entry of a stored playlist with what stands in front of it.
type entryLines struct {
	// lines are those in front that hold for every rendition, and after those behind the last entry.
	lines, after []string
	// length is what EXTINF says, micros its duration.
	length string
	micros int64
	head   span
	media  span
	silent []int
}

// entries yields the entries of a stored playlist.
func entries(playlist io.Reader) func(func(entryLines, error) bool) {
	return func(yield func(entryLines, error) bool) {
		lines := bufio.NewScanner(playlist)
		var e entryLines
		var held *entryLines
		for lines.Scan() {
			line := lines.Text()
			if line == "" {
				continue
			}
			if line[0] != '#' {
				if held != nil && !yield(*held, nil) {
					return
				}
				whole := e
				held, e = &whole, entryLines{head: e.head}
				continue
			}
			if err := e.tag(line); err != nil {
				yield(entryLines{}, err)
				return
			}
		}
		if err := lines.Err(); err != nil {
			if errors.Is(err, bufio.ErrTooLong) {
				err = fmt.Errorf("%w: %w", container.ErrCorrupt, err)
			}
			yield(entryLines{}, fmt.Errorf("read the playlist: %w", err))
			return
		}
		if held != nil {
			held.after = e.lines
			yield(*held, nil)
		}
	}
}

// noTrack is the ID of a track that no file has.
const noTrack = math.MaxInt32

// maxLines is how many lines an entry may have that hold for every rendition; ours have up to eight.
const maxLines = 64

// silentTag names the tracks that have nothing in a segment, in a comment: to other players that is none of their business.
const silentTag = "#AIRCHECK-SILENT:"

// tag takes a line that is not an address.
func (e *entryLines) tag(line string) error {
	name, value, _ := strings.Cut(line, ":")
	ok := true
	switch name + ":" {
	case "#EXT-X-MAP:":
		_, value, _ = strings.Cut(value, "BYTERANGE=\"")
		e.head, ok = parseSpan(strings.TrimSuffix(value, "\""))
	case "#EXT-X-BYTERANGE:":
		e.media, ok = parseSpan(value)
	case "#EXTINF:":
		e.length = value
		seconds, _, _ := strings.Cut(value, ",")
		f, err := strconv.ParseFloat(seconds, 64)
		ok = err == nil && f >= 0 && f < 1e6
		e.micros = int64(f * 1e6)
	case silentTag:
		e.silent = e.silent[:0]
		for id := range strings.SplitSeq(value, ",") {
			n, err := strconv.Atoi(id)
			if err != nil {
				ok = false
			}
			e.silent = append(e.silent, n)
		}
	default:
		ok = len(e.lines) < maxLines
		e.lines = append(e.lines, line)
	}
	if !ok {
		return fmt.Errorf("%w: playlist line %.80q", container.ErrCorrupt, line)
	}
	return nil
}

// parseSpan reads "size@offset".
func parseSpan(s string) (span, bool) {
	size, offset, ok := strings.Cut(s, "@")
	n, err := strconv.ParseInt(size, 10, 64)
	at, err2 := strconv.ParseInt(offset, 10, 64)
	return span{at, n}, ok && err == nil && err2 == nil && n > 0 && at >= 0 && n <= maxTime && at <= maxTime
}

func (s span) String() string { return fmt.Sprintf("%d@%d", s.size, s.offset) }
