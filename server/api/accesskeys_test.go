package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"aircheck/server/api"
	"aircheck/server/auth"
)

const cam = "2019-01-16"

// withKeys serves an API that knows keys beside the first.
func withKeys(t *testing.T) *fixture {
	t.Helper()
	f := serve(t, func(a *api.API) {
		a.AccessKeys = &auth.AccessKeys{First: auth.AccessKey{ID: secretID, Secret: secretKey}, Log: a.Log}
		a.Verifier.SecretKey, a.Verifier.Used = a.AccessKeys.SecretKey, a.AccessKeys.Use
	})
	f.openKeys(t)
	t.Cleanup(func() { f.api.AccessKeys.Close() })
	return f
}

// openKeys reads the keys as a start does.
func (f *fixture) openKeys(t *testing.T) {
	t.Helper()
	f.api.AccessKeys.Store = f.db
	if err := f.api.AccessKeys.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// codes are what a key gets for a call by TC3, by version 1, and by Basic.
func (f *fixture) codes(t *testing.T) string {
	t.Helper()
	const action = "DescribeLiveDomains"
	id, key := f.pair()
	basic, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.http.URL+"/?Action="+action, nil)
	if err != nil {
		t.Fatal(err)
	}
	basic.SetBasicAuth(id, key)
	return strings.Join([]string{
		f.call(t, live, action, "{}").code, f.do(t, f.v1(t, http.MethodGet, "HmacSHA256", live, action, nil)).code,
		f.do(t, f.v1(t, http.MethodPost, "", live, action, nil)).code, f.do(t, basic).code,
	}, " ")
}

// TestAccessKeys makes a key and uses it, before and after it is disabled and deleted.
func TestAccessKeys(t *testing.T) {
	f := withKeys(t)
	made := f.ok(t, cam, "CreateAccessKey", `{"Description":"studio <2> é","TargetUin":5}`)["AccessKey"].(map[string]any)
	id, secret := made["AccessKeyId"].(string), made["SecretAccessKey"].(string)
	if made["Status"] != "Active" || made["Description"] != "studio <2> é" || made["CreateTime"] == "" {
		t.Errorf("made %v", made)
	}
	const good, unknown = "   ", "AuthFailure.SecretIdNotFound"
	bad := strings.Join([]string{unknown, unknown, unknown, unknown}, " ")
	as := func(id, key string) string {
		t.Helper()
		f.id, f.key = id, key
		defer func() { f.id = "" }()
		return f.codes(t)
	}
	if got := as(id, secret); got != good {
		t.Errorf("new: %s", got)
	}
	if got := as(id, secretKey); strings.Count(got, "AuthFailure.SignatureFailure") != 4 {
		t.Errorf("with another key's secret: %s", got)
	}
	update := func(status string) { f.ok(t, cam, "UpdateAccessKey", `{"AccessKeyId":"`+id+`","Status":"`+status+`"}`) }
	update("Inactive")
	if got := as(id, secret); got != bad {
		t.Errorf("disabled: %s", got)
	}
	f.api.AccessKeys.Close()
	f.openKeys(t) // a restart
	if got := as(id, secret); got != bad {
		t.Errorf("disabled, after a restart: %s", got)
	}
	update("Active")
	if got := as(id, secret); got != good {
		t.Errorf("enabled: %s", got)
	}
	list := f.ok(t, cam, "ListAccessKeys", `{}`)["AccessKeys"].([]any)
	text, err := json.Marshal(list)
	if err != nil || len(list) != 2 || strings.Contains(string(text), secret) {
		t.Errorf("%s, %v", text, err)
	}
	first, second := list[0].(map[string]any), list[1].(map[string]any)
	if first["AccessKeyId"] != secretID || first["BuiltIn"] != true || first["LastUsedTime"] == "" || second["AccessKeyId"] != id || second["LastUsedTime"] == "" {
		t.Errorf("listed %s", text)
	}
	f.ok(t, cam, "DeleteAccessKey", `{"AccessKeyId":"`+id+`"}`)
	if got := as(id, secret); got != bad {
		t.Errorf("deleted: %s", got)
	}
	if strings.Contains(f.log.String(), secret) {
		t.Error("the secret is in the log")
	}
}

// TestAccessKeysRefused checks the codes of what cannot be done, and that the first key stays.
func TestAccessKeysRefused(t *testing.T) {
	f := withKeys(t)
	f.refused(t, cam, "UpdateAccessKey", `{"AccessKeyId":"AKIDnone","Status":"Active"}`, "ResourceNotFound.SecretNotExist")
	f.refused(t, cam, "DeleteAccessKey", `{"AccessKeyId":"AKIDnone"}`, "ResourceNotFound.SecretNotExist")
	f.refused(t, cam, "UpdateAccessKey", `{"AccessKeyId":"`+secretID+`","Status":"Inactive"}`, "FailedOperation.Accesskey")
	f.refused(t, cam, "DeleteAccessKey", `{"AccessKeyId":"`+secretID+`"}`, "FailedOperation.Accesskey")
	f.refused(t, cam, "UpdateAccessKey", `{"AccessKeyId":"AKIDnone","Status":"active"}`, "InvalidParameter.ParamError")
	f.refused(t, cam, "CreateAccessKey", `{"Description":"`+strings.Repeat("x", 1025)+`"}`, "InvalidParameter.ParamError")
	f.refused(t, cam, "UpdateAccessKey", `{"Status":"Active"}`, "MissingParameter")
	f.refused(t, live, "ListAccessKeys", `{}`, "InvalidAction")
	for range auth.MaxAccessKeys {
		f.ok(t, cam, "CreateAccessKey", `{}`)
	}
	f.refused(t, cam, "CreateAccessKey", `{}`, "OperationDenied.AccessKeyOverLimit")
	if got := f.codes(t); strings.TrimSpace(got) != "" {
		t.Errorf("the first key: %s", got)
	}
	r := f.v1(t, http.MethodGet, "", cam, "ListAccessKeys", url.Values{})
	if n := len(f.do(t, r).fields["AccessKeys"].([]any)); n != auth.MaxAccessKeys+1 {
		t.Errorf("%d keys", n)
	}
}
