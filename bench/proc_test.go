package main

import (
	"maps"
	"slices"
	"testing"
)

func TestParseStat(t *testing.T) {
	got, err := parseStat("24901 (a) S 1 (b)) S 24900 3 4 0 -1 5 6 7 8 9 14 63 2 1 20 0 1 0 99 100\n")
	if err != nil || got != (procStat{parent: 24900, ticks: 80}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "1 a S 2", "1 (a) S 2 3", "1 (a) S x 3 4 0 -1 5 6 7 8 9 14 63 2 1", "1 (a) S 2 3 4 0 -1 5 6 7 8 9 14 x 2 1"} {
		if _, err := parseStat(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestParseStatus(t *testing.T) {
	got, err := parseStatus("Name:\tx\nVmHWM:\t  12 kB\nRssAnon:\t 3 kB\nRssFile:\t 4 kB\nRssShmem:\t 1 kB\n")
	if err != nil || got != (memory{own: 4 << 10, code: 4 << 10, peak: 12 << 10}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := parseStatus("VmHWM:\t12 MB\n"); err == nil {
		t.Error("another unit is taken for kB")
	}
	if got, err := parseStatus("Name:\tkthreadd\n"); err != nil || got != (memory{}) {
		t.Errorf("a process without memory: %+v, %v", got, err)
	}
}

func TestDescendants(t *testing.T) {
	all := map[int]procStat{1: {}, 5: {parent: 1}, 6: {parent: 5}, 7: {parent: 6}, 8: {parent: 1}, 9: {parent: 10}, 10: {parent: 9}, 11: {parent: 99}}
	if got := slices.Sorted(maps.Keys(descendants(all, 5))); !slices.Equal(got, []int{5, 6, 7}) {
		t.Errorf("below 5 are %v", got)
	}
	if got := descendants(all, 99); len(got) != 1 {
		t.Errorf("below a process that has ended is its child alone, got %v", got)
	}
}
