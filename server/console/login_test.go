package console

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/argon2"

	"aircheck/server/auth"
)

type browser struct {
	*Console
	cookie *http.Cookie
}

// ask makes a request with the browser's cookie, and keeps the one in the answer.
func (b *browser) ask(t *testing.T, method, body string, header ...string) (int, state) {
	t.Helper()
	r := httptest.NewRequest(method, "/console/session", strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if b.cookie = c; c.MaxAge < 0 {
			b.cookie = nil
		}
	}
	var s state
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	return w.Code, s
}

// cheap is a hash of a password that costs little: tests check many.
func cheap(password string) string {
	salt := []byte("salt and pepper!")
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=64,t=1,p=1$%s$%s", argon2.Version, enc(salt), enc(argon2.IDKey([]byte(password), salt, 1, 64, 1, hashSize)))
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	hash := cheap("correct horse")
	return &browser{Console: New(Console{
		Sessions: loaded(t, table{}), Hash: func() (string, error) { return hash, nil }, Failures: &auth.Failures{},
		Client: func(*http.Request) netip.Addr { return netip.MustParseAddr("192.0.2.7") },
		Secure: func(*http.Request) bool { return true }, Version: "v1", Log: slog.New(slog.DiscardHandler),
	})}
}

// TestLogin goes in and out.
func TestLogin(t *testing.T) {
	b := newBrowser(t)
	if _, s := b.ask(t, "GET", ""); s.LoggedIn || s.Csrf != "" || s.Version != "v1" {
		t.Errorf("before: %+v", s)
	}
	if code, s := b.ask(t, "POST", `{"Password": "wrong"}`); code != 403 || s.Code != "WrongPassword" || b.cookie != nil {
		t.Errorf("wrong password: %d, %+v", code, s)
	}
	for _, bad := range []string{"", "x", `{"Password": 5}`, `{"Password": "` + strings.Repeat("x", maxLogin) + `"}`} {
		if code, s := b.ask(t, "POST", bad); code != 400 || s.Code != "BadRequest" {
			t.Errorf("%.20q: %d, %+v", bad, code, s)
		}
	}
	code, in := b.ask(t, "POST", `{"Password": "correct horse"}`)
	if code != 200 || !in.LoggedIn || in.Csrf == "" {
		t.Fatalf("right password: %d, %+v", code, in)
	}
	if c := b.cookie; !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
		t.Errorf("cookie: %v", c)
	}
	if _, s := b.ask(t, "GET", ""); s != in {
		t.Errorf("after: %+v, want %+v", s, in)
	}
	h := http.Header{"Cookie": {b.cookie.String()}}
	if who, ok := b.Principal(h, in.Csrf); !ok || who != "console" {
		t.Error("the API does not know the session")
	}
	old := b.cookie
	if code, s := b.ask(t, "DELETE", ""); code != 200 || s.LoggedIn || b.cookie != nil {
		t.Errorf("logout: %d, %+v", code, s)
	}
	b.cookie = old
	if _, s := b.ask(t, "GET", ""); s.LoggedIn {
		t.Error("the old cookie is still good")
	}
	if _, ok := b.Principal(h, in.Csrf); ok {
		t.Error("the API still knows the session")
	}
}

// TestLoginForeign checks that other sites' pages can neither log anybody in nor out.
func TestLoginForeign(t *testing.T) {
	b := newBrowser(t)
	b.ask(t, "POST", `{"Password": "correct horse"}`)
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://example.net"}, {"Origin", "null"},
	} {
		for _, method := range []string{"POST", "DELETE"} {
			if code, s := b.ask(t, method, `{"Password": "correct horse"}`, header...); code != 403 || s.Code != "ForeignPage" {
				t.Errorf("%s %v: %d, %+v", method, header, code, s)
			}
		}
	}
	if _, s := b.ask(t, "GET", ""); !s.LoggedIn {
		t.Error("logged out")
	}
}

// TestLoginWhileThePasswordChanges checks that nobody stays in with the old password who logged in just before the others were logged out.
func TestLoginWhileThePasswordChanges(t *testing.T) {
	b := newBrowser(t)
	hash, err := b.Hash()
	if err != nil {
		t.Fatal(err)
	}
	b.Hash = func() (string, error) { return hash, nil }
	rows := table{}
	b.Sessions.Store = &slow{rows, func() {
		hash = cheap("battery staple")
		if _, err := b.Sessions.EndOthers(t.Context(), "", ""); err != nil {
			t.Error(err)
		}
	}}
	if code, s := b.ask(t, "POST", `{"Password": "correct horse"}`); code != 403 || s.Code != "WrongPassword" || b.cookie != nil || len(rows) != 0 {
		t.Errorf("%d, %+v, %v", code, s, rows)
	}
}

// TestLoginWithoutHash checks that nobody is let in, or told of a change, if the password can no longer be read when the session begins.
func TestLoginWithoutHash(t *testing.T) {
	b := newBrowser(t)
	hash, err := b.Hash()
	if err != nil {
		t.Fatal(err)
	}
	b.Hash = func() (string, error) { return hash, err }
	rows := table{}
	b.Sessions.Store = &slow{rows, func() { err = errors.New("the disk is gone") }}
	if code, s := b.ask(t, "POST", `{"Password": "correct horse"}`); code != 500 || s.Code != "Internal" || b.cookie != nil || len(rows) != 0 {
		t.Errorf("%d, %+v, %v", code, s, rows)
	}
}

// TestLoginsAtOnce checks that only few passwords are checked at once, and that nobody gets more guesses by making them all at the same time.
func TestLoginsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t)
		hash, err := b.Hash()
		if err != nil {
			t.Fatal(err)
		}
		var checked atomic.Int64
		release := make(chan struct{})
		b.Hash = func() (string, error) {
			checked.Add(1)
			<-release
			return hash, nil
		}
		for i := range 60 {
			go func() {
				one := &browser{Console: b.Console}
				if code, s := one.ask(t, "POST", fmt.Sprintf(`{"Password": "guess %d"}`, i)); code != 403 && code != 429 {
					t.Errorf("%d, %+v", code, s)
				}
			}()
		}
		synctest.Wait()
		if n := checked.Load(); n != logins {
			t.Errorf("%d are checked at once", n)
		}
		close(release)
		synctest.Wait()
		// Each of those that are checked at once may have begun before the failure of the others counted.
		if n := checked.Load(); n < 10 || n > 10+logins-1 {
			t.Errorf("%d were checked", n)
		}
	})
}

// TestLoginTooOften checks that guessing has to wait, even with the right password.
func TestLoginTooOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a wait of a second must not be over before it is looked at
		b := newBrowser(t)
		for i := range 10 {
			b.ask(t, "POST", fmt.Sprintf(`{"Password": "guess %d"}`, i))
		}
		if code, s := b.ask(t, "POST", `{"Password": "correct horse"}`); code != 429 || s.Code != "TooManyFailures" || b.cookie != nil {
			t.Errorf("%d, %+v", code, s)
		}
	})
}
