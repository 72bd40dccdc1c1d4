package hook

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"aircheck/ingest/media"
	"aircheck/server/auth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func call() auth.HookCall {
	return auth.HookCall{
		Action: auth.ActionPublish, Protocol: "rtmp", Key: media.StreamKey{Domain: "push.example.com", App: "live/a", Stream: "cam"},
		Host: "push.example.com", Params: "token=x&y=1", Remote: netip.MustParseAddrPort("192.0.2.7:5000"),
	}
}

// TestAnswers asks a real server, which answers in all kinds of ways.
func TestAnswers(t *testing.T) {
	var status int
	var text string
	var asked []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, _ = io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %v", r.Method, r.Header)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	defer server.Close()
	c := &Caller{URL: server.URL + "/hook?who=me", Client: server.Client(), ServerID: "3", Log: slog.New(slog.DiscardHandler)}
	for _, a := range []struct {
		status int
		text   string
		want   error
	}{
		{200, "0", nil},
		{200, " 0\n", nil},
		{200, `{"code":0,"msg":"OK"}`, nil},
		{200, "1", auth.ErrHookRefused},
		{200, `{"code":403}`, auth.ErrHookRefused},
		{200, `{"code":-1}`, auth.ErrHookRefused},
		{401, "0", auth.ErrHookRefused},
		{403, "0", auth.ErrHookRefused},
		{200, "", ErrFailed},
		{200, "ok", ErrFailed},
		{200, "null", ErrFailed},
		{200, "{}", ErrFailed},
		{200, `{"code":null}`, ErrFailed},
		{200, `{"code":"0"}`, ErrFailed},
		{200, `0 0`, ErrFailed},
		{200, `[0]`, ErrFailed},
		{200, "false", ErrFailed},
		{200, "0" + strings.Repeat(" ", maxAnswer), ErrFailed},
		{201, "0", ErrFailed},
		{302, "0", ErrFailed},
		{500, "0", ErrFailed},
	} {
		status, text = a.status, a.text
		if err := c.Ask(call()); !errors.Is(err, a.want) {
			t.Errorf("%d %.20q: %v, want %v", a.status, a.text, err, a.want)
		}
	}
	var got map[string]any
	if err := json.Unmarshal(asked, &got); err != nil {
		t.Fatal(err)
	}
	if id, _ := got["client_id"].(string); len(id) < 8 {
		t.Error("client_id:", got["client_id"])
	}
	delete(got, "client_id")
	want := map[string]any{
		"action": "on_publish", "server_id": "3", "ip": "192.0.2.7", "vhost": "push.example.com", "app": "live/a", "stream": "cam",
		"param": "?token=x&y=1", "tcUrl": "rtmp://push.example.com/live/a", "stream_url": "push.example.com/live/a/cam", "protocol": "rtmp",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// transport answers in the place of a network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestSilentHook: whoever is asked for is refused after five seconds, be it that nobody answers or that the answer never ends, and what
// goes wrong is told once.
func TestSilentHook(t *testing.T) {
	for name, answer := range map[string]transport{
		"no answer": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, context.Cause(r.Context())
		},
		"no end": func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: &endless{r.Context()}}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				c := &Caller{URL: "http://hook.example.com/?token=abc", Client: &http.Client{Transport: answer}, Log: slog.New(slog.NewTextHandler(&log, nil))}
				for range 3 {
					began := time.Now()
					if err := c.Ask(call()); !errors.Is(err, ErrFailed) || strings.Contains(err.Error(), "hook.example.com") {
						t.Error(err)
					}
					if took := time.Since(began); took != Timeout {
						t.Error("took", took)
					}
				}
				c.Client.Transport = transport(func(*http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("0"))}, nil
				})
				if err := c.Ask(call()); err != nil {
					t.Error(err)
				}
				if strings.Count(log.String(), "gives no answer") != 1 || strings.Count(log.String(), "answers again") != 1 ||
					strings.Contains(log.String(), "abc") {
					t.Error(log.String())
				}
			})
		})
	}
}

// endless is a body of which nothing comes.
type endless struct{ ctx context.Context }

func (e *endless) Read([]byte) (int, error) { <-e.ctx.Done(); return 0, context.Cause(e.ctx) }
func (e *endless) Close() error             { return nil }

// FuzzVerdict: whatever is answered, only 0 is a yes.
func FuzzVerdict(f *testing.F) {
	for _, s := range []string{"0", "1", `{"code":0}`, `{"code":1}`, "-0", "0.0", `{"Code":0}`, "[", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := verdict(http.StatusOK, text); err == nil {
			if len(text) > maxAnswer || !strings.Contains(string(text), "0") {
				t.Errorf("%q is a yes", text)
			}
		} else if !errors.Is(err, ErrFailed) && !errors.Is(err, auth.ErrHookRefused) {
			t.Error(err)
		}
	})
}
