package main

import (
	"context"
	"fmt"
	"time"
)

// cost is what one job cost a server.
type cost struct {
	gb      float64
	cpu     time.Duration
	peak    int64 // bytes
	took    time.Duration
	late    time.Duration
	verdict verdict
}

// perGB is in seconds.
func (c cost) perGB() float64 { return c.cpu.Seconds() / c.gb }

// costOf has a target record a job in a fresh folder. Every nth stream is verified, none if that is 0.
func (b *bench) costOf(ctx context.Context, t target, j job, nth int) (cost, error) {
	s, err := b.launch(ctx, t)
	if err != nil {
		return cost{}, err
	}
	defer s.close()
	before, err := s.cpu()
	if err != nil {
		return cost{}, err
	}
	j.Address, j.Raw = s.address, s.raw
	res, err := pushAll(ctx, j)
	if err != nil {
		return cost{}, fmt.Errorf("%s: %w", t.name, err)
	}
	after, err := s.settle(ctx)
	if err != nil {
		return cost{}, err
	}
	m, err := s.memory()
	if err != nil {
		return cost{}, err
	}
	c := cost{gb: total(res), cpu: after - before, peak: m.peak, took: res[0].Taken.Sub(res[0].Start), late: latest(res)}
	if nth > 0 {
		c.verdict, err = verify(ctx, s, res, nth)
	}
	return c, err
}

// costs are those of one target, one per run.
type costs struct {
	target            target
	perGB, peak, mbit samples
	late              samples
	verdict           verdict
	// resolution is what one tick of the clock makes, in CPU-s/GB.
	resolution float64
}

func (c *costs) add(n cost) {
	c.perGB = append(c.perGB, n.perGB())
	c.peak = append(c.peak, float64(n.peak)/1e6)
	c.mbit = append(c.mbit, n.gb*8000/n.took.Seconds())
	c.late = append(c.late, float64(n.late)/1e6)
	c.verdict.add(n.verdict)
	c.resolution = tick.Seconds() / n.gb
}

// compare has targets take turns with a job, and returns their costs in the same order. The floor, unless it is nil, is measured first in
// each run.
func (b *bench) compare(ctx context.Context, targets []target, j job, nth int, floor *costs) ([]costs, error) {
	all := make([]costs, len(targets))
	for run := range b.runs {
		if floor != nil {
			c, err := b.floorCost(ctx)
			if err != nil {
				return nil, err
			}
			floor.add(c)
		}
		for i, t := range targets {
			all[i].target = t
			c, err := b.costOf(ctx, t, j, nth)
			if err != nil {
				return nil, err
			}
			all[i].add(c)
			b.logf("run %d: %s: %.2f CPU-s/GB, %.1f s", run+1, t.name, c.perGB(), c.took.Seconds())
		}
	}
	return all, nil
}
