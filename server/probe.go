package server

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// probe makes a check that may hang, such as one of a disk, at most once at a time: whoever asks meanwhile waits for the same one.
// The zero value is ready.
type probe struct {
	mu      sync.Mutex
	running *probing
}

type probing struct {
	began time.Time
	done  chan struct{}
	err   error // once done
}

// run returns what the check returns, or an error once ctx has ended.
func (p *probe) run(ctx context.Context, check func() error) error {
	p.mu.Lock()
	if p.running == nil {
		p.running = &probing{began: time.Now(), done: make(chan struct{})}
		go p.make(p.running, check)
	}
	r := p.running
	p.mu.Unlock()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return fmt.Errorf("no answer for %s", time.Since(r.began).Round(time.Millisecond))
	}
}

func (p *probe) make(r *probing, check func() error) {
	err := check()
	p.mu.Lock()
	defer p.mu.Unlock()
	r.err, p.running = err, nil
	close(r.done)
}
