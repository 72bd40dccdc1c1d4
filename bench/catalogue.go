package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// catalogue measures searches in a large catalogue. To fill one through the server would take a million recordings, so this is a benchmark
// of the package that has the database.
func (b *bench) catalogue(ctx context.Context) ([]table, error) {
	files := pick(b, 100_000, 1_000_000)
	t := table{
		title: "Catalogue",
		note: fmt.Sprintf("Different searches of each kind in a catalogue of %d files, in ms, with the ten rows: the first page, and the last one within reach "+
			"(Offset 4990) where there are that many; %d searches each. AddFile is a finished recording with its event, on the disk; index is "+
			"what follows later, for one file.", files, 100*pick(b, 1, b.runs)),
		head: []string{"", "first page: p50", "p99", "Offset 4990: p50", "p99"},
	}
	b.logf("filling a catalogue with %d files takes minutes", files)
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkCatalogue$", "-timeout", "3h",
		"-benchtime", fmt.Sprintf("%dx", 100*pick(b, 1, b.runs)), "./server/store",
		fmt.Sprintf("-catalogue.files=%d", files), "-catalogue.db="+filepath.Join(b.dir, "catalogue.db"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go test ./server/store (start this in the project's folder): %w\n%s", err, out)
	}
	figures, order := parseCatalogue(string(out))
	for _, kind := range order {
		first, last := figures[kind+"/0"], figures[kind+"/4990"]
		if first == nil { // not a search
			first = figures[kind]
		}
		if last == nil {
			last = []string{"-", "-"}
		}
		t.row(strings.ReplaceAll(kind, "_", " "), first[0], first[1], last[0], last[1])
	}
	return []table{t}, nil
}

// parseCatalogue reads what go test printed: p50 and p99 by name, and the kinds of searches in order.
func parseCatalogue(out string) (figures map[string][]string, kinds []string) {
	line := regexp.MustCompile(`(?m)^BenchmarkCatalogue/(\S+?)(?:-\d+)?\s+\d+\s.*?([\d.]+) p50-ms\s+([\d.]+) p99-ms`)
	figures = map[string][]string{}
	for _, m := range line.FindAllStringSubmatch(out, -1) {
		figures[m[1]] = m[2:4]
		if kind, _, deep := strings.Cut(m[1], "/4990"); !deep {
			kinds = append(kinds, strings.TrimSuffix(kind, "/0"))
		}
	}
	return figures, kinds
}
