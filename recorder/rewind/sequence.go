package rewind

import (
	"errors"
	"io/fs"
	"slices"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// reorder is how far in a file the tracks may be apart, in media time: a fragment of MP4 has one after the other.
const reorder = 2 * time.Second

// firstPlace is where the first file known of a session lies: earlier ones may be found later.
const firstPlace = 10_000 * time.Hour

// sequencer puts the units of files into the order in which they came, from a random access point on, with the same tracks throughout.
type sequencer struct {
	yield func(*media.Unit, error) bool
	from  time.Time
	file  Source
	// tracks are those yielded, mapped what they are for the tracks of the file at hand.
	tracks []*media.Track
	mapped map[*media.Track]*media.Track
	// waiting are units that others may come before, by their time; newest is the latest of them.
	waiting []*media.Unit
	newest  time.Duration
	// begun: the beginning has been found. video: there are pictures. early are the units since the last random access point before that.
	begun, video bool
	early        []*media.Unit
	done         bool
}

// enter begins with a file.
func (s *sequencer) enter(f Source) { s.file, s.mapped = f, map[*media.Track]*media.Track{} }

// add takes the next unit of the file, whose times are off by an amount. It reports false if no more is wanted.
func (s *sequencer) add(u *media.Unit, by time.Duration) bool {
	t, ok := s.mapped[u.Track]
	if !ok {
		t = s.track(u.Track)
		s.mapped[u.Track] = t
	}
	u.Track = t
	ticks := media.Rescale(int64(by), uint32(time.Second), t.Timescale)
	u.DTS, u.PTS = u.DTS+ticks, u.PTS+ticks
	at := u.Time()
	i := len(s.waiting)
	for i > 0 && s.waiting[i-1].Time() > at {
		i--
	}
	s.waiting = slices.Insert(s.waiting, i, u)
	s.newest = max(s.newest, at)
	n := 0
	for n < len(s.waiting) && s.waiting[n].Time() < s.newest-reorder {
		n++
	}
	return s.give(n)
}

// track is what a track of a file is called: the ID is that of its kind, and while its parameters are the same it is the same.
func (s *sequencer) track(t *media.Track) *media.Track {
	id := 1
	if t.Codec.Kind() == media.Audio {
		id = 2
	}
	for _, other := range s.mapped {
		if other.ID == id { // a second one of the kind
			id = 2 + t.ID
		}
	}
	for i, have := range s.tracks {
		if have.ID != id {
			continue
		}
		if have.Timescale == t.Timescale && media.SameParameters(have.Codec, t.Codec) {
			return have
		}
		s.tracks[i] = &media.Track{ID: id, Codec: t.Codec, Timescale: t.Timescale}
		return s.tracks[i]
	}
	made := &media.Track{ID: id, Codec: t.Codec, Timescale: t.Timescale}
	s.tracks = append(s.tracks, made)
	return made
}

// flush gives what waits: the next file's units come later.
func (s *sequencer) flush() bool { return s.give(len(s.waiting)) }

// end is flush at the end of all files.
func (s *sequencer) end() {
	if s.flush() && !s.begun {
		s.begin()
	}
}

// give yields the first n of the waiting units.
func (s *sequencer) give(n int) bool {
	for _, u := range s.waiting[:n] {
		if s.done {
			break
		}
		s.pass(u)
	}
	s.waiting = slices.Delete(s.waiting, 0, n)
	return !s.done
}

// pass yields a unit, unless it lies before the beginning.
func (s *sequencer) pass(u *media.Unit) {
	if s.begun {
		s.done = !s.yield(u, nil)
		return
	}
	s.video = s.video || s.file.Video || u.Track.Codec.Kind() == media.Video
	if !u.Wall.After(s.from) && u.RandomAccess && (u.Track.Codec.Kind() == media.Video || !s.video) {
		s.early = s.early[:0]
	}
	s.early = append(s.early, u)
	if u.Wall.After(s.from) {
		s.begin()
	}
}

// begin yields the units from the random access point at or before the beginning on.
func (s *sequencer) begin() {
	s.begun = true
	for _, u := range s.early {
		if s.done = s.done || !s.yield(u, nil); s.done {
			return
		}
	}
	s.early = nil
}

// settle finds out where the files of a series lie on the session's time line: each where the one before ends.
func (f *Files) settle(s *series) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.places == nil || len(f.places) > maxPlaces {
		f.places, f.lengths = map[int64]time.Duration{}, map[int64]time.Duration{}
	}
	known := slices.IndexFunc(s.files, func(file Source) bool { _, ok := f.places[file.ID]; return ok })
	if known < 0 {
		known = 0
		f.places[s.files[0].ID] = firstPlace
	}
	for i := known; i > 0; i-- {
		length, err := f.apart(s.files[i-1], s.files[i])
		if err != nil {
			return err
		}
		f.places[s.files[i-1].ID] = f.places[s.files[i].ID] - length
	}
	for i := known + 1; i < len(s.files); i++ {
		if _, ok := f.places[s.files[i].ID]; ok {
			continue
		}
		length, err := f.apart(s.files[i-1], s.files[i])
		if err != nil {
			return err
		}
		f.places[s.files[i].ID] = f.places[s.files[i-1].ID] + length
	}
	return nil
}

// apart is how much later the zero of a file is than that of the one before it.
func (f *Files) apart(before, file Source) (time.Duration, error) {
	wall := file.Start.Sub(before.Start)
	if file.Start.Sub(before.End) > sameSeries {
		return wall, nil // something is missing
	}
	length, ok := f.lengths[before.ID]
	if ok {
		return length, nil
	}
	length, err := f.measure(before)
	if errors.Is(err, fs.ErrNotExist) {
		return wall, nil
	}
	if err != nil {
		return 0, err
	}
	if (length - wall).Abs() > roughly {
		return wall, nil
	}
	f.lengths[before.ID] = length
	return length, nil
}

// measure returns where in a file the next picture would be decoded, or the next frame of sound without pictures.
func (f *Files) measure(file Source) (time.Duration, error) {
	format := f.format(file.Format)
	if format == nil {
		return 0, fs.ErrNotExist
	}
	o, err := file.Open()
	if err != nil {
		return 0, err
	}
	defer o.Close()
	line := newLine(file)
	last := map[media.Kind]time.Duration{}
	step := map[media.Kind]time.Duration{}
	for u, err := range container.ReadFrom(format, o, o.Size(), line.of(file.End.Sub(file.Start)-tailTime)) {
		if err != nil {
			return 0, err
		}
		k, at := u.Track.Codec.Kind(), line.real(u.Time())
		if before, ok := last[k]; ok && at > before {
			step[k] = at - before
		} else if !ok {
			step[k] = media.Duration(container.DefaultStep(u.Track), u.Track.Timescale)
		}
		last[k] = at
	}
	for _, k := range []media.Kind{media.Video, media.Audio} {
		if at, ok := last[k]; ok {
			return at + step[k], nil
		}
	}
	return 0, fs.ErrNotExist
}
