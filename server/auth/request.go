package auth

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// MaxParams is how many parameters a request may have.
const MaxParams = 10000

// Window is how far a request's timestamp may be from the server's clock, either way.
const Window = 300 * time.Second

// Failure is a request whose caller could not be established. Message is meant for the caller.
type Failure struct {
	// Code is the published error code.
	Code    string
	Message string
}

// Error returns "Code: Message".
func (f *Failure) Error() string { return f.Code + ": " + f.Message }

// The published codes of Failure.
const (
	CodeInvalidAuthorization = "AuthFailure.InvalidAuthorization"
	CodeSecretIDNotFound     = "AuthFailure.SecretIdNotFound"
	CodeSignatureExpire      = "AuthFailure.SignatureExpire"
	CodeSignatureFailure     = "AuthFailure.SignatureFailure"
	CodeTokenFailure         = "AuthFailure.TokenFailure"
	CodeUnauthorized         = "AuthFailure.UnauthorizedOperation"
	CodeMissingParameter     = "MissingParameter"
	CodeInvalidParameter     = "InvalidParameter"
)

// ParseParams reads a query or a form. *Failure.
func ParseParams(text string) (url.Values, error) {
	if strings.Count(text, "&") >= MaxParams {
		return nil, fail(CodeInvalidParameter, "there are more than %d parameters", MaxParams)
	}
	params, err := url.ParseQuery(text)
	if err != nil {
		return nil, fail(CodeInvalidParameter, "the parameters are not URL-encoded")
	}
	for name, values := range params {
		if len(values) > 1 {
			return nil, fail(CodeInvalidParameter, "%.100s: is given twice", name)
		}
	}
	return params, nil
}

func fail(code, format string, args ...any) *Failure {
	return &Failure{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Request is an API request as it was on the wire. Nothing in it is decoded.
type Request struct {
	Method string
	// Path is the escaped path, RawQuery the query without "?".
	Path, RawQuery string
	// Host is the Host header, with its port.
	Host   string
	Header http.Header
	// Body reads the body; it is called after all that can be checked without it.
	Body func() ([]byte, error)
	// Secure tells that the caller used TLS, Loopback that it is on this machine.
	Secure, Loopback bool
}

// Verifier establishes who sent a request.
type Verifier struct {
	// SecretKey returns the key of a SecretId.
	SecretKey func(secretID string) (secretKey string, ok bool)
	// Used is told of each key that somebody proved to hold, and must not wait; may be nil.
	Used func(secretID string)
	// PublicHosts are further hosts under which clients know this server, such as that of a reverse proxy.
	PublicHosts []string
	// Session returns on whose behalf a cookie of the console and what came with it in CSRFHeader speak. nil: there is no console.
	Session func(h http.Header, csrf string) (who string, ok bool)
	// AllowPlainBasic accepts SchemeBasic from other machines without TLS.
	AllowPlainBasic bool
}

// SchemeOf tells from the headers how a request claims to be signed; everything that names no scheme is SchemeV1, which
// keeps its signature among the parameters. An unknown scheme is returned as it is.
func SchemeOf(h http.Header) Scheme {
	name, _, _ := strings.Cut(strings.TrimSpace(h.Get("Authorization")), " ")
	switch {
	case name == "" && h.Get(CSRFHeader) != "":
		return SchemeSession
	case name == "":
		return SchemeV1
	case strings.EqualFold(name, string(SchemeBasic)):
		return SchemeBasic
	}
	return Scheme(name)
}

// Verify returns who sent the request, a *Failure, or an error of Body.
func (v *Verifier) Verify(r *Request) (Principal, error) {
	who, err := v.verify(r)
	if err == nil && v.Used != nil && who.Scheme != SchemeSession {
		v.Used(who.SecretID)
	}
	return who, err
}

func (v *Verifier) verify(r *Request) (Principal, error) {
	switch SchemeOf(r.Header) {
	case SchemeTC3:
		return v.verifyTC3(r)
	case SchemeBasic:
		return v.verifyBasic(r)
	case SchemeV1:
		return v.verifyV1(r)
	case SchemeSession:
		return v.verifySession(r)
	}
	return Principal{}, fail(CodeInvalidAuthorization,
		"the Authorization header names none of TC3-HMAC-SHA256 and Basic")
}

func (v *Verifier) keyOf(id string) (string, error) {
	if key, ok := v.SecretKey(id); ok && key != "" {
		return key, nil
	}
	return "", fail(CodeSecretIDNotFound, "the SecretId is not known, or the key is disabled; the first key pair is in secrets/api_key of the data folder, or in api.secret_id and "+
		"api.secret_key")
}

func checkTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, fail(CodeMissingParameter, "Timestamp: is missing")
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fail(CodeInvalidParameter, "Timestamp: is not a number of seconds")
	}
	now := time.Now().Unix()
	if window := int64(Window / time.Second); seconds < now-window || seconds > now+window {
		return time.Time{}, fail(CodeSignatureExpire,
			"the timestamp is more than 5 minutes from the server's clock, which says %d", now)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// verifyBasic accepts SecretId:SecretKey where nobody can listen, and never on behalf of a foreign web page.
func (v *Verifier) verifyBasic(r *Request) (Principal, error) {
	if !r.Secure && !r.Loopback && !v.AllowPlainBasic {
		return Principal{}, fail(CodeInvalidAuthorization,
			"HTTP Basic is accepted over TLS or from this machine only; sign the request instead")
	}
	if err := ownPage(r); err != nil {
		return Principal{}, err
	}
	id, key, ok := (&http.Request{Header: r.Header}).BasicAuth()
	if !ok {
		return Principal{}, fail(CodeInvalidAuthorization, "the Authorization header is not HTTP Basic")
	}
	want, err := v.keyOf(id)
	if err != nil {
		return Principal{}, err
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(key)) != 1 {
		return Principal{}, fail(CodeSignatureFailure, "the SecretKey is wrong")
	}
	return Principal{SecretID: id, Scheme: SchemeBasic}, nil
}
