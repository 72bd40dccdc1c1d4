package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/api.md")

func TestDocumentIsUpToDate(t *testing.T) {
	var want bytes.Buffer
	if err := Document(&want); err != nil {
		t.Fatal(err)
	}
	const name = "../../docs/api.md"
	if *update {
		if err := os.WriteFile(name, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want.Bytes()) {
		t.Error("docs/api.md is not what the table says; run go generate ./server/api")
	}
}

// TestTableIsComplete checks each row: names, documentation, and that its structures can be read and written.
func TestTableIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range (&API{}).table() {
		if seen[a.String()] {
			t.Errorf("%s is there twice", a)
		}
		seen[a.String()] = true
		if a.Doc == "" || !strings.HasSuffix(a.Doc, ".") {
			t.Errorf("%s has no sentence", a)
		}
		changes := !strings.HasPrefix(a.Name, "Describe") && !strings.HasPrefix(a.Name, "Search") && !strings.HasPrefix(a.Name, "Explain") &&
			!strings.HasPrefix(a.Name, "List") &&
			a.Name != "PullEvents" // one that comes again in the same second has the same signature, and is to get other events
		if a.Mutating != changes {
			t.Errorf("%s: Mutating is %v", a, a.Mutating)
		}
		checkStructure(t, a.request, true)
		checkStructure(t, a.response, false)
	}
	if len(seen) != 97 {
		t.Errorf("the table has %d actions", len(seen))
	}
}

func checkStructure(t *testing.T, s reflect.Type, readable bool) {
	t.Helper()
	for _, f := range fieldsOf(s) {
		if f.name == "" || f.doc == "" || f.name != strings.ToUpper(f.name[:1])+f.name[1:] {
			t.Errorf("%s has a field without name or documentation: %+v", s, f)
		}
		if f.typ == reflect.TypeFor[json.RawMessage]() && !readable {
			continue // it is JSON already
		}
		typ := f.typ
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		switch typ.Kind() {
		case reflect.Struct:
			checkStructure(t, typ, readable)
		case reflect.String, reflect.Bool, reflect.Int64, reflect.Uint64, reflect.Float64:
		default:
			t.Errorf("%s.%s has the type %s", s, f.name, typ)
		}
	}
}

// TestEveryDomainErrorHasACode compares the exported errors of the domain packages with the table.
func TestEveryDomainErrorHasACode(t *testing.T) {
	// What a publisher is told, and what happens behind an answer, never answers a call.
	elsewhere := map[string]bool{
		"vod.ErrForeignStorage": true, "auth.ErrDenied": true, "auth.ErrDomainForbidden": true, "auth.ErrKeyMissing": true, "auth.ErrKeyWrong": true,
		"auth.ErrKeyExpired": true, "auth.ErrTooManyFailures": true, "auth.ErrStreamForbidden": true, "auth.ErrPlayDenied": true,
		"auth.ErrAmbiguous": true, "auth.ErrHookRefused": true,
	}
	source, err := os.ReadFile("errors.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for pkg, dir := range map[string]string{
		"pull": "../../ingest/pull", "rules": "../../rules", "vod": "../../vod", "auth": "../auth",
		"task": "../../vod/task", "event": "../../vod/event", "process": "../../vod/process", "compose": "../../vod/compose",
	} {
		for _, name := range exportedErrors(t, dir) {
			n++
			name = pkg + "." + name
			if inTable := strings.Contains(string(source), "{"+name+","); inTable == elsewhere[name] {
				t.Errorf("%s: in the table %v", name, inTable)
			}
		}
	}
	if n < 12 {
		t.Errorf("only %d errors found", n)
	}
}

func exportedErrors(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range file.Scope.Objects {
			if o.Kind == ast.Var && strings.HasPrefix(o.Name, "Err") {
				names = append(names, o.Name)
			}
		}
	}
	return names
}

type inner struct {
	N *int64 `json:"N" required:"true" doc:"x."`
}

type sample struct {
	S    string   `json:"S" doc:"x."`
	I    int64    `json:"I" doc:"x."`
	U    *uint64  `json:"U" doc:"x."`
	B    *bool    `json:"B" doc:"x."`
	F    float64  `json:"F" doc:"x."`
	L    []string `json:"L" doc:"x."`
	In   *inner   `json:"In" doc:"x."`
	List []inner  `json:"List" doc:"x."`
}

func TestDecode(t *testing.T) {
	const j, q = "json", "query"
	deep := strings.Repeat(`{"a":`, maxDepth+1) + "1" + strings.Repeat("}", maxDepth+1)
	var tooMany strings.Builder
	for i := range maxList + 1 {
		fmt.Fprintf(&tooMany, "L.%d=x&", i)
	}
	for _, c := range []struct{ kind, text, want string }{
		{j, ``, `{"S":"","I":0,"U":null,"B":null,"F":0,"L":null,"In":null,"List":null}`},
		{j, `{}`, `{"S":"","I":0,"U":null,"B":null,"F":0,"L":null,"In":null,"List":null}`},
		{j, `{"S":"a","I":1,"U":2,"B":true,"F":1.5,"L":["x","y"],"In":{"N":3},"List":[{"N":4}]}`, ``},
		{
			j, `{"S":5,"I":"1","U":" 2","B":"True","F":"1.5","L":["x",1],"In":{"N":true},"List":[]}`,
			`{"S":"5","I":1,"U":2,"B":true,"F":1.5,"L":["x","1"],"In":{"N":1},"List":[]}`,
		},
		{
			j, `{"B":0,"U":"","I":null,"L":null,"In":null,"Unknown":{"x":[1]}}`,
			`{"S":"","I":0,"U":null,"B":false,"F":0,"L":null,"In":null,"List":null}`,
		},
		{
			q, `S=a%20b+c&I=1&U=2&B=1&F=2&L.0=x&L.1=y&In.N=3&List.0.N=4&List.1.N=5`,
			`{"S":"a b c","I":1,"U":2,"B":true,"F":2,"L":["x","y"],"In":{"N":3},"List":[{"N":4},{"N":5}]}`,
		},
		{q, `L.1=x&L.2=y`, `{"S":"","I":0,"U":null,"B":null,"F":0,"L":["x","y"],"In":null,"List":null}`},
		{q, `Action=x&Version=y&Signature=z&S=&B=False`, `{"S":"","I":0,"U":null,"B":false,"F":0,"L":null,"In":null,"List":null}`},

		{j, `[]`, "InvalidParameter: the body"},
		{j, `{"S":`, "InvalidParameter: the body"},
		{j, `{} {}`, "InvalidParameter: something"},
		{j, `{"I":"one"}`, "InvalidParameter: I:"},
		{j, `{"I":1.5}`, "InvalidParameter: I:"},
		{j, `{"I":9223372036854775808}`, "InvalidParameter: I:"},
		{j, `{"U":-1}`, "InvalidParameter: U:"},
		{j, `{"B":"yes"}`, "InvalidParameter: B:"},
		{j, `{"F":"NaN"}`, "InvalidParameter: F:"},
		{j, `{"S":{}}`, "InvalidParameter: S:"},
		{j, `{"L":"x"}`, "InvalidParameter: L:"},
		{j, `{"L":[null]}`, "InvalidParameter: L.0:"},
		{j, `{"In":5}`, "InvalidParameter: In:"},
		{j, `{"In":{}}`, "MissingParameter: In.N:"},
		{j, `{"List":[{"N":1},{"N":null}]}`, "MissingParameter: List.1.N:"},
		{j, `{"List":[{"N":1},{"N":"x"}]}`, "InvalidParameter: List.1.N:"},
		{j, deep, "InvalidParameter: the JSON is nested"},
		{j, `{"L":[` + strings.Repeat(`1,`, maxList) + `1]}`, "InvalidParameter: a list has more"},
		{j, `{"a":[` + strings.Repeat(`[`+strings.Repeat("1,", maxList-1)+`1],`, maxValues/maxList) + `[]]}`, "InvalidParameter: the JSON is nested"},
		{q, `In=1&In.N=2`, "InvalidParameter: In.N:"},
		{q, `L.0=x&L.2=y`, "InvalidParameter: L:"},
		{q, tooMany.String(), "InvalidParameter: L:"},
		{q, `L.x=x`, "InvalidParameter: L:"},
		{q, `L.00=x`, "InvalidParameter: L:"},
		{q, `S.x=1`, "InvalidParameter: S:"},
		{q, `S=1&S=2`, "InvalidParameter: S:"},
		{q, strings.Repeat("a.", maxDepth) + "a=1", "InvalidParameter: a.a"},
		{q, strings.Repeat("a", maxNameBytes+1) + "=1", "InvalidParameter: aaa"},
		{q, `S=%zz`, "InvalidParameter: the parameters"},
	} {
		var p params
		var err error
		if c.kind == j {
			p, err = parseJSON([]byte(c.text))
		} else {
			p, _, err = parseQuery(c.text)
		}
		var got sample
		if err == nil {
			err = p.into(&got, false)
		}
		if c.want == "" {
			c.want = c.text
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%.60s: %v, want %s", c.text, err, c.want)
			}
			continue
		}
		if text, _ := encode(got); string(text) != c.want {
			t.Errorf("%.60s: %s, want %s", c.text, text, c.want)
		}
	}
}

func TestParseMultipart(t *testing.T) {
	part := func(head, body string) string { return "--B\r\n" + head + "\r\n\r\n" + body + "\r\n" }
	good := part(`Content-Disposition: form-data; name="S"`, "a") +
		part(`Content-Disposition: form-data; name="L"`+"\r\nContent-Type: application/json", `["x"]`) +
		part(`Content-Disposition: form-data; name="In.N"; filename="In.N"`+"\r\nContent-Type: application/octet-stream", "7") + "--B--\r\n"
	p, _, err := parseBody("multipart/form-data; charset=utf-8; boundary=B", []byte(good))
	var got sample
	if err == nil {
		err = p.into(&got, true)
	}
	if err != nil || got.S != "a" || len(got.L) != 1 || got.In == nil || *got.In.N != 7 {
		t.Errorf("%+v, %v", got, err)
	}
	for name, body := range map[string]string{
		"cut":          good[:len(good)-12],
		"a name twice": strings.Repeat(part(`Content-Disposition: form-data; name="x"`, ""), 2) + "--B--\r\n",
		"bad JSON":     part(`Content-Disposition: form-data; name="L"`+"\r\nContent-Type: application/json", `[`) + "--B--\r\n",
		"no boundary":  "x",
	} {
		if _, _, err := parseBody("multipart/form-data; boundary=B", []byte(body)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, _, err := parseBody("multipart/form-data", []byte(good)); err == nil {
		t.Error("accepted without a boundary")
	}
}

func FuzzFlatten(f *testing.F) {
	f.Add("S=a&L.0=x&L.1=y&In.N=3&List.0.N=4", true)
	f.Add("L.999999999=1&In=1&In.N=2&a.b.c.d.e.f.g.h.i.j.k=1&.=1&..=2", false)
	f.Fuzz(func(t *testing.T, text string, strict bool) {
		p, _, err := parseQuery(text)
		if err == nil {
			var s sample
			if err = p.into(&s, strict); err == nil && len(s.L) > strings.Count(text, "L.") {
				t.Errorf("%q gave a list of %d", text, len(s.L))
			}
		}
		mustBePublic(t, err)
	})
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"S":"a","I":"1","U":2,"B":"True","F":1.5,"L":["x"],"In":{"N":true},"List":[{"N":4}]}`), false)
	f.Add([]byte(`{"L":[[[[[[[[[[[[[[]]]]]]]]]]]]]],"":null}`), true)
	f.Add([]byte("{\"S\":\"\\ud800\xff\"}"), true)
	f.Fuzz(func(t *testing.T, text []byte, strict bool) {
		p, err := parseJSON(text)
		if err == nil {
			var s sample
			err = p.into(&s, strict)
		}
		mustBePublic(t, err)
	})
}

// mustBePublic fails if a caller would be told "InternalError" for what it sent.
func mustBePublic(t *testing.T, err error) {
	t.Helper()
	if err != nil && public("", err) == nil {
		t.Errorf("%v has no code", err)
	}
}
