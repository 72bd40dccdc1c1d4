package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// job tells a publisher what to send.
type job struct {
	// Address is that of the server, host:port.
	Address string
	// Raw sends the chunks alone, to something that does not speak RTMP.
	Raw bool
	// Clip is the path of the FLV file, sent over and over until Media of it has been sent.
	Clip  string
	Media time.Duration
	// Streams is how many are published at once, each with a connection of its own. Their starts are spread over Ramp.
	Streams int
	Ramp    time.Duration
	// Speed is 1 for real time, 0 for as fast as the server takes it.
	Speed float64
	// Picture is the least size of a picture in bytes; smaller ones are filled up.
	Picture int
}

// pushed is what became of one stream.
type pushed struct {
	count
	Err string
	// Bytes is the size of what was sent as FLV.
	Bytes int64
	// Start is when the first tag was sent, Sent when the last was handed to the socket, Taken when the server had
	// read it all.
	Start, Sent, Taken time.Time
	// Late is how far the publisher at most fell behind the clock.
	Late time.Duration
}

// streamName is the name of a job's nth stream.
func streamName(n int) string { return fmt.Sprintf("s%d", n) }

const (
	// writeSize is how much a publisher at full speed writes at once.
	writeSize = 256 << 10
	// earliness is how much ahead of the clock a publisher may send that is faster than real time, so as not
	// to wake for every tag.
	earliness = 20 * time.Millisecond
)

// push publishes one stream.
type push struct {
	job
	clip   *clip
	filler []byte
	res    pushed
}

func newPush(j job, c *clip) *push {
	p := &push{job: j, clip: c}
	if j.Picture > 0 {
		p.filler = make([]byte, j.Picture)
		for i := range p.filler {
			p.filler[i] = 0xff
		}
	}
	return p
}

// fill returns what is put behind a picture: a NAL unit of filler data (H.264, 7.3.2.7) with its length before it.
func (p *push) fill(t *tag) []byte {
	const prefix, least = 4, 2 // the length; header and trailing bits
	n := p.Picture - len(t.body) - prefix
	if t.kind != tagVideo || t.config || n < least {
		return nil
	}
	f := make([]byte, 0, prefix+n)
	f = append(f, byte(n>>24), byte(n>>16), byte(n>>8), byte(n), 12)
	f = append(f, p.filler[:n-2]...)
	return append(f, 0x80)
}

// send sends the media.
func (p *push) send(ctx context.Context, c *client) error {
	p.res.Start = time.Now()
	defer func() { p.res.Sent = time.Now() }()
	for shift := time.Duration(0); ; shift += p.clip.length {
		for i := range p.clip.tags {
			t := &p.clip.tags[i]
			if t.config && shift > 0 {
				continue
			}
			at := t.at + shift
			if !t.config && at >= p.Media {
				return c.flush()
			}
			if err := p.pace(ctx, c, at); err != nil {
				return err
			}
			filler := p.fill(t)
			c.tag(t, at, filler)
			p.res.Bytes += int64(len(t.body) + len(filler) + tagFrame)
			if !t.config {
				p.res.add(t.kind)
			}
		}
	}
}

// pace waits until a tag is due. Before it waits, what is to be sent is sent.
func (p *push) pace(ctx context.Context, c *client, at time.Duration) error {
	if c.pending() >= writeSize {
		if err := c.flush(); err != nil {
			return err
		}
	}
	if p.Speed == 0 {
		return ctx.Err()
	}
	wait := time.Until(p.res.Start.Add(time.Duration(float64(at) / p.Speed)))
	p.res.Late = max(p.res.Late, -wait)
	if p.Speed > 1 && wait < earliness || wait <= 0 {
		return nil
	}
	if err := c.flush(); err != nil {
		return err
	}
	return sleep(ctx, wait)
}

// run publishes the job's nth stream from beginning to end.
func (p *push) run(ctx context.Context, n int) pushed {
	err := func() error {
		if err := sleep(ctx, p.Ramp*time.Duration(n)/time.Duration(p.Streams)); err != nil {
			return err
		}
		c, err := dial(ctx, p.Address, streamName(n), p.Raw)
		if err != nil {
			return err
		}
		defer c.close()
		if err := p.send(ctx, c); err != nil {
			return err
		}
		if err := c.end(); err != nil {
			return err
		}
		err = c.taken(ctx)
		p.res.Taken = time.Now()
		return err
	}()
	if err != nil {
		p.res.Err = err.Error()
	}
	return p.res
}

// publish does a whole job.
func publish(ctx context.Context, j job) ([]pushed, error) {
	c, err := readClip(j.Clip)
	if err != nil {
		return nil, err
	}
	out := make([]pushed, j.Streams)
	var all sync.WaitGroup
	for n := range out {
		all.Go(func() { out[n] = newPush(j, c).run(ctx, n) })
	}
	all.Wait()
	return out, nil
}

// publishMain is the main function of a publisher process: a job comes in on standard input, the results go to standard output.
func publishMain(ctx context.Context) error {
	var j job
	if err := json.NewDecoder(os.Stdin).Decode(&j); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	res, err := publish(ctx, j)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(res)
}

// publisher is a running publisher process. It is one of its own so that what it uses is not taken for the server's, nor
// disturbed by this program.
type publisher struct {
	cmd *exec.Cmd
	out chan published
}

type published struct {
	res []pushed
	err error
}

// startPublisher starts one, which ends with its job or with the context.
func startPublisher(ctx context.Context, j job) (*publisher, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &publisher{cmd: exec.CommandContext(ctx, self, publishArg), out: make(chan published, 1)}
	detach(p.cmd)
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a publisher: %w", err)
	}
	go func() { p.out <- p.talk(j, in, out) }()
	return p, nil
}

func (p *publisher) talk(j job, in io.WriteCloser, out io.Reader) published {
	var res []pushed
	err := json.NewEncoder(in).Encode(j)
	if err == nil {
		err = in.Close()
	}
	if err == nil {
		err = json.NewDecoder(out).Decode(&res)
	}
	if failed := p.cmd.Wait(); failed != nil {
		err = failed
	}
	if err != nil {
		return published{err: fmt.Errorf("publisher: %w", err)}
	}
	return published{res: res}
}

// wait returns the results once the job is done.
func (p *publisher) wait() ([]pushed, error) {
	done := <-p.out
	return done.res, done.err
}

// pushAll does a job in a process of its own; the first stream that failed is an error.
func pushAll(ctx context.Context, j job) ([]pushed, error) {
	p, err := startPublisher(ctx, j)
	if err != nil {
		return nil, err
	}
	return p.all()
}

// all is wait, with the first stream that failed as an error.
func (p *publisher) all() ([]pushed, error) {
	res, err := p.wait()
	if err != nil {
		return nil, err
	}
	for n, r := range res {
		if r.Err != "" {
			return nil, fmt.Errorf("stream %s: %s", streamName(n), r.Err)
		}
	}
	return res, nil
}

// total is how many GB of FLV were sent.
func total(res []pushed) float64 {
	n := int64(0)
	for _, r := range res {
		n += r.Bytes
	}
	return float64(n) / 1e9
}

// latest is how far any stream fell behind the clock.
func latest(res []pushed) time.Duration {
	var late time.Duration
	for _, r := range res {
		late = max(late, r.Late)
	}
	return late
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
