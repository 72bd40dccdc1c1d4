package server

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// imports is the whole architecture in one table: which package of ours may import which. A new row, or a
// new entry in one, needs a sentence of reason in its commit. docs/architecture.md explains it.
var imports = map[string][]string{
	"bench":                  {},
	"configs":                {},
	"web":                    {},
	"ingest/media":           {},
	"ingest/media/mediatest": {"ingest/media"},
	"ingest/stream":          {"ingest/media"},
	"ingest/relay":           {"ingest/media", "ingest/stream"},
	"ingest/socket":          {},
	"ingest/rtsp":            {"ingest/media", "ingest/socket", "ingest/stream"},
	"ingest/rtmp":            {"ingest/media", "ingest/relay", "ingest/socket", "ingest/stream"},
	"ingest/pull":            {"ingest/media", "ingest/stream"},
	"recorder/container":     {"ingest/media"},
	"recorder/flv":           {"ingest/media", "recorder/container"},
	"recorder/mp4":           {"ingest/media", "recorder/container"},
	"recorder/aac":           {"ingest/media", "recorder/container"},
	"recorder/mpegts":        {"ingest/media", "recorder/container"},
	"recorder/hls":           {"ingest/media", "recorder/container", "recorder/mp4", "recorder/mpegts"},
	"recorder/recordertest":  {"ingest/media", "ingest/media/mediatest", "recorder/container"},
	"recorder":               {"ingest/media", "ingest/stream", "recorder/container"},
	"recorder/rewind":        {"ingest/media", "ingest/stream", "recorder", "recorder/container"},
	"vod":                    {"ingest/media", "recorder/container", "recorder/flv", "recorder/hls", "recorder/mp4"},
	"vod/event":              {"vod"},
	"vod/task":               {"vod", "vod/event"},
	"vod/ffmpeg":             {},
	"vod/view":               {"ingest/media", "recorder/container", "recorder/aac", "recorder/flv", "recorder/hls", "recorder/mp4", "recorder/mpegts", "vod"},
	"vod/compose":            {"ingest/media", "recorder/container", "vod", "vod/ffmpeg", "vod/task"},
	"vod/process":            {"ingest/media", "recorder/container", "recorder/mp4", "vod", "vod/ffmpeg", "vod/task"},
	"rules":                  {"ingest/media", "ingest/stream", "recorder", "recorder/container", "recorder/rewind", "vod"},
	"server/auth":            {"ingest/media"},
	"server/outbound":        {},
	"server/audit":           {},
	"server/hook":            {"server/auth"},
	"server/certs":           {},
	"server/console":         {"server/audit", "server/auth"},
	"server/preview":         {"ingest/media", "ingest/stream", "recorder/mp4", "vod/ffmpeg"},
	"server/callback":        {"rules"},
	"server/play":            {"ingest/media", "ingest/relay", "ingest/stream", "server/auth"},
	"server/store":           {"ingest/media", "ingest/pull", "rules", "vod", "vod/event", "vod/task", "vod/process", "vod/compose", "server/audit", "server/auth", "server/console"},
	"server/store/storetest": {"server/store"},
	"server/api":             {"ingest/media", "ingest/pull", "ingest/stream", "rules", "vod", "vod/event", "vod/task", "vod/process", "vod/compose", "server/audit", "server/auth"},
	"server/metrics":         {"ingest/media", "ingest/pull", "ingest/stream", "ingest/rtmp", "ingest/rtsp", "recorder", "vod", "vod/task"},
	"server": {
		"configs", "web", "ingest/media", "ingest/pull", "ingest/relay", "ingest/stream", "ingest/rtmp", "ingest/rtsp", "recorder", "recorder/container", "recorder/aac",
		"recorder/flv", "recorder/hls", "recorder/mp4", "recorder/rewind", "vod", "vod/event", "vod/task", "vod/compose", "vod/ffmpeg", "vod/process", "vod/view", "rules", "server/audit", "server/auth", "server/store", "server/api",
		"server/callback", "server/console", "server/outbound", "server/hook", "server/certs", "server/play", "server/preview", "server/metrics",
	},
	"": {"configs", "server"},
}

// onlyImporter names the one package that may import a library.
var onlyImporter = map[string]string{
	"gorm.io/":                        "server/store",
	"github.com/gin-gonic/":           "server/api",
	"github.com/yutopp/go-rtmp":       "ingest/rtmp",
	"github.com/pressly/goose":        "server/store",
	"modernc.org/sqlite":              "server/store",
	"github.com/Eyevinn/mp4ff":        "recorder/mp4",
	"github.com/goccy/go-yaml":        "configs",
	"github.com/bluenviron/gortsplib": "ingest/rtsp",
	"github.com/prometheus/":          "server/metrics",
}

const module = "aircheck"

type goPackage struct {
	ImportPath string
	Imports    []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// own returns the path of one of our packages inside the module.
func own(importPath string) (string, bool) {
	if importPath == module {
		return "", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// TestArchitecture must run with -count=1: the test cache does not see what go list reads.
func TestArchitecture(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range listPackages(t) {
		name, _ := own(p.ImportPath)
		allowed, listed := imports[name]
		if !listed {
			t.Errorf("package %q is not in the import table", name)
		}
		seen[name] = true
		for _, i := range p.Imports {
			if to, ok := own(i); ok && !slices.Contains(allowed, to) {
				t.Errorf("package %q may not import %q", name, to)
			}
			for library, only := range onlyImporter {
				if strings.HasPrefix(i, library) && name != only {
					t.Errorf("package %q imports %s: only %q may", name, i, only)
				}
			}
		}
	}
	for name := range imports {
		if !seen[name] {
			t.Errorf("the import table lists %q, which does not exist", name)
		}
	}
}

// TestTableRunsDownward checks the table itself: top-level folders are ranked, and no row points upward.
func TestTableRunsDownward(t *testing.T) {
	rank := map[string]int{"configs": 0, "web": 0, "ingest": 1, "recorder": 2, "vod": 3, "rules": 4, "server": 5, "": 6}
	top := func(name string) string {
		first, _, _ := strings.Cut(name, "/")
		return first
	}
	for from, tos := range imports {
		for _, to := range tos {
			if rank[top(to)] > rank[top(from)] {
				t.Errorf("the table lets %q import %q, which stands above it", from, to)
			}
		}
	}
}
