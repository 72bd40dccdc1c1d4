// Package api is the action API: it verifies who calls, finds the action by its name, reads the parameters, asks the service
// and writes the answer in the specification's form. Rules, catalogue and domains decide; nothing is decided here. It is the only package
// that knows gin.
//
//	router.go  HTTP: methods, sizes, signature, envelope      action.go  the table of actions, its rows beside their handlers
//	decode.go  parameters into request structures             errors.go  the table of error codes
package api

import (
	"context"
	"log/slog"
	"time"

	"aircheck/ingest/pull"
	"aircheck/ingest/stream"
	"aircheck/rules"
	"aircheck/server/audit"
	"aircheck/server/auth"
	"aircheck/vod"
	"aircheck/vod/compose"
	"aircheck/vod/event"
	"aircheck/vod/process"
	"aircheck/vod/task"
)

// API serves the actions. All fields but those said to be optional must be set.
type API struct {
	// Rules must tell Domains of its changes: naming a domain in a rule registers it.
	Rules *rules.Service
	// Tasks must tell Domains of its changes, too.
	Tasks   *rules.Tasks
	Catalog *vod.Catalog
	// Callbacks must tell Domains of its changes, too.
	Callbacks *rules.Callbacks
	Domains   *auth.Domains
	// Forbids must be what Hub asks.
	Forbids *auth.Forbids
	Hub     *stream.Hub
	// Pulls are the sources that are fetched from elsewhere.
	Pulls    *pull.Manager
	Verifier *auth.Verifier
	// Pushes lists what was pushed.
	Pushes func(ctx context.Context, f rules.PushFilter) (page []rules.Push, total int, err error)
	// Addresses makes those of streams.
	Addresses Addresses
	// Failures has addresses wait that bring wrong signatures; may be nil.
	Failures *auth.Failures
	// WantHash is told of files whose details are shown without their hash, so that it is computed. It must not wait. May be nil.
	WantHash func(ids ...vod.FileID)
	// Guard signs addresses of files where that is wanted; may be nil.
	Guard *vod.Guard
	// Reconciler compares the catalogue with the storages; may be nil.
	Reconciler *vod.Reconciler
	// LongTasks makes and changes files of the catalogue, and Events tells of them.
	LongTasks *task.Queue
	Events    *event.Service
	// Flows makes things of files.
	Flows *process.Processor
	// Compose makes files of others; may be nil.
	Compose *compose.Service
	// SubApps and Classes put the catalogue in order; without them every application is taken as it comes, and classes have no names.
	SubApps *vod.SubApps
	Classes *vod.Classes
	// Mover changes the storage class of files; Move queues a task that has it do so, and returns the task's ID. Usage is what is stored.
	Mover *vod.Mover
	Move  func(ctx context.Context, subAppID int64, ids []vod.FileID, class string) (taskID string, err error)
	Usage vod.UsageStore
	// AccessKeys must be what Verifier asks.
	AccessKeys *auth.AccessKeys
	// Proxies are believed about who the client is; may be empty.
	Proxies Proxies
	// PublicURL is what addresses in answers start with; empty means the host that the request came to.
	PublicURL string
	// OwnHost tells whether this server is known by a host beside those of PublicURL, the request and its domains; may be nil.
	OwnHost func(host string) bool
	// Hosts are those by which others may reach this machine; may be nil.
	Hosts func() []string
	// Location is the zone of times without one; nil means Beijing.
	Location *time.Location
	// Strict refuses parameters that an action does not know.
	Strict bool
	// Observe is told of each call that was answered: the action, empty if there is no such, the code of the answer, CodeOK or CodeReplayed
	// where it is none of an error, and how long it took. May be nil.
	Observe func(action, code string, took time.Duration)
	// Audit is told of each action that changes something, done or not, and must not wait; may be nil. Audited looks at what it was told.
	Audit   func(e audit.Entry)
	Audited func(ctx context.Context, f audit.Filter) (page []audit.Entry, total int, err error)
	// Log is optional.
	Log *slog.Logger
}

// What API.Observe is told of calls that did not fail.
const (
	// CodeOK: it was done.
	CodeOK = "OK"
	// CodeReplayed: the call came again and got the answer that it had got before.
	CodeReplayed = "Replayed"
)

// Caller is who calls an action, and from where.
type Caller struct {
	auth.Principal
	// RequestID is in the answer and in the log.
	RequestID string
	// BaseURL is what addresses in the answer start with, without a slash at the end. Host is that of the request.
	BaseURL, Host string
}

// None is the structure of a request or an answer without fields.
type None struct{}

// localTime writes a time as templates, rules and domains show it: "2006-01-02 15:04:05" in the API's zone.
func (a *API) localTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(a.zone()).Format(time.DateTime)
}

// zone is that of times without one.
func (a *API) zone() *time.Location {
	if a.Location == nil {
		return time.FixedZone("UTC+8", 8*60*60)
	}
	return a.Location
}

// utcTime writes a time in ISO 8601, UTC, whole seconds.
func utcTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// number writes a boolean as the wire format's 0 or 1.
func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
