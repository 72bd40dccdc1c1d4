package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// unsignedPayload, as the value of X-TC-Content-SHA256, says that the body is not part of the signature.
const unsignedPayload = "UNSIGNED-PAYLOAD"

// maxSignedHeaders bounds the work of one verification.
const maxSignedHeaders = 32

// authorization is a parsed TC3 Authorization header.
type authorization struct {
	secretID, date, service string
	signed                  []string
	signature               string
}

// verifyTC3 checks a TC3-HMAC-SHA256 signature. The service comes from the credential: clients derive it from the host in
// different ways, so it says nothing about the product.
func (v *Verifier) verifyTC3(r *Request) (Principal, error) {
	a, err := parseAuthorization(r.Header.Get("Authorization"))
	if err != nil {
		return Principal{}, err
	}
	if r.Header.Get("X-TC-Token") != "" {
		return Principal{}, fail(CodeTokenFailure, "temporary credentials are not supported; leave the token empty")
	}
	key, err := v.keyOf(a.secretID)
	if err != nil {
		return Principal{}, err
	}
	stamp := r.Header.Get("X-TC-Timestamp")
	at, err := checkTime(stamp)
	if err != nil {
		return Principal{}, err
	}
	if at.Format("2006-01-02") != a.date {
		return Principal{}, fail(CodeSignatureFailure, "the credential's date is not the timestamp's date in UTC")
	}
	payload, err := payloadOf(r)
	if err != nil {
		return Principal{}, err
	}
	for _, h := range a.signed {
		if h != "host" && len(r.Header.Values(h)) != 1 {
			return Principal{}, fail(CodeInvalidAuthorization, "the signed header %q is not there exactly once", h)
		}
	}
	signingKey := tc3Key(key, a.date, a.service)
	scope := a.date + "/" + a.service + "/tc3_request"
	want, err := hex.DecodeString(a.signature)
	if err != nil {
		return Principal{}, fail(CodeInvalidAuthorization, "Signature is not hexadecimal")
	}
	for _, f := range v.forms(form{host: r.Host, path: r.Path, query: r.RawQuery}, tc3Fallbacks()) {
		canonical := canonicalRequest(r, f, a.signed, payload)
		text := "TC3-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hexSHA256([]byte(canonical))
		if hmac.Equal(hmacSHA256(signingKey, text), want) {
			return Principal{
				SecretID: a.secretID, Scheme: SchemeTC3, Signature: hex.EncodeToString(want),
				BodyUnsigned: r.Header.Get("X-TC-Content-SHA256") == unsignedPayload,
			}, nil
		}
	}
	return Principal{}, fail(CodeSignatureFailure, "the signature does not fit the request and the SecretKey")
}

// payloadOf returns what the signature says of the body.
func payloadOf(r *Request) (string, error) {
	if r.Header.Get("X-TC-Content-SHA256") == unsignedPayload {
		if !r.Secure && !r.Loopback {
			return "", fail(CodeInvalidAuthorization, "UNSIGNED-PAYLOAD is accepted over TLS or from this machine only")
		}
		return hexSHA256([]byte(unsignedPayload)), nil
	}
	body, err := r.Body()
	if err != nil {
		return "", err
	}
	return hexSHA256(body), nil
}

func canonicalRequest(r *Request, f form, signed []string, payload string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + f.path + "\n" + f.query + "\n")
	for _, name := range signed {
		value := f.host
		if name != "host" {
			value = r.Header.Get(name)
		}
		if f.lowered {
			value = strings.ToLower(strings.TrimSpace(value))
		}
		b.WriteString(name + ":" + value + "\n")
	}
	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + payload)
	return b.String()
}

// parseAuthorization reads "TC3-HMAC-SHA256 Credential=ID/DATE/SERVICE/tc3_request, SignedHeaders=a;b, Signature=HEX".
func parseAuthorization(text string) (authorization, error) {
	var a authorization
	bad := func(why string) (authorization, error) {
		return a, fail(CodeInvalidAuthorization, "the Authorization header %s", why)
	}
	fields := map[string]string{}
	_, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := fields[name]; twice {
			return bad("has a part twice")
		}
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/")
	last := len(scope) - 1
	if last < 3 || scope[last] != "tc3_request" || scope[0] == "" {
		return bad("has no Credential of the form SecretId/date/service/tc3_request")
	}
	// A service made from an endpoint with a path has slashes of its own.
	a.secretID, a.date, a.service = scope[0], scope[1], strings.Join(scope[2:last], "/")
	a.signature = fields["Signature"]
	if a.signature == "" {
		return bad("has no Signature")
	}
	a.signed = strings.Split(fields["SignedHeaders"], ";")
	if len(a.signed) > maxSignedHeaders {
		return bad("signs too many headers")
	}
	for i, h := range a.signed {
		if h != strings.ToLower(h) || slices.Contains(a.signed[:i], h) {
			return bad("has SignedHeaders that are not distinct lower-case names")
		}
	}
	if !slices.Contains(a.signed, "content-type") || !slices.Contains(a.signed, "host") {
		return bad("must sign content-type and host")
	}
	return a, nil
}

func tc3Key(secretKey, date, service string) []byte {
	key := hmacSHA256([]byte("TC3"+secretKey), date)
	return hmacSHA256(hmacSHA256(key, service), "tc3_request")
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
