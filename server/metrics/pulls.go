package metrics

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"aircheck/ingest/pull"
)

// pulls collects what is fetched from elsewhere.
type pulls struct {
	Sources
	states, failures family
}

func newPulls(s Sources) *pulls {
	return &pulls{
		Sources:  s,
		states:   gauges("pull_sources", "Pull sources, by what they do.", "state"),
		failures: counters("pull_failures_total", "Tries of pull sources that failed, or whose stream ended."),
	}
}

// Describe is prometheus.Collector's.
func (c *pulls) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.states.desc
	ch <- c.failures.desc
}

// Collect is prometheus.Collector's.
func (c *pulls) Collect(ch chan<- prometheus.Metric) {
	states, failures := c.Pulls()
	for _, state := range slices.Sorted(maps.Keys(states)) {
		c.states.put(ch, float64(states[state]), string(state))
	}
	c.failures.put(ch, float64(failures))
}

// Pulls tells how many pull sources are in which state, and how many tries have failed.
type Pulls func() (states map[pull.State]int, failures int64)
