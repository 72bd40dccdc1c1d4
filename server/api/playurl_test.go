package api_test

import (
	"strings"
	"testing"
	"time"

	"aircheck/server/api"
	"aircheck/vod"
)

// TestPlayURL asks for addresses to hand on, with and without a signature, of all of a file and of a part of it.
func TestPlayURL(t *testing.T) {
	f := serve(t, func(a *api.API) {
		guard := &vod.Guard{Store: a.Catalog.Store.(vod.ProtectionStore)}
		if err := guard.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Guard, a.PublicURL = guard, "https://play.example"
	})
	const vodVersion = "2018-07-17"
	f.add(t, vod.Asset{ID: 7, Name: "a b", Container: "flv", Status: vod.StatusNormal})
	ask := func(more string) (address, ends string) {
		got := f.ok(t, vodVersion, "DescribeMediaPlayUrl", `{"FileId":"7"`+more+`}`)
		return got["Url"].(string), got["ExpireTime"].(string)
	}
	for more, want := range map[string]string{
		"":                                  "https://play.example/vod/7/a%20b.flv",
		`,"Format":"hls"`:                   "https://play.example/vod/7/a%20b.m3u8",
		`,"StartTimeOffset":1.5`:            "https://play.example/vod/7/a%20b.flv?start=1.5",
		`,"EndTimeOffset":60,"Lifetime":60`: "https://play.example/vod/7/a%20b.flv?end=60",
	} {
		if address, ends := ask(more); address != want || ends != "" {
			t.Errorf("%s: %s until %q", more, address, ends)
		}
	}
	f.ok(t, vodVersion, "ModifyVodDomainConfig", `{"Domain":"play.example","UrlSignatureAuthPolicy":{"Status":"Enabled","EncryptedKey":"24FEQmTzro4V5u3D5epW"}}`)
	before := time.Now().Truncate(time.Second)
	address, ends := ask(`,"Lifetime":3600,"StartTimeOffset":2,"EndTimeOffset":4`)
	until, err := time.Parse(time.RFC3339, ends)
	if err != nil || until.Before(before.Add(time.Hour)) || until.After(time.Now().Add(time.Hour)) {
		t.Errorf("it ends at %q: %v", ends, err)
	}
	if !strings.HasPrefix(address, "https://play.example/vod/7/a%20b.flv?t=") || !strings.Contains(address, "&sign=") || !strings.HasSuffix(address, "&end=4&start=2") {
		t.Error(address)
	}
	for bad, code := range map[string]string{
		`"Format":"dash"`: "InvalidParameterValue", `"StartTimeOffset":-1`: "InvalidParameterValue.StartTimeOffset", `"Lifetime":315360001`: "InvalidParameterValue",
		`"StartTimeOffset":5,"EndTimeOffset":5`: "InvalidParameterValue.EndTimeOffset", `"EndTimeOffset":-1`: "InvalidParameterValue.EndTimeOffset",
	} {
		f.refused(t, vodVersion, "DescribeMediaPlayUrl", `{"FileId":"7",`+bad+`}`, code)
	}
	f.refused(t, vodVersion, "DescribeMediaPlayUrl", `{"FileId":"6"}`, "ResourceNotFound")
}
