package rtmp

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bound what connections may cost. Zero fields take the defaults.
type Limits struct {
	// MaxConnections at once; default 1000. MaxConnectionsPerIP of them from one address; default unlimited.
	MaxConnections      int
	MaxConnectionsPerIP int
	// HandshakeTimeout is the time from a connection's start, or from the end of its last stream, to its permission
	// to publish; default 10 s.
	HandshakeTimeout time.Duration
	// IdleTimeout is how long a publisher may send nothing; default 30 s.
	IdleTimeout time.Duration
	// MaxMessageSize bounds one message of pictures or sound; default 16 MiB, which is also the most the protocol allows.
	MaxMessageSize int
	// MaxPartialSize bounds what is set aside for the unfinished messages of a connection, in bytes; default 24 MiB.
	MaxPartialSize int
	// MaxTotalPartialSize bounds the same of all publishers together; default 256 MiB. A publisher within its fair share of
	// 256 KiB is never refused for it. Connections that do not publish have 16 MiB of their own, and a share of 16 KiB.
	MaxTotalPartialSize int64
	// MaxChunkStreams of one connection; default 64.
	MaxChunkStreams int

	drainTime time.Duration // drainTime, but in tests
}

const (
	// publishingShare is what a publisher may hold whatever the others do, waitingShare what a connection may that does not
	// publish: a thousand of those must not cost much, and their commands are small.
	publishingShare = 256 << 10
	waitingShare    = 16 << 10
	// maxWaitingSize bounds what connections that do not publish may hold together.
	maxWaitingSize = 16 << 20
)

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&l.MaxConnections, 1000)
	set(&l.MaxMessageSize, 16<<20)
	set(&l.MaxPartialSize, 24<<20)
	set(&l.MaxChunkStreams, 64)
	if l.MaxTotalPartialSize == 0 {
		l.MaxTotalPartialSize = 256 << 20
	}
	if l.drainTime == 0 {
		l.drainTime = drainTime
	}
	if l.HandshakeTimeout == 0 {
		l.HandshakeTimeout = 10 * time.Second
	}
	if l.IdleTimeout == 0 {
		l.IdleTimeout = 30 * time.Second
	}
	return l
}

// errLimit is wrapped by the errors of a peer that exceeds a limit.
var errLimit = errors.New("limit exceeded")

func limitError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errLimit, fmt.Sprintf(format, args...))
}

// budget counts what is set aside for unfinished messages of many connections.
type budget struct {
	used atomic.Int64
	max  int64
	// share is what one connection may hold even if all hold too much.
	share int
}

// add counts n bytes and reports whether that is too much.
func (b *budget) add(n int) (over bool) { return b.used.Add(int64(n)) > b.max }

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
