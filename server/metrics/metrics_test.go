package metrics

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"aircheck/ingest/media"
	"aircheck/ingest/rtmp"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/vod"
)

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func sources(h *stream.Hub) Sources {
	return Sources{
		Version: "v\xff1", Hub: h, Recorder: &recorder.Manager{}, PerStream: true,
		RTMP: func() (rtmp.Stats, map[rtmp.Refusal]int64) { return rtmp.Stats{}, nil },
	}
}

// TestSeriesAreBounded: of thousands of streams, 500 have series of their own, always the same ones, and the totals have all.
func TestSeriesAreBounded(t *testing.T) {
	h := &stream.Hub{}
	for i := range perStream + 7 {
		s, err := h.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "a", Stream: fmt.Sprintf("s%04d", i)}})
		if err != nil {
			t.Fatal(err)
		}
		s.Received(10, time.Now())
	}
	text := scrape(t, New(sources(h)))
	if n := strings.Count(text, "\naircheck_stream_received_bytes_total{"); n != perStream {
		t.Errorf("%d series", n)
	}
	for _, want := range []string{
		"aircheck_streams 507\n", "aircheck_streams_unlisted 7\n", "aircheck_ingest_received_bytes_total 5070\n",
		`stream="s0499"`, "version=\"v\ufffd1\"",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(text, `stream="s0500"`) {
		t.Error("the wrong ones are listed")
	}
}

// TestRecordingsAreBounded, too; those of a stream into one format are one, and one that is suspended is none.
func TestRecordingsAreBounded(t *testing.T) {
	now := time.Now()
	var all []recorder.Status
	add := func(name string, change func(*recorder.Status)) {
		st := recorder.Status{
			Spec:  recorder.Spec{Key: media.StreamKey{Domain: "d", App: "a", Stream: name}, Format: "mp4"},
			Bytes: 10, LastWrite: now.Add(-time.Second), Lost: stream.Lost{Units: 1, Bytes: 2},
		}
		change(&st)
		all = append(all, st)
	}
	same := func(*recorder.Status) {}
	add("waits", func(st *recorder.Status) { st.Suspended = true })
	add("twice", func(st *recorder.Status) { st.LastWrite, st.Interrupted = now.Add(-time.Minute), true })
	add("twice", same)
	add("twice", func(st *recorder.Status) { st.LastWrite = time.Time{} })
	for i := range perStream + 6 {
		add(fmt.Sprintf("s%04d", i), same)
	}
	c := newRecordings(sources(&stream.Hub{}))
	ch := make(chan prometheus.Metric, 10*perStream)
	c.collectEach(ch, now, all)
	close(ch)
	got := map[string][]float64{}
	for m := range ch {
		var out dto.Metric
		if err := m.Write(&out); err != nil {
			t.Fatal(err)
		}
		name := ""
		for _, l := range out.GetLabel() {
			if l.GetName() == "stream" {
				name = l.GetValue()
			}
		}
		got[name] = append(got[name], out.GetGauge().GetValue()+out.GetCounter().GetValue())
	}
	if want := []float64{30, 60, 3, 6, 1}; !slices.Equal(got["twice"], want) { // in the order in which they are collected
		t.Errorf("%v, want %v", got["twice"], want)
	}
	if want := []float64{10, 1, 1, 2, 0}; !slices.Equal(got["s0000"], want) {
		t.Errorf("%v, want %v", got["s0000"], want)
	}
	if unlisted := got[""]; len(got) != perStream+1 || !slices.Equal(unlisted, []float64{7}) || got["waits"] != nil {
		t.Errorf("%d have series, %v have none", len(got)-1, unlisted)
	}
}

// TestMissingSources: what cannot be told is left out, and the rest is there.
func TestMissingSources(t *testing.T) {
	s := sources(&stream.Hub{})
	s.Callbacks = func(context.Context) (Callbacks, error) { return Callbacks{}, errors.New("the database hangs") }
	s.Census = func(context.Context) ([]vod.Count, error) { return nil, errors.New("the database hangs") }
	m := New(s)
	defer m.Close()
	text := scrape(t, m)
	for series, want := range map[string]bool{
		"aircheck_ready": false, "aircheck_catalog_assets": false, "aircheck_callbacks_pending": false, "aircheck_callbacks_known 0": true,
		"aircheck_recorder_lost_units_total 0": true, "aircheck_streams 0": true,
	} {
		if strings.Contains(text, "\n"+series) != want {
			t.Errorf("%s: there is it: %v", series, !want)
		}
	}
}

func TestRecordingsOfOneStream(t *testing.T) {
	early, late := time.Unix(1, 0), time.Unix(2, 0)
	a := recorder.Status{Bytes: 1, LastWrite: late, Lost: stream.Lost{Units: 2, Bytes: 3}}
	b := recorder.Status{Bytes: 10, LastWrite: early, Lost: stream.Lost{Units: 20, Bytes: 30}, Interrupted: true}
	for _, got := range []recorder.Status{together(a, b), together(b, a), together(together(recorder.Status{}, a), b)} {
		if got.Bytes != 11 || got.Lost != (stream.Lost{Units: 22, Bytes: 33}) || !got.LastWrite.Equal(early) || !got.Interrupted {
			t.Errorf("%+v", got)
		}
	}
}

// TestCensus: the catalogue is counted beside the scrape, and the longer it takes, the less often.
func TestCensus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, takes := 0, 10*time.Millisecond
		var fails error
		s := sources(&stream.Hub{})
		s.Census = func(context.Context) ([]vod.Count, error) {
			asked++
			n := asked
			time.Sleep(takes)
			return []vod.Count{{Status: vod.StatusNormal, Container: "mp4", Assets: int64(n), Bytes: 5}}, fails
		}
		m := New(s)
		defer m.Close()
		shows := func(n int) {
			t.Helper()
			text := scrape(t, m)
			synctest.Wait()
			if !strings.Contains(text, fmt.Sprintf("aircheck_catalog_assets{container=\"mp4\",status=\"Normal\"} %d\n", n)) ||
				!strings.Contains(text, "aircheck_catalog_assets{container=\"\",status=\"Lost\"} 0\n") {
				t.Errorf("counted %d times, wanted what the time %d gave", asked, n)
			}
		}
		shows(1)
		for range 20 {
			time.Sleep(time.Second)
			shows(1)
		}
		time.Sleep(10 * time.Second)
		takes = 20 * time.Second
		shows(1) // and it is being counted
		shows(1)
		time.Sleep(20 * time.Second)
		shows(2)
		time.Sleep(1990 * time.Second)
		takes = 0
		shows(2)
		time.Sleep(20 * time.Second)
		fails = errors.New("the database hangs")
		shows(2)
		time.Sleep(30 * time.Second)
		fails = nil
		shows(4)
		if asked != 4 {
			t.Errorf("asked %d times", asked)
		}
	})
}
