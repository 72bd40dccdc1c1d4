package rules

import (
	"context"
	"time"

	"aircheck/vod"
)

// Store keeps templates, rules and what recordings yield. Every method is one transaction. It returns
// the errors of this package, wrapped; ctx ends waiting, not a transaction under way.
type Store interface {
	// Templates lists all templates by ID.
	Templates(ctx context.Context) ([]Template, error)
	// CreateTemplate stores a template and returns its ID: a small integer, never used twice. ErrTemplateLimit.
	CreateTemplate(ctx context.Context, t Template) (int64, error)
	// UpdateTemplate reads, changes and writes one template. ErrNotFound, or the error of change.
	UpdateTemplate(ctx context.Context, id int64, change func(*Template) error) error
	// DeleteTemplate: ErrNotFound, ErrInUse.
	DeleteTemplate(ctx context.Context, id int64) error
	// Rules lists all rules by key.
	Rules(ctx context.Context) ([]Rule, error)
	// CreateRule stores a rule and registers its domain. ErrTemplateNotFound, ErrExists, ErrRuleLimit.
	CreateRule(ctx context.Context, r Rule) error
	// UpdateRule binds the rule of that key to the template of r, as of its UpdateTime. ErrTemplateNotFound, ErrNotFound.
	UpdateRule(ctx context.Context, r Rule) error
	// DeleteRule: ErrNotFound.
	DeleteRule(ctx context.Context, k RuleKey) error
	// Seed stores the template and the rule, bound to it, unless it was called before or there is any template or rule.
	Seed(ctx context.Context, t Template, r Rule) error
	// AddRecording puts a file that is being recorded into the catalogue. A file whose ID is known already, whatever became of
	// it, is left as it is.
	AddRecording(ctx context.Context, a vod.Asset) error
	// AddFile puts a finished file into the catalogue together with its event, in the place of what AddRecording added, and adds it to
	// the record task that its cause names. A file whose
	// ID is known otherwise, deleted or not, is left as it is and yields no second event: it may be called again after a crash.
	AddFile(ctx context.Context, a vod.Asset, e Event) error
	// Recordings lists the files that AddRecording added and that have not been finished since.
	Recordings(ctx context.Context) ([]vod.FileID, error)
	// RemoveRecordings removes those of the files that Recordings would list. All of the IDs are known from then on, so that none
	// is added later.
	RemoveRecordings(ctx context.Context, ids []vod.FileID) error
}

// SessionStore keeps which pushes are live, and the events of a Chronicle. Every method is one transaction.
type SessionStore interface {
	// AddEntries carries entries out in their order, all or none: a session is added or removed, and its event written with it, and in the
	// place of one that is removed what is kept of it. Of a session
	// that begins and is there already, and of one that ends and is not there, nothing is written: it may be called again after an error.
	AddEntries(ctx context.Context, entries []Entry) error
	// LiveSessions lists the sessions that have begun and not ended, in the order in which they began.
	LiveSessions(ctx context.Context) ([]Session, error)
	// SeeSessions sets Session.Seen of all of them.
	SeeSessions(ctx context.Context, at time.Time) error
	// Pushes returns a page of what is kept of sessions that have ended, by their end, and how many fit.
	Pushes(ctx context.Context, f PushFilter) (page []Push, total int, err error)
	// PrunePushes forgets at most limit of those that ended before a time, and returns how many it were.
	PrunePushes(ctx context.Context, before time.Time, limit int) (n int, err error)
}
