package rules

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aircheck/ingest/media"
)

// TestMatch tries every set of the sixteen rules that a stream can meet or just miss, in two orders.
func TestMatch(t *testing.T) {
	key := media.StreamKey{Domain: "d", App: "a", Stream: "s"}
	wanted := []Rule{
		{RuleKey: RuleKey{"d", "a", "s"}, TemplateID: 1},
		{RuleKey: RuleKey{"d", "", "s"}, TemplateID: 2},
		{RuleKey: RuleKey{"d", "a", ""}, TemplateID: 3},
		{RuleKey: RuleKey{"d", "", ""}, TemplateID: 4},
	}
	missed := []Rule{
		{RuleKey: RuleKey{"x", "a", "s"}}, {RuleKey: RuleKey{"x", "", "s"}}, {RuleKey: RuleKey{"x", "a", ""}},
		{RuleKey: RuleKey{"x", "", ""}}, {RuleKey: RuleKey{"d", "x", "s"}}, {RuleKey: RuleKey{"d", "a", "x"}},
		{RuleKey: RuleKey{"d", "x", "x"}}, {RuleKey: RuleKey{"d", "", "x"}}, {RuleKey: RuleKey{"d", "x", ""}},
		{RuleKey: RuleKey{"D", "", ""}}, {RuleKey: RuleKey{"d", "A", ""}}, {RuleKey: RuleKey{"d", "", "S"}},
	}
	for set := range 1 << len(wanted) {
		var want, rules []Rule
		for i, r := range wanted {
			if set>>i&1 == 1 {
				want = append(want, r)
			}
		}
		rules = append(slices.Concat(missed[:6], want, missed[6:]), Rule{})
		for range 2 {
			before := slices.Clone(rules)
			if d := cmp.Diff(want, Match(key, rules)); d != "" {
				t.Errorf("set %04b: %s", set, d)
			}
			if d := cmp.Diff(before, rules); d != "" {
				t.Errorf("set %04b: the rules were changed: %s", set, d)
			}
			slices.Reverse(rules)
		}
	}
}

func TestMatchDeepApp(t *testing.T) {
	rules := []Rule{{RuleKey: RuleKey{"d", "a", ""}}, {RuleKey: RuleKey{"d", "a/b", ""}}}
	got := Match(media.StreamKey{Domain: "d", App: "a/b", Stream: "s"}, rules)
	if d := cmp.Diff(rules[1:], got); d != "" {
		t.Error(d)
	}
}

func TestRuleKeyString(t *testing.T) {
	for key, want := range map[RuleKey]string{
		{"d", "a", "s"}: "d/a/s", {"d", "", "s"}: "d/*/s", {"d", "a", ""}: "d/a/*", {"d", "", ""}: "d/*/*",
	} {
		if got := key.String(); got != want {
			t.Errorf("%#v is %q, want %q", key, got, want)
		}
	}
}
