package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/server/audit"
	"aircheck/server/auth"
)

// manage makes a request at /console/sessions or /console/password, as a page does that was told csrf.
func (b *browser) manage(t *testing.T, method, path, body, csrf string, header ...string) (status int, s state, l list) {
	t.Helper()
	r := httptest.NewRequest(method, "/console/"+path, strings.NewReader(body))
	r.Header.Set(auth.CSRFHeader, csrf)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	if strings.HasPrefix(path, "password") {
		b.ServePassword(w, r)
	} else {
		b.ServeSessions(w, r)
	}
	for _, to := range []any{&s, &l} {
		if err := json.Unmarshal(w.Body.Bytes(), to); err != nil {
			t.Fatalf("%s: %v", w.Body, err)
		}
	}
	return w.Code, s, l
}

// withPassword returns browsers of one console whose password can be changed, logged in, and what is written down.
func withPassword(t *testing.T, n int) (all []*browser, csrf []string, log *[]string) {
	t.Helper()
	first := newBrowser(t)
	hash, err := first.Hash()
	if err != nil {
		t.Fatal(err)
	}
	log = &[]string{}
	first.Hash = func() (string, error) { return hash, nil }
	first.SetHash = func(to string) error { hash = to; return nil }
	first.Audit = func(e audit.Entry) {
		*log = append(*log, strings.TrimSpace(fmt.Sprint(e.Action, " ", e.Code, e.Params)))
		if e.Remote != "192.0.2.7" || e.Product != "console" || e.KeyID != "" || e.Scheme != "Session" {
			t.Errorf("%+v", e)
		}
	}
	for range n {
		b := &browser{Console: first.Console}
		code, s := b.ask(t, "POST", `{"Password": "correct horse"}`)
		if code != 200 {
			t.Fatal(code, s)
		}
		all, csrf = append(all, b), append(csrf, s.Csrf)
	}
	return all, csrf, log
}

// in reports whether a browser is logged in.
func (b *browser) in(t *testing.T) bool {
	t.Helper()
	_, s := b.ask(t, "GET", "")
	return s.LoggedIn
}

// TestChangePassword checks that the password changes for who knows the old one, and ends the other sessions only.
func TestChangePassword(t *testing.T) {
	all, csrf, log := withPassword(t, 2)
	b := all[0]
	change := func(old, to string) (int, string) {
		status, s, _ := b.manage(t, "POST", "password", fmt.Sprintf(`{"Old": %q, "New": %q}`, old, to), csrf[0])
		return status, s.Code
	}
	for _, c := range []struct{ old, to, code string }{
		{"wrong", "battery staple", "WrongPassword"},
		{"", "battery staple", "WrongPassword"},
		{"correct horse", "short", "BadPassword"},
		{"correct horse", strings.Repeat("x", 1025), "BadPassword"},
		{"correct horse", strings.Repeat("x", maxLogin), "BadRequest"},
	} {
		if status, code := change(c.old, c.to); status < 400 || code != c.code {
			t.Errorf("%.20q to %.20q: %d %s", c.old, c.to, status, code)
		}
	}
	for name, try := range map[string]func() (int, state, list){
		"without what the page was told": func() (int, state, list) {
			return b.manage(t, "POST", "password", `{"Old":"correct horse","New":"battery staple"}`, "")
		},
		"with what another was told": func() (int, state, list) {
			return b.manage(t, "POST", "password", `{"Old":"correct horse","New":"battery staple"}`, csrf[1])
		},
		"from a foreign page": func() (int, state, list) {
			return b.manage(t, "POST", "password", `{"Old":"correct horse","New":"battery staple"}`, csrf[0], "Sec-Fetch-Site", "cross-site")
		},
	} {
		if status, s, _ := try(); status != http.StatusForbidden {
			t.Errorf("%s: %d, %+v", name, status, s)
		}
	}
	if !all[1].in(t) {
		t.Error("what failed has ended a session")
	}
	if status, code := change("correct horse", "battery staple"); status != 200 || code != "" {
		t.Fatal(status, code)
	}
	if !b.in(t) || all[1].in(t) {
		t.Error("the other session goes on, or the own one does not")
	}
	if status, s := (&browser{Console: b.Console}).ask(t, "POST", `{"Password": "correct horse"}`); status != 403 {
		t.Errorf("the old password: %d, %+v", status, s)
	}
	if status, s := (&browser{Console: b.Console}).ask(t, "POST", `{"Password": "battery staple"}`); status != 200 {
		t.Errorf("the new password: %d, %+v", status, s)
	}
	want := []string{
		"ConsoleLogin", "ConsoleLogin", "ConsolePassword WrongPassword", "ConsolePassword WrongPassword", "ConsolePassword", "ConsoleLogin WrongPassword", "ConsoleLogin",
	}
	if fmt.Sprint(*log) != fmt.Sprint(want) || strings.Contains(fmt.Sprint(*log), "horse") {
		t.Errorf("written down:\n%v, want\n%v", *log, want)
	}
	b.SetHash = nil
	if status, code := change("battery staple", "correct horse"); status != 409 || code != "Configured" {
		t.Errorf("in the configuration: %d %s", status, code)
	}
}

// TestChangePasswordTooOften checks that guessing the old password has to wait as at the login.
func TestChangePasswordTooOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, csrf, _ := withPassword(t, 1)
		for i := range 10 {
			all[0].manage(t, "POST", "password", fmt.Sprintf(`{"Old": "guess %d", "New": "battery staple"}`, i), csrf[0])
		}
		if status, s, _ := all[0].manage(t, "POST", "password", `{"Old": "correct horse", "New": "battery staple"}`, csrf[0]); status != 429 || s.Code != "TooManyFailures" {
			t.Errorf("%d, %+v", status, s)
		}
	})
}

// TestSessionsListed checks that sessions are listed and ended, but never the own one.
func TestSessionsListed(t *testing.T) {
	all, csrf, log := withPassword(t, 4)
	b := all[1]
	status, _, l := b.manage(t, "GET", "sessions", "", csrf[1])
	if status != 200 || len(l.Sessions) != 4 || l.Fixed {
		t.Fatalf("%d, %+v", status, l)
	}
	own, ids := "", []string{}
	for _, s := range l.Sessions {
		if s.Remote != "192.0.2.7" || s.Begin == 0 || s.Seen < s.Begin || b.Sessions.Check(t.Context(), s.ID) {
			t.Errorf("%+v", s)
		}
		if s.Current {
			own = s.ID
		} else {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) != 3 || own == "" {
		t.Fatalf("%+v", l)
	}
	for _, id := range []string{own, "none", ids[0] + "x"} {
		if status, s, _ := b.manage(t, "DELETE", "sessions?id="+id, "", csrf[1]); status != 404 || s.Code != "NoSession" {
			t.Errorf("%s: %d %+v", id, status, s)
		}
	}
	if status, _, l := b.manage(t, "DELETE", "sessions?id="+ids[0], "", csrf[1]); status != 200 || len(l.Sessions) != 3 {
		t.Errorf("%d, %+v", status, l)
	}
	if status, _, _ := b.manage(t, "DELETE", "sessions", "", csrf[0]); status != 403 {
		t.Errorf("without what the page was told: %d", status)
	}
	if status, _, l := b.manage(t, "DELETE", "sessions", "", csrf[1]); status != 200 || len(l.Sessions) != 1 || !l.Sessions[0].Current {
		t.Errorf("%d, %+v", status, l)
	}
	if !b.in(t) || all[0].in(t) || all[2].in(t) || all[3].in(t) {
		t.Error("not those are logged in that should be")
	}
	b.ask(t, "DELETE", "")
	b.ask(t, "DELETE", "") // nobody is logged in any more
	want := `[ConsoleLogin ConsoleLogin ConsoleLogin ConsoleLogin ConsoleSessionEnd {"Sessions":1} ConsoleSessionEnd {"Sessions":2} ConsoleLogout]`
	if fmt.Sprint(*log) != want {
		t.Errorf("written down:\n%v, want\n%s", *log, want)
	}
}

// TestSeen checks that it is known to the moment when a session was used, and stored once an hour.
func TestSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := table{}
		s := loaded(t, rows)
		token := begin(t, s)
		began := time.Now()
		for minute := range 190 {
			time.Sleep(time.Minute)
			if !s.Check(t.Context(), token) || !s.List()[0].Seen.Equal(time.Now()) {
				t.Fatalf("after %d minutes: %+v", minute+1, s.List())
			}
			if behind := time.Since(rows[hashOf(token)].Seen); behind > seenEvery {
				t.Fatalf("after %d minutes the store is %s behind", minute+1, behind)
			}
		}
		if stored := rows[hashOf(token)].Seen.Sub(began); stored%(61*time.Minute) != 0 {
			t.Errorf("stored last after %s", stored)
		}
		time.Sleep(idleTime + time.Second)
		if s.Check(t.Context(), token) || len(s.List()) != 0 {
			t.Error("it is not over")
		}
	})
}

// TestWrongPasswordsWrittenDown checks that guesses do not push everything else out of the audit log.
func TestWrongPasswordsWrittenDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wrongs{}
		n := 0
		for range 2 * maxWrong {
			if w.few(time.Now()) {
				n++
			}
		}
		if n != maxWrong {
			t.Errorf("%d", n)
		}
		time.Sleep(time.Hour + time.Second)
		if !w.few(time.Now()) {
			t.Error("none in the next hour")
		}
	})
}
