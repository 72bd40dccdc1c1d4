package mp4

import (
	"math"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"

	"github.com/Eyevinn/mp4ff/mp4"
)

// movie is what a finished file says of its times: presentation starts with the earliest unit of any track.
type movie struct {
	scale      uint32
	start, end int64 // in scale
}

func movieTimes(tracks []*media.Track, tables []table) movie {
	m := movie{scale: movieScale(tracks), start: math.MaxInt64}
	for i := range tables {
		if t := &tables[i]; !t.empty() {
			m.start = min(m.start, m.from(t.begin(), t))
			m.end = max(m.end, m.from(t.end(), t))
		}
	}
	if m.start == math.MaxInt64 {
		m.start = 0
	}
	return m
}

// from rescales a time of a track.
func (m movie) from(ticks int64, t *table) int64 {
	return media.Rescale(ticks, t.track.Timescale, m.scale)
}

func (m movie) summary(tables []table) container.Summary {
	s := container.Summary{Duration: media.Duration(m.end-m.start, m.scale)}
	for i := range tables {
		t := &tables[i]
		sum := container.TrackSummary{Track: t.track, Units: int64(t.samples), Bytes: t.bytes}
		if !t.empty() {
			sum.First, sum.Last = at(t.minPTS, t.track), at(t.maxPTS, t.track)
		}
		s.Tracks = append(s.Tracks, sum)
	}
	return s
}

func at(ticks int64, t *media.Track) time.Duration { return media.Duration(ticks, t.Timescale) }

// moov returns the moov of a finished file. A track without samples is left out, unless all are.
func (m movie) moov(tables []table) *mp4.MoovBox {
	var filled []*table
	var tracks []*media.Track
	for i := range tables {
		if !tables[i].empty() {
			filled = append(filled, &tables[i])
			tracks = append(tracks, tables[i].track)
		}
	}
	if len(filled) == 0 {
		for i := range tables {
			tracks = append(tracks, tables[i].track)
		}
		return newMoov(tracks)
	}
	moov := newMoov(tracks)
	moov.Mvhd.Timescale = m.scale
	moov.Mvhd.Duration = uint64(m.end - m.start)
	moov.Mvhd.Version = version(moov.Mvhd.Duration)
	for i, t := range filled {
		t.fill(moov.Traks[i], m)
	}
	return moov
}

// version returns 1 when a duration needs 64 bits, else 0.
func version(duration uint64) byte {
	if duration > math.MaxUint32 {
		return 1
	}
	return 0
}

// fill writes tables, durations and edit list into a trak.
func (t *table) fill(trak *mp4.TrakBox, m movie) {
	mdhd, tkhd := trak.Mdia.Mdhd, trak.Tkhd
	t.addStep(uint32(min(t.step, math.MaxInt32)), 1)
	mdhd.Duration = uint64(t.last + t.step - t.first)
	mdhd.Version = version(mdhd.Duration)

	// Media times count from the first DTS, so the first presentation time is at lead. Negative leads are made 0
	// by moving all offsets.
	lead := t.minPTS - t.first
	t.shiftOffsets(max(-lead, 0))
	lead = max(lead, 0) + t.begin() - t.minPTS
	delay := m.from(t.begin(), t) - m.start
	length := m.from(t.end(), t) - m.from(t.begin(), t)
	tkhd.Duration = uint64(delay + length)
	tkhd.Version = version(tkhd.Duration)
	addEdits(trak, delay, length, lead)
	t.replace(trak.Mdia.Minf)
}

// addEdits adds an edit list: wait for delay, then play length from media time start. Delay and length are in the movie's clock
// rate, start is in the track's. Nothing is added when there is nothing to say.
func addEdits(trak *mp4.TrakBox, delay, length, start int64) {
	if delay <= 0 && start == 0 {
		return
	}
	list := &mp4.ElstBox{Version: version(uint64(max(delay, length, start) * 2))}
	if delay > 0 {
		list.Entries = append(list.Entries, mp4.ElstEntry{SegmentDuration: uint64(delay), MediaTime: -1, MediaRateInteger: 1})
	}
	list.Entries = append(list.Entries, mp4.ElstEntry{SegmentDuration: uint64(length), MediaTime: start, MediaRateInteger: 1})
	edts := &mp4.EdtsBox{}
	edts.AddChild(list)
	rest := trak.Children[1:] // behind tkhd
	trak.Edts = edts
	trak.Children = append([]mp4.Box{trak.Tkhd, edts}, rest...)
}

// replace puts the tables into a minf in place of its empty ones.
func (t *table) replace(minf *mp4.MinfBox) {
	stbl := mp4.NewStblBox()
	stbl.AddChild(minf.Stbl.Stsd)
	for _, b := range t.boxes() {
		stbl.AddChild(b)
	}
	for i, c := range minf.Children {
		if c.Type() == "stbl" {
			minf.Children[i] = stbl
		}
	}
	minf.Stbl = stbl
}
