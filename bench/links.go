package main

import (
	"context"
	"fmt"
	"time"
)

// links measures single fast publishers: gathered reading must not slow them down.
func (b *bench) links(ctx context.Context) ([]table, error) {
	targets := []target{b.nginxRTMP("flv"), b.aircheck("Aircheck flv", "flv"), b.aircheck("Aircheck mp4", "mp4")}
	fast, err := b.fastPush(ctx, targets)
	if err != nil {
		return nil, err
	}
	far, err := b.farPush(ctx, targets)
	if err != nil {
		return nil, err
	}
	return []table{fast, far}, nil
}

// fastPush is one publisher of 100 Mbit/s in real time.
func (b *bench) fastPush(ctx context.Context, targets []target) (table, error) {
	const (
		rate     = 100_000_000 // bit/s
		pictures = 25
	)
	j, err := b.largeJob(ctx, pick(b, 5*time.Second, 15*time.Second))
	if err != nil {
		return table{}, err
	}
	j.Speed, j.Picture = 1, rate/8/pictures
	all, err := b.compare(ctx, targets, j, 1, nil)
	if err != nil {
		return table{}, err
	}
	t := table{
		title: "Links: 100 Mbit/s",
		note: fmt.Sprintf("One push of %d Mbit/s in real time for %v: pictures filled up to %d kB. How late is how "+
			"far the publisher fell behind the clock because the "+
			"server did not read.", rate/1_000_000, j.Media, j.Picture/1000),
		head: []string{"server", "Mbit/s", "late, ms", "CPU-s/GB", "complete"},
	}
	for _, c := range all {
		t.row(c.target.name, c.mbit, c.late, c.perGB, c.verdict)
	}
	return t, nil
}

// farPush is one publisher that is as fast as it goes, far away.
func (b *bench) farPush(ctx context.Context, targets []target) (table, error) {
	const delay = 50 * time.Millisecond
	j, err := b.largeJob(ctx, pick(b, 4*clipLength, 16*clipLength))
	if err != nil {
		return table{}, err
	}
	mbit, seconds, whole := make([]samples, len(targets)), make([]samples, len(targets)), make([]verdict, len(targets))
	for run := range b.runs {
		for i, t := range targets {
			c, err := b.farCost(ctx, t, j, delay)
			if err != nil {
				return table{}, err
			}
			b.logf("run %d: %s, far away: %.1f s", run+1, t.name, c.took.Seconds())
			seconds[i] = append(seconds[i], c.took.Seconds())
			mbit[i] = append(mbit[i], c.gb*8000/c.took.Seconds())
			whole[i].add(c.verdict)
		}
	}
	t := table{
		title: "Links: far away",
		note: fmt.Sprintf("One push of %v of the 4.2 Mbit/s clip as fast as it goes, through a proxy that delays "+
			"everything by %v in each direction and has up to %d MiB under way; "+
			"it stands for the line's delay, not for TCP's own windows, which end at the proxy. The time is from the "+
			"first tag until the publisher sees that the server has read it all.", j.Media, delay, proxyRead*proxyDepth>>20),
		head: []string{"server", "s", "Mbit/s", "complete"},
	}
	for i, target := range targets {
		t.row(target.name, seconds[i], mbit[i], whole[i])
	}
	return t, nil
}

// farCost is costOf through a proxy.
func (b *bench) farCost(ctx context.Context, t target, j job, delay time.Duration) (cost, error) {
	start := t.start
	var far *proxy
	t.start = func(ctx context.Context, dir string) (*server, error) {
		s, err := start(ctx, dir)
		if err != nil {
			return nil, err
		}
		if far, err = startProxy(s.address, delay); err != nil {
			s.kill()
			return nil, err
		}
		s.address = far.address()
		return s, nil
	}
	defer func() {
		if far != nil {
			far.close()
		}
	}()
	return b.costOf(ctx, t, j, 1)
}
