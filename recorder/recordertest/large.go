package recordertest

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"slices"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
)

// tailKeep is how much of the end of a large file is kept.
const tailKeep = 64 << 20

// tail is a file of which only the end is kept. It implements io.ReaderAt.
type tail struct {
	size int64
	data []byte
}

func (f *tail) add(b []byte) {
	f.size += int64(len(b))
	if len(f.data)+len(b) > 2*tailKeep {
		f.data = append(f.data[:0], f.data[max(len(f.data)-tailKeep, 0):]...)
	}
	f.data = append(f.data, b...)
}

// ReadAt fails for what is no longer kept.
func (f *tail) ReadAt(b []byte, off int64) (int, error) {
	start := f.size - int64(len(f.data))
	if off < start {
		return 0, fmt.Errorf("read at %d: the file is kept from %d on", off, start)
	}
	n := copy(b, f.data[min(off-start, int64(len(f.data))):])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// bulk returns the number of units that make more than 4 GiB, and a function that makes them one by one.
func bulk(o Options) (track *media.Track, group, count int, unit func(i int) *media.Unit) {
	const total = 1<<32 + 80<<20
	if o.AudioOnly {
		track = mediatest.AAC(1, mediatest.AACRate)
		u := *mediatest.Sound(track, 1, 0)[0]
		u.Payload = bytes.Repeat([]byte{0x5a}, container.MaxADTSPayload)
		return track, 1024, total / len(u.Payload), func(i int) *media.Unit {
			c := u
			c.DTS = int64(i) * mediatest.AACSamples
			c.PTS = c.DTS
			return &c
		}
	}
	track = mediatest.H264(1, 1000)
	u := *mediatest.Grow(mediatest.Intra(track, 1, 0, 40)[0], 4<<20)
	return track, 1, total / len(u.Payload), func(i int) *media.Unit {
		c := u
		c.DTS = int64(i) * 500
		c.PTS = c.DTS + 7
		return &c
	}
}

// streamed writes a file larger than 32 bits can address, finishes it, and repairs it from near its end.
func streamed(t *testing.T, f container.Format, o Options) {
	track, group, count, unit := bulk(o)
	r := &file{tracks: []*media.Track{track}}
	want := newTallies(r.tracks, 0, o)
	w, err := f.NewWriter(r.tracks)
	if err != nil {
		t.Fatal(err)
	}
	s := &tail{}
	buf := w.Header(nil, 0)
	s.add(buf)
	for i := range count {
		u := unit(i)
		want.add(u)
		if buf, err = w.Append(buf[:0], u); err != nil {
			t.Fatal(err)
		}
		s.add(buf)
		if (i+1)%group == 0 {
			r.parts, r.ends = append(r.parts, w.Index(nil)), append(r.ends, s.size)
		}
	}
	s.add(w.Flush(buf[:0]))
	r.parts = append(r.parts, w.Index(nil))
	ending, err := f.Finish(r.unfinished(r.parts, s.size))
	if err != nil {
		t.Fatal(err)
	}
	want.check(t, ending.Summary)

	from := slices.IndexFunc(r.ends, func(end int64) bool { return end > s.size-tailKeep*3/4 })
	if r.ends[from] <= 1<<32 {
		t.Fatalf("scan from %d of %d bytes", r.ends[from], s.size)
	}
	parts, valid := scan(t, f, s, s.size, r.ends[from], r.tracks)
	if valid != s.size {
		t.Errorf("scan from %d: %d of %d bytes are whole", r.ends[from], valid, s.size)
	}
	repaired, err := f.Finish(r.unfinished(slices.Concat(r.parts[:from+1], parts), s.size))
	if err != nil || !reflect.DeepEqual(undated(t, repaired), undated(t, ending)) {
		t.Errorf("scan from %d: the index finishes the file in another way: %v\n%+v\n%+v", r.ends[from], err, repaired.Summary, ending.Summary)
	}
}
