package api_test

import (
	"bytes"
	"context"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"aircheck/server/api"
)

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func TestEnvelope(t *testing.T) {
	f := serve(t, nil)
	for name, body := range map[string]string{"good": "{}", "bad": `{"IsDelayLive":"x"}`} {
		r := f.tc3(t, live, "DescribeLiveRecordTemplates", body)
		r.Header.Set("X-TC-TraceId", "trace-1")
		a := f.do(t, r)
		if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" || a.header.Get("X-TC-TraceId") != "trace-1" {
			t.Errorf("%s: status %d, header %v", name, a.status, a.header)
		}
		if id, _ := a.fields["RequestId"].(string); !uuid.MatchString(id) {
			t.Errorf("%s: RequestId %q", name, id)
		}
		_, hasError := a.fields["Error"]
		if hasError != (name == "bad") || strings.Contains(a.raw, `"Error":null`) {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
	if a := f.call(t, live, "DescribeLiveRecordTemplates", "{}"); !strings.HasPrefix(a.raw, `{"Response":{"Templates":[],"RequestId":"`) {
		t.Errorf("got %s", a.raw)
	}
	if a := f.call(t, live, "ForbidLiveDomain", `{"DomainName":"localhost"}`); !strings.HasPrefix(a.raw, `{"Response":{"RequestId":"`) {
		t.Errorf("got %s", a.raw)
	}
}

// TestRoutingSaysWhere: who names the wrong version, or none, is told the right one.
func TestRoutingSaysWhere(t *testing.T) {
	f := serve(t, nil)
	for _, c := range []struct{ version, action, want string }{
		{live, "SearchMedia", "SearchMedia is in " + vodv},
		{"2019-07-22", "CreateRecordTask", "CreateRecordTask is in " + live},
		{"", "SearchMedia", "SearchMedia is in " + vodv},
		{"", "Explode", "send X-TC-Version\""},
		{live, "Explode", "in version \\\"" + live + "\\\"\""},
	} {
		if a := f.do(t, f.tc3(t, c.version, c.action, "{}")); !strings.Contains(a.raw, c.want) {
			t.Errorf("%s %q: %s does not say %s", c.action, c.version, a.raw, c.want)
		}
	}
}

func TestRouting(t *testing.T) {
	f := serve(t, nil)
	for _, c := range []struct {
		name, version, action, code string
		change                      func(*http.Request)
	}{
		{"live", live, "DescribeLiveRecordRules", "", nil},
		{"vod", vodv, "SearchMedia", "", nil},
		{"unknown action", live, "Explode", "InvalidAction", nil},
		{"action of another product", live, "SearchMedia", "InvalidAction", nil},
		{"known version without actions", "2019-07-22", "SearchMedia", "InvalidAction", nil},
		{"unknown version", "2000-01-01", "SearchMedia", "NoSuchVersion", nil},
		{"no version", "", "SearchMedia", "MissingParameter", nil},
		{"no action", live, "", "MissingParameter", nil},
		{"name differs in case", live, "describeLiveRecordRules", "InvalidAction", nil},
		{"not signed", live, "DescribeLiveRecordRules", "AuthFailure.InvalidAuthorization", func(r *http.Request) {
			r.Header.Del("Authorization")
		}},
		{"PUT", live, "DescribeLiveRecordRules", "UnsupportedProtocol", func(r *http.Request) { r.Method = http.MethodPut }},
		{"DELETE", live, "DescribeLiveRecordRules", "UnsupportedProtocol", func(r *http.Request) { r.Method = http.MethodDelete }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := f.tc3(t, c.version, c.action, "{}")
			if c.change != nil {
				c.change(r)
			}
			if a := f.do(t, r); a.code != c.code {
				t.Errorf("%q (%s), want %q", a.code, a.msg, c.code)
			}
		})
	}
}

func TestConsoleRedirect(t *testing.T) {
	f := serve(t, nil)
	for query, want := range map[string]int{"": http.StatusFound, "?x=1": http.StatusFound, "?Action=X": http.StatusOK} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, f.http.URL+"/"+query, nil)
		if a := f.do(t, r); a.status != want || want == http.StatusFound && a.header.Get("Location") != "/console/" {
			t.Errorf("GET /%s: %d, %v", query, a.status, a.header)
		}
	}
}

// TestTransports calls the same action in every way a client can.
func TestTransports(t *testing.T) {
	f := serve(t, nil)
	p := url.Values{"TemplateName": {"a-b_ü"}, "Mp4Param.Enable": {"1"}, "Mp4Param.RecordInterval": {"3600"}, "RemoveWatermark": {"True"}}
	const body = `{"TemplateName":"a-b_ü","Mp4Param":{"Enable":"1","RecordInterval":3600},"RemoveWatermark":"true","FlvParam":null}`
	basic := func(method, target, kind, text string) *http.Request {
		r, _ := http.NewRequestWithContext(t.Context(), method, f.http.URL+target, strings.NewReader(text))
		r.SetBasicAuth(secretID, secretKey)
		r.Header.Set("Content-Type", kind)
		return r
	}
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	for k := range p {
		_ = m.WriteField(k, p.Get(k))
	}
	_ = m.Close()
	tc3Multipart := func() *http.Request {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, f.http.URL+"/", bytes.NewReader(form.Bytes()))
		r.Header.Set("Content-Type", m.FormDataContentType())
		signTC3(r, live, "CreateLiveRecordTemplate", form.String(), time.Now())
		return r
	}
	tc3Get := func() *http.Request {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, f.http.URL+"/?"+p.Encode(), nil)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		signTC3(r, live, "CreateLiveRecordTemplate", "", time.Now())
		return r
	}
	for name, r := range map[string]*http.Request{
		"TC3 JSON":      f.tc3(t, live, "CreateLiveRecordTemplate", body),
		"TC3 GET":       tc3Get(),
		"TC3 multipart": tc3Multipart(),
		"v1 GET":        f.v1(t, http.MethodGet, "", live, "CreateLiveRecordTemplate", p),
		"v1 GET SHA1":   f.v1(t, http.MethodGet, "HmacSHA1", live, "CreateLiveRecordTemplate", p),
		"v1 GET SHA256": f.v1(t, http.MethodGet, "HmacSHA256", live, "CreateLiveRecordTemplate", p),
		"v1 POST":       f.v1(t, http.MethodPost, "", live, "CreateLiveRecordTemplate", p),
		"v1 POST 256":   f.v1(t, http.MethodPost, "HmacSHA256", live, "CreateLiveRecordTemplate", p),
		"Basic GET":     basic(http.MethodGet, "/?Action=CreateLiveRecordTemplate&"+p.Encode(), "", ""),
		"Basic JSON":    basic(http.MethodPost, "/?Action=CreateLiveRecordTemplate", "application/json", body),
		"Basic form": basic(http.MethodPost, "/", "application/x-www-form-urlencoded",
			"Action=CreateLiveRecordTemplate&"+p.Encode()),
		"Basic curl -d": basic(http.MethodPost, "/?Action=CreateLiveRecordTemplate", "application/x-www-form-urlencoded", body),
	} {
		t.Run(name, func(t *testing.T) {
			before := len(f.templates(t))
			a := f.do(t, r)
			if a.code != "" || a.fields["TemplateId"] == nil || len(f.templates(t)) != before+1 {
				t.Fatalf("got %s", a.raw)
			}
			if got := f.templates(t)[before]; got.Name != "a-b_ü" || !got.Mp4.Enable || got.Mp4.RecordInterval != 3600 ||
				!got.RemoveWatermark || got.Flv.Enable || got.Flv.RecordInterval != 1800 {
				t.Errorf("stored %+v", got)
			}
		})
	}
}

func TestWhatIsSignedDecides(t *testing.T) {
	f := serve(t, nil)
	p := url.Values{"DomainName": {"localhost"}}
	r := f.v1(t, http.MethodGet, "", live, "DescribeLiveDomain", p)
	r.Header.Set("X-TC-Action", "ForbidLiveDomain")
	if a := f.do(t, r); a.code != "" || a.fields["DomainInfo"] == nil {
		t.Errorf("a header changed the action of a version 1 request: %s", a.raw)
	}
	for signed, code := range map[string]string{"DescribeLiveDomain": "", "": "MissingParameter"} {
		r = f.v1(t, http.MethodPost, "", live, signed, p)
		r.URL.RawQuery = "Action=ForbidLiveDomain"
		if a := f.do(t, r); a.code != code || (a.fields["DomainInfo"] == nil) != (code != "") {
			t.Errorf("the query changed the action %q of a version 1 form: %s", signed, a.raw)
		}
	}
	r, _ = http.NewRequestWithContext(t.Context(), http.MethodGet, f.http.URL+"/?Action=DescribeLiveDomain&DomainName=localhost", nil)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	signTC3(r, live, "DescribeLiveDomain", "", time.Now())
	r.Header.Set("X-TC-Action", "ForbidLiveDomain")
	if a := f.do(t, r); a.code != "InvalidParameter" {
		t.Errorf("two actions: %s", a.raw)
	}
}

func TestSizeLimits(t *testing.T) {
	f := serve(t, nil)
	pad := func(n int) string { return `{"Unknown":"` + strings.Repeat("x", n) + `","TemplateName":"a"}` }
	if a := f.call(t, live, "CreateLiveRecordTemplate", pad(2<<20)); a.code != "" {
		t.Errorf("2 MiB with TC3: %s", a.msg)
	}
	if a := f.call(t, live, "CreateLiveRecordTemplate", pad(10<<20)); a.code != "RequestSizeLimitExceeded" {
		t.Errorf("over 10 MiB with TC3: %q", a.code)
	}
	big := url.Values{"TemplateName": {strings.Repeat("x", 1<<20)}}
	if a := f.do(t, f.v1(t, http.MethodPost, "", live, "CreateLiveRecordTemplate", big)); a.code != "RequestSizeLimitExceeded" {
		t.Errorf("over 1 MiB with version 1: %q", a.code)
	}
	chunked := f.v1(t, http.MethodPost, "", live, "CreateLiveRecordTemplate", big)
	chunked.ContentLength = -1
	if a := f.do(t, chunked); a.code != "RequestSizeLimitExceeded" {
		t.Errorf("over 1 MiB without a length: %q", a.code)
	}
	long := url.Values{"TemplateName": {strings.Repeat("x", 32<<10)}}
	if a := f.do(t, f.v1(t, http.MethodGet, "", live, "CreateLiveRecordTemplate", long)); a.code != "RequestSizeLimitExceeded" {
		t.Errorf("over 32 KiB of query: %q", a.code)
	}
}

func TestInternalsAreLoggedNotShown(t *testing.T) {
	for name, set := range map[string]func(*faulty){
		"error": func(s *faulty) { s.fail = errors.New("the disk is on fire") },
		"panic": func(s *faulty) { s.panicking = true },
	} {
		f := serve(t, nil)
		set(f.rules)
		a := f.call(t, live, "DescribeLiveRecordTemplates", "{}")
		id, _ := a.fields["RequestId"].(string)
		if a.code != "InternalError" || strings.Contains(a.raw, "fire") || id == "" {
			t.Errorf("%s: shown %s", name, a.raw)
		}
		if log := f.log.String(); !strings.Contains(log, "the disk is on fire") || !strings.Contains(log, id) {
			t.Errorf("%s: logged %s", name, log)
		}
	}
}

func TestNoSecretInTheLog(t *testing.T) {
	f := serve(t, nil)
	f.ok(t, live, "ModifyLivePushAuthKey", `{"DomainName":"localhost","MasterAuthKey":"topsecret1"}`)
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, f.http.URL+"/?Action=DescribeLivePushAuthKey",
		strings.NewReader(`{"DomainName":"localhost"}`))
	r.SetBasicAuth(secretID, secretKey)
	if a := f.do(t, r); !strings.Contains(a.raw, "topsecret1") {
		t.Errorf("got %s", a.raw)
	}
	for _, s := range []string{"topsecret1", secretKey, "Signature=", "Basic "} {
		if strings.Contains(f.log.String(), s) {
			t.Errorf("the log has %q: %s", s, f.log.String())
		}
	}
}

func TestStrict(t *testing.T) {
	const body = `{"TemplateName":"a","Mp4Param":{"Enable":1,"Newer":1}}`
	if a := serve(t, nil).call(t, live, "CreateLiveRecordTemplate", body); a.code != "" {
		t.Errorf("lenient: %s", a.msg)
	}
	strict := serve(t, func(a *api.API) { a.Strict = true })
	a := strict.call(t, live, "CreateLiveRecordTemplate", body)
	if a.code != "UnknownParameter" || !strings.Contains(a.msg, "Mp4Param.Newer") {
		t.Errorf("strict: %q, %s", a.code, a.msg)
	}
}

func TestReplay(t *testing.T) {
	f := serve(t, nil)
	const action = "CreateLiveRecordTemplate"
	r := f.tc3(t, live, action, `{"TemplateName":"a"}`)
	again := func(change func(*http.Request)) answer {
		c := r.Clone(t.Context())
		c.Body, _ = r.GetBody()
		if change != nil {
			change(c)
		}
		return f.do(t, c)
	}
	first := again(nil)
	if second := again(nil); second.raw != first.raw || len(f.templates(t)) != 1 {
		t.Errorf("repeated: %s after %s", second.raw, first.raw)
	}
	upper := again(func(c *http.Request) {
		head, sig, _ := strings.Cut(c.Header.Get("Authorization"), "Signature=")
		c.Header.Set("Authorization", head+"Signature="+strings.ToUpper(sig))
	})
	if upper.raw != first.raw || len(f.templates(t)) != 1 {
		t.Errorf("with the signature in upper case: %s", upper.raw)
	}
	if other := again(func(c *http.Request) { c.Header.Set("X-TC-Action", "DescribeLiveRecordTemplates") }); other.code != "" ||
		other.fields["Templates"] == nil {
		t.Errorf("another action with the same signature: %s", other.raw)
	}
	bad := f.tc3(t, live, action, `{}`)
	if a := f.do(t, bad); a.code != "MissingParameter" {
		t.Errorf("failure: %s", a.raw)
	}
	// Reading is not remembered.
	read := f.tc3(t, live, "DescribeLiveRecordTemplates", `{}`)
	x := f.do(t, read.Clone(t.Context()))
	read.Body, _ = read.GetBody()
	if y := f.do(t, read); x.fields["RequestId"] == y.fields["RequestId"] {
		t.Error("a reading action was answered from memory")
	}
}

func TestReplayOfV1(t *testing.T) {
	f := serve(t, nil)
	r := f.v1(t, http.MethodPost, "", live, "CreateLiveRecordTemplate", url.Values{"TemplateName": {"a"}})
	first := f.do(t, r.Clone(t.Context()))
	body, _ := r.GetBody()
	var text bytes.Buffer
	_, _ = text.ReadFrom(body)
	// The same parameters in another order and another encoding.
	parts := strings.Split(text.String(), "&")
	parts[0], parts[1] = parts[1], parts[0]
	changed := strings.Replace(strings.Join(parts, "&"), "TemplateName=a", "TemplateName=%61", 1)
	c, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, f.http.URL+"/", strings.NewReader(changed))
	c.Header = r.Header.Clone()
	if second := f.do(t, c); second.raw != first.raw || first.code != "" || len(f.templates(t)) != 1 {
		t.Errorf("repeated: %s after %s", second.raw, first.raw)
	}
}

// TestReplayOfUnsignedBodies: requests that differ in nothing that is signed are still two.
func TestReplayOfUnsignedBodies(t *testing.T) {
	f := serve(t, nil)
	at := time.Now()
	send := func(body string) answer {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, f.http.URL+"/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-TC-Content-SHA256", "UNSIGNED-PAYLOAD")
		signTC3(r, live, "CreateLiveRecordTemplate", "UNSIGNED-PAYLOAD", at)
		return f.do(t, r)
	}
	a, b, c := send(`{"TemplateName":"a"}`), send(`{"TemplateName":"b"}`), send(`{"TemplateName":"a"}`)
	if a.code != "" || b.code != "" || c.raw != a.raw || len(f.templates(t)) != 2 {
		t.Errorf("%s, %s, %s; %d templates", a.raw, b.raw, c.raw, len(f.templates(t)))
	}
}

func TestConcurrentReplaysWaitForTheFirst(t *testing.T) {
	f := serve(t, nil)
	entered, release := make(chan struct{}), make(chan struct{})
	f.rules.creating = func() {
		close(entered)
		<-release
	}
	r := f.tc3(t, live, "CreateLiveRecordTemplate", `{"TemplateName":"a"}`)
	send := func() answer {
		c := r.Clone(t.Context())
		c.Body, _ = r.GetBody()
		return f.do(t, c)
	}
	answers := make(chan answer, 4)
	var wg sync.WaitGroup
	wg.Go(func() { answers <- send() })
	<-entered
	for range 3 {
		wg.Go(func() { answers <- send() })
	}
	close(release)
	wg.Wait()
	first := <-answers
	for range 3 {
		if a := <-answers; a.raw != first.raw || a.code != "" {
			t.Errorf("%s and %s", a.raw, first.raw)
		}
	}
	if len(f.templates(t)) != 1 {
		t.Errorf("%d templates were made", len(f.templates(t)))
	}
}

// TestHungUpCallerStillGetsItsAnswer: what a caller that lost its connection asked for is done, and found by its retry.
func TestHungUpCallerStillGetsItsAnswer(t *testing.T) {
	f := serve(t, nil)
	entered, release := make(chan struct{}), make(chan struct{})
	f.rules.creating = func() {
		close(entered)
		<-release
	}
	r := f.tc3(t, live, "CreateLiveRecordTemplate", `{"TemplateName":"a"}`)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		c := r.Clone(ctx)
		c.Body, _ = r.GetBody()
		if resp, err := f.http.Client().Do(c); err == nil {
			resp.Body.Close()
		}
	}()
	<-entered
	cancel()
	<-gone
	select {
	case <-(*f.last.Load()).Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the server did not notice")
	}
	close(release)
	if a := f.do(t, r); a.code != "" || a.fields["TemplateId"] == nil || len(f.templates(t)) != 1 {
		t.Errorf("got %s, %d templates", a.raw, len(f.templates(t)))
	}
}

func TestBasicAndProxies(t *testing.T) {
	proxies, err := api.ParseProxies([]string{"127.0.0.1", "10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.ParseProxies([]string{"here"}); err == nil {
		t.Error("a bad proxy was accepted")
	}
	for _, c := range []struct {
		name    string
		proxies api.Proxies
		header  map[string]string
		want    string
	}{
		{"from this machine", nil, nil, ""},
		{"a proxy that is not trusted", nil, map[string]string{"X-Forwarded-For": "192.0.2.1"}, "AuthFailure.InvalidAuthorization"},
		{"and claims TLS", nil, map[string]string{"X-Forwarded-Proto": "https"}, "AuthFailure.InvalidAuthorization"},
		{"a trusted proxy without TLS", proxies, map[string]string{"X-Forwarded-Proto": "http"}, "AuthFailure.InvalidAuthorization"},
		{"a trusted proxy that says nothing", proxies, nil, "AuthFailure.InvalidAuthorization"},
		{"a trusted proxy with TLS", proxies, map[string]string{"X-Forwarded-Proto": "https"}, ""},
		{"TLS on one way only", proxies, map[string]string{"X-Forwarded-Proto": "https, http"}, "AuthFailure.InvalidAuthorization"},
		{"a foreign page", nil, map[string]string{"Origin": "https://evil.example"}, "AuthFailure.UnauthorizedOperation"},
		{"a page of a sister site", nil, map[string]string{"Sec-Fetch-Site": "same-site"}, "AuthFailure.UnauthorizedOperation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := serve(t, func(a *api.API) { a.Proxies = c.proxies })
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, f.http.URL+"/?Action=SearchMedia", nil)
			r.SetBasicAuth(secretID, secretKey)
			for k, v := range c.header {
				r.Header.Set(k, v)
			}
			if a := f.do(t, r); a.code != c.want {
				t.Errorf("%q (%s), want %q", a.code, a.msg, c.want)
			}
		})
	}
}

func TestClientAddress(t *testing.T) {
	proxies, err := api.ParseProxies([]string{"10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ peer, forwarded, want string }{
		{"192.0.2.9:1", "", "192.0.2.9"},
		{"192.0.2.9:1", "198.51.100.1", "192.0.2.9"},
		{"10.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1", "203.0.113.5, 198.51.100.1, 10.0.0.2", "198.51.100.1"},
		{"10.0.0.1:1", "10.0.0.2", "10.0.0.2"},
		{"10.0.0.1:1", "nonsense", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:1", "2001:db8::1", "2001:db8::1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-For", c.forwarded)
		if got := proxies.Client(r).String(); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
