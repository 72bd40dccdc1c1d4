package server

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"aircheck/configs"
	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/server/auth"
)

// scrape is what Prometheus would read.
type scrape map[string]*dto.MetricFamily

func readMetrics(t *testing.T, body []byte) scrape {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

func scrapeOf(t *testing.T, s *Server) scrape {
	t.Helper()
	status, body := get(t, "http://"+s.listener.Addr().String()+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("/metrics: %d %s", status, body)
	}
	return readMetrics(t, body)
}

// value returns the value of a series, named by pairs of label and value; ok is false if there is none.
func (m scrape) value(name string, labels ...string) (v float64, ok bool) {
	f := m[name]
	if f == nil {
		return 0, false
	}
next:
	for _, x := range f.GetMetric() {
		for i := 0; i < len(labels); i += 2 {
			if !slices.ContainsFunc(x.GetLabel(), func(l *dto.LabelPair) bool {
				return l.GetName() == labels[i] && l.GetValue() == labels[i+1]
			}) {
				continue next
			}
		}
		switch {
		case x.Counter != nil:
			return x.GetCounter().GetValue(), true
		case x.Gauge != nil:
			return x.GetGauge().GetValue(), true
		case x.Histogram != nil:
			return float64(x.GetHistogram().GetSampleCount()), true
		}
	}
	return 0, false
}

// want is a series and what it must be.
type want struct {
	name   string
	labels []string
	ok     func(float64) bool
}

func is(n float64) func(float64) bool      { return func(v float64) bool { return v == n } }
func atLeast(n float64) func(float64) bool { return func(v float64) bool { return v >= n } }

// await scrapes until all series are as they must be.
func await(t *testing.T, s *Server, wants ...want) scrape {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		m := scrapeOf(t, s)
		var wrong []string
		for _, w := range wants {
			if v, ok := m.value(w.name, w.labels...); !ok || !w.ok(v) {
				wrong = append(wrong, strings.TrimSpace(w.name+" "+strings.Join(w.labels, " ")))
			}
		}
		if len(wrong) == 0 {
			return m
		}
		if time.Now().After(deadline) {
			t.Fatalf("not as they must be: %s\n%v", strings.Join(wrong, "; "), m)
		}
	}
}

// TestMetrics follows streams through a whole server.
func TestMetrics(t *testing.T) {
	cfg := testConfig(t)
	cfg.API.SecretID, cfg.API.SecretKey = "id", "key"
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	await(t, s, want{"aircheck_ready", nil, is(1)}, want{"aircheck_streams", nil, is(0)},
		want{"aircheck_recordings", []string{"format", "mp4"}, is(0)}, want{"aircheck_recorder_written_bytes_total", nil, is(0)},
		want{"aircheck_streams_ended_total", []string{"reason", "lost"}, is(0)},
		want{"aircheck_catalog_assets", []string{"status", "Lost"}, is(0)},
		want{"aircheck_disk_size_bytes", nil, atLeast(1)}, want{"aircheck_disk_state", []string{"state", "enough"}, is(1)})

	key := media.StreamKey{Domain: "localhost", App: "live", Stream: "a \"b\"\\c"}
	st, err := s.hub.Publish(stream.Publisher{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	video, audio := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	units := mediatest.Interleave(mediatest.Pictures(video, 100, 0, 40), mediatest.Sound(audio, 150, 0))
	for _, u := range units {
		u.Wall = time.Now()
	}
	st.Received(123456, time.Now())
	if err := st.Write(units); err != nil {
		t.Fatal(err)
	}
	labels := []string{"domain", "localhost", "app", "live", "stream", key.Stream}
	m := await(t, s, want{"aircheck_streams", nil, is(1)}, want{"aircheck_recordings", []string{"format", "mp4"}, is(1)},
		want{"aircheck_recordings", []string{"format", "hls"}, is(1)},
		want{"aircheck_stream_received_bytes_total", labels, is(123456)}, want{"aircheck_stream_video_frames_total", labels, is(100)},
		want{"aircheck_stream_audio_frames_total", labels, is(150)}, want{"aircheck_ingest_units_total", nil, is(250)},
		want{"aircheck_recording_file_bytes", append([]string{"format", "mp4"}, labels...), atLeast(1000)},
		want{"aircheck_recorder_written_bytes_total", nil, atLeast(1000)})
	lint(t, s)
	if v, ok := m.value("aircheck_recorder_lost_units_total"); !ok || v != 0 {
		t.Errorf("%g units are lost", v)
	}
	st.End(stream.EndClient, "")

	clip := mediatest.Clip(t, "clip.flv", "25", "-t", "2", "-c:v", "libx264", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac")
	push := func(path string) *exec.Cmd {
		return exec.Command("ffmpeg", "-v", "error", "-i", clip, "-c", "copy", "-f", "flv", "rtmp://"+s.rtmp.Addr().String()+path)
	}
	if out, err := push("/live/pushed").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := push("/vod/refused").Run(); err == nil {
		t.Error("a reserved name can be published")
	}
	call(t, s, "SearchMedia")
	call(t, s, "NoSuchAction")
	await(t, s, want{"aircheck_streams", nil, is(0)}, want{"aircheck_streams_begun_total", nil, is(2)},
		want{"aircheck_streams_ended_total", []string{"reason", "client"}, is(2)},
		want{"aircheck_ingest_video_frames_total", nil, is(150)}, want{"aircheck_ingest_received_bytes_total", nil, atLeast(123456 + 10000)},
		want{"aircheck_recorder_files_total", []string{"format", "mp4", "reason", "stream_end"}, is(2)},
		want{"aircheck_recorder_files_total", []string{"format", "hls", "reason", "stream_end"}, atLeast(0)},
		want{"aircheck_rtmp_connections_accepted_total", nil, is(2)}, want{"aircheck_publishers_refused_total", []string{"reason", "name"}, is(1)},
		want{"aircheck_api_requests_total", []string{"action", "SearchMedia", "code", "OK"}, is(1)},
		want{"aircheck_api_requests_total", []string{"action", "unknown", "code", "InvalidAction"}, is(1)},
		want{"aircheck_api_request_duration_seconds", []string{"action", "SearchMedia"}, is(1)},
		want{"aircheck_http_connections", nil, atLeast(1)}, want{"aircheck_callbacks_known", nil, is(1)})
	lint(t, s)
	if _, ok := scrapeOf(t, s).value("aircheck_stream_received_bytes_total"); ok {
		t.Error("streams that have ended have series")
	}
}

func TestMetricsWithoutStreams(t *testing.T) {
	cfg := testConfig(t)
	cfg.Metrics.PerStream = false
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	st, err := s.hub.Publish(stream.Publisher{Key: media.StreamKey{Domain: "localhost", App: "live", Stream: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	m := await(t, s, want{"aircheck_streams_unlisted", nil, is(1)}, want{"aircheck_recordings_unlisted", nil, is(2)})
	for name := range maps.Keys(m) {
		if strings.HasPrefix(name, "aircheck_stream_") || strings.HasPrefix(name, "aircheck_recording_") {
			t.Error("there is", name)
		}
	}
	st.End(stream.EndClient, "")
}

// call calls an action.
func call(t *testing.T, s *Server, action string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.listener.Addr().String(), strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("id", "key")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-TC-Action", action)
	r.Header.Set("X-TC-Version", "2018-07-17")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
}

// lint holds the series against the conventions of Prometheus.
func lint(t *testing.T, s *Server) {
	t.Helper()
	_, body := get(t, "http://"+s.listener.Addr().String()+"/metrics")
	problems, err := promlint.New(bytes.NewReader(body)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestMetricsNeedCredentials(t *testing.T) {
	s, _ := start(t, func() configs.Config {
		cfg := testConfig(t)
		cfg.API.SecretID, cfg.API.SecretKey = "id", "key"
		return cfg
	}(), slog.New(slog.DiscardHandler))
	base := "http://" + s.listener.Addr().String()
	verifier := &auth.Verifier{SecretKey: func(id string) (string, bool) { return "key", id == "id" }}
	face := func(mode, user, password string) *metricsFace {
		return &metricsFace{
			show: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "shown") }),
			mode: mode, username: user, password: password, verifier: verifier,
		}
	}
	type request struct {
		user, password, host, forwarded string
	}
	for _, ca := range []struct {
		what string
		face *metricsFace
		request
		want int
	}{
		{"this machine", face(metricsRemote, "", ""), request{}, 200},
		{"another site's name", face(metricsRemote, "", ""), request{host: "evil.example"}, 401},
		{"through a proxy", face(metricsRemote, "", ""), request{forwarded: "192.0.2.1"}, 401},
		{"this machine, always", face(metricsAlways, "", ""), request{}, 401},
		{"anybody, never", face(metricsNever, "", ""), request{host: "x.example", forwarded: "192.0.2.1"}, 200},
		{"the API's pair", face(metricsAlways, "", ""), request{user: "id", password: "key"}, 200},
		{"the API's pair, wrong", face(metricsAlways, "", ""), request{user: "id", password: "x"}, 401},
		{"the API's pair, unknown", face(metricsAlways, "", ""), request{user: "x", password: "key"}, 401},
		{"the API's pair from elsewhere, without TLS", face(metricsAlways, "", ""), request{user: "id", password: "key", forwarded: "192.0.2.1"}, 401},
		{"its own pair", face(metricsAlways, "prom", "secret"), request{user: "prom", password: "secret"}, 200},
		{"its own pair from elsewhere", face(metricsRemote, "prom", "secret"), request{user: "prom", password: "secret", forwarded: "192.0.2.1"}, 200},
		{"its own pair, wrong name", face(metricsAlways, "prom", "secret"), request{user: "id", password: "secret"}, 401},
		{"its own pair, wrong word", face(metricsAlways, "prom", "secret"), request{user: "prom", password: "secre"}, 401},
		{"its own pair set, the API's given", face(metricsAlways, "prom", "secret"), request{user: "id", password: "key"}, 401},
	} {
		server := httptest.NewServer(ca.face)
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if ca.user != "" {
			r.SetBasicAuth(ca.user, ca.password)
		}
		if ca.host != "" {
			r.Host = ca.host
		}
		if ca.forwarded != "" {
			r.Header.Set("X-Forwarded-For", ca.forwarded)
		}
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		server.Close()
		if err != nil || answer.StatusCode != ca.want || (ca.want == 200) != (string(body) == "shown") {
			t.Errorf("%s: %d %s %v", ca.what, answer.StatusCode, body, err)
		}
		if ca.want == 401 && answer.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: nothing is asked for", ca.what)
		}
	}
	if status, body := get(t, base+"/metrics"); status != http.StatusOK || !bytes.Contains(body, []byte("aircheck_build_info{")) {
		t.Errorf("the server: %d %.100s", status, body)
	}
}
