package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// child is one process.
type child struct {
	runner   *Runner
	cmd      *exec.Cmd
	said     tail
	progress *progress // nil if it tells of none
	report   *os.File  // where it tells of its progress
	// stdout takes what it prints; nil for nothing.
	stdout *head
}

func (r *Runner) newChild(path string, args []string, files []*os.File) *child {
	cmd := exec.Command(path, args...)
	c := &child{runner: r, cmd: cmd}
	// Neither our secrets, which may stand in the environment, nor the user's options for ffmpeg.
	// Each thread may have an arena of its own otherwise, and many of those are more address space than it has.
	cmd.Env = []string{"LC_ALL=C", "MALLOC_ARENA_MAX=2"}
	cmd.Dir = os.TempDir()
	cmd.ExtraFiles = files
	cmd.Stderr = &c.said
	cmd.WaitDelay = time.Second
	return c
}

// run starts the child and waits for it. own are files that only the child is to have open from then on.
func (c *child) run(ctx context.Context, own ...*os.File) error {
	wall := or(c.runner.Wall, DefaultWall)
	ctx, cancel := context.WithTimeoutCause(ctx, wall, fmt.Errorf("%w: it ran longer than %v", ErrLimit, wall))
	defer cancel()
	started, done := make(chan error, 1), make(chan error, 1)
	go c.live(started, done)
	err := <-started
	for _, f := range own {
		f.Close()
	}
	if err != nil {
		return fmt.Errorf("start ffmpeg: %w", err)
	}
	if c.runner.started != nil {
		c.runner.started(c.cmd.Process.Pid)
	}
	var readers sync.WaitGroup
	if c.report != nil {
		readers.Go(func() { c.progress.read(c.report) })
	}
	err = c.watch(ctx, done)
	readers.Wait()
	return err
}

// live starts the child and waits for it on a thread of its own, which ends with it: the child is killed with that thread, so also when this
// process is killed.
func (c *child) live(started, done chan<- error) {
	runtime.LockOSThread() // and never unlock: the thread ends with this goroutine
	c.cmd.SysProcAttr = attributes()
	err := c.cmd.Start()
	if err == nil {
		err = c.confine()
		if err != nil {
			c.kill()
			_ = c.cmd.Wait()
		}
	}
	started <- err
	if err != nil {
		return
	}
	done <- c.cmd.Wait()
}

// confine sets the priority and the limits of the child that was just started. It does not inherit them: until it runs its own program, it holds up
// the thread that starts it, and with that now and then all of this process.
func (c *child) confine() error {
	r := c.runner
	humble(c.cmd.Process.Pid)
	return limit(c.cmd.Process.Pid, or(r.CPU, DefaultCPU), or(r.Memory, DefaultMemory), or(r.MaxOutput, DefaultMaxOutput))
}

func (c *child) kill() { killGroup(c.cmd.Process.Pid) }

// watch waits for the child to end, kills it when ctx ends or it has stalled, and says why it ended.
func (c *child) watch(ctx context.Context, done <-chan error) error {
	stall := or(c.runner.Stall, DefaultStall)
	tick := time.NewTicker(max(stall/20, time.Millisecond))
	defer tick.Stop()
	begin := time.Now()
	wrote, computed := begin, begin // when it last did
	var moves int64
	var used time.Duration
	for {
		select {
		case err := <-done:
			return c.verdict(ctx, err)
		case <-ctx.Done():
			c.kill()
			<-done
			return context.Cause(ctx)
		case now := <-tick.C:
			if m := c.moves(); m != moves {
				moves, wrote = m, now
			}
			if t := cpuTime(c.cmd.Process.Pid); t != used {
				used, computed = t, now
			}
			idle, spinning := now.Sub(later(wrote, computed)), now.Sub(wrote)
			if idle < stall && spinning < spinFactor*stall {
				continue
			}
			c.kill()
			<-done
			return fmt.Errorf("%w: nothing was written for %v", ErrStalled, spinning.Round(time.Second))
		}
	}
}

// spinFactor is how many times as long a child may compute without writing anything as it may do nothing: it may have to skip a lot.
const spinFactor = 10

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (c *child) moves() int64 {
	if c.progress == nil {
		return 0
	}
	return c.progress.moves()
}

// verdict is the error of a child that has ended by itself.
func (c *child) verdict(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if reason := limitReached(c.cmd.ProcessState, or(c.runner.CPU, DefaultCPU)); reason != "" {
		return fmt.Errorf("%w: %s", ErrLimit, reason)
	}
	said := c.said.String()
	if said == "" {
		said = err.Error()
	}
	// The latter is said of a thread for whose stack there is no address space left.
	if strings.Contains(said, "Cannot allocate memory") || strings.Contains(said, "Resource temporarily unavailable") {
		return fmt.Errorf("%w: it wanted more memory than ffmpeg.memory: %s", ErrLimit, said)
	}
	if strings.Contains(said, "No space left") || strings.Contains(said, "quota exceeded") {
		return fmt.Errorf("%w: %s", ErrFull, said)
	}
	return fmt.Errorf("%w: %s", ErrFailed, said)
}

// maxSaid bounds what is kept of what a child says, in bytes.
const maxSaid = 2 << 10

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write never fails.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b[max(0, len(b)-maxSaid):]...)
	if over := len(t.text) - maxSaid; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(b), nil
}

// String returns it as one line of valid text.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.FieldsFunc(strings.ToValidUTF8(string(t.text), "?"), func(r rune) bool { return r == '\n' || r == '\r' })
	return strings.Join(lines[max(0, len(lines)-4):], "; ")
}

// head keeps the beginning of what is written to it, and fails beyond its size.
type head struct {
	text []byte
	size int
}

// Write fails when it is full, which ends the child.
func (h *head) Write(b []byte) (int, error) {
	if len(h.text)+len(b) > h.size {
		return 0, fmt.Errorf("%w: it says more than %d bytes of a file", ErrLimit, h.size)
	}
	h.text = append(h.text, b...)
	return len(b), nil
}
