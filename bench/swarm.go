package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// crowd tells a process what to play.
type crowd struct {
	// Address is host:port, Face how its players get the stream.
	Address, Face, Stream string
	// Players is how many there are, their arrival spread over Ramp. Stalled more ask for the stream and never read.
	Players, Stalled int
	Ramp             time.Duration
	// Clip is what is published, Media how much of it; Patience is how long to wait for the end of it.
	Clip            string
	Media, Patience time.Duration
}

// played is what became of the players.
type played struct {
	// Bytes is the size of what they got, as FLV.
	Bytes    int64
	Complete int
	// Missing and Foreign are tags, see follower. Failed is how many ended early, Err why one of them did.
	Missing, Foreign, Failed int
	Err                      string
}

func (p *played) add(v *viewer) {
	p.Bytes += v.bytes
	p.Missing += v.missing
	p.Foreign += v.foreign
	if v.complete() {
		p.Complete++
	}
	if v.err != nil && !v.done() { // behind the last tag it ends as it should
		p.Failed++
		p.Err = v.err.Error()
	}
}

// pollEvery is how often the players' sockets are read. A player that waits for its socket would be woken by the server's own writes, at the
// server's cost: on one machine only.
const pollEvery = 20 * time.Millisecond

// swarm has players come and reads all of them in turn.
type swarm struct {
	crowd
	viewers []*viewer
	stalled []*viewer
	buf     []byte
}

// swarmMain is the main function of a process of players: a crowd comes in on standard input, what became of it goes to standard output.
func swarmMain(ctx context.Context) error {
	s := swarm{buf: make([]byte, 512<<10)}
	if err := json.NewDecoder(os.Stdin).Decode(&s.crowd); err != nil {
		return fmt.Errorf("read the task: %w", err)
	}
	c, err := readClip(s.Clip)
	if err != nil {
		return err
	}
	if s.Media > c.length {
		return fmt.Errorf("the clip is shorter than %v", s.Media)
	}
	defer s.close()
	if err := s.run(ctx, scripts(c, s.Media)); err != nil {
		return err
	}
	var res played
	for _, v := range s.viewers {
		res.add(v)
	}
	return json.NewEncoder(os.Stdout).Encode(res)
}

func (s *swarm) close() {
	for _, v := range append(s.viewers, s.stalled...) {
		_ = v.conn.Close()
	}
}

// run has them come, and reads until all have the end of the stream.
func (s *swarm) run(ctx context.Context, scripts map[byte]*script) error {
	ctx, cancel := context.WithCancel(ctx)
	var coming sync.WaitGroup
	defer coming.Wait()
	defer cancel()
	come := make(chan arrival, s.Players+s.Stalled)
	for n := range cap(come) {
		coming.Go(func() { come <- s.arrive(ctx, scripts, n) })
	}
	begin := time.Now()
	for n := 0; n < cap(come) || !s.over(); {
		for len(come) > 0 {
			if err := s.welcome(<-come); err != nil {
				return err
			}
			n++
		}
		s.poll()
		if time.Since(begin) > s.Media+s.Patience {
			return nil
		}
		if err := sleep(ctx, pollEvery); err != nil {
			return err
		}
	}
	return nil
}

// arrival is a player that has asked for the stream.
type arrival struct {
	viewer *viewer
	stalls bool
	err    error
}

// arrive has the nth player come when it is its turn. Those who stall are the first.
func (s *swarm) arrive(ctx context.Context, scripts map[byte]*script, n int) arrival {
	a := arrival{stalls: n < s.Stalled}
	window := viewerWindow
	if a.stalls {
		window = 4 << 10
	}
	if a.err = sleep(ctx, s.Ramp*time.Duration(n)/time.Duration(s.Players+s.Stalled)); a.err == nil {
		a.viewer, a.err = newViewer(ctx, s.Face, s.Address, s.Stream, scripts, window)
	}
	return a
}

func (s *swarm) welcome(a arrival) error {
	switch {
	case a.err != nil:
		return a.err
	case a.stalls:
		s.stalled = append(s.stalled, a.viewer)
	default:
		s.viewers = append(s.viewers, a.viewer)
	}
	return nil
}

// poll reads what there is for each.
func (s *swarm) poll() {
	for _, v := range s.viewers {
		for v.err == nil {
			n, err := readNow(v.conn, s.buf)
			if n > 0 {
				err = errors.Join(v.in.feed(s.buf[:n]), err)
			}
			switch {
			case errors.Is(err, syscall.EAGAIN):
			case err != nil:
				v.err = err
			case n == len(s.buf):
				continue
			}
			break
		}
	}
}

// over: nothing more will come.
func (s *swarm) over() bool {
	for _, v := range s.viewers {
		if v.err == nil && !v.done() {
			return false
		}
	}
	return true
}

// startSwarm starts such a process. The function returned waits for its end.
func startSwarm(ctx context.Context, c crowd) (wait func() (played, error), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, watchArg)
	detach(cmd)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the players: %w", err)
	}
	told := errors.Join(json.NewEncoder(in).Encode(c), in.Close())
	return func() (played, error) {
		var res played
		err := told
		if err == nil {
			err = json.NewDecoder(out).Decode(&res)
		}
		if failed := cmd.Wait(); failed != nil {
			err = failed
		}
		if err != nil {
			return played{}, fmt.Errorf("players: %w", err)
		}
		return res, nil
	}, nil
}
