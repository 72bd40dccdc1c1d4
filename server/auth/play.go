package auth

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"aircheck/ingest/media"
)

// ErrPlayDenied is wrapped by every refusal that the player's rights are the reason for.
var ErrPlayDenied = errors.New("playing is not allowed")

// ErrAmbiguous is returned where an address could mean streams of several domains; its text names them.
var ErrAmbiguous = errors.New("several domains have such a stream")

// Play decides who may play what. Every face that shows live streams asks it once for each player, before anything of the stream is sent:
// also HTTP-FLV over WebSocket, and the first playlist of HLS. It does not ask again for what follows from that, such as segments: an
// address may expire while it is being played.
type Play struct {
	Domains *Domains
	// Live lists the keys of the streams of that app and name that are live, on whatever domain. See stream.Hub.Named.
	Live func(app, stream string) []media.StreamKey
	// Mode is who needs a key; empty means ModeRemote.
	Mode Mode
	// Hook decides in place of Mode and the keys, if it is set; see Hook.
	Hook Hook
	// Failures has addresses wait that try keys; may be nil.
	Failures *Failures
}

// PlayRequest is what a player asks for.
type PlayRequest struct {
	// Protocol is "rtmp", "rtsp", "http-flv", "ws-flv" or "hls".
	Protocol string
	// Host is the host of the play URL, as it came.
	Host string
	// App and Stream are the path, decoded, without the extension that names the format.
	App, Stream string
	// Params is the query of the play URL, undecoded.
	Params string
	// Credentials are the user and password that came with the request; nil if none did.
	Credentials *Credentials
	// Remote is the client, as far as it is known; Local is where it came in.
	Remote, Local netip.AddrPort
	// Forwarded tells that a proxy lies between, so that a connection from this machine means nothing.
	Forwarded bool
}

// Authorize grants the key of a stream, live or not, or returns an error whose text is meant for the player:
//
//	ErrPlayDenied      it may not (403, or 401 where Challenge says so); ErrTooManyFailures comes with it (429)
//	ErrDomainNotFound  there is no such domain (404)
//	ErrAmbiguous       vhost=DOMAIN has to say which stream is meant (404)
//	media.ErrBadPath   no stream can have that name (400)
//
// The stream is that of the domain that the vhost parameter names, or the host. A host that is no push domain of its own, or the built-in
// one, stands for the built-in domain if that has the stream, and else for the only domain that has.
func (p *Play) Authorize(r PlayRequest) (Permission, error) {
	granted, err := p.Resolve(r)
	if err != nil || p.Hook == nil {
		return granted, err
	}
	err = p.Hook(HookCall{
		Action: ActionPlay, Protocol: r.Protocol, Key: granted.Key, Host: r.Host, Params: r.Params, Remote: r.Remote,
	})
	if err != nil {
		p.Failures.Note(r.Remote.Addr(), err, guess(r.Credentials, granted.Key, r.Params)...)
		return Permission{}, fmt.Errorf("%w: %w", ErrPlayDenied, err)
	}
	return granted, nil
}

// Resolve is Authorize without the Hook: for who has been granted a stream that is not live yet, and wants to know whether the address has
// come to mean another.
func (p *Play) Resolve(r PlayRequest) (Permission, error) {
	if err := (media.StreamKey{Domain: DefaultBuiltIn, App: r.App, Stream: r.Stream}).Validate(); err != nil {
		return Permission{}, err
	}
	if err := p.Failures.Check(r.Remote.Addr()); err != nil {
		return Permission{}, fmt.Errorf("%w: %w", ErrPlayDenied, err)
	}
	query := lenientQuery(r.Params)
	of, candidates, err := p.candidates(r, query)
	if err != nil {
		return Permission{}, err
	}
	granted, err := p.choose(r, query, of, candidates)
	if err != nil {
		p.Failures.Note(r.Remote.Addr(), err, guess(r.Credentials, candidates[0], r.Params)...)
		return Permission{}, err
	}
	granted.Params = StripSecrets(r.Params)
	return granted, nil
}

// candidates lists the streams that an address may mean, at least one. If it names a play domain, of is that.
func (p *Play) candidates(r PlayRequest, query map[string]string) (of *Domain, keys []media.StreamKey, err error) {
	vhost := firstOf(query, "vhost", "domain")
	name := CleanHost(r.Host)
	if vhost != "" {
		name = CleanHost(vhost)
	}
	if d, ok := p.Domains.get(name); ok && d.Type == PlayDomain {
		if !d.Enabled {
			return nil, nil, fmt.Errorf("%w: %w: %s", ErrPlayDenied, ErrDomainForbidden, name)
		}
		of = &d
	}
	builtIn := CleanHost(p.Domains.builtIn())
	if of == nil {
		if name, err = p.Domains.Resolve(r.Host, vhost); err != nil {
			return nil, nil, err
		}
	} else {
		name = builtIn
	}
	own := media.StreamKey{Domain: name, App: r.App, Stream: r.Stream}
	if name != builtIn || vhost != "" && of == nil {
		return nil, []media.StreamKey{own}, nil
	}
	live := p.Live(r.App, r.Stream)
	for _, k := range live {
		if k == own {
			return of, []media.StreamKey{own}, nil
		}
	}
	if len(live) == 0 {
		return of, []media.StreamKey{own}, nil
	}
	return of, live, nil
}

// choose returns the one stream that the player may play.
func (p *Play) choose(r PlayRequest, query map[string]string, of *Domain, candidates []media.StreamKey) (Permission, error) {
	var allowed []Permission
	var first error
	for _, key := range candidates {
		granted, err := p.permit(r, query, of, key)
		switch {
		case err == nil:
			allowed = append(allowed, granted)
		case first == nil:
			first = err
		}
	}
	switch len(allowed) {
	case 0:
		return Permission{}, fmt.Errorf("%w: %w", ErrPlayDenied, first)
	case 1:
		return allowed[0], nil
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = a.Key.Domain
	}
	return Permission{}, fmt.Errorf("%w: say which with vhost=, one of %s", ErrAmbiguous, strings.Join(names, ", "))
}

// permit checks a player's key for one stream: that of the play domain, if one was named, or of the stream's own domain.
func (p *Play) permit(r PlayRequest, query map[string]string, of *Domain, key media.StreamKey) (Permission, error) {
	d, err := p.Domains.Describe(key.Domain)
	if of != nil {
		d, err = *of, nil
	}
	if err != nil {
		return Permission{}, err
	}
	credential, err := d.Play.check(key.Stream, query, r.Credentials, time.Now())
	if err != nil && p.Hook == nil && p.Mode.asks(d.Play, !r.Forwarded && onThisMachine(r.Remote, r.Local)) {
		return Permission{}, err
	}
	return Permission{Key: key, Credential: credential}, nil
}
