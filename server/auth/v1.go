package auth

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the wire format's default
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// verifyV1 checks a signature of version 1, which is one of the parameters: of the query (GET) or the form (POST).
// Parameters are signed as they came, empty ones included.
func (v *Verifier) verifyV1(r *Request) (Principal, error) {
	params, err := v1Params(r)
	if err != nil {
		return Principal{}, err
	}
	sent := params.Get("Signature")
	if sent == "" {
		return Principal{}, fail(CodeInvalidAuthorization,
			"the request is not signed; send a TC3-HMAC-SHA256 Authorization header or a Signature parameter, or, over TLS or from this "+
				"machine, HTTP Basic with the key pair that is in secrets/api_key of the data folder")
	}
	newHash, ok := v1Methods()[params.Get("SignatureMethod")]
	if !ok {
		return Principal{}, fail(CodeInvalidParameter, "SignatureMethod: is neither HmacSHA1 nor HmacSHA256")
	}
	if params.Get("Token") != "" {
		return Principal{}, fail(CodeTokenFailure, "temporary credentials are not supported; leave the token empty")
	}
	id := params.Get("SecretId")
	key, err := v.keyOf(id)
	if err != nil {
		return Principal{}, err
	}
	if _, err := checkTime(params.Get("Timestamp")); err != nil {
		return Principal{}, err
	}
	want, err := base64.StdEncoding.DecodeString(sent)
	if err != nil {
		return Principal{}, fail(CodeSignatureFailure, "Signature is not base64; is it URL-encoded?")
	}
	for _, f := range v.forms(form{host: r.Host, path: r.Path}, v1Fallbacks()) {
		mac := hmac.New(newHash, []byte(key))
		mac.Write([]byte(v1Text(r.Method, f, params)))
		if hmac.Equal(mac.Sum(nil), want) {
			return Principal{SecretID: id, Scheme: SchemeV1, Signature: hex.EncodeToString(want)}, nil
		}
	}
	return Principal{}, fail(CodeSignatureFailure, "the signature does not fit the request and the SecretKey")
}

func v1Methods() map[string]func() hash.Hash {
	return map[string]func() hash.Hash{"": sha1.New, "HmacSHA1": sha1.New, "HmacSHA256": sha256.New}
}

func v1Params(r *Request) (url.Values, error) {
	text := r.RawQuery
	if r.Method == http.MethodPost {
		if !strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/x-www-form-urlencoded") {
			return nil, nil
		}
		body, err := r.Body()
		if err != nil {
			return nil, err
		}
		text = string(body)
	}
	return ParseParams(text)
}

// v1Text is the text that is signed: values are not URL-encoded, names are sorted bytewise.
func v1Text(method string, f form, params url.Values) string {
	names := make([]string, 0, len(params))
	shown := make(map[string]string, len(params))
	for name := range params {
		if name == "Signature" {
			continue
		}
		as := name
		if f.dotted {
			as = strings.ReplaceAll(name, "_", ".")
		}
		names = append(names, name)
		shown[name] = as
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString(method + f.host + f.path + "?")
	for i, name := range names {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(shown[name] + "=" + params.Get(name))
	}
	return b.String()
}
