package main

import (
	"context"
	"fmt"
	"time"
)

// largeJob is the large clip sent by one publisher over and over, as fast as it goes.
func (b *bench) largeJob(ctx context.Context, media time.Duration) (job, error) {
	clip, err := b.clip(ctx, source1080())
	return job{Clip: clip, Streams: 1, Media: media}, err
}

// floorCost measures the floor once, with 1 GB: less would be too few ticks of the clock.
func (b *bench) floorCost(ctx context.Context) (cost, error) {
	j, err := b.largeJob(ctx, pick(b, 16*clipLength, 32*clipLength))
	if err != nil {
		return cost{}, err
	}
	return b.costOf(ctx, b.floorTarget(), j, 0)
}

// floor measures the floor alone.
func (b *bench) floor(ctx context.Context) ([]table, error) {
	var floor costs
	if _, err := b.compare(ctx, nil, job{}, 0, &floor); err != nil {
		return nil, err
	}
	t := table{
		title: "Floor",
		note: fmt.Sprintf("A process that reads a TCP connection and writes a file, %d KiB at once: the least that "+
			"any recorder must do. "+
			"The clock's tick is %s CPU-s/GB.", sinkSize>>10, number(floor.resolution)),
		head: []string{"", "CPU-s/GB", "Mbit/s"},
	}
	t.row("TCP to file", floor.perGB, floor.mbit)
	return []table{t}, nil
}

// fullspeed measures one push that is as fast as the server takes it.
func (b *bench) fullspeed(ctx context.Context) ([]table, error) {
	j, err := b.largeJob(ctx, pick(b, 4*clipLength, 16*clipLength))
	if err != nil {
		return nil, err
	}
	var floor costs
	all, err := b.compare(ctx, []target{
		b.nginxRTMP("flv"), b.nginxRTMP("hls"),
		b.aircheck("Aircheck flv", "flv"), b.aircheck("Aircheck mp4", "mp4"), b.aircheck("Aircheck hls", "hls"),
	}, j, 1, &floor)
	if err != nil {
		return nil, err
	}
	t := table{
		title: "Full speed",
		note: fmt.Sprintf("One push of %v of the 4.2 Mbit/s clip as fast as it goes. Mbit/s is what was sent, by "+
			"the time until the server had read it. "+
			"CPU runs until the server is idle again; the clock's tick is %s CPU-s/GB.", j.Media, number(all[0].resolution)),
		head: []string{"server", "CPU-s/GB", "× floor", "Mbit/s", "peak RSS, MB", "complete"},
	}
	t.row("TCP to file", floor.perGB, "1", floor.mbit, floor.peak, "")
	for _, c := range all {
		t.row(c.target.name, c.perGB, c.perGB.over(floor.perGB), c.mbit, c.peak, c.verdict)
	}
	return []table{t}, nil
}
