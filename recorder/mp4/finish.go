package mp4

import (
	"fmt"
	"math"

	"aircheck/ingest/media"
	"aircheck/recorder/container"

	"github.com/Eyevinn/mp4ff/mp4"
)

// Finish computes the moov of a classic file and the header of the mdat in front of it.
func (Format) Finish(f container.Unfinished) (container.Ending, error) {
	if err := checkTracks(f.Tracks); err != nil {
		return container.Ending{}, err
	}
	tables := make([]table, len(f.Tracks))
	for i, t := range f.Tracks {
		tables[i] = table{track: t, step: container.DefaultStep(t), minPTS: math.MaxInt64, maxPTS: math.MinInt64, allSync: true}
		tables[i].makeRoom(f.IndexSize / int64(len(f.Tracks)))
	}
	var reader partReader
	for part, err := range f.Index {
		if err != nil {
			return container.Ending{}, err
		}
		err = reader.parse(part, func(r run) error {
			if r.track >= len(tables) || r.offset+r.bytes() > f.Size {
				return fmt.Errorf("%w: the index does not fit the file", container.ErrCorrupt)
			}
			return tables[r.track].add(r)
		})
		if err != nil {
			return container.Ending{}, err
		}
	}
	m := movieTimes(f.Tracks, tables)
	moov, err := encode(m.moov(tables, f.Size))
	if err != nil {
		return container.Ending{}, err
	}
	at := int64(newFtyp().Size())
	return container.Ending{
		Trailer: moov,
		Patches: []container.Patch{{Offset: at, Bytes: mdatHead(f.Size - at)}},
		Summary: m.summary(tables),
	}, nil
}

// mdatHead returns the header of an mdat of that size, header included.
func mdatHead(size int64) []byte {
	return be.AppendUint64(append(be.AppendUint32(nil, 1), "mdat"...), uint64(size))
}

// table gathers the sample tables of one track.
type table struct {
	track          *media.Track
	stts           mp4.SttsBox
	ctts           mp4.CttsBox
	stss           mp4.StssBox
	stsz           mp4.StszBox
	stsc           mp4.StscBox
	chunks         []uint64
	first, last    int64 // DTS
	step           int64 // how long the last sample lasts
	minPTS, maxPTS int64
	bytes          int64
	allSync        bool
}

// makeRoom is for that many bytes of the index, of which each sample takes a few.
func (t *table) makeRoom(index int64) {
	const perSample, most = 3, 4 << 20
	t.stsz.SampleSize = make([]uint32, 0, min(index/perSample, most))
}

// add takes the next run, which becomes a chunk.
func (t *table) add(r run) error {
	t.chunks = append(t.chunks, uint64(r.offset))
	n := uint32(len(r.samples))
	if e := t.stsc.Entries; len(e) == 0 || e[len(e)-1].SamplesPerChunk != n {
		if err := t.stsc.AddEntry(uint32(len(t.chunks)), n, 1); err != nil {
			return fmt.Errorf("%w: %w", container.ErrCorrupt, err)
		}
	}
	for i := range r.samples {
		if err := t.addSample(&r.samples[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) addSample(s *sample) error {
	if len(t.stsz.SampleSize) == 0 {
		t.first = s.dts
	} else {
		step := s.dts - t.last
		if step < 0 || step > math.MaxInt32 {
			return fmt.Errorf("%w: decoding time goes from %d to %d in the index", container.ErrCorrupt, t.last, s.dts)
		}
		t.addStep(uint32(step))
		if step > 0 {
			t.step = step
		}
	}
	t.last = s.dts
	t.stsz.SampleSize = append(t.stsz.SampleSize, s.size)
	t.stsz.SampleNumber++
	t.bytes += int64(s.size)
	pts := s.dts + int64(s.offset)
	t.minPTS, t.maxPTS = min(t.minPTS, pts), max(t.maxPTS, pts)
	if !s.sync && t.allSync {
		t.allSync = false
		for n := uint32(1); n < t.stsz.SampleNumber; n++ {
			t.stss.SampleNumber = append(t.stss.SampleNumber, n)
		}
	} else if s.sync && !t.allSync {
		t.stss.SampleNumber = append(t.stss.SampleNumber, t.stsz.SampleNumber)
	}
	t.addOffset(s.offset)
	return nil
}

func (t *table) addStep(step uint32) {
	b := &t.stts
	if n := len(b.SampleTimeDelta); n > 0 && b.SampleTimeDelta[n-1] == step {
		b.SampleCount[n-1]++
		return
	}
	b.SampleCount = append(b.SampleCount, 1)
	b.SampleTimeDelta = append(b.SampleTimeDelta, step)
}

func (t *table) addOffset(offset int32) {
	b := &t.ctts
	if len(b.EndSampleNr) == 0 {
		b.EndSampleNr = append(b.EndSampleNr, 0)
	}
	if n := len(b.SampleOffset); n > 0 && b.SampleOffset[n-1] == offset {
		b.EndSampleNr[n] = t.stsz.SampleNumber
		return
	}
	b.EndSampleNr = append(b.EndSampleNr, t.stsz.SampleNumber)
	b.SampleOffset = append(b.SampleOffset, offset)
}

func (t *table) empty() bool { return len(t.chunks) == 0 }

// end returns when the last picture or sound of the track ends.
func (t *table) end() int64 { return t.maxPTS + t.step }
