package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aircheck/vod"
)

const (
	// censusEvery is how often the catalogue is counted at most, censusShare how many times as long as counting took must have passed
	// since: a catalogue of millions is read completely.
	censusEvery = 30 * time.Second
	censusShare = 100
	// censusPatience is how long counting may take, censusWait how long a scrape waits for it.
	censusPatience = time.Minute
	censusWait     = time.Second
)

// census collects what is in the catalogue. Counting is done beside the scrape that asks for it; scrapes show the last one.
type census struct {
	Sources
	assets, bytes, at family

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	last    []vod.Count
	counted time.Time
	next    time.Time
	running chan struct{} // closed when counting has ended; nil unless it is under way
}

func newCensus(s Sources) *census {
	c := &census{
		Sources: s,
		assets:  gauges("catalog_assets", "Files in the catalogue, by status and container.", "status", "container"),
		bytes: gauges("catalog_bytes", "Size of the files in the catalogue, by status and container; files being recorded count with "+
			"what they began with.", "status", "container"),
		at: gauges("catalog_counted_age_seconds", "How long ago the catalogue was counted; the two others are as old."),
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

func (c *census) close() {
	c.mu.Lock()
	c.cancel()
	c.mu.Unlock()
	c.work.Wait()
}

// Describe is prometheus.Collector's.
func (c *census) Describe(ch chan<- *prometheus.Desc) {
	for _, f := range []family{c.assets, c.bytes, c.at} {
		ch <- f.desc
	}
}

// Collect is prometheus.Collector's.
func (c *census) Collect(ch chan<- prometheus.Metric) {
	if running := c.refresh(time.Now()); running != nil {
		select {
		case <-running:
		case <-time.After(censusWait):
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counted.IsZero() {
		return
	}
	c.at.put(ch, age(time.Now(), c.counted))
	lost := false
	for _, n := range c.last {
		c.assets.put(ch, float64(n.Assets), string(n.Status), n.Container)
		c.bytes.put(ch, float64(n.Bytes), string(n.Status), n.Container)
		lost = lost || n.Status == vod.StatusLost
	}
	if !lost {
		// An alert on lost files needs the series before there are any.
		c.assets.put(ch, 0, string(vod.StatusLost), "")
		c.bytes.put(ch, 0, string(vod.StatusLost), "")
	}
}

// refresh begins to count if it is time to. It returns what is closed when counting has ended, nil if it is not under way.
func (c *census) refresh(now time.Time) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running != nil || now.Before(c.next) || c.ctx.Err() != nil {
		return c.running
	}
	running := make(chan struct{})
	c.running = running
	c.work.Go(func() { c.count(running) })
	return running
}

func (c *census) count(running chan struct{}) {
	ctx, cancel := context.WithTimeout(c.ctx, censusPatience)
	defer cancel()
	begin := time.Now()
	counts, err := c.Census(ctx)
	took := time.Since(begin)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = nil
	c.next = time.Now().Add(max(censusEvery, censusShare*took))
	if err == nil {
		c.last, c.counted = counts, time.Now()
	} else if c.ctx.Err() == nil {
		c.Log.Warn("the catalogue could not be counted for the metrics", "error", err)
	}
	close(running)
}
