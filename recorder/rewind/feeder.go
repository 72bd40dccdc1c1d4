package rewind

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder"
)

// catchUps is how many plays read the past at once; the others wait for their turn.
const catchUps = 4

// ErrClosed is returned by Play once the feeder is closed.
var ErrClosed = errors.New("the past is not recorded any more")

// Feeder has stretches of the past recorded, each as if its session were published anew, and then what comes of the session that is live.
//
//	for each session of a Job: a stream of its own ─▶ Record, as any other stream
//	                              ▲ Write
//	       Stretch.Units ─ batches ┤  held back by the recorder: see ahead
//	 live stream ─ Reader ─ join ──┘  at the first unit that the past does not have
//
// Set the exported fields before the first Play, and Close it before the recorder.
type Feeder struct {
	// Pasts are where the past is found, the best first.
	Pasts []Past
	// Record is recorder.Manager's RecordWindow.
	Record func(recorder.Spec, *stream.Stream, recorder.Window) (*recorder.Handle, error)
	Log    *slog.Logger

	once  sync.Once
	stop  chan struct{}
	slots chan struct{}
	plays sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

// Held is a stretch of the past, and where it was found.
type Held struct {
	Stretch
	past Past
	key  media.StreamKey
}

// Job is what is to be recorded.
type Job struct {
	Key media.StreamKey
	// Specs say into what, but for the session.
	Specs []recorder.Spec
	// From is where the recording begins: with the random access point at or before it. Until is where it ends.
	From, Until time.Time
	// Held is what is held of that, as Find returned it.
	Held []Held
	// Live is the stream whose past the last of Held is, and that goes on; nil if there is none.
	Live *stream.Stream
	// Gaps are known to be missing, beside those that Held tells of.
	Gaps []recorder.WindowGap
	// Done is called once at the end, on a goroutine of its own: Live has ended, or all that was to be recorded was. May be nil.
	Done func()
}

func (f *Feeder) init() {
	f.once.Do(func() {
		f.stop, f.slots = make(chan struct{}), make(chan struct{}, catchUps)
		if f.Log == nil {
			f.Log = slog.Default()
		}
	})
}

// Find returns what is held of a stream between two moments, one stretch per session, oldest first. It reads no media.
func (f *Feeder) Find(key media.StreamKey, from, to time.Time) ([]Held, error) {
	best := map[string]Held{}
	var errs []error
	for _, past := range f.Pasts {
		found, err := past.Stretches(key, from, to)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, st := range found {
			if have, ok := best[st.SessionID]; !ok || covers(st, from, to) > covers(have.Stretch, from, to)+sameSeries {
				best[st.SessionID] = Held{Stretch: st, past: past, key: key}
			}
		}
	}
	out := make([]Held, 0, len(best))
	for _, h := range best {
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b Held) int { return a.Begin.Compare(b.Begin) })
	if len(out) > 0 {
		return out, nil
	}
	return nil, errors.Join(errs...)
}

// covers is how much of a time a stretch holds.
func covers(st Stretch, from, to time.Time) time.Duration {
	begin, end := st.Begin, st.End
	if begin.Before(from) {
		begin = from
	}
	if st.Growing || end.After(to) {
		end = to
	}
	return end.Sub(begin)
}

// Rough is a Past that does not know exactly when each unit was received.
type Rough interface {
	// Rough returns by how much what it says may be off.
	Rough() time.Duration
}

// exact is by how much the times of a Past may be off that is not Rough.
const exact = 50 * time.Millisecond

func (h Held) rough() time.Duration {
	if r, ok := h.past.(Rough); ok {
		return r.Rough()
	}
	return exact
}

// again looks a stretch up anew. It reports false if nothing is held of its session any more.
func (h Held) again() (Held, bool) {
	if h.Again != nil {
		st, ok := h.Again()
		h.Stretch = st
		return h, ok
	}
	found, err := h.past.Stretches(h.key, h.Begin, time.Now().Add(time.Minute))
	if err != nil {
		return h, true
	}
	for _, st := range found {
		if st.SessionID == h.SessionID {
			h.Stretch = st
			return h, true
		}
	}
	return h, false
}

// Play is a job under way.
type Play struct {
	f   *Feeder
	job Job
	log *slog.Logger

	mu      sync.Mutex
	until   time.Time
	handles []*recorder.Handle // of the session at hand
	filed   bool               // one of a session before that made a file
}

// Play begins a job: when it returns the recordings have begun, and what they are of is on its way. It neither waits nor touches the disk.
// It returns ErrClosed, or what Record returned where nothing can be recorded at all.
func (f *Feeder) Play(j Job) (*Play, error) {
	f.init()
	if len(j.Held) == 0 {
		return nil, errors.New("nothing of the past is held")
	}
	p := &Play{f: f, job: j, log: f.Log.With("stream", j.Key.String()), until: j.Until.Round(0)}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, ErrClosed
	}
	first, err := p.open(0)
	if err != nil {
		return nil, err
	}
	f.plays.Go(func() { p.run(first) })
	return p, nil
}

// Stop ends the job as if at were the end of its window. It does not wait. What was received before that is still recorded.
func (p *Play) Stop(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at = at.Round(0); p.until.IsZero() || at.Before(p.until) {
		p.until = at
	}
	for _, h := range p.handles {
		h.Stop(at)
	}
}

// Recorded reports whether there is a file of the job, or was. By the time of Done it is certain, unless the feeder was closed.
func (p *Play) Recorded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.filed || slices.ContainsFunc(p.handles, (*recorder.Handle).Recorded)
}

// end is where the recording ends, zero if it goes on for ever.
func (p *Play) end() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until
}

// over reports whether the window has ended at a time.
func (p *Play) over(at time.Time) bool {
	end := p.end()
	return !end.IsZero() && !at.Before(end)
}

// Close ends what is still read of the past where it is; what is live has ended before. It waits until the recorder has been given all there
// is, or ctx ends.
func (f *Feeder) Close(ctx context.Context) error {
	f.init()
	f.mu.Lock()
	if !f.closed {
		f.closed = true
		close(f.stop)
	}
	f.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.plays.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("record the past: %w", ctx.Err())
	}
}

// open publishes a session anew, and begins its recordings.
func (p *Play) open(i int) (*session, error) {
	held, last := p.job.Held[i], i == len(p.job.Held)-1
	hub := &stream.Hub{}
	out, err := hub.Publish(stream.Publisher{Key: p.job.Key, Protocol: "rewind", Params: held.Params})
	if err != nil {
		return nil, err
	}
	w := recorder.Window{Replayed: true, Gaps: windowGaps(held.Gaps)}
	if i == 0 {
		w.Since, w.Gaps = p.job.From, append(w.Gaps, p.job.Gaps...)
	}
	s := &session{play: p, held: held, out: out, last: map[int]place{}}
	if last {
		w.Until = p.end()
		s.live = p.job.Live
	}
	var errs []error
	var handles []*recorder.Handle
	for _, spec := range p.job.Specs {
		spec.SessionID, spec.Params = held.SessionID, held.Params
		h, err := p.f.Record(spec, out, w)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if !last && p.job.Held[i+1].Begin.Sub(held.End) > spec.FlowContinueDuration {
			h.WaitForNone() // the next session is too far away
		}
		handles = append(handles, h)
	}
	if len(handles) == 0 {
		out.End(stream.EndClient, "nothing can be recorded")
		return nil, errors.Join(errs...)
	}
	for _, err := range errs {
		p.log.Error("the past is not recorded in one of the formats", "error", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.filed = p.filed || slices.ContainsFunc(p.handles, (*recorder.Handle).Recorded)
	p.handles = handles
	if !p.until.Equal(p.job.Until.Round(0)) { // stopped meanwhile
		for _, h := range handles {
			h.Stop(p.until)
		}
	}
	return s, nil
}

func windowGaps(gaps []Gap) []recorder.WindowGap {
	out := make([]recorder.WindowGap, len(gaps))
	for i, g := range gaps {
		out[i] = recorder.WindowGap(g)
	}
	return out
}

// run is the goroutine of a play.
func (p *Play) run(s *session) {
	for i := range p.job.Held {
		if i > 0 {
			if p.stopped() || p.over(p.job.Held[i].Begin) {
				break
			}
			var err error
			if s, err = p.open(i); err != nil {
				p.log.Error("the past is not recorded", "session", p.job.Held[i].SessionID, "error", err)
				break
			}
		}
		end := s.run()
		p.await(s, end)
	}
	if p.job.Done != nil {
		p.job.Done()
	}
}

// await ends a session, and waits for its recordings.
func (p *Play) await(s *session, e stream.End) {
	s.out.End(e.Reason, e.Detail)
	p.mu.Lock()
	handles := p.handles
	p.mu.Unlock()
	for _, h := range handles {
		select {
		case <-h.Over():
		case <-p.f.stop:
			return
		}
	}
}

func (p *Play) stopped() bool {
	select {
	case <-p.f.stop:
		return true
	default:
		return false
	}
}
