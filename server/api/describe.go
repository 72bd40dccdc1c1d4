package api

import (
	"context"
	"maps"
	"reflect"
	"slices"
)

// ActionsResponse is the answer of DescribeActions.
type ActionsResponse struct {
	ActionSet    []ActionInfo    `json:"ActionSet" doc:"All actions, by product and name."`
	StructureSet []StructureInfo `json:"StructureSet" doc:"The structures that fields name, by name."`
}

// ActionInfo describes an action.
type ActionInfo struct {
	Action     string      `json:"Action" doc:"Its name."`
	Product    string      `json:"Product" doc:"live, vod, trtc, cam or cloudaudit."`
	Version    string      `json:"Version" doc:"Version of the product."`
	Changes    bool        `json:"Changes" doc:"It changes something."`
	Doc        string      `json:"Doc" doc:"What it does."`
	Parameters []FieldInfo `json:"Parameters" doc:"What it takes."`
	Answer     []FieldInfo `json:"Answer" doc:"What it answers."`
}

// FieldInfo describes a field.
type FieldInfo struct {
	Name     string `json:"Name" doc:"Name of the field."`
	Type     string `json:"Type" doc:"text, integer, number, boolean, or the name of a structure."`
	List     bool   `json:"List" doc:"It is a list of them."`
	Required bool   `json:"Required" doc:"It has to be there; of parameters."`
	Doc      string `json:"Doc" doc:"What it means."`
}

// StructureInfo describes a structure.
type StructureInfo struct {
	Name   string      `json:"Name" doc:"Name of the structure."`
	Fields []FieldInfo `json:"Fields" doc:"Its fields."`
}

func (a *API) describeActions() []action {
	return []action{
		row("DescribeActions", versionLive, reads, "Describes every action with its fields. An extension, for programs that show the API.", a.actionsInfo),
	}
}

func (a *API) actionsInfo(context.Context, *Caller, *None) (*ActionsResponse, error) {
	d := describer{structures: map[string]reflect.Type{}}
	out := &ActionsResponse{}
	for _, x := range a.table() {
		out.ActionSet = append(out.ActionSet, ActionInfo{
			Action: x.Name, Product: productOf(x.Version), Version: x.Version, Changes: x.Mutating, Doc: x.Doc,
			Parameters: d.fields(x.request), Answer: d.fields(x.response),
		})
	}
	out.StructureSet = d.all()
	return out, nil
}

// describer notes the structures that it comes across.
type describer struct{ structures map[string]reflect.Type }

func (d *describer) fields(t reflect.Type) []FieldInfo {
	out := []FieldInfo{}
	for _, f := range fieldsOf(t) {
		typ, list := f.typ, false
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			list = list || typ.Kind() == reflect.Slice
			typ = typ.Elem()
		}
		out = append(out, FieldInfo{Name: f.name, Type: d.typeName(typ), List: list, Required: f.required, Doc: f.doc})
	}
	return out
}

func (d *describer) typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct:
		d.structures[t.Name()] = t
		return t.Name()
	case reflect.Int64, reflect.Uint64:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Bool:
		return "boolean"
	}
	return "text"
}

// all describes the structures noted, and those that they name.
func (d *describer) all() []StructureInfo {
	done := map[string]StructureInfo{}
	for len(done) < len(d.structures) {
		for name, t := range maps.Clone(d.structures) {
			if _, ok := done[name]; !ok {
				done[name] = StructureInfo{Name: name, Fields: d.fields(t)}
			}
		}
	}
	out := []StructureInfo{}
	for _, name := range slices.Sorted(maps.Keys(done)) {
		out = append(out, done[name])
	}
	return out
}
