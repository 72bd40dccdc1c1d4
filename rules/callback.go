package rules

import (
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Limits of callbacks.
const (
	// MaxCallbackTemplates is the specification's; MaxCallbackRules keeps them in memory.
	MaxCallbackTemplates = 50
	MaxCallbackRules     = 1000
	// Lengths in bytes.
	maxCallbackURL = 2048
	maxCallbackKey = 255
)

// Exception levels, by which a receiver chooses the exceptions that it is told of.
const (
	LevelInfo    = "info"
	LevelWarning = "warning"
	LevelError   = "error"
)

// CallbackTemplate says where events go.
type CallbackTemplate struct {
	ID          int64
	Name        string
	Description string
	// URLs by kind of event. An event whose URL is empty goes nowhere.
	URLs CallbackURLs
	// RecordExceptionLevels are the levels of exceptions that are sent; none means all.
	RecordExceptionLevels []string
	// Key signs what is sent; empty means that nothing is signed.
	Key string
}

// CallbackURLs are a template's receivers, each an address of http or https or empty. Those that this server has no events for are
// stored and given back.
type CallbackURLs struct {
	StreamBegin     string
	StreamEnd       string
	Record          string
	RecordStatus    string
	RecordException string
	PushException   string
	Snapshot        string
	Censorship      string
	StreamMix       string
	AudioAudit      string
}

// Receiver returns the URL that an event of that type goes to; empty if it goes nowhere. level is that of an exception.
func (t *CallbackTemplate) Receiver(kind EventType, level string) string {
	switch kind {
	case EventStreamEnd:
		return t.URLs.StreamEnd
	case EventStreamBegin:
		return t.URLs.StreamBegin
	case EventFileReady:
		return t.URLs.Record
	case EventRecordStatus:
		return t.URLs.RecordStatus
	case EventRecordException:
		if len(t.RecordExceptionLevels) == 0 || slices.Contains(t.RecordExceptionLevels, level) {
			return t.URLs.RecordException
		}
	}
	return ""
}

// CallbackRuleKey is what a callback rule is bound to. An empty App means every app that has no rule of its own.
type CallbackRuleKey struct{ Domain, App string }

// String returns "domain/app" with "*" for an empty app.
func (k CallbackRuleKey) String() string {
	if k.App == "" {
		return k.Domain + "/*"
	}
	return k.Domain + "/" + k.App
}

// CallbackRule binds a callback template to the streams of a domain and app.
type CallbackRule struct {
	CallbackRuleKey
	TemplateID int64
	CreateTime time.Time
	UpdateTime time.Time
}

// prepare checks a callback template and brings its levels into one form.
func (s *Callbacks) prepare(t *CallbackTemplate) error {
	if err := validName(t.Name); err != nil {
		return err
	}
	if err := validText("Description", t.Description, maxDescription); err != nil {
		return err
	}
	if err := validText("CallbackKey", t.Key, maxCallbackKey); err != nil {
		return err
	}
	given := false
	for _, u := range t.URLs.all() {
		if u.value == "" {
			continue
		}
		given = true
		if err := s.validURL(u.field, u.value); err != nil {
			return err
		}
	}
	if !given {
		return invalid("RecordNotifyUrl", "no URL is given; a template needs at least one, of any kind")
	}
	return t.prepareLevels()
}

func (t *CallbackTemplate) prepareLevels() error {
	const field = "RecordExceptionLevels"
	var levels []string
	for _, l := range t.RecordExceptionLevels {
		if l == "alarm" { // an older name
			l = LevelError
		}
		if l != LevelInfo && l != LevelWarning && l != LevelError {
			return invalid(field, "%.32q is not %s, %s or %s", l, LevelInfo, LevelWarning, LevelError)
		}
		if !slices.Contains(levels, l) {
			levels = append(levels, l)
		}
	}
	t.RecordExceptionLevels = levels
	return nil
}

type callbackURL struct{ field, value string }

// all returns the URLs with the wire format's names.
func (u *CallbackURLs) all() []callbackURL {
	return []callbackURL{
		{"StreamBeginNotifyUrl", u.StreamBegin},
		{"StreamEndNotifyUrl", u.StreamEnd},
		{"RecordNotifyUrl", u.Record},
		{"RecordStatusNotifyUrl", u.RecordStatus},
		{"RecordExceptionNotifyUrl", u.RecordException},
		{"PushExceptionNotifyUrl", u.PushException},
		{"SnapshotNotifyUrl", u.Snapshot},
		{"PornCensorshipNotifyUrl", u.Censorship},
		{"StreamMixNotifyUrl", u.StreamMix},
		{"AudioAuditNotifyUrl", u.AudioAudit},
	}
}

// validURL refuses what cannot be a receiver: what could is still checked when it is connected to.
func (s *Callbacks) validURL(field, text string) error {
	if len(text) > maxCallbackURL {
		return invalid(field, "has %d bytes, at most %d are allowed", len(text), maxCallbackURL)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return invalid(field, "is not a URL such as https://example.com/callback")
	case u.User != nil:
		return invalid(field, "holds a user name; put a secret into the query, or check the signature instead")
	case !validPort(u.Port()):
		return invalid(field, "%.16q is not a port", u.Port())
	}
	if s.CheckHost == nil {
		return nil
	}
	if err := s.CheckHost(u.Hostname()); err != nil {
		return invalid(field, "%s", err)
	}
	return nil
}

func validPort(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}
