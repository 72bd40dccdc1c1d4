package api_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"aircheck/server/api"
)

// TestObserve: each call is told of with its action and its code, an unknown action with none, and a repetition as one.
func TestObserve(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	f := serve(t, func(a *api.API) {
		a.Observe = func(action, code string, took time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, action+" "+code)
			if took <= 0 {
				t.Errorf("%s took %s", action, took)
			}
		}
	})
	const body = `{"TemplateName":"x"}`
	signed := f.tc3(t, live, "CreateLiveRecordTemplate", body)
	for range 2 {
		r := signed.Clone(t.Context())
		r.Body, _ = signed.GetBody()
		f.do(t, r)
	}
	f.call(t, live, "DescribeLiveRecordTemplate", `{"TemplateId":77}`)
	f.call(t, live, "NoSuchAction", `{}`)
	wrong := f.tc3(t, live, "DescribeLiveRecordTemplates", `{}`)
	wrong.Header.Set("Authorization", wrong.Header.Get("Authorization")+"0")
	f.do(t, wrong)
	f.rules.panicking = true
	f.call(t, live, "DescribeLiveRecordTemplates", `{}`)
	page, err := http.Get(f.http.URL + "/console/") // no call
	if err != nil {
		t.Fatal(err)
	}
	_ = page.Body.Close()
	f.http.Close()
	mu.Lock()
	defer mu.Unlock()
	want := []string{
		"CreateLiveRecordTemplate " + api.CodeOK, "CreateLiveRecordTemplate " + api.CodeReplayed,
		"DescribeLiveRecordTemplate FailedOperation.NotFound", " InvalidAction", " AuthFailure.InvalidAuthorization",
		"DescribeLiveRecordTemplates InternalError",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("got %q, want %q", seen, want)
	}
}
