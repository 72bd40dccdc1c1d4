package auth

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	testID  = "AKIDexample"
	testKey = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
)

func verifier() *Verifier {
	return &Verifier{
		SecretKey:   func(id string) (string, bool) { return testKey, id == testID },
		PublicHosts: []string{"live.example.com:8443"},
	}
}

// call is a request that is signed as one thing and may be sent as another.
type call struct {
	method, path, query, host, contentType, body string
	at                                           time.Time
	service, signed                              string
	extra                                        map[string]string
}

func newCall() call {
	return call{
		method: "POST", path: "/", host: "127.0.0.1:8080", contentType: "application/json",
		body: `{"Limit":1}`, at: time.Now(), service: "live", signed: "content-type;host",
		extra: map[string]string{"X-TC-Action": "DescribeLiveDomains"},
	}
}

// authorize computes the Authorization header by the published algorithm.
func (c call) authorize() string {
	var headers strings.Builder
	for name := range strings.SplitSeq(c.signed, ";") {
		value := c.extra[http.CanonicalHeaderKey(name)]
		switch name {
		case "content-type":
			value = c.contentType
		case "host":
			value = c.host
		case "x-tc-action":
			value = strings.ToLower(c.extra["X-TC-Action"])
		}
		headers.WriteString(name + ":" + value + "\n")
	}
	date := c.at.UTC().Format("2006-01-02")
	canonical := strings.Join([]string{c.method, c.path, c.query, headers.String(), c.signed, hexSHA256([]byte(c.body))}, "\n")
	scope := date + "/" + c.service + "/tc3_request"
	text := strings.Join([]string{
		"TC3-HMAC-SHA256", strconv.FormatInt(c.at.Unix(), 10), scope, hexSHA256([]byte(canonical)),
	}, "\n")
	sig := hmacSHA256(hmacSHA256(hmacSHA256(hmacSHA256([]byte("TC3"+testKey), date), c.service), "tc3_request"), text)
	return "TC3-HMAC-SHA256 Credential=" + testID + "/" + scope + ", SignedHeaders=" + c.signed +
		", Signature=" + strings.ToLower(hexOf(sig))
}

func (c call) request() *Request {
	h := http.Header{"Content-Type": {c.contentType}, "Authorization": {c.authorize()}}
	h.Set("X-TC-Timestamp", strconv.FormatInt(c.at.Unix(), 10))
	for k, v := range c.extra {
		h.Set(k, v)
	}
	return &Request{
		Method: c.method, Path: c.path, RawQuery: c.query, Host: c.host, Header: h,
		Body: func() ([]byte, error) { return []byte(c.body), nil },
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789ABCDEF"
	var s strings.Builder
	for _, x := range b {
		s.WriteByte(digits[x>>4])
		s.WriteByte(digits[x&15])
	}
	return s.String()
}

// TestPublishedTC3Values are the documentation's sample.
func TestPublishedTC3Values(t *testing.T) {
	payload := `{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`
	if got := hexSHA256([]byte(payload)); got != "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064" {
		t.Errorf("payload hash %s", got)
	}
	r := &Request{Method: "POST", Header: http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, "X-Tc-Action": {"DescribeInstances"},
	}}
	f := form{host: "cvm.tencentcloudapi.com", path: "/", lowered: true}
	text := canonicalRequest(r, f, []string{"content-type", "host", "x-tc-action"}, hexSHA256([]byte(payload)))
	if got := hexSHA256([]byte(text)); got != "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84" {
		t.Errorf("canonical request hash %s of\n%s", got, text)
	}
}

// TestTC3Forms has one row for each way a client is known to sign, and the fallback that accepts it.
func TestTC3Forms(t *testing.T) {
	for _, c := range []struct {
		name, needs string
		sign, send  func(*call)
	}{
		{name: "as sent"},
		{name: "host name as service", sign: func(c *call) { c.service = "127" }},
		{name: "host with port as service", sign: func(c *call) { c.service = "localhost:8080" }},
		{name: "host and path as service", sign: func(c *call) { c.service = "localhost:8080/api" }},
		{name: "octet-stream", sign: func(c *call) { c.contentType = "application/octet-stream" }},
		{name: "charset", sign: func(c *call) { c.contentType = "application/json; charset=utf-8" }},
		{name: "GET", sign: func(c *call) {
			c.method, c.body, c.contentType = "GET", "", "application/x-www-form-urlencoded"
			c.query = "PageSize=10&DomainPrefix=a+b%20c"
		}},
		{
			name: "Node's host", needs: hostWithoutPort.name,
			sign: func(c *call) { c.host = "127.0.0.1" }, send: func(c *call) { c.host = "127.0.0.1:8080" },
		},
		{
			name: "IPv6 host", needs: hostWithoutPort.name,
			sign: func(c *call) { c.host = "[::1]" }, send: func(c *call) { c.host = "[::1]:8080" },
		},
		{
			name: "public host", needs: publicHost.name,
			sign: func(c *call) { c.host = "live.example.com:8443" }, send: func(c *call) { c.host = "10.0.0.1:8080" },
		},
		{
			name: "public host without port", needs: publicHost.name,
			sign: func(c *call) { c.host = "live.example.com" }, send: func(c *call) { c.host = "10.0.0.1:8080" },
		},
		{name: "path", sign: func(c *call) { c.path = "/api/" }},
		{name: "root for a path", needs: rootPath.name, send: func(c *call) { c.path = "/api/" }},
		{
			name: "sorted query", needs: sortedQuery.name,
			sign: func(c *call) { c.query = "A=1&B=2" }, send: func(c *call) { c.query = "B=2&A=1" },
		},
		{
			name: "action lower-cased", needs: loweredValues.name,
			sign: func(c *call) { c.signed = "content-type;host;x-tc-action" },
		},
		{
			name: "action lower-cased and Node's host", needs: loweredValues.name,
			sign: func(c *call) { c.signed, c.host = "content-type;host;x-tc-action", "127.0.0.1" },
			send: func(c *call) { c.host = "127.0.0.1:8080" },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			signed := newCall()
			apply(c.sign, &signed)
			sent := signed
			apply(c.send, &sent)
			r := sent.request()
			r.Header.Set("Authorization", signed.authorize())
			p, err := verifier().Verify(r)
			if err != nil || p.SecretID != testID || p.Scheme != SchemeTC3 || len(p.Signature) != 64 {
				t.Errorf("%+v, %v", p, err)
			}
			if c.needs != "" {
				checkNeeded(t, c.needs, r)
			}
		})
	}
}

func apply(f func(*call), c *call) {
	if f != nil {
		f(c)
	}
}

// checkNeeded fails when r is accepted without the fallback that its row claims to test.
func checkNeeded(t *testing.T, name string, r *Request) {
	t.Helper()
	a, err := parseAuthorization(r.Header.Get("Authorization"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []fallback
	for _, row := range tc3Fallbacks() {
		if row.name != name {
			rows = append(rows, row)
		}
	}
	body, _ := r.Body()
	for _, f := range verifier().forms(form{host: r.Host, path: r.Path, query: r.RawQuery}, rows) {
		text := "TC3-HMAC-SHA256\n" + r.Header.Get("X-TC-Timestamp") + "\n" + a.date + "/" + a.service + "/tc3_request\n" +
			hexSHA256([]byte(canonicalRequest(r, f, a.signed, hexSHA256(body))))
		if strings.EqualFold(hexOf(hmacSHA256(tc3Key(testKey, a.date, a.service), text)), a.signature) {
			t.Errorf("accepted as %+v without %q", f, name)
		}
	}
}

func TestTC3Refusals(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name, code string
		sign       func(*call)
		send       func(*Request)
	}{
		{"body changed", CodeSignatureFailure, nil, func(r *Request) {
			r.Body = func() ([]byte, error) { return []byte(`{"Limit":2}`), nil }
		}},
		{"query changed", CodeSignatureFailure, nil, func(r *Request) { r.RawQuery = "a=1" }},
		{"method changed", CodeSignatureFailure, nil, func(r *Request) { r.Method = "GET" }},
		{"a host not ours", CodeSignatureFailure, nil, func(r *Request) { r.Host = "evil.example" }},
		{"type changed", CodeSignatureFailure, nil, func(r *Request) { r.Header.Set("Content-Type", "text/plain") }},
		{"timestamp changed", CodeSignatureFailure, nil, func(r *Request) {
			r.Header.Set("X-TC-Timestamp", strconv.FormatInt(now.Unix()+1, 10))
		}},
		{
			"signed action changed", CodeSignatureFailure,
			func(c *call) { c.signed = "content-type;host;x-tc-action" },
			func(r *Request) { r.Header.Set("X-TC-Action", "DeleteMedia") },
		},
		{"too old", CodeSignatureExpire, func(c *call) { c.at = now.Add(-302 * time.Second) }, nil},
		{"too new", CodeSignatureExpire, func(c *call) { c.at = now.Add(302 * time.Second) }, nil},
		{"no timestamp", CodeMissingParameter, nil, func(r *Request) { r.Header.Del("X-TC-Timestamp") }},
		{"timestamp no number", CodeInvalidParameter, nil, func(r *Request) { r.Header.Set("X-TC-Timestamp", "now") }},
		{"host not signed", CodeInvalidAuthorization, func(c *call) { c.signed = "content-type" }, nil},
		{"type not signed", CodeInvalidAuthorization, func(c *call) { c.signed = "host" }, nil},
		{"header signed twice", CodeInvalidAuthorization, func(c *call) { c.signed = "content-type;host;host" }, nil},
		{"signed header missing", CodeInvalidAuthorization, func(c *call) { c.signed = "content-type;host;x-no" }, nil},
		{"header sent twice", CodeInvalidAuthorization, nil, func(r *Request) {
			r.Header.Add("Content-Type", "text/plain")
		}},
		{"token", CodeTokenFailure, nil, func(r *Request) { r.Header.Set("X-TC-Token", "x") }},
		{"unsigned body from afar", CodeInvalidAuthorization, nil, func(r *Request) {
			r.Header.Set("X-TC-Content-SHA256", "UNSIGNED-PAYLOAD")
		}},
		{"wrong date", CodeSignatureFailure, nil, swap(now.UTC().Format("2006-01-02"), "2001-01-01")},
		{"unknown id", CodeSecretIDNotFound, nil, swap(testID, "AKIDother")},
		{"signature no hex", CodeInvalidAuthorization, nil, swap("Signature=", "Signature=zz")},
		{"no signature", CodeInvalidAuthorization, nil, swap(", Signature=", ", Sig=")},
		{"two signatures", CodeInvalidAuthorization, nil, swap(", Signature=", ", Signature=0, Signature=")},
		{"no scope", CodeInvalidAuthorization, nil, swap("/tc3_request", "")},
		{"SKIP", CodeInvalidAuthorization, nil, func(r *Request) { r.Header.Set("Authorization", "SKIP") }},
		{"nothing", CodeInvalidAuthorization, nil, func(r *Request) { r.Header.Del("Authorization") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			signed := newCall()
			signed.at = now
			apply(c.sign, &signed)
			r := signed.request()
			if c.send != nil {
				c.send(r)
			}
			_, err := verifier().Verify(r)
			var f *Failure
			if !errors.As(err, &f) || f.Code != c.code {
				t.Errorf("%v, want %s", err, c.code)
			}
			if err != nil && strings.Contains(err.Error(), testKey) {
				t.Errorf("the error tells the key: %v", err)
			}
		})
	}
}

func swap(from, to string) func(*Request) {
	return func(r *Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
	}
}

func TestTC3InsideTheWindow(t *testing.T) {
	for _, d := range []time.Duration{-299 * time.Second, 299 * time.Second} {
		c := newCall()
		c.at = time.Now().Add(d)
		if _, err := verifier().Verify(c.request()); err != nil {
			t.Errorf("%s: %v", d, err)
		}
	}
}

func TestUnsignedPayload(t *testing.T) {
	for _, set := range []func(*Request){
		func(r *Request) { r.Secure = true }, func(r *Request) { r.Loopback = true },
	} {
		c := newCall()
		c.body = "UNSIGNED-PAYLOAD"
		r := c.request()
		r.Header.Set("X-TC-Content-SHA256", "UNSIGNED-PAYLOAD")
		r.Body = func() ([]byte, error) { t.Error("the body was read"); return nil, nil }
		set(r)
		if _, err := verifier().Verify(r); err != nil {
			t.Error(err)
		}
	}
}

func TestBasic(t *testing.T) {
	for _, c := range []struct {
		name, code       string
		id, key          string
		secure, loopback bool
		open             bool
		headers          map[string]string
	}{
		{name: "loopback", loopback: true},
		{name: "TLS", secure: true},
		{name: "plain", code: CodeInvalidAuthorization},
		{name: "plain, allowed", open: true},
		{name: "wrong key", code: CodeSignatureFailure, key: "x", loopback: true},
		{name: "unknown id", code: CodeSecretIDNotFound, id: "x", loopback: true},
		{name: "own page", loopback: true, headers: map[string]string{
			"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8080",
		}},
		{name: "address bar", loopback: true, headers: map[string]string{"Sec-Fetch-Site": "none"}},
		{name: "cross site", code: CodeUnauthorized, loopback: true, headers: map[string]string{"Sec-Fetch-Site": "cross-site"}},
		{name: "same site", code: CodeUnauthorized, loopback: true, headers: map[string]string{"Sec-Fetch-Site": "same-site"}},
		{name: "foreign origin", code: CodeUnauthorized, secure: true, headers: map[string]string{"Origin": "https://evil.example"}},
		{name: "another port", code: CodeUnauthorized, secure: true, headers: map[string]string{"Origin": "http://127.0.0.1:9"}},
		{name: "null origin", code: CodeUnauthorized, secure: true, headers: map[string]string{"Origin": "null"}},
		{name: "not base64", code: CodeInvalidAuthorization, secure: true, headers: map[string]string{"Authorization": "Basic ?"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			hr := &http.Request{Header: http.Header{}}
			id, key := testID, testKey
			if c.id != "" {
				id = c.id
			}
			if c.key != "" {
				key = c.key
			}
			hr.SetBasicAuth(id, key)
			for k, v := range c.headers {
				hr.Header.Set(k, v)
			}
			v := verifier()
			v.AllowPlainBasic = c.open
			p, err := v.Verify(&Request{Method: "POST", Host: "127.0.0.1:8080", Header: hr.Header, Secure: c.secure, Loopback: c.loopback})
			var f *Failure
			if errors.As(err, &f) {
				if f.Code != c.code {
					t.Errorf("%v, want %q", f, c.code)
				}
			} else if c.code != "" || p.Scheme != SchemeBasic || p.SecretID != testID {
				t.Errorf("%+v, %v, want %q", p, err, c.code)
			}
		})
	}
}

func FuzzParseAuthorization(f *testing.F) {
	f.Add(newCall().authorize())
	f.Add("TC3-HMAC-SHA256 Credential=a/b/c/d/tc3_request, SignedHeaders=content-type;host, Signature=00")
	f.Add("TC3-HMAC-SHA256 ,,,==,")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := parseAuthorization(s)
		if err == nil && (a.secretID == "" || a.signature == "" || len(a.signed) < 2) {
			t.Errorf("%q parsed as %+v", s, a)
		}
	})
}
