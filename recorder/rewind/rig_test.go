package rewind

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
)

var studio = media.StreamKey{Domain: "push.example.com", App: "live", Stream: "studio"}

// memory is a Past that remembers what it was told.
type memory struct {
	rough    time.Duration
	mu       sync.Mutex
	sessions []*remembered
}

func (m *memory) Rough() time.Duration { return m.rough }

type remembered struct {
	id    string
	units []*media.Unit
	ended bool
	gaps  []Gap
	// lag is how far what is held is behind, keep how many of the newest units are held; 0: all. shift is added to all times.
	lag   time.Duration
	upTo  int
	shift time.Duration
	// late is how much later than they were it says that units were received.
	late time.Duration
	// as makes the units those of a file, with other tracks.
	as map[int]*media.Track
	// broken is the error at the end of what is held.
	broken error
}

func (m *memory) Stretches(_ media.StreamKey, from, to time.Time) ([]Stretch, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Stretch
	for _, s := range m.sessions {
		held := s.held(time.Now())
		if len(held) == 0 || held[0].Wall.After(to) || s.ended && held[len(held)-1].Wall.Before(from) {
			continue
		}
		out = append(out, Stretch{
			SessionID: s.id, Begin: held[0].Wall, End: held[len(held)-1].Wall, Growing: !s.ended, Gaps: s.gaps,
			Units: func(from time.Time) iter.Seq2[*media.Unit, error] { return m.since(s, from) },
		})
	}
	return out, nil
}

func (s *remembered) held(now time.Time) []*media.Unit {
	n := len(s.units)
	if s.upTo > 0 {
		n = min(n, s.upTo)
	}
	if !s.ended {
		for n > 0 && now.Sub(s.units[n-1].Wall) < s.lag {
			n--
		}
	}
	return s.units[:n]
}

func (m *memory) since(s *remembered, from time.Time) iter.Seq2[*media.Unit, error] {
	return func(yield func(*media.Unit, error) bool) {
		m.mu.Lock()
		held, shift, as := slices.Clone(s.held(time.Now())), s.shift, s.as
		m.mu.Unlock()
		first := 0
		for i, u := range held {
			if !u.Wall.Add(s.late).After(from) && u.RandomAccess && u.Track.Codec.Kind() == media.Video {
				first = i
			}
		}
		for _, u := range held[first:] {
			c := *u
			c.Wall = c.Wall.Add(s.late)
			if t := as[u.Track.ID]; t != nil {
				c.Track = t
			}
			by := media.Rescale(int64(shift), uint32(time.Second), c.Track.Timescale)
			c.DTS = media.Rescale(u.DTS, u.Track.Timescale, c.Track.Timescale) + by
			c.PTS = media.Rescale(u.PTS, u.Track.Timescale, c.Track.Timescale) + by
			if !yield(&c, nil) {
				return
			}
		}
		if s.broken != nil {
			yield(nil, s.broken)
		}
	}
}

// studioRig is a live stream, what is remembered of it, and a recorder. It runs in a bubble of synctest.
type studioRig struct {
	t      *testing.T
	hub    *stream.Hub
	past   *memory
	feeder *Feeder
	rec    *recorder.Manager
	stop   chan struct{}
	loops  sync.WaitGroup

	mu    sync.Mutex
	files []recorder.File
}

func newRig(t *testing.T, gop int) *studioRig {
	t.Helper()
	r := &studioRig{t: t, past: &memory{}, stop: make(chan struct{}), hub: &stream.Hub{GOP: gop, TotalGOP: gop}}
	r.rec = &recorder.Manager{
		Dir: t.TempDir(), StorageID: "test", SyncInterval: time.Minute, Log: slog.New(slog.DiscardHandler),
		Formats: []container.Format{flv.Format{}, mp4.Format{}, hls.Format{}, aac.Format{}},
		OnFile: func(_ context.Context, f recorder.File) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.files = append(r.files, f)
			return nil
		},
	}
	if err := r.rec.Open(); err != nil {
		t.Fatal(err)
	}
	r.feeder = &Feeder{Pasts: []Past{r.past}, Record: r.rec.RecordWindow, Log: slog.New(slog.DiscardHandler)}
	return r
}

// close ends everything in the server's order.
func (r *studioRig) close() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r.hub.Close()
	close(r.stop)
	r.loops.Wait()
	if err := errors.Join(r.feeder.Close(ctx), r.rec.Close(ctx)); err != nil {
		r.t.Error(err)
	}
}

// publish begins to send units in real time, one at a time, and has them remembered.
func (r *studioRig) publish(units []*media.Unit) (*stream.Stream, *remembered) {
	r.t.Helper()
	s, err := r.hub.Publish(stream.Publisher{Key: studio, Protocol: "rtmp"})
	if err != nil {
		r.t.Fatal(err)
	}
	kept := &remembered{id: s.ID}
	r.past.mu.Lock()
	r.past.sessions = append(r.past.sessions, kept)
	r.past.mu.Unlock()
	r.loops.Go(func() {
		defer func() {
			r.past.mu.Lock()
			kept.ended = true
			r.past.mu.Unlock()
		}()
		begin := time.Now().Add(time.Millisecond) // so that whoever records it is there
		for _, u := range units {
			select {
			case <-time.After(time.Until(begin.Add(u.Time() - units[0].Time()))):
			case <-r.stop:
				return
			}
			c := *u
			c.Wall = time.Now()
			r.past.mu.Lock()
			kept.units = append(kept.units, &c)
			r.past.mu.Unlock()
			lent, done := mediatest.Lend([]*media.Unit{&c})
			err := s.Write(lent)
			done()
			if err != nil {
				return
			}
		}
		s.End(stream.EndClient, "")
	})
	return s, kept
}

// sent returns the units of a session so far. With the lock: in a bubble nothing else orders a read with what the publisher does next.
func (r *studioRig) sent(k *remembered) []*media.Unit {
	r.past.mu.Lock()
	defer r.past.mu.Unlock()
	return slices.Clone(k.units)
}

func specFor(format string) recorder.Spec {
	return recorder.Spec{Key: studio, Format: format, Interval: time.Hour, Cause: recorder.Cause{Kind: "task", ID: "t"}}
}

// play begins a job, and returns a channel that is closed when it is done.
func (r *studioRig) play(live *stream.Stream, from, until time.Time, specs ...recorder.Spec) (*Play, chan struct{}) {
	r.t.Helper()
	held, err := r.feeder.Find(studio, from, time.Now())
	if err != nil || len(held) == 0 {
		r.t.Fatal("nothing is held:", err)
	}
	done := make(chan struct{})
	p, err := r.feeder.Play(Job{Key: studio, Specs: specs, From: from, Until: until, Held: held, Live: live, Done: func() { close(done) }})
	if err != nil {
		r.t.Fatal(err)
	}
	return p, done
}

// sleep lets time pass, and what happens in it.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// recorded returns the finished files, by ID.
func (r *studioRig) recorded() []recorder.File {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortFunc(r.files, func(a, b recorder.File) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Clone(r.files)
}

func (r *studioRig) unitsOf(f recorder.File) (out []*media.Unit) {
	r.t.Helper()
	file, err := os.Open(filepath.Join(r.rec.Dir, filepath.FromSlash(f.ObjectKey)))
	if err != nil {
		r.t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, format := range r.rec.Formats {
		if format.Name() != f.Spec.Format {
			continue
		}
		for u, err := range format.Read(file, info.Size()) {
			if err != nil {
				r.t.Fatal(err)
			}
			out = append(out, u)
		}
	}
	return out
}

// window is what a recording from one moment to another should hold: of the pictures those from the last random access point at or before
// from on, of the sound what came after that; all up to the first unit at until.
func window(units []*media.Unit, from, until time.Time) []*media.Unit {
	first := 0
	for i, u := range units {
		if !u.Wall.After(from) && u.RandomAccess && u.Track.Codec.Kind() == media.Video {
			first = i
		}
	}
	last := first
	for last < len(units) && units[last].Wall.Before(until) {
		last++
	}
	return units[first:last]
}

// same demands that a file has exactly these units, at times that differ from theirs by one amount.
func same(t *testing.T, got, want []*media.Unit, slack time.Duration) {
	t.Helper()
	var shift *time.Duration
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		g, w := ofKind(got, kind), ofKind(want, kind)
		if len(g) != len(w) {
			t.Errorf("%d units of %s, want %d", len(g), kind, len(w))
			continue
		}
		for i := range g {
			d := g[i].Time() - w[i].Time()
			if shift == nil {
				shift = &d
			}
			if string(g[i].Payload) != string(w[i].Payload) || (d-*shift).Abs() > slack {
				t.Fatalf("%s unit %d of %d: same payload %v, off by %v", kind, i, len(g), string(g[i].Payload) == string(w[i].Payload), d-*shift)
			}
		}
	}
}

func ofKind(units []*media.Unit, k media.Kind) (out []*media.Unit) {
	for _, u := range units {
		if u.Track.Codec.Kind() == k {
			out = append(out, u)
		}
	}
	return out
}

// show is a stream of pictures and sound, from a time on in milliseconds. Its payloads come again every few seconds.
func show(length time.Duration, start int64) []*media.Unit {
	return mediatest.Interleave(
		mediatest.Pictures(mediatest.H264(1, 1000), int(length/(40*time.Millisecond)), start, 40),
		mediatest.Sound(mediatest.AAC(2, 1000), int(length*mediatest.AACRate/mediatest.AACSamples/time.Second), start),
	)
}

// unique gives each unit a payload that no other has.
func unique(units []*media.Unit) []*media.Unit {
	for i, u := range units {
		c := *u
		c.Payload = slices.Clone(u.Payload)
		for b := range 3 {
			c.Payload[len(c.Payload)-1-b] = 0x80 | byte(i>>(7*b))
		}
		units[i] = &c
	}
	return units
}
