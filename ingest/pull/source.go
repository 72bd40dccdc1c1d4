package pull

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"aircheck/ingest/stream"
)

const (
	// firstPause is how long to wait after the first failure, longestPause after many.
	firstPause   = time.Second
	longestPause = 30 * time.Second
	// steady is how long media must have come for what failed before to be forgotten.
	steady = time.Minute
	// longestSleep bounds waits for a time of day: clocks are set.
	longestSleep = time.Minute
	// logEvery is how often failures of a source are logged while they go on.
	logEvery = 5 * time.Minute
)

// stop is why a source is given up, and what that means for its stream.
type stop struct {
	reason stream.EndReason
	text   string
}

// Error is for people.
func (s *stop) Error() string { return s.text }

var (
	errOver   = &stop{stream.EndClient, "the time of the pull source is over"}
	errKicked = &stop{stream.EndDropped, "disconnected by the server"}
	errPushed = errors.New("somebody pushes the stream")
)

// Source is one source and its goroutine.
type Source struct {
	manager *Manager
	url     *url.URL
	cancel  context.CancelCauseFunc
	done    chan struct{}
	wake    chan struct{} // a push of the stream has ended
	logged  time.Time     // when a failure was, zero if none was since it was live

	mu     sync.Mutex
	status Status
}

// Log returns where to log what is the source's.
func (s *Source) Log() *slog.Logger {
	return s.manager.Log.With("stream", s.status.Key.String(), "from", Mask(s.status.URL))
}

// Status returns what the source does.
func (s *Source) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

func (s *Source) enter(state State, reason string, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status.State != state {
		s.status.Since = time.Now()
	}
	s.status.State, s.status.Reason, s.status.Next = state, reason, next
	if state != Live {
		s.status.Session = ""
	}
}

// run fetches the stream until ctx is done or the source's time is over.
func (s *Source) run(ctx context.Context) {
	defer close(s.done)
	for s.ready(ctx) {
		s.try(ctx)
	}
}

// ready waits until there is something to do; false: never again.
func (s *Source) ready(ctx context.Context) bool {
	c := &s.status.Config // which does not change
	for ctx.Err() == nil {
		now := time.Now()
		switch {
		case !c.End.IsZero() && !now.Before(c.End):
			s.enter(Over, errOver.text, time.Time{})
			return false
		case now.Before(c.Start):
			s.enter(Waiting, "its time has not come", c.Start)
			s.sleep(ctx, min(longestSleep, c.Start.Sub(now)))
		case s.manager.pushed(c.Key):
			s.enter(Waiting, errPushed.Error(), time.Time{})
			if s.woken(ctx) {
				// Encoders that are stopped and started again come back at once.
				s.sleep(ctx, pause(0))
			}
		default:
			return true
		}
	}
	return false
}

func (s *Source) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// woken waits for a push to end; false: not yet, and it is time to look at the clock, or ctx is done.
func (s *Source) woken(ctx context.Context) bool {
	d := longestSleep
	if end := s.status.End; !end.IsZero() {
		d = min(d, time.Until(end))
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-s.wake:
		return true
	case <-t.C:
	case <-ctx.Done():
	}
	return false
}

// pause is how long to wait after a number of failures in a row, so that sources which failed together do not come back together.
func pause(failures int) time.Duration {
	d := longestPause
	if failures < 5 {
		d = min(longestPause, firstPause<<failures)
	}
	return d/2 + rand.N(d/2)
}

// try plays the source once, and waits after it.
func (s *Source) try(ctx context.Context) {
	s.enter(Connecting, "", time.Time{})
	st, err := s.play(ctx)
	if ctx.Err() != nil || errors.Is(err, errOver) {
		return
	}
	if s.replaced(ctx, st, err) {
		return
	}
	if st != nil && errors.Is(err, errKicked) {
		err = errors.New(st.Ended().Detail)
	}
	s.mu.Lock()
	if st != nil && time.Since(st.Start) >= steady {
		s.status.Tries = 0
	}
	wait := pause(s.status.Tries)
	s.status.Tries++
	s.status.Failed = true
	s.mu.Unlock()
	text := scrub(err.Error(), s.url)
	s.manager.failures.Add(1)
	if st != nil || time.Since(s.logged) >= logEvery {
		s.logged = time.Now()
		what := "pull failed; it is tried again"
		if st != nil {
			what = "a pulled stream is over; it is tried again"
		}
		s.Log().Warn(what, "error", text, "next_try_in", wait.Round(time.Millisecond))
	}
	s.enter(Waiting, text, time.Now().Add(wait))
	s.sleep(ctx, wait)
}

// replaced reports whether the source has to make room for somebody who pushes the stream. Who does no more is a failure like others, so
// that nothing is tried again without a pause.
func (s *Source) replaced(ctx context.Context, st *stream.Stream, err error) bool {
	if st == nil {
		return errors.Is(err, stream.ErrBusy) && s.manager.pushed(s.status.Key)
	}
	if st.Ended().Reason != stream.EndReplaced {
		return false
	}
	if !s.manager.pushed(s.status.Key) {
		// The publisher's stream begins only when this one has ended: in a moment, unless it is over already.
		s.enter(Waiting, errPushed.Error(), time.Time{})
		s.sleep(ctx, pause(0))
	}
	return ctx.Err() != nil || s.manager.pushed(s.status.Key)
}

// play plays the source once. The stream is nil if it did not come to one; it has ended.
func (s *Source) play(ctx context.Context) (st *stream.Stream, err error) {
	c := &s.status.Config
	player, ok := s.manager.Players[s.url.Scheme]
	if !ok {
		return nil, errors.New("this server cannot fetch addresses of the scheme " + s.url.Scheme)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer c.atEnd(func() { cancel(errOver) })()
	publish := func(remote, local netip.AddrPort) (*stream.Stream, error) {
		p := stream.Publisher{
			Key: c.Key, Protocol: player.Protocol + stream.PulledSuffix, Remote: remote, Local: local,
			Kick: func(string) { cancel(errKicked) },
		}
		if ctx.Err() != nil { // given up meanwhile
			return nil, context.Cause(ctx)
		}
		if err := s.manager.permit(c.Key); err != nil {
			return nil, err
		}
		opened, err := s.manager.Hub.Publish(p)
		if err != nil {
			return nil, err
		}
		st = opened
		s.live(st)
		return st, nil
	}
	reason, err := player.Play(ctx, Session{
		URL: s.url, Transport: c.transport(), TLS: c.tlsConfig(s.url.Hostname()), Publish: publish, Fixed: c.Fixed, Source: s,
	})
	if err == nil {
		err = errors.New("the source has ended the stream")
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	var own *stop
	if errors.As(err, &own) {
		reason = own.reason
	}
	if st != nil {
		s.ended(st, reason, err)
	}
	return st, err
}

// atEnd calls f when the time of the source is over, unless stop is called before. Clocks are set, so it looks again and again.
func (c *Config) atEnd(f func()) (stop func()) {
	if c.End.IsZero() {
		return func() {}
	}
	done := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		for {
			left := time.Until(c.End)
			if left <= 0 {
				f()
				return
			}
			t := time.NewTimer(min(left, longestSleep))
			select {
			case <-t.C:
			case <-done:
				t.Stop()
				return
			}
		}
	})
	return func() { close(done); work.Wait() }
}

func (c *Config) transport() string {
	if c.Transport == "" {
		return TransportTCP
	}
	return c.Transport
}

// live notes that media comes.
func (s *Source) live(st *stream.Stream) {
	s.enter(Live, "", time.Time{})
	s.mu.Lock()
	s.status.Session, s.status.Failed = st.ID, false
	s.mu.Unlock()
	s.Log().Info("pulling", "session", st.ID, "protocol", st.Publisher.Protocol, "remote", st.Publisher.Remote.String())
}

// ended ends the stream, whatever took it away, and logs that.
func (s *Source) ended(st *stream.Stream, reason stream.EndReason, err error) {
	st.End(reason, scrub(err.Error(), s.url))
	end, stats := st.Ended(), st.Stats()
	s.Log().Info("stream ended", "session", st.ID, "reason", string(end.Reason), "detail", end.Detail, "bytes", stats.Bytes,
		"units", stats.Units, "took", time.Since(st.Start).Round(time.Millisecond))
}
