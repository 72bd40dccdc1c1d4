package main

import (
	"context"
	"fmt"
	"time"
)

// longRun is how a server's memory went on over a long time of media.
type longRun struct {
	// early is its memory after a sixth of the media, late at its end, peak the most it ever had; in bytes.
	early, late, peak int64
	cpu, took         time.Duration
	verdict           verdict
}

// long measures whether memory grows with the length of recordings: many of them, faster than real time.
func (b *bench) long(ctx context.Context) ([]table, error) {
	clip, err := b.clip(ctx, sourceSmall())
	if err != nil {
		return nil, err
	}
	c, err := readClip(clip)
	if err != nil {
		return nil, err
	}
	j := job{Clip: clip, Streams: 200, Ramp: time.Second, Speed: 5, Media: pick(b, 3*time.Minute, 30*time.Minute)}
	if err := b.requireSpace(int64(j.Streams) * c.bytes() * int64(j.Media/c.length)); err != nil {
		return nil, err
	}
	r, err := b.longRun(ctx, b.aircheck("Aircheck mp4", "mp4"), j)
	if err != nil {
		return nil, err
	}
	mb := func(n int64) string { return number(float64(n) / 1e6) }
	t := table{
		title: "Long recordings",
		note: fmt.Sprintf("%d pushes of %v of media each, sent at up to %v times real time: memory must not grow "+
			"with the length of a recording. One run. "+
			"Packets of every twentieth file were counted.", j.Streams, j.Media, j.Speed),
		head: []string{"server", fmt.Sprintf("RSS after %v, MB", j.Media/6), fmt.Sprintf("after %v, MB", j.Media), "peak, MB", "times real time", "CPU-s", "complete"},
	}
	t.row("Aircheck mp4", mb(r.early), mb(r.late), mb(r.peak), number(j.Media.Seconds()/r.took.Seconds()), number(r.cpu.Seconds()), r.verdict)
	return []table{t}, nil
}

// longRun watches a job from beginning to end.
func (b *bench) longRun(ctx context.Context, t target, j job) (longRun, error) {
	s, err := b.launch(ctx, t)
	if err != nil {
		return longRun{}, err
	}
	defer s.close()
	j.Address = s.address
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := time.Now()
	p, err := startPublisher(ctx, j)
	if err != nil {
		return longRun{}, err
	}
	history, res, err := s.watch(ctx, p)
	if err != nil {
		cancel()
		return longRun{}, fmt.Errorf("%s: %w", t.name, err)
	}
	// What is reported is how far the slowest came, not how far it should have.
	r := longRun{early: history.at(began.Add(time.Since(began) / 6)), late: history.at(time.Now()), took: time.Since(began)}
	if r.cpu, err = s.settle(ctx); err != nil {
		return longRun{}, err
	}
	m, err := s.memory()
	if err != nil {
		return longRun{}, err
	}
	r.peak = m.peak
	r.verdict, err = verify(ctx, s, res, 20)
	return r, err
}

// history is memory over time.
type history []struct {
	at  time.Time
	rss int64
}

// at is the last value not after t.
func (h history) at(t time.Time) int64 {
	last := int64(0)
	for _, e := range h {
		if e.at.After(t) {
			break
		}
		last = e.rss
	}
	return last
}

// watch notes a server's memory every half second until a publisher is done.
func (s *server) watch(ctx context.Context, p *publisher) (history, []pushed, error) {
	type done struct {
		res []pushed
		err error
	}
	end := make(chan done, 1)
	go func() {
		res, err := p.all()
		end <- done{res, err}
	}()
	var h history
	every := time.NewTicker(500 * time.Millisecond)
	defer every.Stop()
	for {
		select {
		case d := <-end:
			return h, d.res, d.err
		case now := <-every.C:
			m, err := s.memory()
			if err != nil {
				return nil, nil, err
			}
			h = append(h, struct {
				at  time.Time
				rss int64
			}{now, m.own + m.code})
		}
	}
}

// bytes is the size of a round as FLV.
func (c *clip) bytes() int64 {
	n := int64(0)
	for _, t := range c.tags {
		n += int64(len(t.body) + tagFrame)
	}
	return n
}

// requireSpace makes sure that a scenario does not fill the disk.
func (b *bench) requireSpace(n int64) error {
	free, err := freeSpace(b.dir)
	if err != nil {
		return err
	}
	if free < n*3/2 {
		return fmt.Errorf("it needs %d GB of free space in %s, there are %d: name another folder with -cache, or "+
			"leave it out with -only",
			n*3/2/1e9+1, b.cache, free/1e9)
	}
	return nil
}
