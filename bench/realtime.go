package main

import (
	"context"
	"fmt"
	"time"
)

// realtime measures what a recorder does all day: pushes that come as fast as they are to be watched.
func (b *bench) realtime(ctx context.Context) ([]table, error) {
	clip, err := b.clip(ctx, source1080())
	if err != nil {
		return nil, err
	}
	j := job{Clip: clip, Streams: 40, Ramp: time.Second, Speed: 1, Media: pick(b, 8*time.Second, 20*time.Second)}
	const sample = 8
	var floor costs
	all, err := b.compare(ctx, []target{
		b.nginxRTMP("flv"), b.nginxRTMP("hls"),
		b.aircheck("Aircheck flv", "flv"), b.aircheck("Aircheck mp4", "mp4"), b.aircheck("Aircheck hls", "hls"),
		b.aircheck("Aircheck flv, no sync, no hash", "flv", "AIRCHECK_RECORDER_SYNC_INTERVAL=1h", "AIRCHECK_CATALOG_HASH=off"),
	}, j, sample, &floor)
	if err != nil {
		return nil, err
	}
	t := table{
		title: "Real time",
		note: fmt.Sprintf("%d pushes of 4.2 Mbit/s (1080p25 and AAC), %v each. CPU runs until the server is idle "+
			"again, so finishing and "+
			"cataloguing are in it; the clock's tick is %s CPU-s/GB. The floor, TCP to file at full speed, took %v "+
			"CPU-s/GB in the same "+
			"runs. Packets of every %dth stream were counted.", j.Streams, j.Media, number(all[0].resolution), floor.perGB, sample),
		head: []string{"server", "CPU-s/GB", "× floor", "peak RSS, MB", "complete"},
	}
	for _, c := range all {
		t.row(c.target.name, c.perGB, c.perGB.over(floor.perGB), c.peak, c.verdict)
	}
	return []table{t}, nil
}
