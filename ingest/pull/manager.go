package pull

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// Manager is all sources of a server. Set the exported fields before Open. Its methods may be called from any goroutine.
type Manager struct {
	Hub   *stream.Hub
	Store Store
	// Fixed are those of the configuration file. Their IDs are given by Open.
	Fixed []Config
	// Players by scheme.
	Players map[string]Player
	// CheckHost reports why a host may not be connected to, as far as that can be told without resolving it. It is not asked
	// about those of the configuration file, whose dialer decides alone. May be nil.
	CheckHost func(host string) error
	// Permit decides whether a stream may be live. It must not wait. May be nil.
	Permit func(media.StreamKey) error
	Log    *slog.Logger

	failures atomic.Int64

	changing sync.Mutex // one change at a time; not held by readers

	mu      sync.Mutex
	sources map[string]*Source
	started bool
	closed  bool
}

var (
	errStopping = &stop{stream.EndShutdown, "the server is stopping"}
	errChanged  = &stop{stream.EndDropped, "the pull source was changed"}
	errDeleted  = &stop{stream.EndDropped, "the pull source was deleted"}
	errDisabled = &stop{stream.EndDropped, "the pull source was disabled"}
)

// Open reads the sources, and checks those of the configuration file (*InvalidError, ErrExists, ErrLimit). Nothing is fetched before Start.
func (m *Manager) Open(ctx context.Context) error {
	stored, err := m.Store.Pulls(ctx)
	if err != nil {
		return fmt.Errorf("read pull sources: %w", err)
	}
	if err := m.openFixed(); err != nil {
		return err
	}
	for _, c := range stored {
		err := m.check(&c)
		if err != nil {
			m.Log.Warn("a pull source is not fetched", "id", c.ID, "stream", c.Key.String(), "error", err)
			c.Disabled = true
		}
		s := m.newSource(c)
		if err != nil {
			s.status.Reason = err.Error()
		}
		m.sources[c.ID] = s
	}
	return nil
}

// CheckFixed reports what is wrong with the sources of a configuration file, as Open does.
func CheckFixed(sources []Config) error { return (&Manager{Fixed: sources}).openFixed() }

// openFixed takes the sources of the configuration file.
func (m *Manager) openFixed() error {
	m.sources = map[string]*Source{}
	for i, c := range m.Fixed {
		c.Fixed, c.ID = true, "config:"+c.Key.String()
		if err := m.check(&c); err != nil {
			return &FixedError{Index: i, Err: err}
		}
		m.sources[c.ID] = m.newSource(c)
	}
	return nil
}

// Start begins to fetch.
func (m *Manager) Start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.started = true
	for _, s := range m.sources {
		m.begin(s)
	}
}

// Close ends all sources and waits for them. It may be called again.
func (m *Manager) Close() {
	m.mu.Lock()
	m.closed = true
	if !m.started {
		m.mu.Unlock()
		return
	}
	all := slices.Collect(maps.Values(m.sources))
	for _, s := range all {
		s.cancel(errStopping)
	}
	m.mu.Unlock()
	for _, s := range all {
		<-s.done
	}
}

// newSource returns a source that does nothing yet.
func (m *Manager) newSource(c Config) *Source {
	s := &Source{manager: m, done: make(chan struct{}), wake: make(chan struct{}, 1), cancel: func(error) {}}
	s.status = Status{Config: c, State: Waiting, Since: time.Now()}
	s.url, _ = ParseURL(c.URL) // checked before, or it is disabled
	if c.Disabled {
		s.status.State = Disabled
	}
	return s
}

// begin starts a source's goroutine, if it is to have one. The mutex is held.
func (m *Manager) begin(s *Source) {
	if !m.started || m.closed || s.status.Disabled || s.url == nil {
		close(s.done)
		return
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	s.cancel = cancel
	go s.run(ctx)
}

// pushed reports whether somebody pushes the stream.
func (m *Manager) pushed(key media.StreamKey) bool {
	st := m.Hub.Get(key)
	return st != nil && st.Ended() == nil && !st.Publisher.Pulled()
}

func (m *Manager) permit(key media.StreamKey) error {
	if m.Permit == nil {
		return nil
	}
	return m.Permit(key)
}

// Ended is told of each stream that has ended: the source of a stream that was pushed may have waited for it. It does not wait.
func (m *Manager) Ended(st *stream.Stream) {
	if st.Publisher.Pulled() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sources {
		if s.status.Key == st.Key() {
			select {
			case s.wake <- struct{}{}:
			default:
			}
		}
	}
}

// List returns all sources, those of the configuration file first, by age.
func (m *Manager) List() []Status {
	m.mu.Lock()
	all := slices.Collect(maps.Values(m.sources))
	m.mu.Unlock()
	out := make([]Status, len(all))
	for i, s := range all {
		out[i] = s.Status()
	}
	slices.SortFunc(out, func(a, b Status) int {
		if a.Fixed != b.Fixed {
			return map[bool]int{true: -1, false: 1}[a.Fixed]
		}
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(len(a.ID), len(b.ID)), strings.Compare(a.ID, b.ID))
	})
	return out
}

// Get returns one source. ErrNotFound.
func (m *Manager) Get(id string) (Status, error) {
	s, err := m.find(id)
	if err != nil {
		return Status{}, err
	}
	return s.Status(), nil
}

func (m *Manager) find(id string) (*Source, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sources[id]
	if !ok {
		return nil, fmt.Errorf("%w: %.100q", ErrNotFound, id)
	}
	return s, nil
}

// Stats returns how many sources are in which state, and how many tries have failed so far.
func (m *Manager) Stats() (states map[State]int, failures int64) {
	states = map[State]int{Connecting: 0, Live: 0, Waiting: 0, Disabled: 0, Over: 0}
	for _, s := range m.List() {
		states[s.State]++
	}
	return states, m.failures.Load()
}
