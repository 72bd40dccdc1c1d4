package rtsp

import (
	"log/slog"
	"sync"
	"time"
)

// Limits bound what connections may cost. Zero fields take the defaults.
type Limits struct {
	// MaxConnections at once, publishers and players; default 1000. MaxConnectionsPerIP of them from one address; default unlimited.
	MaxConnections      int
	MaxConnectionsPerIP int
	// HandshakeTimeout is the time from a connection's start to publishing or playing; default 10 s.
	HandshakeTimeout time.Duration
	// IdleTimeout is how long a publisher may send no media; default 30 s.
	IdleTimeout time.Duration
	// WriteTimeout is how long a player may take nothing; default 10 s.
	WriteTimeout time.Duration

	drainTime time.Duration // drainTime, but in tests
}

func (l Limits) withDefaults() Limits {
	if l.MaxConnections == 0 {
		l.MaxConnections = 1000
	}
	for _, d := range []struct {
		v *time.Duration
		d time.Duration
	}{
		{&l.HandshakeTimeout, 10 * time.Second}, {&l.IdleTimeout, 30 * time.Second}, {&l.WriteTimeout, 10 * time.Second}, {&l.drainTime, drainTime},
	} {
		if *d.v == 0 {
			*d.v = d.d
		}
	}
	return l
}

// rarely lets a few log lines of one kind through per period, and says with the next how many were left out. Anybody can
// cause such lines, as often as the network carries.
type rarely struct {
	lines int // per logPeriod

	mu      sync.Mutex
	since   time.Time
	written int
	omitted int
}

const logPeriod = 10 * time.Second

func (r *rarely) warn(log *slog.Logger, text string, args ...any) {
	r.mu.Lock()
	now := time.Now()
	if now.Sub(r.since) >= logPeriod {
		r.since, r.written = now, 0
	}
	if r.written >= r.lines {
		r.omitted++
		r.mu.Unlock()
		return
	}
	r.written++
	if r.omitted > 0 {
		args = append(args, "similar_lines_omitted", r.omitted)
		r.omitted = 0
	}
	r.mu.Unlock()
	log.Warn(text, args...)
}
