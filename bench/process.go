package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// process is a program that was started to be measured. What it prints goes to a file in its folder.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
}

// startProcess starts a program in a folder. The environment gets env added.
func startProcess(dir string, env []string, program string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...), log: filepath.Join(dir, "log"), done: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, out, out
	p.cmd.Env = append(os.Environ(), env...)
	detach(p.cmd)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait()
	}()
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// alive returns an error with the end of the log if the process has ended.
func (p *process) alive() error {
	select {
	case <-p.done:
	default:
		return nil
	}
	said, err := os.ReadFile(p.log)
	if err != nil {
		return err
	}
	return fmt.Errorf("%s ended (%v); it said:\n%s", p.cmd.Path, p.cmd.ProcessState, said[max(0, len(said)-2000):])
}

// cpu is the processor time it has used, with its children.
func (p *process) cpu() (time.Duration, error) {
	used, err := cpuTime(p.pid())
	if err != nil {
		return 0, errors.Join(err, p.alive())
	}
	return used, nil
}

// memory is what it holds, with its children.
func (p *process) memory() (memory, error) { return memoryOf(p.pid()) }

const (
	// quiet is how long a process must have used no processor time to be done with its work, and patience how long
	// that is waited for.
	quiet    = 600 * time.Millisecond
	patience = 30 * time.Second
)

// settle waits until the process has finished its work, and returns the processor time it has used by then.
func (p *process) settle(ctx context.Context) (time.Duration, error) {
	last, err := p.cpu()
	if err != nil {
		return 0, err
	}
	for since, end := time.Now(), time.Now().Add(patience); time.Since(since) < quiet && time.Now().Before(end); {
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return 0, err
		}
		now, err := p.cpu()
		if err != nil {
			return 0, err
		}
		if now-last > tick {
			last, since = now, time.Now()
		}
	}
	return p.cpu()
}

// kill ends it and its children at once, and returns when that was.
func (p *process) kill() time.Time {
	family, err := tree(p.pid())
	if err == nil {
		delete(family, p.pid())
	}
	_ = p.cmd.Process.Kill()
	for pid := range family {
		if child, err := os.FindProcess(pid); err == nil {
			_ = child.Kill()
		}
	}
	at := time.Now()
	<-p.done
	return at
}

// stop asks it to end, and kills it if it does not within ten seconds.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		p.kill()
	}
}
