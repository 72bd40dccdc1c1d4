package configs

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// explain finds the key that decoding failed at: one that there is not, or one whose value does not fit. Nil if it is neither. The value
// is shown only of keys that are not text, so that no secret is.
func explain(text []byte) error {
	file, err := parser.ParseBytes(text, 0)
	if err != nil || len(file.Docs) == 0 {
		return nil
	}
	return explainNode(file.Docs[0].Body, reflect.TypeFor[Config](), "")
}

func explainNode(n ast.Node, t reflect.Type, path string) error {
	switch n := n.(type) {
	case *ast.MappingNode:
		if t.Kind() == reflect.Struct {
			for _, kv := range n.Values {
				if err := explainPair(kv, t, path); err != nil {
					return err
				}
			}
			return nil
		}
	case *ast.SequenceNode:
		if t.Kind() == reflect.Slice {
			for i, element := range n.Values {
				if err := explainNode(element, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return explainValue(n, t, path)
}

func explainPair(kv *ast.MappingValueNode, t reflect.Type, path string) error {
	if kv.Key.IsMergeKey() {
		return nil
	}
	name := kv.Key.GetToken().Value
	var known []string
	for i := range t.NumField() {
		key := t.Field(i).Tag.Get("yaml")
		if key == name {
			return explainNode(kv.Value, t.Field(i).Type, join(path, key))
		}
		known = append(known, key)
	}
	return fmt.Errorf("%s there is no key %s%s; `aircheck defaults` lists every key",
		place(kv.Key), join(path, name), meant(name, path, known))
}

func explainValue(n ast.Node, t reflect.Type, path string) error {
	switch n.Type() {
	case ast.NullType, ast.AliasType, ast.AnchorType, ast.TagType:
		return nil
	}
	if yaml.NodeToValue(n, reflect.New(t).Interface()) == nil {
		return nil
	}
	if path == "" {
		return fmt.Errorf("%s the file is not a list of KEY: VALUE", place(n))
	}
	shown := "the value"
	if _, scalar := n.(ast.ScalarNode); scalar && t.Kind() != reflect.String && t.Kind() != reflect.Struct && t.Kind() != reflect.Slice {
		shown = fmt.Sprintf("%.64q", n.GetToken().Value)
	}
	return fmt.Errorf("%s %s: %s is not %s", place(n), path, shown, wanted(t))
}

// place is where a node stands in the file.
func place(n ast.Node) string {
	p := n.GetToken().Position
	return fmt.Sprintf("[%d:%d]", p.Line, p.Column)
}

func join(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }

// wanted says what a value of the type looks like.
func wanted(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "a duration; write for example 30s, 10m or 1h"
	case reflect.TypeFor[Bytes]():
		return "a size; write for example 16MiB"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "a list; each element begins with a dash"
		}
		return "a list; write for example [a, b]"
	case reflect.Struct:
		return "a section; its keys belong on the following lines, indented"
	}
	return "text"
}

// meant guesses which key was meant.
func meant(name, path string, known []string) string {
	const most = 2 // changes that still count as a slip
	best, at := most+1, ""
	for _, key := range known {
		if d := distance(name, key); d < best {
			best, at = d, key
		}
	}
	if at == "" || best >= len(name) {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", join(path, at))
}

// distance is how many bytes are put in, taken out, or replaced, to make one name of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		above := slices.Clone(row)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j]+cost)
		}
	}
	return row[len(b)]
}
