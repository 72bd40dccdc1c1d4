package mp4

import (
	"fmt"
	"math"

	"aircheck/ingest/media"
	"aircheck/recorder/container"

	"github.com/Eyevinn/mp4ff/mp4"
)

// table gathers the sample tables of one track, as the bytes that they have in the file (ISO 14496-12, 8.6 and 8.7): an hour has some hundred thousand
// samples, and everybody who looks for the file waits for its tables.
type table struct {
	track *media.Track
	// Entries of stsz, stts, ctts, stss, stsc and stco or co64.
	sizes, steps, offsets, syncs, chunks, places numbers
	// places are 64 bits wide if the file is too long for 32.
	wide    bool
	samples uint32
	// repeat is how often the last step, and the last offset, came one behind the other.
	stepRepeat, offsetRepeat repeat
	// hasOffsets: there is an offset other than 0, signed: one below it.
	hasOffsets, signed bool
	allSync            bool
	perChunk           uint32 // of the last entry of chunks
	placed             uint32 // entries of places
	first, last        int64  // DTS
	step               int64  // how long the last sample lasts
	minPTS, maxPTS     int64
	bytes              int64
}

// repeat is a value that came several times, not yet in a table.
type repeat struct{ value, count uint32 }

func newTable(t *media.Track, f container.Unfinished) table {
	return table{
		track: t, step: container.DefaultStep(t), minPTS: math.MaxInt64, maxPTS: math.MinInt64, allSync: true,
		wide: f.Size > math.MaxUint32,
	}
}

// add takes the next run, which becomes a chunk.
func (t *table) add(r run) error {
	t.addPlace(r.offset)
	if n := uint32(len(r.samples)); n != t.perChunk {
		t.chunks.add(t.placed)
		t.chunks.add(n)
		t.chunks.add(1)
		t.perChunk = n
	}
	if err := t.addTimes(r.samples, r.spliced); err != nil {
		return err
	}
	if r.last > 0 {
		t.step = r.last
	}
	if r.offsets {
		t.addOffsets(r.samples)
	} else {
		t.addOffset(0, uint32(len(r.samples)))
		first, last := r.samples[0].dts, r.samples[len(r.samples)-1].dts
		t.minPTS, t.maxPTS = min(t.minPTS, first), max(t.maxPTS, last)
	}
	for i := range r.samples {
		s := &r.samples[i]
		t.sizes.add(s.size)
		t.bytes += int64(s.size)
		t.samples++
		if !s.sync || !t.allSync {
			t.addSync(s.sync)
		}
	}
	return nil
}

func (t *table) addPlace(offset int64) {
	t.placed++
	if t.wide {
		t.places.add2(uint32(offset>>32), uint32(offset))
	} else {
		t.places.add(uint32(offset))
	}
}

// addTimes takes the decoding times of samples, which are to be added next. spliced: what is before the first of them is no step.
func (t *table) addTimes(samples []sample, spliced bool) error {
	if t.samples == 0 {
		t.first, t.last, spliced = samples[0].dts, samples[0].dts, false
		samples = samples[1:]
	}
	for i := range samples {
		step := samples[i].dts - t.last
		if step < 0 || step > math.MaxInt32 {
			return fmt.Errorf("%w: decoding time goes from %d to %d in the index", container.ErrCorrupt, t.last, samples[i].dts)
		}
		t.addStep(uint32(step), 1)
		if step > 0 && !(spliced && i == 0) {
			t.step = step
		}
		t.last = samples[i].dts
	}
	return nil
}

// addStep adds how long samples last.
func (t *table) addStep(step, count uint32) {
	r := &t.stepRepeat
	if r.value == step {
		r.count += count
		return
	}
	r.end(&t.steps)
	*r = repeat{step, count}
}

// addOffsets takes the composition offsets of samples.
func (t *table) addOffsets(samples []sample) {
	for i := range samples {
		s := &samples[i]
		pts := s.dts + int64(s.offset)
		t.minPTS, t.maxPTS = min(t.minPTS, pts), max(t.maxPTS, pts)
		t.addOffset(s.offset, 1)
	}
}

func (t *table) addOffset(offset int32, count uint32) {
	r := &t.offsetRepeat
	if r.value == uint32(offset) {
		r.count += count
		return
	}
	t.hasOffsets = true
	r.end(&t.offsets)
	*r = repeat{uint32(offset), count}
}

// end adds the repetition to a table.
func (r repeat) end(n *numbers) {
	if r.count > 0 {
		n.add2(r.count, r.value)
	}
}

// addSync tells of the sample that was added last. Nothing is listed as long as all are sync samples.
func (t *table) addSync(sync bool) {
	switch {
	case !sync && t.allSync:
		t.allSync = false
		for n := uint32(1); n < t.samples; n++ {
			t.syncs.add(n)
		}
	case sync && !t.allSync:
		t.syncs.add(t.samples)
	}
}

func (t *table) empty() bool { return t.samples == 0 }

// end returns when the last picture or sound of the track ends.
func (t *table) end() int64 { return t.maxPTS + t.step }

// begin returns when its first picture is to be seen, or its first sound to be heard.
func (t *table) begin() int64 {
	if skip := skipped(t.track); t.minPTS+skip < t.end() {
		return t.minPTS + skip
	}
	return t.minPTS
}

// shiftOffsets adds to all composition offsets, and ends their table.
func (t *table) shiftOffsets(by int64) {
	t.offsetRepeat.end(&t.offsets)
	t.offsetRepeat = repeat{}
	for b := range t.offsets.blocks {
		for ; len(b) > 0; b = b[8:] {
			o := int32(min(int64(int32(be.Uint32(b[4:])))+by, math.MaxInt32))
			be.PutUint32(b[4:], uint32(o))
			t.signed = t.signed || o < 0
			t.hasOffsets = t.hasOffsets || o != 0
		}
	}
}

// boxes returns the tables as boxes. Nothing can be added then.
func (t *table) boxes() []mp4.Box {
	t.stepRepeat.end(&t.steps)
	t.stepRepeat = repeat{}
	out := []mp4.Box{t.steps.box("stts", 8)}
	if t.hasOffsets {
		ctts := t.offsets.box("ctts", 8)
		if t.signed {
			ctts.version = 1
		}
		out = append(out, ctts)
	}
	if !t.allSync {
		out = append(out, t.syncs.box("stss", 4))
	}
	out = append(out, t.chunks.box("stsc", 12), t.sizes.box("stsz", 4))
	if t.wide {
		return append(out, t.places.box("co64", 8))
	}
	return append(out, t.places.box("stco", 4))
}
