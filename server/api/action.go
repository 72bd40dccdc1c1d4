package api

import (
	"context"
	"fmt"
	"reflect"
	"strings"
)

// The products' versions.
const (
	versionLive = "2018-08-01"
	versionVod  = "2018-07-17"
	versionTRTC = "2019-07-22"
	versionCAM  = "2019-01-16"
	// versionAudit is that of cloudaudit.
	versionAudit = "2019-03-19"
)

// product is a part of the API, with a version of its own.
type product struct{ name, version string }

func products() []product {
	return []product{{"live", versionLive}, {"vod", versionVod}, {"trtc", versionTRTC}, {"cam", versionCAM}, {"cloudaudit", versionAudit}}
}

// productOf names the product of a version.
func productOf(version string) string {
	for _, p := range products() {
		if p.version == version {
			return p.name
		}
	}
	return ""
}

// allVersions lists the versions for people.
func allVersions() string {
	var out []string
	for _, p := range products() {
		out = append(out, p.version+" ("+p.name+")")
	}
	return strings.Join(out, ", ")
}

// action is one row of the table.
type action struct {
	Name, Version string
	// Mutating actions change something: repeated with the same signature they are answered, not done again.
	Mutating bool
	// Doc is one sentence for the reference.
	Doc      string
	request  reflect.Type
	response reflect.Type
	// invoke reads the parameters and calls the handler.
	invoke func(ctx context.Context, c *Caller, p params, strict bool) (any, error)
}

// Whether an action changes something.
const (
	reads   = false
	changes = true
)

// row makes a row of the table out of a handler.
func row[Q, R any](name, version string, mutating bool, doc string,
	handle func(context.Context, *Caller, *Q) (*R, error),
) action {
	return action{
		Name: name, Version: version, Mutating: mutating, Doc: doc,
		request: reflect.TypeFor[Q](), response: reflect.TypeFor[R](),
		invoke: func(ctx context.Context, c *Caller, p params, strict bool) (any, error) {
			q := new(Q)
			if err := p.into(q, strict); err != nil {
				return nil, err
			}
			return handle(ctx, c, q)
		},
	}
}

// table lists all actions. A new action is a row in one of these lists and its handler.
func (a *API) table() []action {
	var all []action
	for _, part := range [][]action{
		a.templateActions(), a.ruleActions(), a.taskActions(), a.legacyTaskActions(), a.taskSearchActions(), a.domainActions(), a.streamActions(), a.mediaActions(),
		a.retentionActions(), a.callbackActions(),
		a.pullActions(), a.playKeyActions(), a.forbidActions(), a.historyActions(), a.addressActions(), a.keepActions(),
		a.longTaskActions(), a.vodEventActions(),
		a.classActions(), a.subAppActions(), a.storageActions(), a.composeActions(), a.procedureActions(), a.vodDomainActions(), a.playURLActions(), a.describeActions(),
		a.accessKeyActions(), a.auditActions(),
	} {
		all = append(all, part...)
	}
	for i := range all {
		all[i] = a.inSubApp(all[i])
	}
	return all
}

// registry finds actions by name and version.
type registry map[string][]action

func newRegistry(rows []action) registry {
	r := registry{}
	for _, row := range rows {
		r[row.Name] = append(r[row.Name], row)
	}
	return r
}

// find returns the action of that name and version. Without a version the name must be enough, and anyVersion say so.
func (r registry) find(name, version string, anyVersion bool) (action, error) {
	switch {
	case version == "" && !anyVersion:
		return action{}, failf(codeMissing, "Version: is missing; send X-TC-Version%s", r.versions(name))
	case version != "" && productOf(version) == "":
		return action{}, failf(codeNoVersion, "there is no version %.32q; there are %s", version, allVersions())
	}
	var found []action
	for _, row := range r[name] {
		if version == "" || row.Version == version {
			found = append(found, row)
		}
	}
	switch len(found) {
	case 0:
		if version == "" {
			return action{}, failf(codeInvalidAction, "there is no action %.64q in any version", name)
		}
		return action{}, failf(codeInvalidAction, "there is no action %.64q in version %q%s", name, version, r.versions(name))
	case 1:
		return found[0], nil
	}
	return action{}, failf(codeMissing, "Version: is missing, and %s is in more than one%s", name, r.versions(name))
}

// versions says, for the end of a message, in which versions an action is; nothing if it is in none.
func (r registry) versions(name string) string {
	var in []string
	for _, row := range r[name] {
		in = append(in, row.Version)
	}
	if len(in) == 0 {
		return ""
	}
	return "; " + name + " is in " + strings.Join(in, " and ")
}

// String names the row in logs and tests.
func (a action) String() string { return fmt.Sprintf("%s %s", a.Version, a.Name) }
