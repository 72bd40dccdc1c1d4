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

// ErrDomainForbidden comes with ErrDenied for a domain that ForbidLiveDomain disabled.
var ErrDomainForbidden = errors.New("the domain is disabled")

// PushMode says who needs a push key.
type PushMode string

// The modes, as in the configuration's push.auth.
const (
	// PushRemote: everybody but publishers on this machine.
	PushRemote PushMode = "remote"
	PushAlways PushMode = "always"
	PushNever  PushMode = "never"
)

// Publish decides who may publish what.
type Publish struct {
	Domains *Domains
	// Mode is who needs a key; empty means PushRemote.
	Mode PushMode
}

// PushRequest is what a publisher asks for.
type PushRequest struct {
	// Host is the host of the push URL, as it came.
	Host string
	// App and Stream are the path, decoded.
	App, Stream string
	// Params is the query of the push URL, undecoded.
	Params string
	// Remote and Local are the ends of the connection.
	Remote, Local netip.AddrPort
}

// Permission is what a publisher was granted.
type Permission struct {
	Key media.StreamKey
	// Credential names the key that signed the address; empty when there was no valid signature and none was needed.
	Credential string
	// Params is the query without its secrets.
	Params string
}

// Authorize grants a stream key, or returns a wrapped ErrDenied, ErrDomainNotFound or media.ErrBadPath whose text is meant for
// the publisher. A running push is not touched when its address expires.
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
	out.Credential, err = d.Push.Verify(r.Stream, query["txSecret"], query["txTime"], time.Now())
	if err != nil && p.needsKey(d, r) {
		return Permission{}, fmt.Errorf("%w: %w", ErrDenied, err)
	}
	return out, nil
}

func (p *Publish) needsKey(d Domain, r PushRequest) bool {
	if !d.Push.Enable {
		return false
	}
	switch p.Mode {
	case PushNever:
		return false
	case PushAlways:
		return true
	}
	return !r.Remote.Addr().Unmap().IsLoopback() || !r.Local.Addr().Unmap().IsLoopback()
}

// secretParams are the parameters of a push URL that must not be stored, shown or logged.
var secretParams = []string{"txSecret", "txTime"}

// StripSecrets returns a push URL's query without the parameters that sign it, otherwise unchanged.
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
