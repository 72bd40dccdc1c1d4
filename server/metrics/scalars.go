package metrics

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// scalar is a family of one value, taken from a snapshot of type T.
type scalar[T any] struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(T) float64
}

func counter[T any](name, help string, value func(T) float64) scalar[T] {
	return scalar[T]{describe(name, help), prometheus.CounterValue, value}
}

func gauge[T any](name, help string, value func(T) float64) scalar[T] {
	return scalar[T]{describe(name, help), prometheus.GaugeValue, value}
}

// scalars are families that come from one snapshot.
type scalars[T any] []scalar[T]

func (l scalars[T]) describe(ch chan<- *prometheus.Desc) {
	for _, s := range l {
		ch <- s.desc
	}
}

func (l scalars[T]) collect(ch chan<- prometheus.Metric, from T) {
	for _, s := range l {
		ch <- prometheus.MustNewConstMetric(s.desc, s.kind, s.value(from))
	}
}

// describe makes a family.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prefix+name, help, labels, nil)
}

// family has one value for each set of labels.
type family struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func counters(name, help string, labels ...string) family {
	return family{describe(name, help, labels...), prometheus.CounterValue}
}

func gauges(name, help string, labels ...string) family {
	return family{describe(name, help, labels...), prometheus.GaugeValue}
}

func (f family) put(ch chan<- prometheus.Metric, value float64, labels ...string) {
	for i, l := range labels {
		labels[i] = clean(l)
	}
	ch <- prometheus.MustNewConstMetric(f.desc, f.kind, value, labels...)
}

// clean makes a label's value one that every reader takes.
func clean(value string) string { return strings.ToValidUTF8(value, "\ufffd") }

// age is how long ago a time was, in seconds; 0 if it is none, or not over.
func age(now, at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return max(0, now.Sub(at).Seconds())
}

// truth is a gauge's form of a yes or no.
func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
