// Package console lets people into the web console: its password, its sessions, and the cookie by which the API knows them.
//
//	GET    /console/session   who is logged in, and the token that calls of the API have to bring
//	POST   /console/session   {"Password": "..."}: log in
//	DELETE /console/session   log out
//	GET    /console/sessions  who else is; DELETE ends their sessions, see ServeSessions
//	POST   /console/password  {"Old": "...", "New": "..."}: change the password
package console

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"aircheck/server/audit"
	"aircheck/server/auth"
)

// CookieName is the cookie that holds a session's token.
const CookieName = "aircheck_session"

// maxLogin is how large a request to log in may be, in bytes.
const maxLogin = 4096

// logins is how many passwords are checked at a time: each takes 19 MiB.
const logins = 2

// Console answers at /console/session. Set the exported fields before its first call.
type Console struct {
	Sessions *Sessions
	// Hash returns that of the password: see HashPassword.
	Hash func() (string, error)
	// SetHash stores another one; nil if the password is in the configuration.
	SetHash func(hash string) error
	// Audit is told of who logs in and out, and must not wait; may be nil.
	Audit func(audit.Entry)
	// Failures has addresses wait that bring wrong passwords; may be nil.
	Failures *auth.Failures
	// Client and Secure tell whose request it is and whether it came over TLS.
	Client func(*http.Request) netip.Addr
	Secure func(*http.Request) bool
	// Version is that of the program.
	Version string
	Log     *slog.Logger

	checking chan struct{}
	wrong    *wrongs
}

// New returns c, ready.
func New(c Console) *Console {
	c.checking = make(chan struct{}, logins)
	c.wrong = &wrongs{}
	return &c
}

// state is the answer to GET and POST.
type state struct {
	LoggedIn bool
	// Csrf goes into auth.CSRFHeader of each call.
	Csrf    string `json:",omitempty"`
	Version string
	// Code and Message say what went wrong.
	Code    string `json:",omitempty"`
	Message string `json:",omitempty"`
}

// ServeHTTP answers at /console/session.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && !auth.OwnPage(r.Header, r.Host) {
		c.reply(w, http.StatusForbidden, state{Code: "ForeignPage", Message: "the request comes from a page of another site"})
		return
	}
	switch r.Method {
	case http.MethodGet:
		c.show(w, r)
	case http.MethodPost:
		c.login(w, r)
	case http.MethodDelete:
		c.logout(w, r)
	default:
		h.Set("Allow", "GET, POST, DELETE")
		c.reply(w, http.StatusMethodNotAllowed, state{Code: "Method", Message: "GET, POST or DELETE"})
	}
}

func (c *Console) reply(w http.ResponseWriter, status int, s state) {
	s.Version = c.Version
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(s)
}

func (c *Console) show(w http.ResponseWriter, r *http.Request) {
	token := Token(r)
	if !c.Sessions.Check(r.Context(), token) {
		c.reply(w, http.StatusOK, state{})
		return
	}
	c.reply(w, http.StatusOK, state{LoggedIn: true, Csrf: csrfOf(token)})
}

func (c *Console) login(w http.ResponseWriter, r *http.Request) {
	var ask struct{ Password string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxLogin)).Decode(&ask); err != nil {
		c.reply(w, http.StatusBadRequest, state{Code: "BadRequest", Message: `expected {"Password": "..."}`})
		return
	}
	if hash, ok := c.proves(w, r, ask.Password, audit.ConsoleLogin); ok {
		c.enter(w, r, hash)
	}
}

// enter begins the session of one whose password fits hash.
func (c *Console) enter(w http.ResponseWriter, r *http.Request, hash string) {
	who := c.Client(r)
	token, err := c.Sessions.Begin(r.Context(), who.String(), agentOf(r))
	if err != nil {
		c.broken(w, "the session cannot be stored", err)
		return
	}
	// A change of the password sets the hash and then ends the sessions that there are: this one may have come too late for that.
	if now, err := c.Hash(); err != nil || now != hash {
		_, _ = c.Sessions.End(r.Context(), token) // which nobody was told
		if err != nil {
			c.broken(w, "the password cannot be checked", err)
			return
		}
		c.reply(w, http.StatusForbidden, state{Code: "WrongPassword", Message: "the password has just been changed"})
		return
	}
	c.audit(r, audit.ConsoleLogin, "", nil)
	http.SetCookie(w, c.cookie(r, token, int(longestTime/time.Second)))
	c.Log.Info("console login", "client", who.String())
	c.reply(w, http.StatusOK, state{LoggedIn: true, Csrf: csrfOf(token)})
}

func (c *Console) logout(w http.ResponseWriter, r *http.Request) {
	was, err := c.Sessions.End(r.Context(), Token(r))
	if was {
		c.audit(r, audit.ConsoleLogout, "", nil)
	}
	if err != nil {
		c.Log.Warn("a console session was not removed from the database", "error", err)
	}
	http.SetCookie(w, c.cookie(r, "", -1))
	c.reply(w, http.StatusOK, state{})
}

// cookie is sent with every request to this server's own pages, and to nobody else's.
func (c *Console) cookie(r *http.Request, token string, seconds int) *http.Cookie {
	return &http.Cookie{
		Name: CookieName, Value: token, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: c.Secure(r), SameSite: http.SameSiteStrictMode,
	}
}

// Principal is what auth.Verifier asks: whether the cookie and the CSRF token are those of a session.
func (c *Console) Principal(h http.Header, csrf string) (who string, ok bool) {
	return auth.ConsoleName, c.Sessions.checkCSRF(context.Background(), Token(&http.Request{Header: h}), csrf)
}

// Token is that of the session that a request brings; empty if it brings none.
func Token(r *http.Request) string {
	cookie, err := r.Cookie(CookieName)
	if err != nil {
		return ""
	}
	return cookie.Value
}
