package mp4

import (
	"fmt"
	"math"

	"aircheck/recorder/container"
)

// fragments reads moofs. It remembers where the tracks' times have got to.
type fragments struct {
	movie   *parsed
	next    []int64 // DTS that follows, per track
	samples int64   // in the moof being read
	seen    int64   // in all of them
}

// maxMoofSamples is how many samples a moof may have: six hours of AAC.
const maxMoofSamples = 1 << 20

func newFragments(m *parsed) *fragments {
	return &fragments{movie: m, next: make([]int64, len(m.tracks))}
}

// moof returns the runs of a moof at offset at, whose samples must lie below limit. Tracks that the moov does not know are
// passed over.
func (f *fragments) moof(body []byte, at, limit int64) (runs []run, err error) {
	f.samples = 0
	data := at // where the next run's data lies if nobody says
	err = boxes(body, func(kind string, body []byte) error {
		if kind != "traf" {
			return nil
		}
		t := traf{all: f, moof: at, data: data, limit: limit, track: -1}
		if err := boxes(body, t.box); err != nil {
			return err
		}
		data = t.data
		runs = append(runs, t.runs...)
		return nil
	})
	return runs, err
}

// traf is the part of a moof that belongs to one track.
type traf struct {
	all         *fragments
	moof, limit int64
	track       int // position; -1 when unknown
	base, data  int64
	defaults    trackDefaults
	runs        []run
}

func (t *traf) box(kind string, body []byte) error {
	r := reader{b: body}
	switch kind {
	case "tfhd":
		t.header(&r)
	case "tfdt":
		version, _ := r.full()
		if v := r.sized(version); t.track >= 0 && v <= maxTime {
			t.all.next[t.track] = int64(v)
		} else if v > maxTime {
			return fmt.Errorf("%w: decode time %d", container.ErrCorrupt, v)
		}
	case "trun":
		return t.trun(&r)
	}
	if r.short {
		return fmt.Errorf("%w: %s is too short", container.ErrCorrupt, kind)
	}
	return nil
}

// header reads a tfhd.
func (t *traf) header(r *reader) {
	_, flags := r.full()
	t.track = t.all.movie.track(r.u32())
	if t.track >= 0 {
		t.defaults = t.all.movie.tracks[t.track].defaults
	}
	// Without a base the first run's data counts from the moof, and the next's follows that of the one before.
	t.base = t.data
	if flags&tfhdBaseIsMoof != 0 {
		t.base = t.moof
	}
	if flags&tfhdBaseOffset != 0 {
		t.base = int64(r.u64() & (1<<63 - 1))
	}
	t.data = t.base
	for _, field := range []struct {
		flag uint32
		into *uint32
	}{
		{tfhdDescription, new(uint32)},
		{tfhdDuration, &t.defaults.duration},
		{tfhdSampleSize, &t.defaults.size},
		{tfhdSampleFlags, &t.defaults.flags},
	} {
		if flags&field.flag != 0 {
			*field.into = r.u32()
		}
	}
}

// trun reads a run.
func (t *traf) trun(r *reader) error {
	_, flags := r.full()
	count := int64(r.u32())
	if flags&trunDataOffset != 0 {
		t.data = t.base + int64(int32(r.u32()))
	}
	first := t.defaults.flags
	if flags&trunFirstFlags != 0 {
		first = r.u32()
	}
	t.all.samples += count
	if r.short || count*int64(sampleFields(flags)) > int64(len(r.b)) || t.all.samples > maxMoofSamples {
		return fmt.Errorf("%w: trun says %d samples", container.ErrCorrupt, count)
	}
	if t.track < 0 {
		return nil
	}
	out := run{track: t.track, offset: t.data, samples: make([]sample, count)}
	dts := t.all.next[t.track]
	framed := t.all.movie.tracks[t.track].framed()
	for i := range out.samples {
		v := t.defaults
		if i == 0 {
			v.flags = first
		}
		offset := v.read(r, flags)
		out.samples[i] = sample{dts: dts, offset: offset, size: v.size, sync: v.flags&maskIsNonSync == 0}
		dts += int64(v.duration)
		t.data += int64(v.size)
		if framed {
			out.last = int64(min(v.duration, math.MaxInt32))
		}
	}
	t.all.next[t.track] = dts
	if out.offset < 0 || t.data > t.limit || out.offset > t.data || dts > maxTime {
		return fmt.Errorf("%w: samples from %d to %d in a file of %d bytes", container.ErrCorrupt, out.offset, t.data, t.limit)
	}
	if count > 0 {
		t.runs = append(t.runs, out)
	}
	return nil
}

// read reads the fields of one sample and returns its composition offset.
func (v *trackDefaults) read(r *reader, flags uint32) (offset int32) {
	if flags&trunDuration != 0 {
		v.duration = r.u32()
	}
	if flags&trunSize != 0 {
		v.size = r.u32()
	}
	if flags&trunSampleFlags != 0 {
		v.flags = r.u32()
	}
	if flags&trunOffset != 0 {
		offset = int32(r.u32())
	}
	return offset
}
