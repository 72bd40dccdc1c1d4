package process

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"

	"aircheck/vod"
	"aircheck/vod/ffmpeg"
	"aircheck/vod/task"
)

const (
	typeHLS = "application/vnd.apple.mpegurl"
	// segmentSeconds is how long a segment of a rendition is: two groups of pictures.
	segmentSeconds = 4
	// maxIndex bounds the index of a rendition, in bytes, and maxHead where it may begin.
	maxIndex = 8 << 20
	maxHead  = 1 << 20
)

func (a Adaptive) definition() int64 { return a.Definition }

func (a Adaptive) check() error {
	if _, ok := ladders()[a.Definition]; !ok {
		return unknown("AdaptiveDynamicStreamingTask", a.Definition, ladders())
	}
	return nil
}

// rungs are the renditions that make sense for a file: none is larger than it, but for the smallest.
func (w *work) rungs(definition int64) []encoding {
	short := 0
	for _, t := range w.src.Tracks {
		if t.Kind == "video" {
			short = max(short, min(t.Width, t.Height))
		}
	}
	ladder := ladders()[definition]
	for len(ladder) > 1 && short > 0 && ladder[1].short >= short {
		ladder = ladder[1:]
	}
	return ladder
}

// make makes a file of fragments per rendition, the best first, each with its playlist of byte ranges, and the playlist that names those.
func (a Adaptive) make(ctx context.Context, w *work, progress func(int)) ([]vod.Part, error) {
	if err := w.need("video"); err != nil {
		return nil, err
	}
	master, err := w.begin(ctx, vod.PartAdaptive, a.Definition, 0, typeHLS, "m3u8")
	if err != nil {
		return nil, err
	}
	parts := []*vod.NewPart{master}
	var text strings.Builder
	text.WriteString("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n")
	meta := vod.AdaptiveMeta{Package: "hls"}
	rungs := w.rungs(a.Definition)
	for i, e := range rungs {
		file, err := w.begin(ctx, vod.PartAdaptive, a.Definition, len(parts), "video/mp4", "mp4")
		if err != nil {
			return nil, discard(err, parts...)
		}
		parts = append(parts, file)
		list, err := w.begin(ctx, vod.PartAdaptive, a.Definition, len(parts), typeHLS, "m3u8")
		if err != nil {
			return nil, discard(err, parts...)
		}
		parts = append(parts, list)
		stream, entry, err := w.rendition(ctx, file, list, e, func(p int) { progress((i*100 + p) / len(rungs)) })
		if err != nil {
			return nil, discard(err, parts...)
		}
		meta.SubStreams = append(meta.SubStreams, stream)
		text.WriteString(entry)
	}
	if _, err := io.WriteString(master.File, text.String()); err != nil {
		return nil, discard(fmt.Errorf("write the playlist: %w", err), parts...)
	}
	if err := describe(master, meta); err != nil {
		return nil, discard(err, parts...)
	}
	return w.Parts.Commit(ctx, parts...)
}

// rendition makes one rendition and its playlist, and returns its entry in the other playlist.
func (w *work) rendition(ctx context.Context, file, list *vod.NewPart, e encoding, progress func(int)) (vod.SubStream, string, error) {
	var none vod.SubStream
	args := append(e.args(true), "-force_key_frames", fmt.Sprintf("expr:gte(t,n_forced*%d)", segmentSeconds), "-g", "1000",
		"-movflags", "+frag_keyframe+empty_moov+default_base_moof+global_sidx", "-f", "mp4")
	err := w.run(ctx, 0, ffmpeg.Job{Outputs: []ffmpeg.Output{{File: file.File, Args: args}}, Duration: w.src.Duration, Progress: progress})
	if err != nil {
		return none, "", err
	}
	probed, err := w.Runner.Probe(ctx, file.File, "mov")
	if err != nil {
		return none, "", err
	}
	v := probed.Stream("video")
	if v == nil {
		return none, "", failed(task.CodeSource, "no picture of file %s could be decoded", w.src.ID)
	}
	segments, head, err := readIndex(file.File)
	if err != nil {
		return none, "", err
	}
	text, most := playlist(file.Name(), segments, head)
	if _, err := io.WriteString(list.File, text); err != nil {
		return none, "", fmt.Errorf("write the playlist: %w", err)
	}
	entry := fmt.Sprintf("#EXT-X-STREAM-INF:BANDWIDTH=%d,RESOLUTION=%dx%d\n%s\n", max(1, most), v.Width, v.Height, list.Name())
	return vod.SubStream{Kind: "video", Width: v.Width, Height: v.Height, Size: probed.Size}, entry, nil
}

// segment is one of a rendition's.
type segment struct {
	offset, size int64
	seconds      float64
}

// playlist names the segments of a file, behind its head (RFC 8216), and tells the most bits per second that one has.
func playlist(name string, segments []segment, head int64) (text string, most int64) {
	var b strings.Builder
	longest := 1.0
	for _, s := range segments {
		longest = max(longest, s.seconds)
	}
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%d\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n"+
		"#EXT-X-MAP:URI=%q,BYTERANGE=\"%d@0\"\n", int64(longest+0.999), name, head)
	for _, s := range segments {
		fmt.Fprintf(&b, "#EXTINF:%.5f,\n#EXT-X-BYTERANGE:%d@%d\n%s\n", s.seconds, s.size, s.offset, name)
		if s.seconds > 0 {
			most = max(most, int64(float64(s.size)*8/max(s.seconds, 1)))
		}
	}
	b.WriteString("#EXT-X-ENDLIST\n")
	return b.String(), most
}

// readIndex reads the first segment index of a file (ISO 14496-12, 8.16.3), and where the header in front of it ends.
func readIndex(f *os.File) (segments []segment, head int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, 0, fmt.Errorf("read the index: %w", err)
	}
	for at := int64(0); at < maxHead; {
		var b [8]byte
		if _, err := f.ReadAt(b[:], at); err != nil {
			return nil, 0, fmt.Errorf("read the index: %w", err)
		}
		size := int64(binary.BigEndian.Uint32(b[:]))
		if size < int64(len(b)) || at+size > info.Size() {
			break
		}
		if string(b[4:]) == "sidx" && size <= maxIndex {
			box := make([]byte, size)
			if _, err := f.ReadAt(box, at); err != nil {
				return nil, 0, fmt.Errorf("read the index: %w", err)
			}
			segments, err := parseIndex(box, at+size, info.Size())
			return segments, at, err
		}
		at += size
	}
	return nil, 0, failed(task.CodeInternal, "a rendition has no index")
}

// parseIndex reads a segment index that ends at a place of a file of that size.
func parseIndex(box []byte, end, size int64) ([]segment, error) {
	bad := failed(task.CodeInternal, "the index of a rendition makes no sense")
	at := 8 + 4 + 4 + 4 // box, version and flags, reference_ID, timescale
	fields := 8
	if len(box) > 8 && box[8] == 1 {
		fields = 16
	}
	if len(box) < at+fields+4 {
		return nil, bad
	}
	scale := binary.BigEndian.Uint32(box[16:])
	var first int64
	if fields == 16 {
		first = int64(binary.BigEndian.Uint64(box[28:]))
	} else {
		first = int64(binary.BigEndian.Uint32(box[24:]))
	}
	rest := box[at+fields+4:]
	count := int(binary.BigEndian.Uint16(box[at+fields+2:]))
	if scale == 0 || len(rest) < count*12 || first < 0 {
		return nil, bad
	}
	out := make([]segment, 0, count)
	for offset := end + first; len(out) < count; rest = rest[12:] {
		length := int64(binary.BigEndian.Uint32(rest))
		if length <= 0 || length>>31 != 0 || offset+length > size {
			return nil, bad
		}
		out = append(out, segment{offset, length, float64(binary.BigEndian.Uint32(rest[4:])) / float64(scale)})
		offset += length
	}
	return out, nil
}
