package main

import (
	"slices"
	"testing"
)

func TestParseCatalogue(t *testing.T) {
	figures, kinds := parseCatalogue(`goos: linux
BenchmarkCatalogue/Names,_a_word/0-2         	      20	        80.00 %found	         4.519 p50-ms	        12.19 p99-ms
BenchmarkCatalogue/Names,_a_word/4990-2      	      20	        25.00 %found	         4.541 p50-ms	         9.277 p99-ms
BenchmarkCatalogue/AddFile                   	      20	         0.7965 p50-ms	         7.225 p99-ms
PASS
`)
	if !slices.Equal(kinds, []string{"Names,_a_word", "AddFile"}) {
		t.Error(kinds)
	}
	for name, want := range map[string][]string{
		"Names,_a_word/0": {"4.519", "12.19"}, "Names,_a_word/4990": {"4.541", "9.277"}, "AddFile": {"0.7965", "7.225"},
	} {
		if !slices.Equal(figures[name], want) {
			t.Errorf("%s: %v, want %v", name, figures[name], want)
		}
	}
}
