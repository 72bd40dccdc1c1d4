package metrics

import "github.com/prometheus/client_golang/prometheus"

// Rewind is how the ring of the last minutes stands; all 0 without one.
type Rewind struct {
	// Bytes are held on the disk, Lost counts the units that should be held and are not.
	Bytes, Lost int64
}

// rewind collects what the ring holds.
type rewind struct {
	Sources
	all scalars[Rewind]
}

func newRewind(s Sources) *rewind {
	return &rewind{Sources: s, all: scalars[Rewind]{
		gauge("rewind_bytes", "What the ring of the last minutes holds on the disk.", func(r Rewind) float64 { return float64(r.Bytes) }),
		counter("rewind_lost_units_total", "Pictures and frames of sound that the ring should hold and does not: its disk was slow, full or failed.",
			func(r Rewind) float64 { return float64(r.Lost) }),
	}}
}

// Describe is prometheus.Collector's.
func (c *rewind) Describe(ch chan<- *prometheus.Desc) { c.all.describe(ch) }

// Collect is prometheus.Collector's.
func (c *rewind) Collect(ch chan<- prometheus.Metric) { c.all.collect(ch, c.Rewind()) }
