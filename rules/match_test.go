package rules_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
	"aircheck/rules"
)

func key(domain, app, stream string) rules.RuleKey {
	return rules.RuleKey{Domain: domain, App: app, Stream: stream}
}

func ruleOf(domain, app, stream string) rules.Rule {
	return rules.Rule{RuleKey: key(domain, app, stream)}
}

// TestMatch tries every set of the rules that a stream can meet, among those that it just misses, in two orders.
func TestMatch(t *testing.T) {
	live := media.StreamKey{Domain: "d", App: "a", Stream: "s"}
	fitting := []rules.Rule{ruleOf("d", "a", "s"), ruleOf("d", "", "s"), ruleOf("d", "a", ""), ruleOf("d", "", "")}
	missing := []rules.Rule{
		ruleOf("x", "a", "s"), ruleOf("x", "", "s"), ruleOf("x", "a", ""), ruleOf("x", "", ""), ruleOf("d", "x", "s"),
		ruleOf("d", "a", "x"), ruleOf("d", "x", "x"), ruleOf("d", "", "x"), ruleOf("d", "x", ""), ruleOf("D", "", ""),
		ruleOf("d", "A", ""), ruleOf("d", "", "S"), ruleOf("", "", ""),
	}
	for set := range 1 << len(fitting) {
		var want []rules.Rule
		for i, r := range fitting {
			if set>>i&1 == 1 {
				want = append(want, r)
			}
		}
		all := slices.Concat(missing[:6], want, missing[6:])
		for range 2 {
			before := slices.Clone(all)
			if d := cmp.Diff(want, rules.Match(live, all)); d != "" {
				t.Errorf("set %04b: %s", set, d)
			}
			if d := cmp.Diff(before, all); d != "" {
				t.Errorf("set %04b: the rules were changed: %s", set, d)
			}
			slices.Reverse(all)
		}
	}
}

func TestMatchDeepApp(t *testing.T) {
	all := []rules.Rule{ruleOf("d", "a", ""), ruleOf("d", "a/b", "")}
	got := rules.Match(media.StreamKey{Domain: "d", App: "a/b", Stream: "s"}, all)
	if d := cmp.Diff(all[1:], got); d != "" {
		t.Error(d)
	}
}

func TestRuleKeyString(t *testing.T) {
	for k, want := range map[rules.RuleKey]string{
		key("d", "a", "s"): "d/a/s", key("d", "", "s"): "d/*/s", key("d", "a", ""): "d/a/*", key("d", "", ""): "d/*/*",
	} {
		if got := k.String(); got != want {
			t.Errorf("%#v is %q, want %q", k, got, want)
		}
	}
}
