package main

import (
	"context"
	"fmt"
	"time"
)

// rewind measures what the ring of the last minutes adds to recording.
func (b *bench) rewind(ctx context.Context) ([]table, error) {
	clip, err := b.clip(ctx, source1080())
	if err != nil {
		return nil, err
	}
	j := job{Clip: clip, Streams: 40, Ramp: time.Second, Speed: 1, Media: pick(b, 8*time.Second, 20*time.Second)}
	const sample = 8
	all, err := b.compare(ctx, []target{
		b.aircheck("Aircheck flv", "flv"),
		b.aircheck("Aircheck flv, ring of 10 minutes", "flv", "AIRCHECK_REWIND_WINDOW=10m"),
	}, j, sample, nil)
	if err != nil {
		return nil, err
	}
	t := table{
		title: "The last minutes",
		note: fmt.Sprintf("%d pushes of 4.2 Mbit/s (1080p25 and AAC), %v each, recorded without a ring that holds what came last and with "+
			"one. CPU runs until the server is idle again; the clock's tick is %s CPU-s/GB. Packets of every %dth recording were counted.",
			j.Streams, j.Media, number(all[0].resolution), sample),
		head: []string{"server", "CPU-s/GB", "× without", "peak RSS, MB", "complete"},
	}
	for _, c := range all {
		t.row(c.target.name, c.perGB, c.perGB.over(all[0].perGB), c.peak, c.verdict)
	}
	return []table{t}, nil
}
