package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"aircheck/server/auth"
)

// Sizes of requests, as published.
const (
	maxQueryBytes = 32 << 10
	maxV1Bytes    = 1 << 20
	maxTC3Bytes   = 10 << 20
)

// mutationTime bounds a changing action, which goes on when its caller hangs up.
const mutationTime = 30 * time.Second

// maxTraceBytes is the length of a trace id that is given back.
const maxTraceBytes = 128

// Handler returns the handler of "/".
func (a *API) Handler() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	s := &server{API: a, actions: newRegistry(a.table()), log: a.Log}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	serve := func(c *gin.Context) { s.serve(c.Writer, c.Request) }
	engine.GET("/", serve)
	engine.POST("/", serve)
	s.routeLegacy(engine)
	engine.NoMethod(serve)
	return engine
}

// server is an API at work.
type server struct {
	*API
	actions registry
	replay  replay
	log     *slog.Logger
}

// call is one request under way.
type call struct {
	*http.Request
	id     string
	client netip.Addr
	secure bool
	// readBody reads the body once, within the size its signature allows.
	readBody func() ([]byte, error)
	// name of the action, once known, and code of the answer, for the log and for Observe.
	name, code string
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.Header.Get("X-TC-Action") == "" && !r.URL.Query().Has("Action") {
		http.Redirect(w, r, "/console/", http.StatusFound)
		return
	}
	s.serveCall(w, r, s.answer)
}

// serveCall answers a request with what answer makes of it.
func (s *server) serveCall(w http.ResponseWriter, r *http.Request, answer func(c *call) []byte) {
	began := time.Now()
	c := &call{
		Request: r, id: uuid.NewString(), client: s.Proxies.Client(r), secure: s.Proxies.Secure(r),
		readBody: sync.OnceValues(func() ([]byte, error) { return readBody(w, r) }),
	}
	text := answer(c)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if trace := r.Header.Get("X-TC-TraceId"); trace != "" && len(trace) <= maxTraceBytes {
		h.Set("X-TC-TraceId", trace)
	}
	w.WriteHeader(http.StatusOK)
	if _, err := w.Write(text); err != nil {
		s.log.Debug("api answer not delivered", "request_id", c.id, "error", err)
	}
	if s.Observe != nil {
		s.Observe(c.name, c.code, time.Since(began))
	}
	s.log.Debug("api call", "action", c.name, "client", c.client.String(), "request_id", c.id,
		"took", time.Since(began).Round(time.Microsecond))
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit := int64(maxTC3Bytes)
	if auth.SchemeOf(r.Header) == auth.SchemeV1 {
		limit = maxV1Bytes
	}
	if r.ContentLength > limit {
		return nil, failf(codeTooLarge, "the body is larger than %d bytes", limit)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, failf(codeTooLarge, "the body is larger than %d bytes", limit)
	case err != nil:
		return nil, failf(codeBadRequest, "the body cannot be read")
	}
	return body, nil
}

// answer returns the complete answer to a request.
func (s *server) answer(c *call) (out []byte) {
	defer s.guard(c, &out)
	p, a, principal, err := s.accept(c)
	if err != nil {
		return s.failure(c, err)
	}
	caller := &Caller{Principal: principal, RequestID: c.id, BaseURL: s.baseURL(c), Host: c.Host}
	if !a.Mutating {
		return s.invoke(c.Context(), c, a, caller, p)
	}
	first := false
	run := func() []byte {
		first = true
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), mutationTime)
		defer cancel()
		out := s.invoke(ctx, c, a, caller, p)
		s.note(c, a, principal, p, out)
		return out
	}
	if principal.Signature == "" {
		return run()
	}
	key, err := replayKey(c, a, principal)
	if err != nil {
		return s.failure(c, err)
	}
	answer, ok := s.replay.do(c.Context(), key, run)
	if !ok {
		return s.failure(c, failf(codeUnavailable, "the same request is still being answered"))
	}
	if !first {
		c.code = CodeReplayed
	}
	return answer
}

// accept establishes who calls which action with what.
func (s *server) accept(c *call) (p params, a action, who auth.Principal, err error) {
	if c.Method != http.MethodGet && c.Method != http.MethodPost {
		return p, a, who, failf(codeProtocol, "the method is neither GET nor POST")
	}
	if len(c.URL.RawQuery) > maxQueryBytes {
		return p, a, who, failf(codeTooLarge, "the query is larger than %d bytes", maxQueryBytes)
	}
	if err := s.Failures.Check(c.client); err != nil {
		return p, a, who, failf(codeTooOften, "%s", err)
	}
	who, err = s.Verifier.Verify(s.authRequest(c))
	if err != nil {
		s.Failures.Note(c.client, err)
		return p, a, who, err
	}
	p, common, err := c.parameters(who.Scheme)
	if err != nil {
		return p, a, who, err
	}
	name, err := c.common("Action", common, who.Scheme)
	if err != nil {
		return p, a, who, err
	}
	version, err := c.common("Version", common, who.Scheme)
	if err != nil {
		return p, a, who, err
	}
	if name == "" {
		return p, a, who, failf(codeMissing, "Action: is missing; send X-TC-Action")
	}
	a, err = s.actions.find(name, version, who.Scheme == auth.SchemeBasic)
	c.name = a.Name
	return p, a, who, err
}

// authRequest is the request as its signature is verified.
func (s *server) authRequest(c *call) *auth.Request {
	return &auth.Request{
		Method: c.Method, Path: c.URL.EscapedPath(), RawQuery: c.URL.RawQuery, Host: c.Host, Header: c.Header,
		Body: c.readBody, Secure: c.secure, Loopback: s.Proxies.Loopback(c.Request),
	}
}

// parameters reads the action's parameters, and the common ones that came with them.
func (c *call) parameters(scheme auth.Scheme) (params, url.Values, error) {
	fromQuery, common, err := parseQuery(c.URL.RawQuery)
	if err != nil || c.Method == http.MethodGet {
		return fromQuery, common, err
	}
	body, err := c.readBody()
	if err != nil {
		return params{}, nil, err
	}
	p, inBody, err := parseBody(c.Header.Get("Content-Type"), body)
	if scheme == auth.SchemeV1 {
		return p, inBody, err
	}
	for name, values := range inBody {
		common[name] = values
	}
	return p, common, err
}

// common returns a common parameter: what was signed decides, so a version 1 signature leaves headers aside.
func (c *call) common(name string, params url.Values, scheme auth.Scheme) (string, error) {
	header, param := c.Header.Get("X-TC-"+name), params.Get(name)
	if scheme == auth.SchemeV1 {
		header = ""
	}
	if header != "" && param != "" && header != param {
		return "", failf(codeInvalid, "%s: differs from the header X-TC-%s", name, name)
	}
	if header != "" {
		return header, nil
	}
	return param, nil
}

// replayKey names a request by its signature and by what that may leave out. Nothing else goes in: what a signature
// covers can often be written in several ways, and each would be a new name.
func replayKey(c *call, a action, who auth.Principal) (string, error) {
	key := strings.Join([]string{who.SecretID, who.Signature, a.Version, a.Name}, "\n")
	if !who.BodyUnsigned {
		return key, nil
	}
	body, err := c.readBody()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	return key + "\n" + hex.EncodeToString(sum[:]), nil
}

func (s *server) invoke(ctx context.Context, c *call, a action, caller *Caller, p params) (out []byte) {
	defer s.guard(c, &out)
	result, err := a.invoke(ctx, caller, p, s.Strict)
	if a.Mutating {
		s.log.Info("api change", "action", a.Name, "client", c.client.String(), "request_id", c.id, "ok", err == nil)
	}
	if err != nil {
		return s.failure(c, err)
	}
	answer, err := envelope(result, c.id)
	if err != nil {
		return s.failure(c, err)
	}
	c.code = CodeOK
	return answer
}

// guard turns a panic into an answer.
func (s *server) guard(c *call, out *[]byte) {
	if p := recover(); p != nil {
		s.log.Error("api panic", "action", c.name, "request_id", c.id, "panic", p, "stack", string(debug.Stack()))
		c.code = codeInternal
		*out = errorEnvelope(failf(codeInternal, "an internal error; the server's log has it under this RequestId"), c.id)
	}
}

// failure answers an error. What is not meant for the caller is logged instead.
func (s *server) failure(c *call, err error) []byte {
	e := public(c.name, err)
	if e == nil {
		s.log.Error("api call failed", "action", c.name, "request_id", c.id, "error", err)
		e = failf(codeInternal, "an internal error; the server's log has it under this RequestId")
	}
	c.code = e.Code
	if strings.HasPrefix(e.Code, "AuthFailure") {
		s.log.Info("api call refused", "client", c.client.String(), "request_id", c.id, "code", e.Code)
	}
	return errorEnvelope(e, c.id)
}

func (s *server) baseURL(c *call) string {
	if s.PublicURL != "" {
		return strings.TrimRight(s.PublicURL, "/")
	}
	if c.secure {
		return "https://" + c.Host
	}
	return "http://" + c.Host
}
