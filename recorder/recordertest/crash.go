package recordertest

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
)

// subject returns a recording to damage.
func subject(o Options, n int) []*media.Unit {
	audio := mediatest.Sound(mediatest.AAC(2, 1000), n*2, 0)
	if o.AudioOnly {
		return audio
	}
	return mediatest.Interleave(mediatest.Pictures(mediatest.H264(1, 1000), n, 0, 40), audio)
}

// repair scans a damaged file as the recorder does at its start, from the end of the last write group whose index the journal has,
// and checks that finishing gives a file that holds the first units and at least the given number of them.
func repair(t *testing.T, f container.Format, o Options, r *file, what string, data []byte, group int, units []*media.Unit, least int) bool {
	t.Helper()
	size, from := int64(len(data)), r.ends[group]
	rest, valid := scan(t, f, bytes.NewReader(data), size, from, r.tracks)
	if valid < from && from > 0 {
		t.Errorf("%s: only %d bytes are whole, but the scan began at %d", what, valid, from)
		return false
	}
	done, _ := finish(t, f, r.unfinished(slices.Concat(r.parts[:group+1], rest), valid), data)
	got := read(t, f, done)
	want := r.byTrack(units, o)
	n := 0
	for id := range want {
		k := len(got[id])
		n += k
		if k > len(want[id]) {
			t.Errorf("%s: track %d has %d units of %d", what, id, k, len(want[id]))
			return false
		}
		if want[id] = want[id][:k]; k == 0 {
			delete(want, id)
		}
	}
	if n < least {
		t.Errorf("%s: %d units left, want at least %d", what, n, least)
		return false
	}
	return compare(t, what, got, want, r.base, o)
}

// crash cuts the file at every byte of its last groups, and leaves random bytes behind the cut.
func crash(t *testing.T, f container.Format, o Options) {
	units := subject(o, 30)
	for _, flush := range []bool{false, true} {
		r := record(t, f, units, 10, flush)
		first := len(r.ends) - 3
		from := first - 1
		rnd := rand.New(rand.NewPCG(3, 4))
		for cut := r.ends[first]; cut <= int64(len(r.data)); cut++ {
			// Without flushes a group's units may still have been in the writer when the group ended.
			least := 0
			for i, end := range r.ends {
				if flush && end <= cut {
					least = r.units[i]
				}
			}
			whole := fmt.Sprintf("cut at %d of %d", cut, len(r.data))
			if !repair(t, f, o, r, whole, r.data[:cut:cut], from, units, least) {
				return
			}
			if !o.Sealed && !slices.Contains(r.ends, cut) {
				continue
			}
			noise := r.data[:cut:cut]
			for range 40 {
				noise = append(noise, byte(rnd.Uint32()))
			}
			if !repair(t, f, o, r, whole+" and noise", noise, from, units, least) {
				return
			}
		}
	}
	r := record(t, f, units, 10, true)
	for cut := int64(0); cut <= r.ends[1]; cut += 1 + cut/50 {
		valid, err := f.Scan(bytes.NewReader(r.data), cut, 0, r.tracks, func([]byte) error { return nil })
		if err != nil || valid > cut {
			t.Errorf("cut at %d: %d, %v", cut, valid, err)
		}
	}
}

// lostPages blanks pages of 4096 bytes, one and all following ones, as a power loss does.
func lostPages(t *testing.T, f container.Format, o Options) {
	units := subject(o, 120)
	if !o.AudioOnly {
		for i, u := range units {
			if i%3 == 0 && u.Track.Codec.Kind() == media.Video {
				units[i] = mediatest.Grow(u, 500+i*97)
			}
		}
	}
	r := record(t, f, units, 20, true)
	const from = 1
	for page := (r.ends[from] + 4095) &^ 4095; page < int64(len(r.data)); page += 4096 {
		end := min(page+4096, int64(len(r.data)))
		if bytes.Count(r.data[page:end], []byte{0}) == int(end-page) || end-page < 16 {
			continue
		}
		one := slices.Clone(r.data)
		clear(one[page:end])
		if !repair(t, f, o, r, fmt.Sprintf("page %d blank", page), one, from, units, r.units[from]) {
			return
		}
		clear(one[page:])
		if !repair(t, f, o, r, fmt.Sprintf("blank from %d", page), one, from, units, r.units[from]) {
			return
		}
	}
}

// sparse is a file that keeps only the start and the end of what is appended; the bytes between are 0xff.
type sparse struct {
	size    int64
	extents []extent
}

type extent struct {
	off  int64
	data []byte
}

const sparseKeep = 8 << 10

func (s *sparse) add(b []byte) {
	if len(b) > 2*sparseKeep {
		s.extents = append(s.extents, extent{s.size, slices.Clone(b[:sparseKeep])})
		tail := len(b) - sparseKeep
		s.extents = append(s.extents, extent{s.size + int64(tail), slices.Clone(b[tail:])})
	} else if len(b) > 0 {
		s.extents = append(s.extents, extent{s.size, slices.Clone(b)})
	}
	s.size += int64(len(b))
}

// ReadAt implements io.ReaderAt.
func (s *sparse) ReadAt(b []byte, off int64) (int, error) {
	n := len(b)
	if int64(n) > s.size-off {
		n = int(max(s.size-off, 0))
	}
	b[:min(n, 1)][0] = 0xff
	for filled := 1; filled < n; filled *= 2 {
		copy(b[filled:n], b[:filled])
	}
	i, _ := slices.BinarySearchFunc(s.extents, off, func(e extent, off int64) int {
		return int(e.off + int64(len(e.data)) - 1 - off)
	})
	for ; i < len(s.extents) && s.extents[i].off < off+int64(n); i++ {
		e := s.extents[i]
		at := e.off - off
		if at < 0 {
			copy(b[:n], e.data[-at:])
		} else {
			copy(b[at:n], e.data)
		}
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// beyond4GiB writes, finishes, repairs and reads a file larger than 32 bits can address.
func beyond4GiB(t *testing.T, f container.Format, o Options) {
	if o.Streamed {
		streamed(t, f, o)
		return
	}
	if o.AudioOnly {
		return
	}
	const count, unitSize = 290, 15 << 20
	track := mediatest.H264(1, 1000)
	small := mediatest.Intra(track, 1, 0, 40)[0]
	big := mediatest.Grow(small, unitSize)
	r := &file{tracks: []*media.Track{track}}
	w, err := f.NewWriter(r.tracks)
	if err != nil {
		t.Fatal(err)
	}
	s := &sparse{}
	buf := w.Header(nil, 0)
	s.add(buf)
	var from int64
	for i := range count {
		if i == count-6 {
			from = s.size
		}
		u := *big
		u.DTS = int64(i) * 1000
		u.PTS = u.DTS + 7
		if i == count-1 {
			u.Payload = small.Payload
		}
		if buf, err = w.Append(buf[:0], &u); err != nil {
			t.Fatal(err)
		}
		s.add(buf)
		r.parts = append(r.parts, w.Index(nil))
	}
	s.add(w.Flush(nil))
	r.parts = append(r.parts, w.Index(nil))
	if s.size <= 1<<32 {
		t.Fatalf("only %d bytes", s.size)
	}
	ending, err := f.Finish(r.unfinished(r.parts, s.size))
	if err != nil {
		t.Fatal(err)
	}
	parts, valid := scan(t, f, s, s.size, from, r.tracks)
	if valid != s.size || from < 1<<32 {
		t.Errorf("scan from %d: %d of %d bytes are whole", from, valid, s.size)
	}
	repaired, err := f.Finish(r.unfinished(slices.Concat(r.parts[:count-6], parts), s.size))
	if err != nil || !reflect.DeepEqual(undated(t, repaired), undated(t, ending)) {
		t.Errorf("scan from %d: the index finishes the file in another way: %v", from, err)
	}
	finishSparse(s, ending)
	n := 0
	for u, err := range f.Read(s, s.size) {
		if err != nil {
			t.Fatal(err)
		}
		if u.DTS != int64(n)*1000 || u.PTS != u.DTS+7 || len(u.Payload) < len(small.Payload) || !bytes.HasPrefix(u.Payload, small.Payload) {
			t.Fatalf("unit %d: DTS %d, PTS %d, %d bytes", n, u.DTS, u.PTS, len(u.Payload))
		}
		n++
	}
	if n != count {
		t.Errorf("%d units, want %d", n, count)
	}
}

// finishSparse applies an ending; patches lie in the first extent.
func finishSparse(s *sparse, e container.Ending) {
	s.extents = append(s.extents, extent{s.size, e.Trailer})
	s.size += int64(len(e.Trailer))
	for _, p := range e.Patches {
		for _, x := range s.extents {
			if from := p.Offset - x.off; from >= 0 && from < int64(len(x.data)) {
				p.Bytes = p.Bytes[copy(x.data[from:], p.Bytes):]
				p.Offset += int64(len(x.data)) - from
			}
		}
	}
}
