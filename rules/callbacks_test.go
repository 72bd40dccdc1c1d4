package rules_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/rules"
	"aircheck/vod"
)

func newCallbacks(t *testing.T) *rules.Callbacks {
	t.Helper()
	_, db := newService(t)
	return &rules.Callbacks{Store: db, CleanDomain: cleanDomain}
}

func recordTo(url string) rules.CallbackTemplate {
	return rules.CallbackTemplate{Name: "t", URLs: rules.CallbackURLs{Record: url}}
}

func TestCallbackTemplateChecks(t *testing.T) {
	s := newCallbacks(t)
	s.CheckHost = func(host string) error {
		if host == "10.0.0.1" {
			return errors.New("is refused")
		}
		return nil
	}
	change := func(f func(*rules.CallbackTemplate)) rules.CallbackTemplate {
		c := recordTo("http://a")
		f(&c)
		return c
	}
	for name, c := range map[string]struct {
		template rules.CallbackTemplate
		field    string
	}{
		"no name":          {change(func(t *rules.CallbackTemplate) { t.Name = "" }), "TemplateName"},
		"bad name":         {change(func(t *rules.CallbackTemplate) { t.Name = "a b" }), "TemplateName"},
		"long name":        {change(func(t *rules.CallbackTemplate) { t.Name = strings.Repeat("x", 256) }), "TemplateName"},
		"long description": {change(func(t *rules.CallbackTemplate) { t.Description = strings.Repeat("x", 1025) }), "Description"},
		"long key":         {change(func(t *rules.CallbackTemplate) { t.Key = strings.Repeat("x", 256) }), "CallbackKey"},
		"no URL":           {change(func(t *rules.CallbackTemplate) { t.URLs = rules.CallbackURLs{} }), "RecordNotifyUrl"},
		"level":            {change(func(t *rules.CallbackTemplate) { t.RecordExceptionLevels = []string{"fatal"} }), "RecordExceptionLevels"},
		"scheme":           {recordTo("ftp://a"), "RecordNotifyUrl"},
		"no scheme":        {recordTo("a.example/x"), "RecordNotifyUrl"},
		"no host":          {recordTo("http:///x"), "RecordNotifyUrl"},
		"only a port":      {recordTo("http://:80/x"), "RecordNotifyUrl"},
		"broken":           {recordTo("http://a/%zz"), "RecordNotifyUrl"},
		"control":          {recordTo("http://a/\n"), "RecordNotifyUrl"},
		"user":             {recordTo("http://127.0.0.1@evil.example/"), "RecordNotifyUrl"},
		"port 0":           {recordTo("http://a:0/"), "RecordNotifyUrl"},
		"large port":       {recordTo("http://a:65536/"), "RecordNotifyUrl"},
		"long URL":         {recordTo("http://a/" + strings.Repeat("x", 2048)), "RecordNotifyUrl"},
		"refused":          {recordTo("http://10.0.0.1:8080/"), "RecordNotifyUrl"},
		"each kind":        {change(func(t *rules.CallbackTemplate) { t.URLs.AudioAudit = "x" }), "AudioAuditNotifyUrl"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.CreateTemplate(t.Context(), c.template)
			wantInvalid(t, err, c.field)
		})
	}
	for _, url := range []string{"http://a", "HTTPS://a.example:8443/x?y=%20#z", "http://[2001:db8::1]:80/", "http://" + strings.Repeat("x", 2041)} {
		if _, err := s.CreateTemplate(t.Context(), recordTo(url)); err != nil {
			t.Errorf("%.40s: %v", url, err)
		}
	}
}

func TestCallbackTemplateLife(t *testing.T) {
	s := newCallbacks(t)
	woken, changed := 0, 0
	s.Wake = func() { woken++ }
	s.Changed = func(context.Context) error { changed++; return nil }
	c := recordTo("http://a")
	c.RecordExceptionLevels = []string{"alarm", "info", "error", "info"}
	id, err := s.CreateTemplate(t.Context(), c)
	must(t, err)
	must(t, s.ModifyTemplate(t.Context(), id, func(t *rules.CallbackTemplate) error { t.Key = "k"; return nil }))
	got, err := s.Template(t.Context(), id)
	must(t, err)
	c.ID, c.Key, c.RecordExceptionLevels = id, "k", []string{"error", "info"}
	if d := cmp.Diff(c, got); d != "" {
		t.Error(d)
	}
	wantInvalid(t, s.ModifyTemplate(t.Context(), id, func(t *rules.CallbackTemplate) error { t.URLs.Record = ""; return nil }), "RecordNotifyUrl")
	must(t, s.CreateRule(t.Context(), rules.CallbackRule{CallbackRuleKey: rules.CallbackRuleKey{Domain: "D"}, TemplateID: id}))
	wantError(t, s.DeleteTemplate(t.Context(), id), rules.ErrInUse)
	wantError(t, s.CreateRule(t.Context(), rules.CallbackRule{CallbackRuleKey: rules.CallbackRuleKey{Domain: "d"}, TemplateID: id}), rules.ErrExists)
	must(t, s.DeleteRule(t.Context(), rules.CallbackRuleKey{Domain: "d."}))
	wantError(t, s.DeleteRule(t.Context(), rules.CallbackRuleKey{Domain: "d"}), rules.ErrNotFound)
	must(t, s.DeleteTemplate(t.Context(), id))
	wantError(t, s.DeleteTemplate(t.Context(), id), rules.ErrNotFound)
	_, err = s.Template(t.Context(), id)
	wantError(t, err, rules.ErrNotFound)
	if woken != 5 || changed != 5 {
		t.Errorf("told %d and %d times of 5 changes", woken, changed)
	}
	for _, k := range []rules.CallbackRuleKey{{}, {Domain: "not a host"}} {
		if err := s.CreateRule(t.Context(), rules.CallbackRule{CallbackRuleKey: k}); err == nil {
			t.Errorf("a rule for %v", k)
		}
	}
	wantInvalid(t, s.CreateRule(t.Context(), rules.CallbackRule{CallbackRuleKey: rules.CallbackRuleKey{Domain: "d", App: "a//b"}}), "AppName")
	wantError(t, s.CreateRule(t.Context(), rules.CallbackRule{CallbackRuleKey: rules.CallbackRuleKey{Domain: "d"}, TemplateID: 77}),
		rules.ErrTemplateNotFound)
}

// TestFindCallback: the rule of the app counts, then that of the domain.
func TestFindCallback(t *testing.T) {
	s := newCallbacks(t)
	if _, ok := s.Find("d", "live"); ok {
		t.Error("found something in nothing")
	}
	one, err := s.CreateTemplate(t.Context(), recordTo("http://one"))
	must(t, err)
	two, err := s.CreateTemplate(t.Context(), recordTo("http://two"))
	must(t, err)
	bind := func(domain, app string, id int64) {
		t.Helper()
		must(t, s.CreateRule(t.Context(), rules.CallbackRule{CallbackRuleKey: rules.CallbackRuleKey{Domain: domain, App: app}, TemplateID: id}))
	}
	bind("d", "", one)
	bind("d", "live", two)
	bind("e", "live", one)
	for key, want := range map[rules.CallbackRuleKey]int64{
		{Domain: "d", App: "live"}: two, {Domain: "d", App: "x"}: one, {Domain: "e", App: "live"}: one, {Domain: "e", App: "x"}: 0,
		{Domain: "f", App: "live"}: 0,
	} {
		got, ok := s.Find(key.Domain, key.App)
		if ok != (want != 0) || ok && got.ID != want {
			t.Errorf("%s: %v %v, want %d", key, got, ok, want)
		}
	}
	fresh := &rules.Callbacks{Store: s.Store}
	must(t, fresh.Reload(t.Context()))
	if got, ok := fresh.Find("d", "live"); !ok || got.ID != two {
		t.Error("after a restart:", got, ok)
	}
}

func TestReceiver(t *testing.T) {
	c := rules.CallbackTemplate{
		URLs:                  rules.CallbackURLs{StreamBegin: "1", StreamEnd: "0", Record: "100", RecordStatus: "332", RecordException: "341"},
		RecordExceptionLevels: []string{"warning"},
	}
	for kind, want := range map[rules.EventType]string{0: "0", 1: "1", 100: "100", 332: "332", 341: "", 321: ""} {
		if got := c.Receiver(kind, "info"); got != want {
			t.Errorf("%d goes to %q", kind, got)
		}
	}
	if c.Receiver(341, "warning") != "341" || c.Receiver(341, "") != "" {
		t.Error("a level that was not asked for, or the reverse")
	}
	c.RecordExceptionLevels = nil
	if c.Receiver(341, "info") != "341" {
		t.Error("no levels are not all")
	}
}

func TestNewFileReady(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	a := vod.Asset{
		ID: 5, Name: "n", Container: "hls", Params: "p", Start: at, End: at.Add(time.Second), Duration: time.Second, Size: 7, CauseKind: "task",
		Cause: "t1", Tracks: []vod.Track{{Kind: "audio"}, {Kind: "video", Codec: "h265", Width: 4, Height: 2}, {Kind: "video", Codec: "h264"}},
	}
	want := rules.FileReady{
		FileID: "5", Container: "hls", PlayPath: "/vod/5/n.m3u8", TaskID: "t1", Params: "p", Start: at, End: at.Add(time.Second),
		Duration: time.Second, Size: 7, VideoCodec: "h265", Width: 4, Height: 2,
	}
	if d := cmp.Diff(want, rules.NewFileReady(a)); d != "" {
		t.Error(d)
	}
	a.CauseKind = "rule"
	if got := rules.NewFileReady(a); got.TaskID != "" {
		t.Error("a rule is no task:", got.TaskID)
	}
}
