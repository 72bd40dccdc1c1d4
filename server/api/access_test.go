package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/rules"
	"aircheck/server/api"
	"aircheck/server/auth"
)

func TestPlayKeys(t *testing.T) {
	f := serve(t, nil)
	f.ok(t, live, "AddLiveDomain", `{"DomainName":"play.example.com","DomainType":1}`)
	info := func(domain string) map[string]any {
		return f.ok(t, live, "DescribeLivePlayAuthKey", `{"DomainName":"`+domain+`"}`)["PlayAuthKeyInfo"].(map[string]any)
	}
	for _, domain := range []string{"localhost", "play.example.com"} {
		k := info(domain)
		if k["DomainName"] != domain || fmt.Sprint(k["Enable"]) != "1" || len(k["AuthKey"].(string)) < 20 || k["AuthBackKey"] != "" {
			t.Errorf("%v", k)
		}
		f.ok(t, live, "ModifyLivePlayAuthKey",
			`{"DomainName":"`+domain+`","Enable":0,"AuthKey":"abc","AuthBackKey":"def","AuthDelta":60}`)
		f.ok(t, live, "ModifyLivePlayAuthKey", `{"DomainName":"`+domain+`","AuthKey":""}`)
		sameJSON(t, info(domain), `{"DomainName":"`+domain+`","Enable":0,"AuthKey":"abc","AuthDelta":60,"AuthBackKey":"def"}`)
	}
	for body, code := range map[string]string{
		`{"DomainName":"unknown.example.com"}`:                     "ResourceNotFound.PlayDomainNoRecord",
		`{"DomainName":"play.example.com","Enable":2}`:             "InvalidParameterValue",
		`{"DomainName":"play.example.com","AuthKey":"a b"}`:        "InvalidParameterValue",
		`{"DomainName":"play.example.com","AuthDelta":315360001}`:  "InvalidParameterValue",
		`{"DomainName":"play.example.com","AuthBackKey":"\u00e9"}`: "InvalidParameterValue",
		`{"AuthKey":"x"}`: "MissingParameter",
	} {
		f.refused(t, live, "ModifyLivePlayAuthKey", body, code)
	}
	f.refused(t, live, "DescribeLivePlayAuthKey", `{"DomainName":"unknown.example.com"}`, "ResourceNotFound.PlayDomainNoRecord")
}

// TestForbidLiveStream: a stream is cut and stays out, until it is resumed.
func TestForbidLiveStream(t *testing.T) {
	f := serve(t, nil)
	var kicked string
	publish := func() error {
		_, err := f.api.Hub.Publish(stream.Publisher{
			Key: media.StreamKey{Domain: "localhost", App: "live", Stream: "a"}, Kick: func(detail string) { kicked = detail },
		})
		return err
	}
	if err := publish(); err != nil {
		t.Fatal(err)
	}
	const a = `{"DomainName":"192.0.2.1","AppName":"live","StreamName":"a"`
	state := func() any { return f.ok(t, live, "DescribeLiveStreamState", a+"}")["StreamState"] }
	if s := state(); s != "active" {
		t.Error(s)
	}
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	f.ok(t, live, "ForbidLiveStream", a+`,"ResumeTime":"`+until.Format(time.RFC3339)+`","Reason":"it is late"}`)
	if s := state(); s != "forbid" || !strings.Contains(kicked, "it is late") {
		t.Errorf("%v, %q", s, kicked)
	}
	if err := publish(); err == nil || !strings.Contains(err.Error(), "it is late") {
		t.Error(err)
	}
	f.ok(t, live, "ForbidLiveStream", `{"DomainName":"push.example.com","AppName":"live","StreamName":"b"}`)
	list := f.ok(t, live, "DescribeLiveForbidStreamList", `{}`)
	if got := fmt.Sprint(list["TotalNum"], list["TotalPage"], list["PageNum"], list["PageSize"]); !sameWords(got, "2 1 1 10") {
		t.Error(got)
	}
	list = f.ok(t, live, "DescribeLiveForbidStreamList", `{"StreamName":"a"}`)
	x := list["ForbidStreamList"].([]any)[0].(map[string]any)
	if x["ExpireTime"] != until.Format("2006-01-02T15:04:05Z") || x["DomainName"] != "localhost" || x["AppName"] != "live" || x["StreamName"] != "a" {
		t.Errorf("%v", x)
	}
	f.ok(t, live, "ResumeLiveStream", a+"}")
	f.ok(t, live, "ResumeLiveStream", a+"}")
	if s := state(); s != "inactive" {
		t.Error(s)
	}
	if err := publish(); err != nil {
		t.Error(err)
	}
	for body, code := range map[string]string{
		a + `,"ResumeTime":"2020-01-01T00:00:00Z"}`:           "InvalidParameterValue",
		a + `,"ResumeTime":"tomorrow"}`:                       "InvalidParameterValue",
		a + `,"Reason":"` + strings.Repeat("x", 2049) + `"}`:  "InvalidParameterValue",
		`{"DomainName":"d","AppName":"vod","StreamName":"a"}`: "InvalidParameterValue",
		`{"DomainName":"d","AppName":"live"}`:                 "MissingParameter",
	} {
		f.refused(t, live, "ForbidLiveStream", body, code)
	}
}

func TestHistory(t *testing.T) {
	f := serve(t, nil)
	now := time.Now().UTC().Truncate(time.Second)
	var entries []rules.Entry
	for i, name := range []string{"cam a", "cam b", "other"} {
		s := rules.Session{
			ID: fmt.Sprint(i), Key: media.StreamKey{Domain: "localhost", App: "live", Stream: name}, Remote: "[::ffff:192.0.2.7]:5000",
			Start: now.Add(-time.Duration(i+1) * time.Hour),
		}
		event := rules.Event{Domain: "localhost", App: "live", Stream: name, Payload: []byte("{}"), At: now}
		p := rules.Push{Session: s, End: s.Start.Add(90 * time.Second), Reason: "the push client stopped the push", Media: i != 1}
		if i == 0 {
			p.Width, p.Height = 1280, 720
		}
		entries = append(entries, rules.Entry{Begin: &s, Event: event}, rules.Entry{End: s.ID, Push: &p, Event: event})
	}
	if err := f.db.AddEntries(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	times := func(from, to time.Duration) string {
		return `"StartTime":"` + now.Add(from).Format(time.RFC3339) + `","EndTime":"` + now.Add(to).Format(time.RFC3339) + `"`
	}
	day := times(-24*time.Hour, 0)
	names := func(list any) (out []string) {
		for _, x := range list.([]any) {
			out = append(out, x.(map[string]any)["StreamName"].(string))
		}
		return out
	}
	for _, c := range []struct{ more, want string }{
		{"", "[cam a cam b other]"},
		{`,"StreamName":"cam"`, "[cam a cam b]"},
		{`,"AppName":"no"`, "[]"},
		{`,"PageNum":2,"PageSize":2`, "[other]"},
	} {
		got := f.ok(t, live, "DescribeLiveStreamPublishedList", `{"DomainName":"192.0.2.1",`+day+c.more+`}`)
		if s := fmt.Sprint(names(got["PublishInfo"])); s != c.want {
			t.Errorf("%s: %s, want %s", c.more, s, c.want)
		}
	}
	for _, c := range []struct{ more, want string }{
		{"", "[cam a cam b other]"},
		{`,"IsAsc":1`, "[other cam b cam a]"},
		{`,"IsFilter":1`, "[cam a other]"},
		{`,"StreamName":"cam"`, "[cam a cam b]"},
		{`,"StreamName":"cam","IsStrict":1`, "[]"},
		{`,"StreamName":"cam b","IsStrict":1,"DomainName":"localhost"`, "[cam b]"},
	} {
		got := f.ok(t, live, "DescribeLiveStreamEventList", `{`+day+c.more+`}`)
		if s := fmt.Sprint(names(got["EventList"])); s != c.want {
			t.Errorf("%s: %s, want %s", c.more, s, c.want)
		}
	}
	got := f.ok(t, live, "DescribeLiveStreamEventList", `{`+day+`,"PageSize":1}`)
	sameJSON(t, got["EventList"].([]any)[0], `{"StreamName":"cam a","AppName":"live","DomainName":"localhost",
		"StreamStartTime":"`+now.Add(-time.Hour).Format(time.RFC3339)+`","StreamEndTime":"`+now.Add(-time.Hour+90*time.Second).Format(time.RFC3339)+`",
		"StopReason":"the push client stopped the push","Duration":90,"ClientIp":"192.0.2.7","Resolution":"1280x720"}`)
	if s := fmt.Sprint(got["TotalNum"], got["TotalPage"], got["PageNum"], got["PageSize"]); !sameWords(s, "3 3 1 1") {
		t.Error(s)
	}
	for _, body := range []string{
		`{` + times(-31*24*time.Hour, 0) + `}`, `{` + times(-61*24*time.Hour, -59*24*time.Hour) + `}`, `{` + times(-time.Hour, time.Hour) + `}`,
		`{` + times(0, -time.Hour) + `}`, `{` + day + `,"PageSize":100,"PageNum":101}`, `{` + day + `,"IsAsc":2}`, `{` + day + `,"PageSize":101}`,
	} {
		f.refused(t, live, "DescribeLiveStreamEventList", body, "InvalidParameterValue")
	}
	f.refused(t, live, "DescribeLiveStreamPublishedList", `{`+day+`}`, "MissingParameter")
	if a := f.call(t, live, "DescribeLiveStreamPublishedList", `{"DomainName":"d",`+times(-50*time.Hour, -40*time.Hour)+`}`); strings.Contains(a.raw, "null") {
		t.Error(a.raw)
	}
}

// TestWrongSignaturesWait: who brings many waits, and others do not.
func TestWrongSignaturesWait(t *testing.T) {
	client := "192.0.2.7"
	f := serve(t, func(a *api.API) {
		a.Failures = &auth.Failures{}
		a.Proxies = api.Proxies{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
		a.Verifier.AllowPlainBasic = true
	})
	ask := func(key string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.http.URL, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Forwarded-For", client)
		r.Header.Set("X-TC-Action", "DescribeLiveDomains")
		r.Header.Set("Content-Type", "application/json")
		r.SetBasicAuth(secretID, key)
		answer, err := f.http.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for range 10 {
		if got := ask("wrong"); !strings.Contains(got, "AuthFailure.SignatureFailure") {
			t.Fatal(got)
		}
	}
	if got := ask(secretKey); !strings.Contains(got, "RequestLimitExceeded") || !strings.Contains(got, "try again in") {
		t.Error(got)
	}
	client = "192.0.2.8"
	if got := ask(secretKey); strings.Contains(got, "Error") {
		t.Error("another address:", got)
	}
}
