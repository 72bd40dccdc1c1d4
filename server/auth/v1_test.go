package auth

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func v1Call(at time.Time) url.Values {
	return url.Values{
		"Action": {"DescribeLiveDomains"}, "Version": {"2018-08-01"}, "SecretId": {testID}, "Nonce": {"12345"},
		"Timestamp": {strconv.FormatInt(at.Unix(), 10)}, "Domain_Prefix": {"a b&c=中"}, "Mp4Param.Enable": {"1"},
		"Region": {""},
	}
}

// signV1 computes the signature by the published algorithm.
func signV1(method, host, path string, p url.Values, rename func(string) string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(p)) {
		parts = append(parts, rename(k)+"="+p.Get(k))
	}
	newHash := sha1.New
	if p.Get("SignatureMethod") == "HmacSHA256" {
		newHash = sha256.New
	}
	mac := hmac.New(newHash, []byte(testKey))
	mac.Write([]byte(method + host + path + "?" + strings.Join(parts, "&")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func v1Request(method, host, path string, p url.Values) *Request {
	r := &Request{Method: method, Path: path, Host: host, Header: http.Header{}, Body: func() ([]byte, error) { return nil, nil }}
	if method == http.MethodGet {
		r.RawQuery = p.Encode()
		return r
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Body = func() ([]byte, error) { return []byte(p.Encode()), nil }
	return r
}

func same(s string) string { return s }

// TestV1Forms has one row for each way a client is known to sign.
func TestV1Forms(t *testing.T) {
	dotted := func(s string) string { return strings.ReplaceAll(s, "_", ".") }
	for _, c := range []struct {
		name, method, hash    string
		signHost, sendHost    string
		signPath, sendPath    string
		rename                func(string) string
		acceptedWithoutByName bool
	}{
		{"GET", "GET", "", "h:1", "h:1", "/", "/", same, true},
		{"GET SHA-1", "GET", "HmacSHA1", "h:1", "h:1", "/", "/", same, true},
		{"GET SHA-256", "GET", "HmacSHA256", "h:1", "h:1", "/", "/", same, true},
		{"POST", "POST", "", "h:1", "h:1", "/", "/", same, true},
		{"POST SHA-256", "POST", "HmacSHA256", "h:1", "h:1", "/", "/", same, true},
		{hostWithoutPort.name, "GET", "", "h", "h:1", "/", "/", same, false},
		{publicHost.name, "GET", "", "live.example.com:8443", "h:1", "/", "/", same, false},
		{rootPath.name, "POST", "", "h:1", "h:1", "/", "/api", same, false},
		{dottedNames.name, "GET", "", "h:1", "h:1", "/", "/", dotted, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := v1Call(time.Now())
			if c.hash != "" {
				p.Set("SignatureMethod", c.hash)
			}
			p.Set("Signature", signV1(c.method, c.signHost, c.signPath, p, c.rename))
			r := v1Request(c.method, c.sendHost, c.sendPath, p)
			got, err := verifier().Verify(r)
			if err != nil || got.Scheme != SchemeV1 || got.Signature == "" || got.SecretID != testID {
				t.Errorf("%+v, %v", got, err)
			}
			plain := v1Text(c.method, form{host: r.Host, path: r.Path}, p)
			mac := hmac.New(sha1.New, []byte(testKey))
			mac.Write([]byte(plain))
			if c.hash != "HmacSHA256" && (base64.StdEncoding.EncodeToString(mac.Sum(nil)) == p.Get("Signature")) != c.acceptedWithoutByName {
				t.Error("the row does not test what its name says")
			}
		})
	}
}

func TestV1Refusals(t *testing.T) {
	for _, c := range []struct {
		name, code   string
		before       func(url.Values)
		after        func(url.Values)
		changeMethod bool
	}{
		{"no signature", CodeInvalidAuthorization, nil, func(p url.Values) { p.Del("Signature") }, false},
		{"too old", CodeSignatureExpire, func(p url.Values) {
			p.Set("Timestamp", strconv.FormatInt(time.Now().Unix()-302, 10))
		}, nil, false},
		{"too new", CodeSignatureExpire, func(p url.Values) {
			p.Set("Timestamp", strconv.FormatInt(time.Now().Unix()+302, 10))
		}, nil, false},
		{"no timestamp", CodeMissingParameter, func(p url.Values) { p.Del("Timestamp") }, nil, false},
		{"unknown id", CodeSecretIDNotFound, func(p url.Values) { p.Set("SecretId", "x") }, nil, false},
		{"token", CodeTokenFailure, func(p url.Values) { p.Set("Token", "x") }, nil, false},
		{"unknown method", CodeInvalidParameter, func(p url.Values) { p.Set("SignatureMethod", "MD5") }, nil, false},
		{"parameter changed", CodeSignatureFailure, nil, func(p url.Values) { p.Set("Action", "DeleteMedia") }, false},
		{"parameter added", CodeSignatureFailure, nil, func(p url.Values) { p.Set("x", "") }, false},
		{"parameter twice", CodeInvalidParameter, nil, func(p url.Values) { p.Add("Nonce", "1") }, false},
		{"parameter removed", CodeSignatureFailure, nil, func(p url.Values) { p.Del("Region") }, false},
		{"not base64", CodeSignatureFailure, nil, func(p url.Values) { p.Set("Signature", "?") }, false},
		{"another method", CodeSignatureFailure, nil, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := v1Call(time.Now())
			if c.before != nil {
				c.before(p)
			}
			p.Set("Signature", signV1("GET", "h:1", "/", p, same))
			if c.after != nil {
				c.after(p)
			}
			method := "GET"
			if c.changeMethod {
				method = "POST"
			}
			_, err := verifier().Verify(v1Request(method, "h:1", "/", p))
			var f *Failure
			if !errors.As(err, &f) || f.Code != c.code {
				t.Errorf("%v, want %s", err, c.code)
			}
		})
	}
}

func TestParseParamsLimits(t *testing.T) {
	for _, s := range []string{strings.Repeat("a&", MaxParams), "a=%zz", "a=1;b=2", "a=1&a=2"} {
		if _, err := ParseParams(s); err == nil {
			t.Errorf("accepted %.20q", s)
		}
	}
}

func FuzzVerifyV1(f *testing.F) {
	p := v1Call(time.Now())
	p.Set("Signature", "AAAA")
	f.Add(p.Encode(), "h:1")
	f.Add("Signature=&a=%", "[::1]")
	f.Fuzz(func(t *testing.T, query, host string) {
		r := &Request{Method: "GET", Path: "/", RawQuery: query, Host: host, Header: http.Header{}}
		if got, err := verifier().Verify(r); err == nil {
			t.Errorf("accepted %+v", got)
		}
	})
}
