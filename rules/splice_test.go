package rules_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/recorder"
	"aircheck/rules"
)

// TestSplice: what a template and the configuration say of interruptions reaches the recorder, and it is told of every stream that begins
// what the rules ask for, before any recording of it is begun.
func TestSplice(t *testing.T) {
	s, _ := newService(t)
	s.Formats = []string{"flv", "mp4", "hls", "aac"}
	on := rules.FormatParam{Enable: true}
	set := on
	set.FlowContinueDuration = 7
	for name, tpl := range map[string]rules.Template{
		"all": {Flv: on, Mp4: on, Hls: on, Aac: on, FlowContinueDuration: 30},
		"mp4": {Mp4: set, Hls: on},
		"no":  {FlowContinueDuration: 30, Mp4: rules.FormatParam{FlowContinueDuration: 7}},
	} {
		tpl.Name = name
		id, err := s.CreateTemplate(t.Context(), tpl)
		must(t, err)
		createRule(t, s, key("d", "live", name), id)
	}
	for _, c := range []struct {
		stream string
		config time.Duration
		want   map[string]time.Duration
	}{
		{"all", 0, map[string]time.Duration{"flv": 0, "mp4": 0, "hls": 30 * time.Second, "aac": 0}},
		{"all", time.Minute, map[string]time.Duration{"flv": 0, "mp4": time.Minute, "hls": 30 * time.Second, "aac": 0}},
		{"mp4", time.Minute, map[string]time.Duration{"mp4": 7 * time.Second, "hls": 0}},
		{"no", time.Minute, map[string]time.Duration{}},
		{"unknown", time.Minute, map[string]time.Duration{}},
	} {
		var started []recorder.Spec
		e, _ := newEngine(s, &started, nil)
		e.MP4Splice = c.config
		told := ""
		e.Supersede = func(key media.StreamKey, kind string, specs []recorder.Spec) {
			told += fmt.Sprint(key, kind, len(specs), len(started))
		}
		publish(t, e, c.stream)
		got := map[string]time.Duration{}
		for _, spec := range started {
			got[spec.Format] = spec.FlowContinueDuration
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s with %v: %s", c.stream, c.config, d)
		}
		if want := fmt.Sprint("d/live/"+c.stream, "rule", len(c.want), 0); told != want {
			t.Errorf("%s: told %q, want %q", c.stream, told, want)
		}
	}
}
