package api_test

import (
	"strings"
	"testing"

	"aircheck/server/api"
	"aircheck/vod"
)

func TestVodDomains(t *testing.T) {
	var guard *vod.Guard
	f := serve(t, func(a *api.API) {
		guard = &vod.Guard{Store: a.Catalog.Store.(vod.ProtectionStore)}
		if err := guard.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Guard, a.PublicURL = guard, "https://play.example:8443"
	})
	const vodVersion = "2018-07-17"
	const off = `{"TotalCount":1,"DomainSet":[{"Domain":"play.example","DeployStatus":"Online","CreateTime":"",
		"UrlSignatureAuthPolicy":{"Status":"Disabled","EncryptedKey":"","BackupKey":"","Lifetime":0},
		"RefererAuthPolicy":{"Status":"Disabled","AuthType":"","Referers":[],"BlankRefererAllowed":"No"},"CrossOriginPolicy":{"Origins":[]}}]}`
	show := func(body string) map[string]any {
		got := f.ok(t, vodVersion, "DescribeVodDomains", body)
		delete(got, "RequestId")
		return got
	}
	sameJSON(t, show(`{}`), off)
	sameJSON(t, show(`{"Domains":["other.example"]}`), `{"TotalCount":0,"DomainSet":[]}`)
	f.ok(t, vodVersion, "ModifyVodDomainConfig", `{"Domain":"play.example","UrlSignatureAuthPolicy":{"Status":"Enabled","EncryptedKey":"24FEQmTzro4V5u3D5epW"},
		"RefererAuthPolicy":{"Status":"Enabled","AuthType":"White","Referers":["*.good.example"],"BlankRefererAllowed":"Yes"},
		"CrossOriginPolicy":{"Origins":["https://good.example"]}}`)
	f.ok(t, vodVersion, "ModifyVodDomainConfig", `{"Domain":"play.example","UrlSignatureAuthPolicy":{"Status":"Enabled","BackupKey":"another12345","Lifetime":60}}`)
	set := show(`{"Domains":["PLAY.example"]}`)["DomainSet"].([]any)[0].(map[string]any)
	if set["CreateTime"] == "" {
		t.Error(set)
	}
	set["CreateTime"] = ""
	sameJSON(t, set, `{"Domain":"play.example","DeployStatus":"Online","CreateTime":"",
		"UrlSignatureAuthPolicy":{"Status":"Enabled","EncryptedKey":"24FEQmTzro4V5u3D5epW","BackupKey":"another12345","Lifetime":60},
		"RefererAuthPolicy":{"Status":"Enabled","AuthType":"White","Referers":["*.good.example"],"BlankRefererAllowed":"Yes"},
		"CrossOriginPolicy":{"Origins":["https://good.example"]}}`)
	if a := guard.PlayPath(vod.Asset{ID: 7, Name: "a", Container: "mp4"}); !strings.HasPrefix(a, "/vod/7/a.mp4?t=") || !strings.Contains(a, "&sign=") {
		t.Error(a)
	}
	if a := guard.PlayPath(vod.Asset{ID: 7, Name: "a", Container: "mp4", SubAppID: 5}); a != "/vod/7/a.mp4" {
		t.Errorf("another application's address is signed: %s", a)
	}
	for _, bad := range []string{
		`{"Domain":"other.example"}`,
		`{"Domain":"play.example","UrlSignatureAuthPolicy":{"Status":"On"}}`,
		`{"Domain":"play.example","UrlSignatureAuthPolicy":{"Status":"Enabled","EncryptedKey":"short"}}`,
		`{"Domain":"play.example","UrlSignatureAuthPolicy":{"Status":"Enabled","EncryptedKey":"with spaces and so"}}`,
		`{"Domain":"play.example","UrlSignatureAuthPolicy":{"Status":"Enabled","Lifetime":99999999999999999}}`,
		`{"Domain":"play.example","RefererAuthPolicy":{"Status":"Enabled"}}`,
		`{"Domain":"play.example","RefererAuthPolicy":{"Status":"Enabled","AuthType":"Grey"}}`,
		`{"Domain":"play.example","RefererAuthPolicy":{"Status":"Enabled","AuthType":"White","Referers":["https://x/"]}}`,
		`{"Domain":"play.example","RefererAuthPolicy":{"Status":"Enabled","AuthType":"White","BlankRefererAllowed":"Maybe"}}`,
		`{"Domain":"play.example","CrossOriginPolicy":{"Origins":["*"]}}`,
	} {
		f.refused(t, vodVersion, "ModifyVodDomainConfig", bad, "InvalidParameterValue")
	}
	f.refused(t, vodVersion, "ModifyVodDomainConfig", `{"UrlSignatureAuthPolicy":{"Status":"Enabled"}}`, "MissingParameter")
}
