package rewind

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"
	"sync"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder"
	"aircheck/recorder/container"
)

const (
	// roughly is by how much a unit of a file may have been received at another time than the file says.
	roughly = 2 * time.Second
	// sameSeries is how far apart two files of one recording may be that follow one another without anything missing.
	sameSeries = time.Second
	// tailTime is how much of the end of a file is read to find out how long it is.
	tailTime = 3 * time.Second
	// maxPlaces is how many files' places are remembered.
	maxPlaces = 4096
)

// whyBetween is the reason of a gap between two files of a recording.
const whyBetween = "nothing was recorded in that time"

// Files is a Past made of recordings: finished ones, and such as are still being recorded. Of each session the recording that holds the
// most of it is taken, and of several the one in the best format. Set the exported fields before the first call.
type Files struct {
	// Find returns the recordings of a stream that may hold something between two moments, in any order. It reads no media.
	Find func(key media.StreamKey, from, to time.Time) ([]Source, error)
	// Formats are the containers.
	Formats []container.Format

	mu sync.Mutex
	// places are where files lie on the time lines of their sessions, by their IDs: once it was said it stays so.
	places map[int64]time.Duration
	// lengths are those of finished files.
	lengths map[int64]time.Duration
}

// Source is a recording.
type Source struct {
	ID int64
	// SessionID and Params are those of the session, Cause is on whose behalf it was recorded.
	SessionID, Params string
	Cause             recorder.Cause
	Format            string
	// Start and End are when its first unit was received, and its last one's end; of a file that is still being recorded, what there is
	// at the moment.
	Start, End time.Time
	Growing    bool
	// Video and Audio tell what it has; both false if that is not known.
	Video, Audio bool
	Gaps         []recorder.Gap
	// Open opens it. What is read is whole units.
	Open func() (Object, error)
}

// Object is an open recording.
type Object interface {
	io.ReaderAt
	io.Closer
	// Size is how many bytes of it may be read.
	Size() int64
}

// series are the files of a session that one recording made, by their time.
type series struct {
	session, params, format string
	cause                   recorder.Cause
	files                   []Source
}

// Rough implements Rough.
func (f *Files) Rough() time.Duration { return roughly }

// Stretches implements Past.
func (f *Files) Stretches(key media.StreamKey, from, to time.Time) ([]Stretch, error) {
	found, err := f.Find(key, from, to)
	if err != nil {
		return nil, err
	}
	best := map[string]*series{}
	for _, s := range group(found) {
		if have := best[s.session]; have == nil || s.better(have, from, to) {
			best[s.session] = s
		}
	}
	var out []Stretch
	for _, s := range best {
		out = append(out, f.stretch(key, s))
	}
	slices.SortFunc(out, func(a, b Stretch) int { return a.Begin.Compare(b.Begin) })
	return out, nil
}

// group puts files into their series. Those that hold the same time are not of one.
func group(found []Source) (out []*series) {
	slices.SortFunc(found, func(a, b Source) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) })
	for _, file := range found {
		i := slices.IndexFunc(out, func(s *series) bool {
			return s.session == file.SessionID && s.cause == file.Cause && s.format == file.Format && s.end().Sub(file.Start) < roughly
		})
		if i < 0 {
			i = len(out)
			out = append(out, &series{session: file.SessionID, params: file.Params, format: file.Format, cause: file.Cause})
		}
		out[i].files = append(out[i].files, file)
	}
	return out
}

// shares reports whether two series have a file in common.
func (s *series) shares(with *series) bool {
	return slices.ContainsFunc(s.files, func(f Source) bool {
		return slices.ContainsFunc(with.files, func(g Source) bool { return g.ID == f.ID })
	})
}

func (s *series) begin() time.Time { return s.files[0].Start }

func (s *series) end() time.Time { return s.files[len(s.files)-1].End }

func (s *series) growing() bool { return s.files[len(s.files)-1].Growing }

// better reports whether a series is to be taken rather than another of the same session.
func (s *series) better(than *series, from, to time.Time) bool {
	if a, b := s.tracks(), than.tracks(); a != b {
		return a > b
	}
	if d := s.covers(from, to) - than.covers(from, to); d.Abs() > sameSeries {
		return d > 0
	}
	if s.growing() != than.growing() {
		return s.growing()
	}
	return rank(s.format) < rank(than.format)
}

// covers is how much of a time the files hold.
func (s *series) covers(from, to time.Time) (sum time.Duration) {
	for _, f := range s.files {
		begin, end := f.Start, f.End
		if begin.Before(from) {
			begin = from
		}
		if end.After(to) {
			end = to
		}
		sum += max(0, end.Sub(begin))
	}
	return sum
}

// tracks is 2 for a series with pictures, else 1.
func (s *series) tracks() int {
	for _, f := range s.files {
		if f.Video {
			return 2
		}
	}
	return 1
}

// rank is the place of a format in the order in which they are taken: by what they keep of the media and its times, and how quickly a place
// in them is found.
func rank(format string) int {
	i := slices.Index([]string{"mp4", "hls", "flv", "aac"}, format)
	if i < 0 {
		return 9
	}
	return i
}

func (f *Files) stretch(key media.StreamKey, s *series) Stretch {
	return Stretch{
		SessionID: s.session, Params: s.params, Begin: s.begin(), End: s.end(), Growing: s.growing(), Gaps: s.gaps(),
		Units: func(from time.Time) iter.Seq2[*media.Unit, error] {
			return func(yield func(*media.Unit, error) bool) { f.read(key, s, from, yield) }
		},
		Again: func() (Stretch, bool) {
			now, err := f.again(key, s, s.end())
			switch {
			case err != nil:
				return f.stretch(key, s), true
			case now == nil:
				return Stretch{}, false
			}
			st := f.stretch(key, now)
			st.Begin = s.begin()
			return st, true
		},
	}
}

// again looks a series up anew: it may have grown, and files may lie elsewhere.
func (f *Files) again(key media.StreamKey, s *series, from time.Time) (*series, error) {
	if s.begin().After(from) {
		from = s.begin()
	}
	// With the file before, to which that at hand is related.
	found, err := f.Find(key, from.Add(-10*sameSeries), time.Now().Add(time.Minute))
	if err != nil {
		return nil, err
	}
	for _, now := range group(found) {
		if now.session == s.session && now.cause == s.cause && now.format == s.format && now.shares(s) {
			return now, nil
		}
	}
	return nil, nil
}

// read yields the units from the last random access point at or before a moment on.
func (f *Files) read(key media.StreamKey, s *series, from time.Time, yield func(*media.Unit, error) bool) {
	s, err := f.again(key, s, from)
	if err != nil || s == nil {
		if err != nil {
			yield(nil, err)
		}
		return
	}
	// The places of files depend on those of their neighbours.
	if err := f.settle(s); err != nil {
		yield(nil, err)
		return
	}
	first := 0
	for i, file := range s.files {
		if !file.Start.After(from) {
			first = i
		}
	}
	out := &sequencer{yield: yield, from: from}
	for _, file := range s.files[first:] {
		err := f.play(key, file, from, out)
		switch {
		case errors.Is(err, errEnough):
			return
		case err != nil:
			out.end()
			yield(nil, err)
			return
		}
	}
	out.end()
}

// errEnough says that the caller wants no more.
var errEnough = errors.New("enough")

// play gives the units of a file to out.
func (f *Files) play(key media.StreamKey, file Source, from time.Time, out *sequencer) error {
	format := f.format(file.Format)
	if format == nil {
		return nil
	}
	o, err := f.open(key, &file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it has been deleted
	}
	if err != nil {
		return err
	}
	defer o.Close()
	f.mu.Lock()
	place := f.places[file.ID]
	f.mu.Unlock()
	line := newLine(file)
	out.enter(file)
	for u, err := range container.ReadFrom(format, o, o.Size(), line.of(from.Sub(file.Start))) {
		if err != nil {
			if file.Growing && errors.Is(err, container.ErrCorrupt) {
				break // what is being written may be seen in part
			}
			return err
		}
		at := line.real(u.Time())
		u.Wall = file.Start.Add(at)
		by := place + at - u.Time()
		if !out.add(u, by) {
			return errEnough
		}
	}
	if !out.flush() {
		return errEnough
	}
	return nil
}

func (f *Files) format(name string) container.Format {
	for _, c := range f.Formats {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

// gaps are what the files lack, by the time it would have been received.
func (s *series) gaps() (out []Gap) {
	for i, f := range s.files {
		line := newLine(f)
		for _, g := range f.Gaps {
			if g.At > 0 {
				out = append(out, Gap{At: f.Start.Add(line.real(g.At)), Length: g.Length, Units: g.Units, Reason: g.Reason})
			}
		}
		if i > 0 {
			if missing := f.Start.Sub(s.files[i-1].End); missing > sameSeries {
				out = append(out, Gap{At: f.Start, Length: missing, Reason: whyBetween})
			}
		}
	}
	return out
}
