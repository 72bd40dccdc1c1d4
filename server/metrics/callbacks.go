package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Callbacks is how deliveries stand.
type Callbacks struct {
	// Pending events wait in order, Parked ones are tried aside.
	Pending, Parked int
	// Oldest is when the oldest pending event happened; zero if there is none.
	Oldest time.Time
	// Delivered and Failed count tries since the start.
	Delivered, Failed uint64
}

// callbacks collects them.
type callbacks struct {
	Sources
	all scalars[Callbacks]
	ok  family
}

func newCallbacks(s Sources) *callbacks {
	return &callbacks{
		Sources: s,
		all: scalars[Callbacks]{
			gauge("callbacks_pending", "Events that wait to be delivered.", func(c Callbacks) float64 { return float64(c.Pending) }),
			gauge("callbacks_parked", "Events whose tries are used up and that are tried aside.",
				func(c Callbacks) float64 { return float64(c.Parked) }),
			gauge("callbacks_oldest_age_seconds", "How long ago the oldest pending event happened; 0 without any.",
				func(c Callbacks) float64 { return age(time.Now(), c.Oldest) }),
			counter("callbacks_delivered_total", "Tries that a receiver took.", func(c Callbacks) float64 { return float64(c.Delivered) }),
			counter("callbacks_failed_total", "Tries that failed; each is tried again, until the event is parked or given up.", func(c Callbacks) float64 { return float64(c.Failed) }),
		},
		ok: gauges("callbacks_known", "1 if the database told how deliveries stand; their other series are missing otherwise."),
	}
}

// Describe is prometheus.Collector's.
func (c *callbacks) Describe(ch chan<- *prometheus.Desc) {
	c.all.describe(ch)
	ch <- c.ok.desc
}

// Collect is prometheus.Collector's.
func (c *callbacks) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), askPatience)
	defer cancel()
	s, err := c.Callbacks(ctx)
	c.ok.put(ch, truth(err == nil))
	if err == nil {
		c.all.collect(ch, s)
	}
}
