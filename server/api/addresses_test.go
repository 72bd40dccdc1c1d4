package api_test

import (
	"fmt"
	"testing"
	"time"

	"aircheck/server/api"
	"aircheck/server/auth"
)

// TestDescribeStreamAddresses: the domain, the host and the time are those that were asked for, and what cannot be is refused.
func TestDescribeStreamAddresses(t *testing.T) {
	f := serve(t, func(a *api.API) {
		a.Hosts = func() []string { return []string{"192.0.2.7"} }
		a.Addresses = func(d auth.Domain, app, stream, host string, expiry time.Time) []api.StreamAddress {
			return []api.StreamAddress{{Purpose: "push", Protocol: "rtmp", Url: fmt.Sprintf("%s|%s|%s|%s|%d", d.Name, app, stream, host, expiry.Unix())}}
		}
	})
	f.ok(t, live, "AddLiveDomain", `{"DomainName":"push.example.com","DomainType":0}`)
	at := time.Now().Add(90 * time.Minute).UTC().Truncate(time.Second)
	a := f.ok(t, live, "DescribeStreamAddresses",
		`{"DomainName":"push.example.com","AppName":"a/b","StreamName":"s","HostName":"Media.example.com:8080","ExpireTime":"`+at.Format(time.RFC3339)+`"}`)
	want := fmt.Sprintf("push.example.com|a/b|s|media.example.com|%d", at.Unix())
	if got := a["AddressSet"].([]any)[0].(map[string]any)["Url"]; got != want {
		t.Errorf("%v, not %v", got, want)
	}
	if hosts := a["Hosts"].([]any); len(hosts) != 1 || hosts[0] != "192.0.2.7" {
		t.Errorf("%v", hosts)
	}
	if a["DomainName"] != "push.example.com" || a["PushSigned"] != true || a["PlaySigned"] != true || a["ExpireTime"] != at.Format(time.RFC3339) {
		t.Errorf("%v", a)
	}
	f.ok(t, live, "ModifyLivePushAuthKey", `{"DomainName":"push.example.com","Enable":0}`)
	a = f.ok(t, live, "DescribeStreamAddresses", `{"DomainName":"push.example.com","AppName":"a","StreamName":"s"}`)
	day, err := time.Parse(time.RFC3339, a["ExpireTime"].(string))
	if err != nil || time.Until(day) < 23*time.Hour || time.Until(day) > 24*time.Hour || a["PushSigned"] != false {
		t.Errorf("%v: %v", a, err)
	}
	for body, code := range map[string]string{
		`"DomainName":"push.example.com","AppName":"","StreamName":"s"`:                                            "InvalidParameterValue",
		`"DomainName":"push.example.com","AppName":"a","StreamName":"s","HostName":"no host"`:                      "InvalidParameterValue",
		`"DomainName":"push.example.com","AppName":"a","StreamName":"s","ExpireTime":"2020-01-01T00:00:00Z"`:       "InvalidParameterValue",
		`"DomainName":"push.example.com","AppName":"a","StreamName":"s","ExpireTime":"one of these days, perhaps"`: "InvalidParameterValue",
	} {
		f.refused(t, live, "DescribeStreamAddresses", "{"+body+"}", code)
	}
}
