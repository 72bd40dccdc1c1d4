package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
)

// tasks collects the long work of the catalogue, by type.
type tasks struct {
	Sources
	waiting, running, failed family
}

func newTasks(s Sources) *tasks {
	return &tasks{
		Sources: s,
		waiting: gauges("tasks_waiting", "Tasks of the catalogue that wait for their turn.", "type"),
		running: gauges("tasks_running", "Tasks of the catalogue that are being done.", "type"),
		failed:  counters("tasks_failed_total", "Tasks of the catalogue that have ended with an error.", "type"),
	}
}

// Describe is prometheus.Collector's.
func (c *tasks) Describe(ch chan<- *prometheus.Desc) {
	for _, f := range []family{c.waiting, c.running, c.failed} {
		ch <- f.desc
	}
}

// Collect is prometheus.Collector's.
func (c *tasks) Collect(ch chan<- prometheus.Metric) {
	for t, s := range c.Tasks() {
		c.waiting.put(ch, float64(s.Waiting), string(t))
		c.running.put(ch, float64(s.Running), string(t))
		c.failed.put(ch, float64(s.Failed), string(t))
	}
}
