package process

import (
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"os"
	"strings"
	"time"

	"aircheck/ingest/media"
	"aircheck/vod"
	"aircheck/vod/ffmpeg"
	"aircheck/vod/task"
)

const (
	typeJPEG = "image/jpeg"
	// maxSamples is how many sample snapshots are made of a file; it takes longer intervals then.
	maxSamples = 100
)

// scale makes pictures not larger than long on their longer side, with even sides; 0: as they are.
func scale(long int) string {
	if long == 0 {
		return "scale=trunc(iw/2)*2:trunc(ih/2)*2"
	}
	return fmt.Sprintf("scale=w='if(gte(iw,ih),min(trunc(iw/2)*2,%[1]d),-2)':h='if(gte(iw,ih),-2,min(trunc(ih/2)*2,%[1]d))'", long)
}

// jpegOutput is a JPEG file.
func jpegOutput(f *os.File, filter string) ffmpeg.Output {
	return ffmpeg.Output{File: f, Args: []string{
		"-map", "0:v:0", "-vf", filter, "-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3", "-f", "image2pipe",
	}}
}

// exact makes a picture of what is shown at a moment; of the random access point before if there is none any more.
func (w *work) exact(ctx context.Context, out *os.File, at time.Duration, long int) error {
	err := w.run(ctx, at, ffmpeg.Job{Outputs: []ffmpeg.Output{jpegOutput(out, scale(long))}})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if info, statErr := out.Stat(); err == nil && statErr == nil && info.Size() > 0 {
		return nil
	}
	k := w.src.newKeys()
	defer func() { k.stop() }()
	u, findErr := k.find(ctx, at)
	if findErr != nil {
		return errors.Join(err, findErr)
	}
	return w.develop(ctx, out, u, long)
}

// develop makes a picture of a unit.
func (w *work) develop(ctx context.Context, out *os.File, u *media.Unit, long int) error {
	j := ffmpeg.Job{Outputs: []ffmpeg.Output{jpegOutput(out, scale(long))}}
	err := w.piped(ctx, j, func(pipe io.Writer) error { return writePictures(pipe, []*media.Unit{u}) })
	if err != nil {
		return err
	}
	if info, err := out.Stat(); err != nil || info.Size() == 0 {
		return errors.Join(err, failed(task.CodeSource, "file %s has no picture there", w.src.ID))
	}
	return nil
}

// size is that of a JPEG file's picture.
func size(f *os.File) (width, height int, err error) {
	c, err := jpeg.DecodeConfig(io.NewSectionReader(f, 0, 1<<40))
	if err != nil {
		return 0, 0, fmt.Errorf("read the picture: %w", err)
	}
	return c.Width, c.Height, nil
}

func (c Cover) definition() int64 { return c.Definition }

func (c Cover) check() error {
	if _, ok := pictures()[c.Definition]; !ok {
		return unknown("CoverBySnapshotTask", c.Definition, pictures())
	}
	if _, err := moment(c.At, time.Hour); err != nil {
		return invalid("CoverBySnapshotTask.PositionValue", "%s", err)
	}
	return nil
}

func (c Cover) make(ctx context.Context, w *work, _ func(int)) ([]vod.Part, error) {
	at, err := moment(c.At, w.src.Duration)
	if err == nil {
		err = w.need("video")
	}
	if err != nil {
		return nil, err
	}
	p, err := w.begin(ctx, vod.PartCover, c.Definition, 0, typeJPEG, "jpg")
	if err != nil {
		return nil, err
	}
	if err := w.shoot(ctx, p, at, pictures()[c.Definition].long, vod.PictureMeta{At: at}); err != nil {
		return nil, discard(err, p)
	}
	return w.Parts.Commit(ctx, p)
}

// shoot makes an exact picture a part's content.
func (w *work) shoot(ctx context.Context, p *vod.NewPart, at time.Duration, long int, meta vod.PictureMeta) error {
	if err := w.exact(ctx, p.File, at, long); err != nil {
		return err
	}
	return picked(p, meta)
}

// picked describes a picture that was made.
func picked(p *vod.NewPart, meta vod.PictureMeta) error {
	var err error
	if meta.Width, meta.Height, err = size(p.File); err != nil {
		return err
	}
	return describe(p, meta)
}

func (s Snapshot) definition() int64 { return s.Definition }

func (s Snapshot) check() error {
	const name = "SnapshotByTimeOffsetTask"
	if _, ok := pictures()[s.Definition]; !ok {
		return unknown(name, s.Definition, pictures())
	}
	if len(s.At) == 0 || len(s.At) > maxOffsets {
		return invalid(name+".ExtTimeOffsetSet", "must have 1 to %d values", maxOffsets)
	}
	for _, at := range s.At {
		if _, err := moment(at, time.Hour); err != nil {
			return invalid(name+".ExtTimeOffsetSet", "%s", err)
		}
	}
	return nil
}

func (s Snapshot) make(ctx context.Context, w *work, progress func(int)) ([]vod.Part, error) {
	if err := w.need("video"); err != nil {
		return nil, err
	}
	var parts []*vod.NewPart
	for i, text := range s.At {
		at, err := moment(text, w.src.Duration)
		if err != nil {
			return nil, discard(err, parts...)
		}
		p, err := w.begin(ctx, vod.PartSnapshot, s.Definition, i, typeJPEG, "jpg")
		if err != nil {
			return nil, discard(err, parts...)
		}
		parts = append(parts, p)
		if err := w.shoot(ctx, p, at, pictures()[s.Definition].long, vod.PictureMeta{At: at}); err != nil {
			return nil, discard(err, parts...)
		}
		progress((i + 1) * 99 / len(s.At))
	}
	return w.Parts.Commit(ctx, parts...)
}

func (s Sample) definition() int64 { return s.Definition }

func (s Sample) check() error {
	if _, ok := samplings()[s.Definition]; !ok {
		return unknown("SampleSnapshotTask", s.Definition, samplings())
	}
	return nil
}

// moments are when samples are taken of a file of that length, and how that is described.
func (s sampling) moments(length time.Duration) (at []time.Duration, meta vod.PictureMeta) {
	if s.percent > 0 {
		for p := int64(0); p < 100; p += s.percent {
			at = append(at, length*time.Duration(p)/100)
		}
		return at, vod.PictureMeta{SampleType: "Percent", Interval: s.percent}
	}
	step := stretch(s.seconds, length, maxSamples)
	for t := time.Duration(0); t < length || t == 0; t += time.Duration(step) * time.Second {
		at = append(at, t)
	}
	return at, vod.PictureMeta{SampleType: "Time", Interval: step}
}

// stretch is the multiple of an interval, in seconds, at which there are at most that many in a length.
func stretch(interval int64, length time.Duration, most int64) int64 {
	whole := int64(length / time.Second)
	return interval * (1 + whole/(interval*most))
}

func (s Sample) make(ctx context.Context, w *work, progress func(int)) ([]vod.Part, error) {
	if err := w.need("video"); err != nil {
		return nil, err
	}
	k := w.src.newKeys()
	defer func() { k.stop() }()
	at, meta := samplings()[s.Definition].moments(w.src.Duration)
	var parts []*vod.NewPart
	for i, t := range at {
		u, err := k.find(ctx, t)
		if err != nil {
			return nil, discard(err, parts...)
		}
		p, err := w.begin(ctx, vod.PartSampleSnapshot, s.Definition, i, typeJPEG, "jpg")
		if err != nil {
			return nil, discard(err, parts...)
		}
		parts = append(parts, p)
		if err = w.develop(ctx, p.File, u, 0); err == nil {
			meta.At = t
			err = picked(p, meta)
		}
		if err != nil {
			return nil, discard(err, parts...)
		}
		progress((i + 1) * 99 / len(at))
	}
	return w.Parts.Commit(ctx, parts...)
}

func (s Sprite) definition() int64 { return s.Definition }

func (s Sprite) check() error {
	if _, ok := sheets()[s.Definition]; !ok {
		return unknown("ImageSpriteTask", s.Definition, sheets())
	}
	return nil
}

const (
	// maxSheets is how many sprites are made of a file; it takes longer intervals then.
	maxSheets = 20
	// maxHeld is how many bytes of encoded pictures are held for one: a hundred of 2.5 MB.
	maxHeld = 256 << 20
)

func (s Sprite) make(ctx context.Context, w *work, progress func(int)) ([]vod.Part, error) {
	if err := w.need("video"); err != nil {
		return nil, err
	}
	k := w.src.newKeys()
	defer func() { k.stop() }()
	kind := sheets()[s.Definition]
	each := kind.rows * kind.columns
	step := time.Duration(stretch(kind.seconds, w.src.Duration, int64(maxSheets*each))) * time.Second
	count := max(1, int((w.src.Duration+step-1)/step))
	meta := vod.SpriteMeta{Count: count}
	var parts []*vod.NewPart
	for first := 0; first < count; first += each {
		p, err := w.begin(ctx, vod.PartSprite, s.Definition, len(parts), typeJPEG, "jpg")
		if err != nil {
			return nil, discard(err, parts...)
		}
		parts = append(parts, p)
		if err := w.sheet(ctx, p, k, kind, first, min(each, count-first), step, &meta); err != nil {
			return nil, discard(err, parts...)
		}
		progress(min(99, (first+each)*99/count))
	}
	for _, p := range parts {
		if err := describe(p, meta); err != nil {
			return nil, discard(err, parts...)
		}
	}
	list, err := w.begin(ctx, vod.PartWebVTT, s.Definition, 0, "text/vtt", "vtt")
	if err != nil {
		return nil, discard(err, parts...)
	}
	parts = append(parts, list)
	if _, err := io.WriteString(list.File, webVTT(parts[:len(parts)-1], kind, meta, step, w.src.Duration)); err != nil {
		return nil, discard(fmt.Errorf("write the WebVTT: %w", err), parts...)
	}
	return w.Parts.Commit(ctx, parts...)
}

// sheet makes one sprite of n small pictures, the first of which is that number first of its set.
func (w *work) sheet(ctx context.Context, p *vod.NewPart, k *keys, kind sheet, first, n int, step time.Duration, meta *vod.SpriteMeta) error {
	var units []*media.Unit
	held := 0
	for i := range n {
		u, err := k.find(ctx, time.Duration(first+i)*step)
		if err != nil {
			return err
		}
		if len(units) == 0 || u != units[len(units)-1] {
			held += len(u.Payload)
		}
		if held > maxHeld {
			return failed(task.CodeSource, "the pictures of file %s are too large for sprites: those of one have more than %d bytes", w.src.ID, maxHeld)
		}
		units = append(units, u)
	}
	if meta.Width == 0 {
		meta.Width, meta.Height = tile(units[0].Track.Codec, kind.long)
	}
	sheet := fmt.Sprintf("scale=%d:%d,setsar=1,tile=%dx%d", meta.Width, meta.Height, kind.columns, kind.rows)
	err := w.assemble(ctx, p.File, units, sheet)
	if err != nil {
		return err
	}
	width, height, err := size(p.File)
	if err == nil && (width != meta.Width*kind.columns || height != meta.Height*kind.rows) {
		err = failed(task.CodeInternal, "the sprite has %dx%d pixels", width, height)
	}
	return err
}

// tile is the size of a small picture with that longer side, in the shape of the pictures of a codec, with even sides.
func tile(c media.Codec, long int) (width, height int) {
	width, height = 16, 9
	if v, ok := c.(media.VideoCodec); ok {
		if w, h := v.Size(); w > 0 && h > 0 {
			width, height = w, h
		}
	}
	if width >= height {
		return long, max(2, (long*height/width+1)/2*2)
	}
	return max(2, (long*width/height+1)/2*2), long
}

// webVTT says which small picture shows which time (WebVTT, W3C; the places in them as players expect it: Media Fragments URI 1.0, 4.2.2).
func webVTT(sprites []*vod.NewPart, kind sheet, meta vod.SpriteMeta, step, length time.Duration) string {
	var b strings.Builder
	b.WriteString("WEBVTT\n")
	each := kind.rows * kind.columns
	for i := range meta.Count {
		from, to := time.Duration(i)*step, min(time.Duration(i+1)*step, max(length, time.Duration(i)*step+time.Millisecond))
		place := i % each
		fmt.Fprintf(&b, "\n%s --> %s\n%s#xywh=%d,%d,%d,%d\n", stamp(from), stamp(to), sprites[i/each].Name(),
			place%kind.columns*meta.Width, place/kind.columns*meta.Height, meta.Width, meta.Height)
	}
	return b.String()
}

func stamp(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}
