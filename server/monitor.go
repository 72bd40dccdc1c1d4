package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"aircheck/ingest/stream"
	"aircheck/recorder"
)

const (
	// stallTime is how long the media of a stream that is recorded may come without any reaching the disk, silence how long a publisher
	// may send none before somebody is told.
	stallTime = 10 * time.Second
	silence   = 10 * time.Second
	// checkPatience is how long the checks may take together.
	checkPatience = 2 * time.Second
	// watchEvery is how often the monitor looks by itself.
	watchEvery = 2 * time.Second
)

// The names of the checks.
const (
	checkDatabase  = "database"
	checkStorage   = "storage"
	checkLock      = "lock"
	checkRecording = "recording"
)

// monitor tells whether the server does what it is there for, and logs what it finds without being asked.
type monitor struct {
	server         *Server
	database, lock probe
	// told is what has been logged and is still so, by its text.
	told map[string]bool
}

// check is one of the reasons for which the server may not be ready; err is nil if it is none.
type check struct {
	name string
	err  error
}

// checks returns all checks. It takes no longer than checkPatience.
func (m *monitor) checks(ctx context.Context) []check {
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	s, now := m.server, time.Now()
	var database, lock error
	// Together: what one of them has to wait for is none of the other's failures.
	var asked sync.WaitGroup
	asked.Go(func() {
		database = m.database.run(ctx, func() error {
			// Not the asker's context: another may wait for the same answer.
			ctx, cancel := context.WithTimeout(context.Background(), checkPatience)
			defer cancel()
			return s.store.Ping(ctx)
		})
	})
	asked.Go(func() { lock = m.lock.run(ctx, s.data.check) })
	asked.Wait()
	return []check{
		{checkDatabase, database}, {checkStorage, m.storage()}, {checkLock, lock}, {checkRecording, stallError(m.stalled(now), now)},
	}
}

// storage returns why nothing can be recorded.
func (m *monitor) storage() error {
	if err := m.server.recorder.Ready(); err != nil {
		return err
	}
	switch r := m.server.recorder.Room(); r.State {
	case recorder.RoomNone, recorder.RoomHung, recorder.RoomGone:
		return errors.New(r.Why)
	}
	return nil
}

// stall is a recording that gets media and writes none.
type stall struct {
	// what it is, for the log: the stream, and the format if the recorder has taken the media.
	what string
	// since the oldest unit came that waits.
	since time.Time
}

// stallError is what /readyz says of recordings that stall. It names none: whoever may ask need not know what is being published.
func stallError(stalls []stall, now time.Time) error {
	if len(stalls) == 0 {
		return nil
	}
	oldest := stalls[0].since
	for _, st := range stalls {
		if st.since.Before(oldest) {
			oldest = st.since
		}
	}
	return fmt.Errorf("media has come for %s and did not reach the disk, of %d recordings; the log names them",
		now.Sub(oldest).Round(time.Second), len(stalls))
}

func (m *monitor) stalled(now time.Time) []stall {
	return stalled(now, m.server.recorder.Active(), m.server.hub.List())
}

// stalled returns the recordings that have got media for stallTime and written nothing. What a format cannot carry is no media of its
// recording, a stream that is not to be recorded has none, and a file that waits for its stream to go on has all it was given.
func stalled(now time.Time, active []recorder.Status, live []*stream.Stream) []stall {
	var out []stall
	named := map[string]bool{}
	publishing := map[string]*stream.Stream{}
	for _, s := range live {
		publishing[s.Key().String()] = s
	}
	for _, r := range active {
		key := r.Spec.Key.String()
		if publishing[key] == nil || r.Suspended || r.Waiting.IsZero() || now.Sub(r.Waiting) < stallTime {
			continue
		}
		named[key] = true
		out = append(out, stall{what: key + " (" + r.Spec.Format + ")", since: r.Waiting})
	}
	for _, s := range live {
		if since := s.Waiting(); !since.IsZero() && now.Sub(since) >= stallTime && !named[s.Key().String()] {
			out = append(out, stall{what: s.Key().String(), since: since})
		}
	}
	return out
}

// silent returns the streams whose publisher is connected and has sent no media for a while.
func silent(now time.Time, live []*stream.Stream) []*stream.Stream {
	return slices.DeleteFunc(live, func(s *stream.Stream) bool { return now.Sub(s.Stats().LastUnit) < silence })
}

// The alarms, as they are logged.
const (
	alarmCheck  = "not ready"
	alarmStall  = "a recording gets media and writes none"
	alarmSilent = "a publisher is connected and sends no media; see to the encoder and its network"
)

// alarm is something that is wrong: the message, and what it is about.
type alarm struct{ msg, what string }

// look finds out what is wrong and logs what is new, and what is over.
func (m *monitor) look(ctx context.Context) {
	log, now := m.server.log, time.Now()
	wrong := map[string]alarm{}
	raise := func(msg, what string) { wrong[msg+"\n"+what] = alarm{msg, what} }
	why := map[string]error{}
	for _, c := range m.checks(ctx) {
		if c.err != nil {
			raise(alarmCheck, c.name)
			why[c.name] = c.err
		}
	}
	for _, st := range m.stalled(now) {
		raise(alarmStall, st.what)
	}
	mute := map[string]*stream.Stream{}
	for _, s := range silent(now, m.server.hub.List()) {
		raise(alarmSilent, s.Key().String())
		mute[s.Key().String()] = s
	}
	if ctx.Err() != nil {
		return
	}
	for key, a := range wrong {
		if !m.told[key] {
			tell(log, a, why[a.what])
			if a.msg == alarmSilent {
				m.server.chronicle.Notice(silenceOf(mute[a.what], now))
			}
		}
	}
	for key := range m.told {
		if _, still := wrong[key]; !still {
			msg, what, _ := strings.Cut(key, "\n")
			log.Info("over: "+msg, "of", what)
		}
	}
	m.told = map[string]bool{}
	for key := range wrong {
		m.told[key] = true
	}
}

// silenceOf is what is told of a publisher that sends nothing.
func silenceOf(s *stream.Stream, now time.Time) recorder.Notice {
	return recorder.Notice{
		Kind: recorder.NoticeSilent, Spec: recorder.Spec{Key: s.Key(), SessionID: s.ID}, Session: s.ID,
		Detail: fmt.Sprintf("no media for %v", silence), Count: 1, At: now,
	}
}

func tell(log *slog.Logger, a alarm, why error) {
	switch a.msg {
	case alarmCheck:
		log.Error(a.msg, "check", a.what, "error", why)
	case alarmStall:
		log.Error(a.msg, "of", a.what)
	default:
		log.Warn(a.msg, "stream", a.what)
	}
}

// start watches until the returned function is called.
func (m *monitor) start() (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				m.look(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
	return func() error {
		cancel()
		work.Wait()
		return nil
	}
}

// failing returns the names of the checks that fail, and what is wrong, as /readyz shows it.
func failing(checks []check) (names, problems []string) {
	names, problems = []string{}, []string{}
	for _, c := range checks {
		if c.err != nil {
			names = append(names, c.name)
			problems = append(problems, fmt.Sprintf("%s: %v", c.name, c.err))
		}
	}
	return names, problems
}
