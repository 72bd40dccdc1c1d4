package auth

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
)

// newPlay returns who decides about players, with streams that are live.
func newPlay(t *testing.T, live ...media.StreamKey) *Play {
	t.Helper()
	s := newDomains(t)
	add(t, s, "push.example.com", PushDomain)
	add(t, s, "play.example.com", PlayDomain)
	add(t, s, "off.example.com", PlayDomain)
	if err := s.Forbid(t.Context(), "off.example.com"); err != nil {
		t.Fatal(err)
	}
	return &Play{Domains: s, Live: func(app, stream string) (out []media.StreamKey) {
		for _, k := range live {
			if k.App == app && k.Stream == stream {
				out = append(out, k)
			}
		}
		return out
	}}
}

func key(domain string) media.StreamKey {
	return media.StreamKey{Domain: domain, App: "live", Stream: "cam"}
}

// sign returns the query that a domain's play key lets a player play the stream cam with.
func sign(t *testing.T, p *Play, domain string) string {
	t.Helper()
	k, err := p.Domains.PlayKey(domain)
	if err != nil {
		t.Fatal(err)
	}
	return k.Sign("cam", time.Now().Add(time.Hour))
}

const here, there = "127.0.0.1:5", "192.0.2.7:5"

func request(host, params, remote, local string) PlayRequest {
	return PlayRequest{
		Host: host, App: "live", Stream: "cam", Params: params,
		Remote: netip.MustParseAddrPort(remote), Local: netip.MustParseAddrPort(local),
	}
}

// TestPlayResolves: which stream an address means.
func TestPlayResolves(t *testing.T) {
	for _, c := range []struct {
		name, host, params string
		live               []media.StreamKey
		want               string // a domain
		err                error
	}{
		{"an address that is no domain", "192.0.2.1:8080", "", nil, "localhost", nil},
		{"the built-in one", "localhost:8080", "", []media.StreamKey{key("localhost"), key("push.example.com")}, "localhost", nil},
		{"the only one that has it", "192.0.2.1", "", []media.StreamKey{key("push.example.com")}, "push.example.com", nil},
		{"a push domain", "PUSH.example.com:8080", "", []media.StreamKey{key("localhost")}, "push.example.com", nil},
		{"vhost", "192.0.2.1", "vhost=push.example.com", []media.StreamKey{key("localhost")}, "push.example.com", nil},
		{"vhost is the built-in one", "192.0.2.1", "vhost=localhost", []media.StreamKey{key("push.example.com")}, "localhost", nil},
		{"a play domain", "play.example.com", "", []media.StreamKey{key("push.example.com")}, "push.example.com", nil},
		{"a disabled play domain", "off.example.com", "", []media.StreamKey{key("push.example.com")}, "", ErrDomainForbidden},
		{"several", "192.0.2.1", "", []media.StreamKey{key("a"), key("push.example.com")}, "push.example.com", nil}, // a is no domain: not permitted
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := newPlay(t, c.live...).Authorize(request(c.host, c.params, here, here))
			if !errors.Is(err, c.err) || got.Key.Domain != c.want {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	p := newPlay(t, key("push.example.com"), key("other.example.com"))
	add(t, p.Domains, "other.example.com", PushDomain)
	_, err := p.Authorize(request("192.0.2.1", "", here, here))
	if !errors.Is(err, ErrAmbiguous) || !strings.Contains(err.Error(), "push.example.com") || !strings.Contains(err.Error(), "other.example.com") {
		t.Error(err)
	}
	// Who has a key for one of them means that one, and is not told of the other.
	got, err := p.Authorize(request("192.0.2.1", sign(t, p, "other.example.com"), there, there))
	if err != nil || got.Key != key("other.example.com") {
		t.Error(got, err)
	}
	if _, err := p.Authorize(request("192.0.2.1", "", there, there)); !errors.Is(err, ErrPlayDenied) || strings.Contains(err.Error(), "example.com") {
		t.Error(err)
	}
	p.Domains.Strict = true
	if _, err := p.Authorize(request("192.0.2.1", "", here, here)); !errors.Is(err, ErrDomainNotFound) {
		t.Error(err)
	}
	if _, err := p.Authorize(PlayRequest{App: "vod", Stream: "x"}); !errors.Is(err, media.ErrBadPath) {
		t.Error(err)
	}
}

// TestPlayNeedsKey: who needs one, and which.
func TestPlayNeedsKey(t *testing.T) {
	p := newPlay(t, key("push.example.com"))
	good, other := sign(t, p, "push.example.com"), sign(t, p, "localhost")
	push, err := p.Domains.PushKey("push.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		mode   Mode
		r      PlayRequest
		behind bool
		want   error
	}{
		{"this machine", "", request("push.example.com", "", here, here), false, nil},
		{"this machine, behind a proxy", "", request("push.example.com", "", here, here), true, ErrKeyMissing},
		{"always", ModeAlways, request("push.example.com", "", here, here), false, ErrKeyMissing},
		{"never", ModeNever, request("push.example.com", "", there, there), false, nil},
		{"no key", "", request("push.example.com", "", there, there), false, ErrKeyMissing},
		{"no key, to an address of this machine", "", request("push.example.com", "", there, here), false, ErrKeyMissing},
		{"a key", "", request("push.example.com", good, there, there), false, nil},
		{"of another domain", "", request("push.example.com", other, there, there), false, ErrKeyWrong},
		{"the push key", "", request("push.example.com", push.Sign("cam", time.Now().Add(time.Hour)), there, there), false, ErrKeyWrong},
		{"by the only domain that has it", "", request("192.0.2.9", good, there, there), false, nil},
		{"a play domain's own", "", request("play.example.com", sign(t, p, "play.example.com"), there, there), false, nil},
		{"not that of the stream's domain", "", request("play.example.com", good, there, there), false, ErrKeyWrong},
		{"not live anywhere, no key", "", PlayRequest{Host: "x", App: "live", Stream: "none", Remote: netip.MustParseAddrPort(there)}, false, ErrKeyMissing},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.Mode, c.r.Forwarded = c.mode, c.behind
			got, err := p.Authorize(c.r)
			if !errors.Is(err, c.want) || c.want != nil && (!errors.Is(err, ErrPlayDenied) || !Challenge(err)) {
				t.Errorf("%+v, %v", got, err)
			}
			if strings.Contains(got.Params, "txSecret") {
				t.Error("the secret is passed on:", got.Params)
			}
		})
	}
}

// TestModifyPlayKey: Enable 0 lets everybody in, and new keys replace the old ones.
func TestModifyPlayKey(t *testing.T) {
	p := newPlay(t, key("localhost"))
	old := sign(t, p, "localhost")
	master, off := "new", false
	if err := p.Domains.ModifyPlayKey(t.Context(), "localhost", KeyChange{Master: &master}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Authorize(request("x", old, there, there)); !errors.Is(err, ErrKeyWrong) {
		t.Error("the old key:", err)
	}
	if _, err := p.Authorize(request("x", sign(t, p, "localhost"), there, there)); err != nil {
		t.Error("the new key:", err)
	}
	if err := p.Domains.ModifyPlayKey(t.Context(), "localhost", KeyChange{Enable: &off}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Authorize(request("x", "", there, there)); err != nil {
		t.Error("without keys:", err)
	}
	var bad *InvalidError
	on, empty := true, ""
	err := p.Domains.ModifyPlayKey(t.Context(), "localhost", KeyChange{Enable: &on, Master: &empty})
	if !errors.As(err, &bad) || bad.Field != "AuthKey" {
		t.Error(err)
	}
}

// TestOldDomainsGetPlayKeys: those stored before there were any.
func TestOldDomainsGetPlayKeys(t *testing.T) {
	s := newDomains(t)
	err := s.Store.UpdateDomain(t.Context(), "localhost", func(d *Domain) error { d.Play = Key{Enable: true}; return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if k, err := s.PlayKey("localhost"); err != nil || !k.Enable || len(k.Master) < 20 {
		t.Error(k, err)
	}
}

// TestPasswords: the key as a password, with any user, and a signature as user and password.
func TestPasswords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newDomains(t)
		p := &Publish{Domains: s}
		k, err := s.PushKey("localhost")
		if err != nil {
			t.Fatal(err)
		}
		signed := func(after time.Duration) (user, password string) {
			q, err := url.ParseQuery(k.Sign("cam", time.Now().Add(after)))
			if err != nil {
				t.Fatal(err)
			}
			return q.Get("txTime"), q.Get("txSecret")
		}
		try := func(user, password string) error {
			c := &Credentials{User: user, Matches: func(want string) bool { return want == password }}
			if user == "" && password == "" {
				c = nil
			}
			_, err := p.Authorize(PushRequest{
				Host: "x", App: "live", Stream: "cam", Credentials: c,
				Remote: netip.MustParseAddrPort(there), Local: netip.MustParseAddrPort(there),
			})
			return err
		}
		goodUser, good := signed(time.Hour)
		lateUser, late := signed(-time.Hour)
		for _, c := range []struct {
			user, password string
			want           error
		}{
			{"anybody", k.Master, nil},
			{goodUser, good, nil},
			{"", "", ErrKeyMissing},
			{"anybody", "wrong", ErrKeyWrong},
			{"anybody", "", ErrKeyWrong}, // the backup key is empty
			{"anybody", good, ErrKeyWrong},
			{lateUser, late, ErrKeyExpired},
		} {
			if err := try(c.user, c.password); !errors.Is(err, c.want) {
				t.Errorf("%q %q: %v, want %v", c.user, c.password, err, c.want)
			}
		}
	})
}
