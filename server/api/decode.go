package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Limits of the parameters of one request.
const (
	// maxDepth is how deep structures may be nested.
	maxDepth = 10
	// maxList is how many elements a list may have.
	maxList = 1000
	// maxValues bounds all values of a request.
	maxValues = 50_000
)

// params are the parameters of a request, as a tree: map[string]any (from JSON), flat (from flattened names), []any,
// string, bool, json.Number or nil.
type params struct{ root any }

// flat is a structure made from flattened names; a list is one whose names are 0, 1, 2 and so on.
type flat map[string]any

// into fills the request structure to, a pointer. Values are read leniently: numbers and booleans may be text, booleans
// may be numbers, null is the same as absent. It returns an *Error that names the field.
func (p params) into(to any, strict bool) error {
	d := decoder{strict: strict}
	if p.root == nil {
		p.root = flat{}
	}
	// A typed nil must not become a non-nil error.
	if err := d.structure("", p.root, reflect.ValueOf(to).Elem()); err != nil {
		return err
	}
	return nil
}

// field is one field of a request or answer structure.
type field struct {
	name, doc string
	required  bool
	index     int
	typ       reflect.Type
}

// fieldsOf reads the tags of a structure: `json` names a field, `required:"true"` asks for it, `doc` describes it.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out = append(out, field{
			name: name, doc: f.Tag.Get("doc"), required: f.Tag.Get("required") == "true", index: i, typ: f.Type,
		})
	}
	return out
}

type decoder struct{ strict bool }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func wrong(path, want string) *Error { return failf(codeInvalid, "%s: is not %s", path, want) }

func (d decoder) structure(path string, in any, out reflect.Value) *Error {
	var values map[string]any
	switch in := in.(type) {
	case map[string]any:
		values = in
	case flat:
		values = in
	default:
		return wrong(path, "a structure")
	}
	if err := refuseUndone(path, values, out.Type()); err != nil {
		return err
	}
	known := fieldsOf(out.Type())
	for _, f := range known {
		v, ok := values[f.name]
		if !ok || absent(v, f.typ) {
			if f.required {
				return failf(codeMissing, "%s: is missing", join(path, f.name))
			}
			continue
		}
		if err := d.value(join(path, f.name), v, out.Field(f.index)); err != nil {
			return err
		}
	}
	if d.strict {
		return refuseUnknown(path, values, known)
	}
	return nil
}

func refuseUnknown(path string, values map[string]any, known []field) *Error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.ContainsFunc(known, func(f field) bool { return f.name == name }) {
			return failf(codeUnknown, "%.100s: is not a parameter of this action", join(path, name))
		}
	}
	return nil
}

// absent tells whether v counts as not given: null, or empty text where a number or a boolean is wanted.
func absent(v any, t reflect.Type) bool {
	if v == nil {
		return true
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return v == "" && t.Kind() != reflect.String
}

func (d decoder) value(path string, in any, out reflect.Value) *Error {
	switch out.Kind() {
	case reflect.Pointer:
		fresh := reflect.New(out.Type().Elem())
		if err := d.value(path, in, fresh.Elem()); err != nil {
			return err
		}
		out.Set(fresh)
		return nil
	case reflect.Struct:
		return d.structure(path, in, out)
	case reflect.Slice:
		return d.list(path, in, out)
	}
	return scalar(path, in, out)
}

func (d decoder) list(path string, in any, out reflect.Value) *Error {
	elements, err := elementsOf(path, in)
	if err != nil {
		return err
	}
	made := reflect.MakeSlice(out.Type(), len(elements), len(elements))
	for i, e := range elements {
		at := join(path, strconv.Itoa(i))
		if absent(e, out.Type().Elem()) {
			return wrong(at, "a value")
		}
		if err := d.value(at, e, made.Index(i)); err != nil {
			return err
		}
	}
	out.Set(made)
	return nil
}

// elementsOf returns the elements of a list, in JSON or flattened. Flattened lists count from 0, in old clients from 1.
func elementsOf(path string, in any) ([]any, *Error) {
	switch in := in.(type) {
	case []any:
		return in, nil
	case flat:
		first := 0
		if _, zero := in["0"]; !zero {
			first = 1
		}
		if len(in) > maxList {
			return nil, failf(codeInvalid, "%s: has more than %d elements", path, maxList)
		}
		out := make([]any, 0, len(in))
		for i := range len(in) {
			e, ok := in[strconv.Itoa(first+i)]
			if !ok {
				return nil, wrong(path, "a list numbered 0, 1, 2 and so on")
			}
			out = append(out, e)
		}
		return out, nil
	}
	return nil, wrong(path, "a list; write "+path+".0=..., "+path+".1=... in a query or a form, [...] in JSON")
}

func scalar(path string, in any, out reflect.Value) *Error {
	text, isBool, ok := textOf(in)
	if !ok {
		return wrong(path, kindName(out.Type()))
	}
	switch out.Kind() {
	case reflect.String:
		out.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return wrong(path, kindName(out.Type()))
		}
		out.SetBool(b)
	case reflect.Int64, reflect.Uint64:
		if isBool {
			text = map[string]string{"true": "1", "false": "0"}[text]
		}
		return integer(path, text, out)
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || isBool || math.IsNaN(f) || math.IsInf(f, 0) {
			return wrong(path, kindName(out.Type()))
		}
		out.SetFloat(f)
	default:
		panic(fmt.Sprintf("api: field %s has the unreadable type %s", path, out.Type()))
	}
	return nil
}

// textOf returns a scalar as text.
func textOf(in any) (text string, isBool, ok bool) {
	switch in := in.(type) {
	case string:
		return in, false, true
	case json.Number:
		return in.String(), false, true
	case bool:
		return strconv.FormatBool(in), true, true
	}
	return "", false, false
}

func integer(path, text string, out reflect.Value) *Error {
	text = strings.TrimSpace(text)
	if out.Kind() == reflect.Uint64 {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return wrong(path, kindName(out.Type()))
		}
		out.SetUint(n)
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return wrong(path, kindName(out.Type()))
	}
	out.SetInt(n)
	return nil
}

// kindName says what a field wants, in messages and in the reference.
func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return kindName(t.Elem())
	case reflect.Bool:
		return "a boolean"
	case reflect.Int64:
		return "an integer"
	case reflect.Uint64:
		return "an integer of 0 or more"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return "a string"
	}
	return "a " + t.Name()
}
