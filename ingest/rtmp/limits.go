package rtmp

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// Limits bound what a connection may cost. Zero fields take the defaults.
type Limits struct {
	// MaxConnections at once, and from one address; 0 means the default of 1000, and no limit.
	MaxConnections      int
	MaxConnectionsPerIP int
	// HandshakeTimeout is the time from a connection's first byte to its permission to publish.
	HandshakeTimeout time.Duration
	// IdleTimeout is how long a publisher may send nothing.
	IdleTimeout time.Duration
	// MaxMessageSize bounds one message, MaxPartialSize all unfinished messages of a connection, MaxTotalPartialSize
	// those of all connections; in bytes.
	MaxMessageSize      int
	MaxPartialSize      int
	MaxTotalPartialSize int64
	// MaxChunkStreams of one connection.
	MaxChunkStreams int
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&l.MaxConnections, 1000)
	set(&l.MaxMessageSize, 16<<20)
	set(&l.MaxPartialSize, 32<<20)
	set(&l.MaxChunkStreams, 64)
	if l.MaxTotalPartialSize == 0 {
		l.MaxTotalPartialSize = 256 << 20
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

// budget counts the bytes of unfinished messages of all connections.
type budget struct {
	used atomic.Int64
	max  int64
}

func (b *budget) take(n int) error {
	if b.used.Add(int64(n)) > b.max {
		return limitError("unfinished messages of all connections hold more than %d bytes", b.max)
	}
	return nil
}

func (b *budget) give(n int) { b.used.Add(-int64(n)) }
