package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"aircheck/server/audit"
	"aircheck/server/auth"
)

// maxAgent is how much of a program's name is kept, in bytes.
const maxAgent = 200

// sessionInfo is a session as its owner sees it.
type sessionInfo struct {
	// ID names it, and lets nobody in.
	ID string
	// Begin and Seen are in ms since 1970.
	Begin, Seen   int64
	Remote, Agent string
	// Current is the one that asks.
	Current bool
}

// list is the answer at /console/sessions.
type list struct {
	Sessions []sessionInfo
	// Fixed: the password is in the configuration, and changed there.
	Fixed bool
}

// ServeSessions answers at /console/sessions: GET lists who is logged in, DELETE ends the session in "id", or all but the caller's.
func (c *Console) ServeSessions(w http.ResponseWriter, r *http.Request) {
	token, ok := c.own(w, r)
	if !ok {
		return
	}
	if r.Method == http.MethodDelete {
		id := r.URL.Query().Get("id")
		n, err := c.Sessions.EndOthers(r.Context(), token, id)
		switch {
		case err != nil:
			c.broken(w, "a session cannot be removed", err)
			return
		case n == 0 && id != "":
			c.reply(w, http.StatusNotFound, state{Code: "NoSession", Message: "there is no such session beside this one; it may be over already"})
			return
		}
		c.audit(r, audit.ConsoleSessionEnd, "", map[string]any{"Sessions": n})
	}
	out := list{Sessions: []sessionInfo{}, Fixed: c.SetHash == nil}
	for _, x := range c.Sessions.List() {
		out.Sessions = append(out.Sessions, sessionInfo{
			ID: x.ID(), Begin: x.Begin.UnixMilli(), Seen: x.Seen.UnixMilli(), Remote: x.Remote, Agent: x.Agent, Current: x.Hash == hashOf(token),
		})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

// ServePassword answers POST at /console/password: {"Old": "...", "New": "..."} changes the password and ends the other sessions.
func (c *Console) ServePassword(w http.ResponseWriter, r *http.Request) {
	token, ok := c.own(w, r)
	if !ok {
		return
	}
	if c.SetHash == nil {
		c.reply(w, http.StatusConflict, state{Code: "Configured", Message: "the password is in the configuration: change console.password there and start the server again"})
		return
	}
	var ask struct{ Old, New string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxLogin)).Decode(&ask); err != nil {
		c.reply(w, http.StatusBadRequest, state{Code: "BadRequest", Message: `expected {"Old": "...", "New": "..."}`})
		return
	}
	if _, ok := c.proves(w, r, ask.Old, audit.ConsolePassword); !ok {
		return
	}
	hash, err := HashPassword(ask.New)
	if errors.Is(err, ErrPassword) {
		c.reply(w, http.StatusBadRequest, state{Code: "BadPassword", Message: err.Error()})
		return
	}
	if err == nil {
		err = c.SetHash(hash)
	}
	if err != nil {
		c.broken(w, "the password cannot be stored", err)
		return
	}
	c.audit(r, audit.ConsolePassword, "", nil)
	c.Log.Info("the console's password was changed", "client", c.Client(r).String())
	if _, err := c.Sessions.EndOthers(r.Context(), token, ""); err != nil {
		c.broken(w, "the password is changed, but other sessions cannot be removed", err)
		return
	}
	c.reply(w, http.StatusOK, state{LoggedIn: true, Csrf: csrfOf(token)})
}

// own answers those who are not a page of the console with somebody logged in, and else returns the session's token.
func (c *Console) own(w http.ResponseWriter, r *http.Request) (token string, ok bool) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	token = Token(r)
	switch {
	case !auth.OwnPage(r.Header, r.Host):
		c.reply(w, http.StatusForbidden, state{Code: "ForeignPage", Message: "the request comes from a page of another site"})
	case !c.Sessions.checkCSRF(r.Context(), token, r.Header.Get(auth.CSRFHeader)):
		c.reply(w, http.StatusForbidden, state{Code: auth.CodeTokenFailure, Message: "the login to the console is over; log in again"})
	default:
		return token, true
	}
	return "", false
}

// proves answers those who bring a wrong password, or too many, and else returns the hash that theirs fits.
func (c *Console) proves(w http.ResponseWriter, r *http.Request, password, what string) (hash string, ok bool) {
	who := c.Client(r)
	hash, ok, err := c.check(r.Context(), who, password)
	switch {
	case errors.Is(err, auth.ErrTooManyFailures):
		c.reply(w, http.StatusTooManyRequests, state{Code: "TooManyFailures", Message: err.Error()})
	case err != nil:
		c.broken(w, "the password cannot be checked", err)
	case !ok:
		c.Log.Warn("wrong console password", "client", who.String())
		c.auditWrong(r, what)
		c.reply(w, http.StatusForbidden, state{Code: "WrongPassword", Message: "the password is wrong"})
	}
	return hash, ok
}

// check compares a password with the hash, when it is its turn. Only then it is asked whether its address has to wait: of many that come at once,
// those are not looked at any more that stand behind too many wrong ones.
func (c *Console) check(ctx context.Context, who netip.Addr, password string) (hash string, ok bool, err error) {
	select {
	case c.checking <- struct{}{}:
		defer func() { <-c.checking }()
	case <-ctx.Done():
		return "", false, ctx.Err()
	}
	if err := c.Failures.Check(who); err != nil {
		return "", false, err
	}
	if hash, err = c.Hash(); err != nil {
		return "", false, err
	}
	if ok, err = checkPassword(hash, password); !ok && err == nil {
		c.Failures.Note(who, auth.ErrKeyWrong, "console", password)
	}
	return hash, ok, err
}

func (c *Console) broken(w http.ResponseWriter, what string, err error) {
	if !errors.Is(err, context.Canceled) { // else who asked has gone
		c.Log.Error("console: "+what, "error", err)
	}
	c.reply(w, http.StatusInternalServerError, state{Code: "Internal", Message: what + "; see the server's log"})
}

// audit writes down what was done.
func (c *Console) audit(r *http.Request, action, code string, params map[string]any) {
	if c.Audit == nil {
		return
	}
	text := ""
	if params != nil {
		text = audit.Text(params)
	}
	c.Audit(audit.Entry{
		Scheme: string(auth.SchemeSession), Remote: c.Client(r).String(), Agent: agentOf(r), Product: audit.Console, Action: action, Code: code, Params: text,
	})
}

// auditWrong writes down that a password was wrong, but not of so many that they would push out everything else.
func (c *Console) auditWrong(r *http.Request, action string) {
	if c.wrong.few(time.Now()) {
		c.audit(r, action, "WrongPassword", nil)
	}
}

// maxWrong is how many wrong passwords are written down, per hour.
const maxWrong = 200

// wrongs counts the wrong passwords of an hour.
type wrongs struct {
	mu    sync.Mutex
	n     int
	since time.Time
}

// few counts one more, and reports whether they are still few.
func (w *wrongs) few(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.since) > time.Hour {
		w.since, w.n = now, 0
	}
	w.n++
	return w.n <= maxWrong
}

func agentOf(r *http.Request) string {
	agent := r.UserAgent()
	return strings.ToValidUTF8(agent[:min(len(agent), maxAgent)], "")
}
