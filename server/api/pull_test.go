package api_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/pull"
	"aircheck/ingest/stream"
	"aircheck/server/api"
	"aircheck/server/outbound"
)

// withPulls gives the API sources whose player dials and gets no further.
func withPulls(t *testing.T, fixed ...pull.Config) *fixture {
	t.Helper()
	policy, err := outbound.New(nil, false, false)
	if err != nil {
		t.Fatal(err)
	}
	play := func(ctx context.Context, s pull.Session) (stream.EndReason, error) {
		nc, err := policy.DialContext(ctx, "tcp", net.JoinHostPort(s.URL.Hostname(), "1"))
		if err == nil {
			err = errors.Join(errors.New("somebody is there"), nc.Close())
		}
		return "", err
	}
	f := serve(t, func(a *api.API) {
		a.Pulls = &pull.Manager{
			Hub: a.Hub, Fixed: fixed, CheckHost: policy.CheckHost, Log: slog.New(slog.DiscardHandler),
			Players: map[string]pull.Player{"rtmp": {Protocol: "rtmp", Play: play}, "rtsp": {Protocol: "rtsp", Play: play}},
		}
	})
	f.api.Pulls.Store = f.db
	if err := f.api.Pulls.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.api.Pulls.Start()
	t.Cleanup(f.api.Pulls.Close)
	return f
}

// pulls lists the sources.
func (f *fixture) pulls(t *testing.T, filter string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for _, x := range f.ok(t, live, "DescribePullStreamConfigs", filter)["PullStreamConfigs"].([]any) {
		out = append(out, x.(map[string]any))
	}
	return out
}

func TestPullActions(t *testing.T) {
	f := withPulls(t, pull.Config{URL: "rtsp://127.0.0.1/x", Key: media.StreamKey{Domain: "localhost", App: "live", Stream: "fixed"}})
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	id := fmt.Sprint(f.ok(t, live, "CreatePullStreamConfig", `{"FromUrl":"rtsp://admin:geheim@192.0.2.1:554/cam?channel=1","ToUrl":"rtmp://elsewhere:1935/live/cam?txSecret=x&txTime=y",
		"AreaId":1,"IspId":"2","StartTime":"`+soon+`","Transport":"udp"}`)["ConfigId"])
	got := f.pulls(t, `{"ConfigId":"`+id+`"}`)[0]
	for name, want := range map[string]string{
		"FromUrl": "rtsp://admin:***@192.0.2.1:554/cam?channel=***", "ToUrl": "rtmp://localhost/live/cam", "Status": "1", "State": "waiting",
		"StartTime": soon, "EndTime": "", "Transport": "udp", "Origin": "api", "AreaId": "1", "IspId": "2", "NextTry": soon,
		"DomainName": "localhost", "AppName": "live", "StreamName": "cam",
	} {
		if fmt.Sprint(got[name]) != want {
			t.Errorf("%s is %v, want %s", name, got[name], want)
		}
	}
	all := f.pulls(t, `{}`)
	if len(all) != 2 || all[0]["Origin"] != "config" || all[0]["ConfigId"] != "config:localhost/live/fixed" || len(f.pulls(t, `{"ConfigId":"99"}`)) != 0 {
		t.Errorf("%v", all)
	}
	// What is shown may be given back, and what is absent stays.
	f.ok(t, live, "ModifyPullStreamConfig", `{"ConfigId":"`+id+`","FromUrl":"`+fmt.Sprint(got["FromUrl"])+`","Transport":"tcp"}`)
	stored, err := f.db.Pulls(t.Context())
	if err != nil || len(stored) != 1 || stored[0].URL != "rtsp://admin:geheim@192.0.2.1:554/cam?channel=1" || stored[0].Transport != "tcp" || stored[0].AreaID != 1 {
		t.Errorf("%+v: %v", stored, err)
	}
	// What is shown is no address of another host: its secrets are not known.
	for _, other := range []string{"rtsp://admin:***@192.0.2.2:554/cam", "rtsp://192.0.2.1/cam?channel=***", "rtsp://192.0.2.1/user=a_password=***_ch=1"} {
		f.refused(t, live, "ModifyPullStreamConfig", `{"ConfigId":"`+id+`","FromUrl":"`+other+`"}`, "InvalidParameterValue")
	}
	f.ok(t, live, "ModifyPullStreamStatus", `{"ConfigIds":["`+id+`"],"Status":"4"}`)
	if got := f.pulls(t, `{"ConfigId":"`+id+`"}`)[0]; got["Status"] != "4" || got["State"] != "disabled" {
		t.Errorf("%v", got)
	}
	f.ok(t, live, "ModifyPullStreamConfig", `{"ConfigId":"`+id+`","StartTime":"","FromUrl":"rtmp://u:geheim@192.0.2.1:1/a/b"}`)
	f.ok(t, live, "ModifyPullStreamStatus", `{"ConfigIds":["`+id+`"],"Status":"2"}`)
	if got := f.pulls(t, `{"ConfigId":"`+id+`"}`)[0]; got["State"] != "connecting" && got["State"] != "waiting" {
		t.Errorf("%v", got)
	}
	f.ok(t, live, "DeletePullStreamConfig", `{"ConfigId":"`+id+`"}`)
	f.refused(t, live, "DeletePullStreamConfig", `{"ConfigId":"`+id+`"}`, "InternalError.ConfigNotExist")
	if strings.Contains(f.log.String(), "geheim") {
		t.Error("a password is in the log")
	}
}

func TestPullActionsRefuse(t *testing.T) {
	f := withPulls(t, pull.Config{URL: "rtsp://127.0.0.1/x", Key: media.StreamKey{Domain: "localhost", App: "live", Stream: "fixed"}})
	create := func(from, to, more string) string {
		return `{"FromUrl":"` + from + `","ToUrl":"` + to + `"` + more + `}`
	}
	const from, to = "rtsp://192.0.2.1/x", "rtmp://h/live/a"
	id := fmt.Sprint(f.ok(t, live, "CreatePullStreamConfig", create(from, to, `,"EndTime":"2999-01-01T00:00:00Z"`))["ConfigId"])
	for _, c := range []struct{ body, code, word string }{
		{create("http://h/x", to, ""), "InvalidParameterValue", "FromUrl"},
		{create("rtsp://127.0.0.1/x", to, ""), "InvalidParameterValue", "outbound.allow"},
		{create("rtsp://10.1.2.3/x", to, ""), "InvalidParameterValue", "outbound.private"},
		{create("rtsp://169.254.169.254/x", to, ""), "InvalidParameterValue", "FromUrl"},
		{create("rtsp:///x", to, ""), "InvalidParameterValue", "host"},
		{create("rtsp://h:70000/x", to, ""), "InvalidParameterValue", "port"},
		{create("rtsp://h/"+strings.Repeat("x", 10<<10), to, ""), "InvalidParameterValue", "10240"},
		{create(from, "live/a", ""), "InvalidParameterValue", "ToUrl"},
		{create(from, "http://h/live/a", ""), "InvalidParameterValue", "ToUrl"},
		{create(from, "rtmp://h/api/a", ""), "InvalidParameterValue", "ToUrl"},
		{create(from, "rtmp://h/live/b", `,"Transport":"smoke"`), "InvalidParameterValue", "tcp, udp, auto"},
		{create(from, "rtmp://h/live/b", `,"Fingerprint":"00"`), "InvalidParameterValue", "Fingerprint"},
		{create(from, "rtmp://h/live/b", `,"StartTime":"soon"`), "InvalidParameterValue", "StartTime"},
		{create(from, "rtmp://h/live/b", `,"EndTime":"2019-01-01T00:00:00Z"`), "InvalidParameterValue", "EndTime"},
		{create(from, "rtmp://h/live/b", `,"StartTime":"2999-01-02T00:00:00Z","EndTime":"2999-01-01T00:00:00Z"`), "InvalidParameterValue", "EndTime"},
		{create(from, to, ""), "FailedOperation", "already"},
		{create(from, "rtmp://h/live/fixed", ""), "FailedOperation", "config:"},
		{`{"ToUrl":"x"}`, "MissingParameter", "FromUrl"},
	} {
		a := f.call(t, live, "CreatePullStreamConfig", c.body)
		if a.code != c.code || !strings.Contains(a.msg, c.word) {
			t.Errorf("%.200s: %s: %s", c.body, a.code, a.msg)
		}
	}
	// After the other one is over, and while it is disabled, another one may be.
	f.ok(t, live, "CreatePullStreamConfig", create(from, to, `,"StartTime":"2999-01-01T00:00:00Z"`))
	f.refused(t, live, "ModifyPullStreamConfig", `{"ConfigId":"`+id+`","EndTime":""}`, "FailedOperation")
	f.refused(t, live, "ModifyPullStreamConfig", `{"ConfigId":"77"}`, "InternalError.ConfigNotExist")
	f.refused(t, live, "ModifyPullStreamConfig", `{"ConfigId":"config:localhost/live/fixed","Insecure":true}`, "UnsupportedOperation")
	f.refused(t, live, "ModifyPullStreamStatus", `{"ConfigIds":["config:localhost/live/fixed"],"Status":"4"}`, "UnsupportedOperation")
	f.refused(t, live, "ModifyPullStreamStatus", `{"ConfigIds":["`+id+`","77"],"Status":"4"}`, "InternalError.ConfigNotExist")
	f.refused(t, live, "ModifyPullStreamStatus", `{"ConfigIds":["`+id+`"],"Status":"3"}`, "InvalidParameterValue")
	if got := f.pulls(t, `{"ConfigId":"`+id+`"}`)[0]; got["State"] == "disabled" {
		t.Error("a change that failed was made in part")
	}
	for i := range pull.MaxSources - 3 {
		if _, err := f.api.Pulls.Create(t.Context(), pull.Config{
			URL: "rtmp://192.0.2.1/a/b", Key: media.StreamKey{Domain: "d", App: "a", Stream: fmt.Sprint(i)}, Disabled: true,
		}); err != nil {
			t.Fatal(err)
		}
	}
	f.refused(t, live, "CreatePullStreamConfig", create(from, "rtmp://h/live/b", ""), "LimitExceeded")
}
