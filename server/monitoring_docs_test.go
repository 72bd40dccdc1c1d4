package server

import (
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// everySeries returns a scrape of a server in which everything has happened that makes series.
func everySeries(t *testing.T) scrape {
	t.Helper()
	cfg := withTLS(t, t.TempDir())
	cfg.API.SecretID, cfg.API.SecretKey, cfg.Storage.IADir = "id", "key", t.TempDir()
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	for _, name := range []string{"over", "live"} {
		st, err := s.hub.Publish(stream.Publisher{Key: media.StreamKey{Domain: "localhost", App: "live", Stream: name}})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Write(mediatest.Pictures(mediatest.H264(1, 1000), 100, 0, 40)); err != nil {
			t.Fatal(err)
		}
		if name == "over" {
			st.End(stream.EndClient, "")
		}
	}
	call(t, s, "SearchMedia")
	return await(t, s, want{"aircheck_recorder_files_total", []string{"format", "mp4"}, is(1)},
		want{"aircheck_recording_file_bytes", []string{"format", "mp4", "stream", "live"}, atLeast(1)},
		want{"aircheck_api_requests_total", nil, is(1)}, want{"aircheck_catalog_assets", nil, atLeast(0)})
}

var (
	seriesName = regexp.MustCompile(`\b(aircheck|process|go)_[a-z_]+`)
	selector   = regexp.MustCompile(`\b([a-z_]+)\{([^}]*)\}`)
	matcher    = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"`)
	grouping   = regexp.MustCompile(`\bby \(([^)]*)\)`)
)

// family returns the family of a series' name.
func (m scrape) family(name string) string {
	for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && m[base] != nil && (suffix == "" || m[base].GetType().String() == "HISTOGRAM") {
			return base
		}
	}
	return ""
}

// labels returns the labels of a family, and the values of those that have a fixed set.
func (m scrape) labels(family string) map[string][]string {
	out := map[string][]string{"instance": nil, "job": nil}
	for _, x := range m[family].GetMetric() {
		for _, l := range x.GetLabel() {
			out[l.GetName()] = append(out[l.GetName()], l.GetValue())
		}
		if x.Histogram != nil {
			out["le"] = nil
		}
	}
	return out
}

// checkExpression holds an expression against the series that there are.
func checkExpression(t *testing.T, m scrape, where, expression string) {
	t.Helper()
	all := map[string]bool{}
	names := seriesName.FindAllString(expression, -1)
	if len(names) == 0 && !strings.HasPrefix(expression, "up{") {
		t.Errorf("%s: %s names no series", where, expression)
	}
	for _, name := range names {
		family := m.family(name)
		if family == "" {
			t.Errorf("%s: there is no %s", where, name)
			continue
		}
		for l := range m.labels(family) {
			all[l] = true
		}
	}
	for _, sel := range selector.FindAllStringSubmatch(expression, -1) {
		family := m.family(sel[1])
		if family == "" {
			continue // said above, or not ours
		}
		have := m.labels(family)
		for _, l := range matcher.FindAllStringSubmatch(sel[2], -1) {
			values, ok := have[l[1]]
			if !ok {
				t.Errorf("%s: %s has no label %s", where, family, l[1])
			}
			if l[1] == "code" || strings.HasPrefix(l[2], "$") || len(values) == 0 {
				continue
			}
			for v := range strings.SplitSeq(l[2], "|") {
				if !slices.Contains(values, v) {
					t.Errorf("%s: the label %s of %s is never %q", where, l[1], family, v)
				}
			}
		}
	}
	for _, by := range grouping.FindAllStringSubmatch(expression, -1) {
		for l := range strings.SplitSeq(by[1], ",") {
			if l = strings.TrimSpace(l); !all[l] {
				t.Errorf("%s: no label %s in %s", where, l, expression)
			}
		}
	}
}

// TestMonitoringFiles: what the documentation, the alert rules and the dashboard name exists, and all that exists is documented.
func TestMonitoringFiles(t *testing.T) {
	m := everySeries(t)
	read := func(name string) []byte {
		t.Helper()
		text, err := os.ReadFile("../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	doc := string(read("monitoring.md"))
	documented := map[string]bool{}
	for _, name := range seriesName.FindAllString(doc, -1) {
		if strings.HasPrefix(name, "aircheck_") {
			documented[name] = true
		}
	}
	for name := range m {
		if strings.HasPrefix(name, "aircheck_") && !documented[name] {
			t.Errorf("monitoring.md does not have %s", name)
		}
	}
	for name := range maps.Keys(documented) {
		if m[name] == nil {
			t.Errorf("monitoring.md has %s, which there is not", name)
		}
	}
	for _, labelled := range selector.FindAllStringSubmatch(doc, -1) {
		family := m.family(labelled[1])
		if family == "" {
			continue
		}
		for l := range strings.SplitSeq(labelled[2], ",") {
			if _, ok := m.labels(family)[l]; !ok {
				t.Errorf("monitoring.md: %s has no label %s", family, l)
			}
		}
	}
	checkAlerts(t, m, read("alerts.yml"), doc)
	checkDashboard(t, m, read("grafana-dashboard.json"))
}

func checkAlerts(t *testing.T, m scrape, text []byte, doc string) {
	t.Helper()
	var rules struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []struct {
				Alert       string            `yaml:"alert"`
				Expr        string            `yaml:"expr"`
				For         string            `yaml:"for"`
				Labels      map[string]string `yaml:"labels"`
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.UnmarshalWithOptions(text, &rules, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			checkExpression(t, m, "alerts.yml, "+r.Alert, r.Expr)
			if _, err := time.ParseDuration(r.For); r.For != "" && err != nil {
				t.Errorf("%s: %v", r.Alert, err)
			}
			if seen[r.Alert] || r.Annotations["summary"] == "" || r.Labels["severity"] == "" {
				t.Errorf("%s is there twice, or lacks its summary or its severity", r.Alert)
			}
			seen[r.Alert] = true
			if !strings.Contains(doc, "`"+r.Alert+"`") {
				t.Errorf("monitoring.md does not say what to do about %s", r.Alert)
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("%d alerts", len(seen))
	}
}

func checkDashboard(t *testing.T, m scrape, text []byte) {
	t.Helper()
	var d struct {
		Title      string `json:"title"`
		Templating struct {
			List []struct {
				Definition string `json:"definition"`
			} `json:"list"`
		} `json:"templating"`
		Panels []struct {
			ID      int    `json:"id"`
			Type    string `json:"type"`
			Title   string `json:"title"`
			Targets []struct {
				Expr         string `json:"expr"`
				LegendFormat string `json:"legendFormat"`
			} `json:"targets"`
			GridPos struct{ X, Y, W, H int } `json:"gridPos"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	ids, rows := map[int]bool{}, []string{}
	taken := map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" {
			t.Errorf("panel %d %q is there twice, or has no title", p.ID, p.Title)
		}
		ids[p.ID] = true
		if p.Type == "row" {
			rows = append(rows, p.Title)
		} else if len(p.Targets) == 0 {
			t.Errorf("panel %q shows nothing", p.Title)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("panel %q lies over %q", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		for _, target := range p.Targets {
			checkExpression(t, m, "the dashboard, "+p.Title, target.Expr)
		}
	}
	for _, v := range d.Templating.List {
		if v.Definition != "" {
			checkExpression(t, m, "the dashboard's variables", v.Definition)
		}
	}
	for _, want := range []string{"Recordings", "Ingest", "Disk and catalogue", "Callbacks", "API and process"} {
		if !slices.Contains(rows, want) {
			t.Errorf("there is no row %q", want)
		}
	}
}
