package process

import (
	"context"
	"encoding/binary"
	"io"
	"iter"
	"slices"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
	"aircheck/vod/task"
)

// feeder writes units as fragments of MP4, which ffmpeg reads whatever container they come from.
type feeder struct {
	out    io.Writer
	writer container.Writer
	tracks []*media.Track
	buf    []byte
}

// begin begins with these tracks, as far as MP4 knows their codecs, at that time.
func (f *feeder) begin(tracks []*media.Track, base time.Duration) error {
	f.tracks = slices.DeleteFunc(slices.Clone(tracks), func(t *media.Track) bool { return !mp4.Format{}.Supports(t.Codec) })
	var err error
	if f.writer, err = (mp4.Format{}).NewWriter(f.tracks); err != nil {
		return &task.Failure{Code: task.CodeSource, Err: err}
	}
	f.buf = f.writer.Header(f.buf, base)
	return nil
}

// put writes a unit. One of a track that is not there, or whose parameters cannot be changed on the way, is left out.
func (f *feeder) put(u *media.Unit) error {
	i := slices.IndexFunc(f.tracks, func(t *media.Track) bool { return t.ID == u.Track.ID })
	if i < 0 {
		return nil
	}
	t := f.tracks[i]
	n := &media.Unit{
		Track: t, PTS: media.Rescale(u.PTS, u.Track.Timescale, t.Timescale), DTS: media.Rescale(u.DTS, u.Track.Timescale, t.Timescale),
		RandomAccess: u.RandomAccess, Payload: u.Payload,
	}
	if u.Track != t && !media.SameParameters(u.Track.Codec, t.Codec) {
		sets := parameterSets(u.Track.Codec)
		if u.Track.Codec.Name() != t.Codec.Name() || sets == nil {
			return nil
		}
		if u.RandomAccess {
			n.Payload = append(sets, u.Payload...)
		}
	}
	var err error
	if f.buf, err = f.writer.Append(f.buf, n); err != nil {
		return &task.Failure{Code: task.CodeSource, Err: err}
	}
	return f.write()
}

func (f *feeder) write() error {
	if len(f.buf) == 0 {
		return nil
	}
	_, err := f.out.Write(f.buf)
	f.buf = f.buf[:0]
	return err
}

// end writes what is kept back.
func (f *feeder) end() error {
	f.buf = f.writer.Flush(f.buf)
	return f.write()
}

// parameterSets are those of H.264 and H.265 as they stand in front of a picture; nil for other codecs.
func parameterSets(c media.Codec) (out []byte) {
	add := func(nalu []byte) {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(nalu))), nalu...)
	}
	switch c := c.(type) {
	case *media.H264:
		sps, pps := c.ParameterSets()
		for _, n := range slices.Concat(sps, pps) {
			add(n)
		}
	case *media.H265:
		for n := range hevcSets(c.Config()) {
			add(n)
		}
	}
	return out
}

// hevcSets yields the parameter sets of a HEVCDecoderConfigurationRecord (ISO 14496-15, 8.3.3.1).
func hevcSets(config []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		const fixed = 23
		if len(config) < fixed {
			return
		}
		arrays, rest := int(config[fixed-1]), config[fixed:]
		for range arrays {
			if len(rest) < 3 {
				return
			}
			count := int(binary.BigEndian.Uint16(rest[1:]))
			rest = rest[3:]
			for range count {
				if len(rest) < 2 || len(rest) < 2+int(binary.BigEndian.Uint16(rest)) {
					return
				}
				length := int(binary.BigEndian.Uint16(rest))
				if !yield(rest[2 : 2+length]) {
					return
				}
				rest = rest[2+length:]
			}
		}
	}
}

// feed is a file that is written from the random access point at or before a moment on.
type feed struct {
	src    *source
	tracks []*media.Track
	first  []*media.Unit
	next   func() (*media.Unit, error, bool)
	stop   func()
	// lead is how much is shown in front of the moment.
	lead time.Duration
}

// maxFirst is how many units are looked at to find what is shown first.
const maxFirst = 64

// newFeed finds where to begin. Call stop when done.
func (s *source) newFeed(from time.Duration) (*feed, error) {
	f := &feed{src: s}
	var err error
	if f.tracks, err = s.format.Probe(s.file, s.Size); err != nil {
		return nil, f.unreadable(err)
	}
	f.next, f.stop = iter.Pull2(container.ReadFrom(s.format, s.file, s.Size, from))
	seen := map[int]bool{}
	for len(f.first) < maxFirst && len(seen) < len(f.tracks) {
		u, err, ok := f.next()
		if !ok || err != nil {
			if len(f.first) > 0 {
				break
			}
			f.stop()
			return nil, f.unreadable(err)
		}
		f.first = append(f.first, u)
		seen[u.Track.ID] = true
	}
	begin := shown(f.first[0])
	for _, u := range f.first {
		begin = min(begin, shown(u))
	}
	f.lead = from - begin
	return f, nil
}

func (f *feed) unreadable(err error) error {
	if err == nil {
		return failed(task.CodeSource, "file %s is empty", f.src.ID)
	}
	return failed(task.CodeSource, "file %s cannot be read: %w", f.src.ID, err)
}

// write writes all of it.
func (f *feed) write(ctx context.Context, out io.Writer) error {
	w := feeder{out: out}
	if err := w.begin(f.tracks, f.first[0].Time()); err != nil {
		return err
	}
	for _, u := range f.first {
		if err := w.put(u); err != nil {
			return err
		}
	}
	for {
		u, err, ok := f.next()
		switch {
		case !ok:
			return w.end()
		case err != nil:
			return f.unreadable(err)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if err := w.put(u); err != nil {
			return err
		}
	}
}
