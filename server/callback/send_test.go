package callback_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"aircheck/rules"
)

// TestSend sends a sample of every type as a test and compares what came with what is said of it.
func TestSend(t *testing.T) {
	f := newFixture(t)
	f.callbacks.Send = f.outbox.Send
	var header http.Header
	var body string
	status := http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		header, body = r.Header, string(text)
		w.Header().Set("X-Long", strings.Repeat("x", 3000))
		w.Header().Set("X-Short", "y")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, strings.Repeat("z", 2000))
	}))
	defer s.Close()
	id, err := f.callbacks.CreateTemplate(t.Context(), func() rules.CallbackTemplate { x := everything(s.URL, "key"); x.Name = "t"; return x }())
	must(t, err)
	for _, kind := range []rules.EventType{0, 1, 100, 332, 341} {
		d, err := f.callbacks.Test(t.Context(), rules.CallbackTest{TemplateID: id, Type: kind})
		must(t, err)
		mac := hmac.New(sha256.New, []byte("key"))
		_, _ = io.WriteString(mac, body)
		if header.Get("X-Aircheck-Signature") != hex.EncodeToString(mac.Sum(nil)) || header.Get("X-Aircheck-Test") != "1" || header.Get("X-Aircheck-Late") != "" {
			t.Errorf("type %d: header %v", kind, header)
		}
		if d.Code != rules.CodeDelivered || d.Request != body || len(d.Response) != 1024 || d.AnswerAt.Before(d.At) {
			t.Errorf("type %d: %+v, received %s", kind, d, body)
		}
		for _, want := range []string{`"sign":`, `"event_id":"0"`, `aircheck-test`} {
			if !strings.Contains(body, want) {
				t.Errorf("type %d: no %s in %s", kind, want, body)
			}
		}
		fields := map[string]string{}
		for _, h := range append(d.RequestHeader, d.ResponseHeader...) {
			fields[h.Name] = h.Value
		}
		if fields["X-Aircheck-Test"] != "1" || fields["X-Short"] != "y" || fields["X-Long"] != "" {
			t.Errorf("type %d: noted %v", kind, fields)
		}
	}
	status = http.StatusTeapot
	d, err := f.callbacks.Test(t.Context(), rules.CallbackTest{URL: s.URL, Type: rules.EventFileReady})
	if err != nil || d.Code != status || header.Get("X-Aircheck-Signature") != "" {
		t.Errorf("%+v, %v", d, err)
	}
	if log := f.log(); len(log) != 0 {
		t.Errorf("tests are in the log: %+v", log)
	}
	f.outbox.Client.CloseIdleConnections()
}
