// Package metrics shows to Prometheus what the server does. It asks the components for their figures when it is scraped, and they know
// nothing of it; it is the only package that knows the Prometheus library. docs/monitoring.md describes every series.
//
//	metrics.go    the registry, the handler, calls of the API
//	scalars.go    families of one value each
//	ingest.go, recordings.go, storage.go, catalog.go, callbacks.go, access.go, players.go, rewind.go, tasks.go    a collector each
package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"aircheck/ingest/rtmp"
	"aircheck/ingest/rtsp"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/vod"
	"aircheck/vod/task"
)

const (
	// prefix of all names that are ours.
	prefix = "aircheck_"
	// perStream is how many streams and how many recordings have series of their own at most.
	perStream = 500
	// askPatience is how long a component that must ask the database may take at a scrape.
	askPatience = 2 * time.Second
	// scrapes is how many scrapes are answered at once.
	scrapes = 4
)

// Sources are where the figures come from. Those that are functions may be nil, and then their series are missing.
type Sources struct {
	Version string
	Hub     *stream.Hub
	// RTMP tells of the RTMP listener, and why publishers were refused.
	RTMP func() (rtmp.Stats, map[rtmp.Refusal]int64)
	// Pulls tells of the streams that are fetched from elsewhere.
	Pulls Pulls
	// RTSP tells the same of the RTSP listener.
	RTSP     func() (rtsp.Stats, map[rtsp.Refusal]int64)
	Recorder *recorder.Manager
	// Census counts the catalogue's assets. It is asked seldom, and beside the scrape.
	Census func(context.Context) ([]vod.Count, error)
	// Callbacks tells how deliveries stand.
	Callbacks func(context.Context) (Callbacks, error)
	// Checks tells by name which checks of readiness fail.
	Checks func() map[string]bool
	// Alarms tells what is wrong with publishers and recordings.
	Alarms func() Alarms
	// Players tells of those who watch.
	Players func() Players
	// Tasks tells of the long work of the catalogue.
	Tasks func() map[task.Type]task.Stats
	// HTTP tells of the HTTP listener.
	HTTP func() HTTP
	// Rewind tells of the ring of the last minutes.
	Rewind func() Rewind
	// Access tells of those who bring wrong keys. Certificate tells of that of TLS, nil if there is none.
	Access      func() Access
	Certificate func() *Certificate
	// Folders tells of the storage folders beside that of the recordings.
	Folders func() []Folder
	// PerStream asks for series of single streams and recordings, of 500 at most.
	PerStream bool
	Log       *slog.Logger
}

// Alarms are what somebody should look at.
type Alarms struct {
	// Silent publishers are connected and send no media, Stalled recordings get media and write nothing.
	Silent, Stalled int
}

// HTTP is how the HTTP listener stands.
type HTTP struct {
	// Connections are open now, Refused were not taken so far.
	Connections int
	Refused     int64
}

// Metrics is what is shown. Make it with New.
type Metrics struct {
	registry *prometheus.Registry
	handler  http.Handler
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	census   *census
}

// New makes the series of the sources.
func New(s Sources) *Metrics {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "api_requests_total",
			Help: "Calls of the API that were answered, by action (unknown: there is no such, or the caller was refused before) and code.",
		}, []string{"action", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    prefix + "api_request_duration_seconds",
			Help:    "How long calls of the API took, by action.",
			Buckets: []float64{.002, .01, .05, .25, 1, 5, 30},
		}, []string{"action"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: prefix + "build_info", Help: "Always 1; the labels tell the program's version and that of Go.",
		ConstLabels: prometheus.Labels{"version": clean(s.Version), "goversion": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(
		build, m.requests, m.took,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		newIngest(s), newRecordings(s), newStorage(s), newState(s),
	)
	if s.Census != nil {
		m.census = newCensus(s)
		m.registry.MustRegister(m.census)
	}
	if s.Pulls != nil {
		m.registry.MustRegister(newPulls(s))
	}
	if s.Players != nil {
		m.registry.MustRegister(newPlayers(s))
	}
	if s.Tasks != nil {
		m.registry.MustRegister(newTasks(s))
	}
	if s.Access != nil {
		m.registry.MustRegister(newAccess(s))
	}
	if s.RTSP != nil {
		m.registry.MustRegister(newRTSP(s))
	}
	if s.Callbacks != nil {
		m.registry.MustRegister(newCallbacks(s))
	}
	if s.Rewind != nil {
		m.registry.MustRegister(newRewind(s))
	}
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn), ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: scrapes,
	})
	return m
}

// ServeHTTP answers a scrape.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

// Observe counts a call of the API. The action must be one of the table, or empty.
func (m *Metrics) Observe(action, code string, took time.Duration) {
	if action == "" {
		action = "unknown"
	}
	m.requests.WithLabelValues(action, code).Inc()
	m.took.WithLabelValues(action).Observe(took.Seconds())
}

// Close waits for what scrapes have begun beside them.
func (m *Metrics) Close() {
	if m.census != nil {
		m.census.close()
	}
}
