package api_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// answer is a decoded answer with its transport.
type answer struct {
	status int
	header http.Header
	raw    string
	fields map[string]any
	code   string
	msg    string
}

func (f *fixture) do(t *testing.T, r *http.Request) answer {
	t.Helper()
	client := *f.http.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(body)}
	if resp.StatusCode != http.StatusOK {
		return a
	}
	var decoded struct{ Response map[string]any }
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&decoded); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	a.fields = decoded.Response
	if e, ok := a.fields["Error"].(map[string]any); ok {
		a.code, a.msg = e["Code"].(string), e["Message"].(string)
	}
	return a
}

// call posts JSON, signed with TC3.
func (f *fixture) call(t *testing.T, version, action, body string) answer {
	t.Helper()
	return f.do(t, f.tc3(t, version, action, body))
}

// ok is call for what must succeed.
func (f *fixture) ok(t *testing.T, version, action, body string) map[string]any {
	t.Helper()
	a := f.call(t, version, action, body)
	if a.code != "" {
		t.Fatalf("%s: %s: %s", action, a.code, a.msg)
	}
	return a.fields
}

func (f *fixture) tc3(t *testing.T, version, action, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.http.URL+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	// A signed header that differs makes otherwise equal requests of one second distinct.
	f.nonce++
	r.Header.Set("X-Nonce", strconv.Itoa(f.nonce))
	r.Header.Set("Content-Type", "application/json")
	id, key := f.pair()
	signTC3As(id, key, r, version, action, body, time.Now(), "x-nonce")
	return r
}

// pair is what requests are signed with.
func (f *fixture) pair() (id, key string) {
	if f.id != "" {
		return f.id, f.key
	}
	return secretID, secretKey
}

// signTC3 signs by the published algorithm.
func signTC3(r *http.Request, version, action, body string, at time.Time, more ...string) {
	signTC3As(secretID, secretKey, r, version, action, body, at, more...)
}

func signTC3As(id, secret string, r *http.Request, version, action, body string, at time.Time, more ...string) {
	r.Header.Set("X-TC-Action", action)
	if version != "" {
		r.Header.Set("X-TC-Version", version)
	}
	stamp, date := strconv.FormatInt(at.Unix(), 10), at.UTC().Format("2006-01-02")
	r.Header.Set("X-TC-Timestamp", stamp)
	names := append([]string{"content-type", "host"}, more...)
	headers := ""
	for _, n := range names {
		value := r.Header.Get(n)
		if n == "host" {
			value = r.URL.Host
		}
		headers += n + ":" + value + "\n"
	}
	canonical := strings.Join([]string{
		r.Method, "/", r.URL.RawQuery, headers, strings.Join(names, ";"), sha(body),
	}, "\n")
	scope := date + "/live/tc3_request"
	mac := func(key []byte, s string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(s))
		return h.Sum(nil)
	}
	key := mac(mac(mac([]byte("TC3"+secret), date), "live"), "tc3_request")
	sig := hex.EncodeToString(mac(key, "TC3-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+sha(canonical)))
	r.Header.Set("Authorization", "TC3-HMAC-SHA256 Credential="+id+"/"+scope+", SignedHeaders="+
		strings.Join(names, ";")+", Signature="+sig)
}

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// v1 makes a request signed by version 1, GET or POST form.
func (f *fixture) v1(t *testing.T, method, hashName, version, action string, p url.Values) *http.Request {
	t.Helper()
	f.nonce++
	id, secret := f.pair()
	all := maps.Clone(p)
	if all == nil {
		all = url.Values{}
	}
	for k, v := range map[string]string{
		"Action": action, "Version": version, "SecretId": id, "Nonce": strconv.Itoa(f.nonce),
		"Timestamp": strconv.FormatInt(time.Now().Unix(), 10), "Region": "",
	} {
		all.Set(k, v)
	}
	if action == "" {
		all.Del("Action")
	}
	newHash := func() hash.Hash { return sha1.New() }
	if hashName != "" {
		all.Set("SignatureMethod", hashName)
	}
	if hashName == "HmacSHA256" {
		newHash = sha256.New
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(all)) {
		parts = append(parts, k+"="+all.Get(k))
	}
	mac := hmac.New(newHash, []byte(secret))
	mac.Write([]byte(method + strings.TrimPrefix(f.http.URL, "http://") + "/?" + strings.Join(parts, "&")))
	all.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	target, body := f.http.URL+"/?"+all.Encode(), io.Reader(nil)
	if method == http.MethodPost {
		target, body = f.http.URL+"/", strings.NewReader(all.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}
