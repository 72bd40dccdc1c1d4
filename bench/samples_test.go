package main

import (
	"math"
	"strings"
	"testing"
)

func TestSamples(t *testing.T) {
	for _, c := range []struct {
		s                samples
		median, p50, p99 float64
		text             string
	}{
		{samples{3}, 3, 3, 3, "3.00"},
		{samples{4, 1}, 2.5, 1, 4, "2.50 [1.00..4.00]"},
		{samples{30, 10, 20}, 20, 20, 30, "20.0 [10.0..30.0]"},
		{samples{400, 100, 300, 200}, 250, 200, 400, "250 [100..400]"},
	} {
		if m := c.s.median(); m != c.median {
			t.Errorf("%v: median %v", []float64(c.s), m)
		}
		if p := c.s.percentile(50); p != c.p50 {
			t.Errorf("%v: p50 %v", []float64(c.s), p)
		}
		if p := c.s.percentile(99); p != c.p99 {
			t.Errorf("%v: p99 %v", []float64(c.s), p)
		}
		if s := c.s.String(); s != c.text {
			t.Errorf("%v: %q", []float64(c.s), s)
		}
	}
	if !math.IsNaN(samples{}.median()) || !math.IsNaN(samples{}.percentile(50)) || (samples{}).String() != "-" {
		t.Error("of no samples there is nothing to tell")
	}
	hundred := make(samples, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i)
	}
	if p := hundred.percentile(99); p != 99 {
		t.Errorf("p99 of 1 to 100 is %v", p)
	}
	if o := (samples{6, 8}).over(samples{2, 4}); o.String() != "2.50 [2.00..3.00]" {
		t.Errorf("ratios %v", o)
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	table := table{title: "T", note: "N.", head: []string{"a", "× b"}}
	table.row("long", samples{1})
	if err := table.write(&b); err != nil {
		t.Fatal(err)
	}
	if want := "## T\nN.\n\n| a    | × b  |\n| ---- | ---- |\n| long | 1.00 |\n\n"; b.String() != want {
		t.Errorf("%q", b.String())
	}
}

func TestParsePackets(t *testing.T) {
	got, err := parsePackets([]byte(`{"programs":[{"streams":[{"codec_type":"video","nb_read_packets":"9"}]}],
		"streams":[{"codec_type":"video","nb_read_packets":"9"},{"codec_type":"audio"},{"codec_type":"data","nb_read_packets":"3"}]}`))
	if err != nil || got != (count{Video: 9}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", `{"streams":[{"codec_type":"video","nb_read_packets":"x"}]}`} {
		if _, err := parsePackets([]byte(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestParseMeminfo(t *testing.T) {
	n, err := parseMeminfo("MemTotal:       10 kB\nMemAvailable:    3 kB\n", "MemAvailable")
	if err != nil || n != 3<<10 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := parseMeminfo("MemTotal: 10 kB\n", "MemAvailable"); err == nil {
		t.Error("a missing line is not told")
	}
}
