package auth

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"aircheck/ingest/media"
)

// ErrDenied is wrapped by every refusal that the publisher's rights are the reason for. A bad path is media.ErrBadPath, an
// unknown domain ErrDomainNotFound.
var ErrDenied = errors.New("publishing is not allowed")

// ErrDomainForbidden comes with ErrDenied or ErrPlayDenied for a domain that ForbidLiveDomain disabled.
var ErrDomainForbidden = errors.New("the domain is disabled")

// ErrHookRefused comes with ErrDenied or ErrPlayDenied where the HTTP hook did not agree.
var ErrHookRefused = errors.New("the hook refused")

// Mode says who needs a key.
type Mode string

// The modes, as in the configuration's push.auth and play.auth.
const (
	// ModeRemote: everybody but clients on this machine.
	ModeRemote Mode = "remote"
	ModeAlways Mode = "always"
	ModeNever  Mode = "never"
)

// Publish decides who may publish what.
type Publish struct {
	Domains *Domains
	// Mode is who needs a key; empty means ModeRemote.
	Mode Mode
	// Hook decides in place of Mode and the keys, if it is set; see Hook.
	Hook Hook
	// Failures has addresses wait that try keys; may be nil.
	Failures *Failures
}

// PushRequest is what a publisher asks for.
type PushRequest struct {
	// Protocol is "rtmp" or "rtsp".
	Protocol string
	// Host is the host of the push URL, as it came.
	Host string
	// App and Stream are the path, decoded.
	App, Stream string
	// Params is the query of the push URL, undecoded.
	Params string
	// Credentials are the user and password that came with the request; nil if none did.
	Credentials *Credentials
	// Remote and Local are the ends of the connection.
	Remote, Local netip.AddrPort
}

// Permission is what a publisher or a player was granted.
type Permission struct {
	Key media.StreamKey
	// Credential names the key that signed the address; empty when there was no valid signature and none was needed.
	Credential string
	// Params is the query without its secrets.
	Params string
}

// Authorize grants a stream key, or returns a wrapped ErrDenied, ErrDomainNotFound or media.ErrBadPath whose text is meant for
// the publisher. A running push is not touched when its address expires. It waits for the Hook, if there is one, and for nothing else.
func (p *Publish) Authorize(r PushRequest) (Permission, error) {
	query := lenientQuery(r.Params)
	name, err := p.Domains.Resolve(r.Host, firstOf(query, "vhost", "domain"))
	if err != nil {
		return Permission{}, err
	}
	out := Permission{
		Key:    media.StreamKey{Domain: name, App: r.App, Stream: r.Stream},
		Params: StripSecrets(r.Params),
	}
	if err := out.Key.Validate(); err != nil {
		return Permission{}, err
	}
	d, err := p.Domains.Describe(name)
	if err != nil {
		return Permission{}, err
	}
	if !d.Enabled {
		return Permission{}, fmt.Errorf("%w: %w: %s", ErrDenied, ErrDomainForbidden, name)
	}
	if err := p.Failures.Check(r.Remote.Addr()); err != nil {
		return Permission{}, fmt.Errorf("%w: %w", ErrDenied, err)
	}
	out.Credential, err = d.Push.check(r.Stream, query, r.Credentials, time.Now())
	if p.Hook != nil {
		err = p.Hook(HookCall{
			Action: ActionPublish, Protocol: r.Protocol, Key: out.Key, Host: r.Host, Params: r.Params, Remote: r.Remote,
		})
	} else if !p.Mode.asks(d.Push, onThisMachine(r.Remote, r.Local)) {
		err = nil
	}
	if err != nil {
		p.Failures.Note(r.Remote.Addr(), err, guess(r.Credentials, out.Key, r.Params)...)
		return Permission{}, fmt.Errorf("%w: %w", ErrDenied, err)
	}
	return out, nil
}

// guess is what was brought, for Failures. What password a client has is not known.
func guess(c *Credentials, key media.StreamKey, params string) []string {
	if c != nil {
		return nil
	}
	return []string{key.String(), params}
}

// asks reports whether a client needs a signature by that key.
func (m Mode) asks(k Key, onThisMachine bool) bool {
	switch {
	case !k.Enable || m == ModeNever:
		return false
	case m == ModeAlways:
		return true
	}
	return !onThisMachine
}

// onThisMachine tells from the two ends of a connection whether both are here.
func onThisMachine(remote, local netip.AddrPort) bool {
	return remote.Addr().Unmap().IsLoopback() && local.Addr().Unmap().IsLoopback()
}

// secretParams are the parameters of an address that must not be stored, shown or logged.
var secretParams = []string{"txSecret", "txTime"}

// StripSecrets returns an address's query without the parameters that sign it, otherwise unchanged.
func StripSecrets(query string) string {
	var keep []string
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if part != "" && !slices.Contains(secretParams, name) {
			keep = append(keep, part)
		}
	}
	return strings.Join(keep, "&")
}

// lenientQuery reads a query of which encoders write all kinds; of a parameter given twice the first counts, and what cannot
// be decoded is taken as it is.
func lenientQuery(query string) map[string]string {
	out := map[string]string{}
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if _, seen := out[name]; seen {
			continue
		}
		if plain, err := url.QueryUnescape(value); err == nil {
			value = plain
		}
		out[name] = value
	}
	return out
}

func firstOf(query map[string]string, names ...string) string {
	for _, n := range names {
		if v := query[n]; v != "" {
			return v
		}
	}
	return ""
}
