package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"

	"aircheck/server/auth"
)

// maxNameBytes is the length of a flattened parameter's name.
const maxNameBytes = 512

// maxParts is how many parts a multipart body may have.
const maxParts = 1000

// commonParams travel beside an action's own parameters where those are flattened.
var commonParams = []string{
	"Action", "Language", "Nonce", "Region", "RequestClient", "SecretId", "Signature", "SignatureMethod", "Timestamp",
	"Token", "Version",
}

// parseQuery reads flattened parameters of a query or a form. It returns the common ones apart.
func parseQuery(text string) (p params, common url.Values, err error) {
	values, err := auth.ParseParams(text)
	if err != nil {
		return p, nil, err
	}
	common = url.Values{}
	tree := flat{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if slices.Contains(commonParams, name) {
			common[name] = values[name]
			continue
		}
		if err := tree.insert(name, values.Get(name)); err != nil {
			return p, nil, err
		}
	}
	return params{tree}, common, nil
}

// insert puts a value under a flattened name such as "List.0.Field".
func (f flat) insert(name string, value any) error {
	if len(name) > maxNameBytes || strings.Count(name, ".") >= maxDepth {
		return failf(codeInvalid, "%.100s: the name is too long or nested too deep", name)
	}
	parts := strings.Split(name, ".")
	last := len(parts) - 1
	at := f
	for _, part := range parts[:last] {
		next, taken := at[part]
		if !taken {
			next = flat{}
			at[part] = next
		}
		inner, ok := next.(flat)
		if !ok {
			return failf(codeInvalid, "%.100s: is given as a value and as a structure", name)
		}
		at = inner
	}
	if _, taken := at[parts[last]]; taken {
		return failf(codeInvalid, "%.100s: is given twice", name)
	}
	at[parts[last]] = value
	return nil
}

// parseBody reads the body of a POST by its content type. A form's common parameters are returned apart.
func parseBody(contentType string, body []byte) (params, url.Values, error) {
	kind, options, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind, _, _ = strings.Cut(contentType, ";")
	}
	// A JSON object cannot be mistaken for a form, and tools such as curl send one under a form's type.
	looksLikeJSON := bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{"))
	switch {
	case kind == "multipart/form-data":
		p, err := parseMultipart(body, options["boundary"])
		return p, nil, err
	case kind == "application/x-www-form-urlencoded" && !looksLikeJSON:
		return parseQuery(string(body))
	}
	p, err := parseJSON(body)
	return p, nil, err
}

func parseMultipart(body []byte, boundary string) (params, error) {
	bad := failf(codeBadRequest, "the multipart body cannot be read")
	// Without its last line a body has been cut off, which the reader does not always see.
	if boundary == "" || !bytes.Contains(body, []byte("--"+boundary+"--")) {
		return params{}, bad
	}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	tree := flat{}
	for range maxParts {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return params{tree}, nil
		}
		if err != nil {
			return params{}, bad
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return params{}, bad
		}
		var value any = string(text)
		if kind, _, _ := strings.Cut(part.Header.Get("Content-Type"), ";"); kind == "application/json" {
			if value, err = jsonTree(text); err != nil {
				return params{}, err
			}
		}
		if err := tree.insert(part.FormName(), value); err != nil {
			return params{}, err
		}
	}
	return params{}, failf(codeBadRequest, "the multipart body has more than %d parts", maxParts)
}

// parseJSON reads a JSON object; an empty body is an empty object.
func parseJSON(body []byte) (params, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return params{}, nil
	}
	v, err := jsonTree(body)
	if err != nil {
		return params{}, err
	}
	if _, ok := v.(map[string]any); !ok {
		return params{}, failf(codeInvalid, "the body is not a JSON object")
	}
	return params{v}, nil
}

// jsonTree reads one JSON value within the limits. Of a name given twice the last counts.
func jsonTree(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	r := jsonReader{d: d, left: maxValues}
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, failf(codeInvalid, "something follows the JSON value")
	}
	return v, nil
}

type jsonReader struct {
	d    *json.Decoder
	left int
}

func (r *jsonReader) value(depth int) (any, error) {
	t, err := r.d.Token()
	if err != nil {
		return nil, failf(codeInvalid, "the body is not JSON at byte %d", r.d.InputOffset())
	}
	if r.left--; r.left < 0 || depth > maxDepth {
		return nil, failf(codeInvalid, "the JSON is nested too deep or has too many values")
	}
	switch t {
	case json.Delim('{'):
		return r.object(depth)
	case json.Delim('['):
		return r.array(depth)
	}
	return t, nil
}

func (r *jsonReader) object(depth int) (any, error) {
	out := map[string]any{}
	for r.d.More() {
		name, err := r.d.Token()
		if err != nil {
			return nil, failf(codeInvalid, "the body is not JSON at byte %d", r.d.InputOffset())
		}
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out[name.(string)] = v
	}
	return out, r.close()
}

func (r *jsonReader) array(depth int) (any, error) {
	out := []any{}
	for r.d.More() {
		if len(out) >= maxList {
			return nil, failf(codeInvalid, "a list has more than %d elements", maxList)
		}
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, r.close()
}

func (r *jsonReader) close() error {
	if _, err := r.d.Token(); err != nil {
		return failf(codeInvalid, "the body is not JSON at byte %d", r.d.InputOffset())
	}
	return nil
}
