package auth

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
)

func TestAuthorizeNeedsKey(t *testing.T) {
	s := newDomains(t)
	off := false
	add(t, s, "open.example.com", PushDomain)
	if err := s.ModifyPushKey(t.Context(), "open.example.com", KeyChange{Enable: &off}); err != nil {
		t.Fatal(err)
	}
	const here, there, mapped, six = "127.0.0.1:5", "192.0.2.7:5", "[::ffff:127.0.0.1]:5", "[::1]:5"
	for _, c := range []struct {
		mode          Mode
		host          string
		remote, local string
		needs         bool
	}{
		{ModeRemote, "localhost", here, here, false},
		{"", "localhost", here, here, false},
		{ModeRemote, "localhost", six, six, false},
		{ModeRemote, "localhost", mapped, mapped, false},
		{ModeRemote, "localhost", there, here, true},
		{ModeRemote, "localhost", here, there, true},
		{ModeRemote, "localhost", there, there, true},
		{ModeRemote, "open.example.com", there, there, false},
		{ModeAlways, "localhost", here, here, true},
		{ModeAlways, "open.example.com", here, here, false},
		{ModeNever, "localhost", there, there, false},
	} {
		p := &Publish{Domains: s, Mode: c.mode}
		r := PushRequest{
			Host: c.host, App: "live", Stream: "a",
			Remote: netip.MustParseAddrPort(c.remote), Local: netip.MustParseAddrPort(c.local),
		}
		got, err := p.Authorize(r)
		if (err != nil) != c.needs || c.needs && (!errors.Is(err, ErrDenied) || !errors.Is(err, ErrKeyMissing)) {
			t.Errorf("%+v: %v", c, err)
		}
		if err == nil && (got.Credential != "" || got.Key != media.StreamKey{Domain: c.host, App: "live", Stream: "a"}) {
			t.Errorf("%+v: granted %+v", c, got)
		}
		r.Params = "txSecret=0&txTime=5C271099"
		if _, err := p.Authorize(r); c.needs != errors.Is(err, ErrKeyWrong) {
			t.Errorf("%+v with a wrong key: %v", c, err)
		}
		k, _ := s.PushKey(c.host)
		r.Params = "x=1&" + k.Sign("a", time.Now().Add(time.Minute))
		if got, err = p.Authorize(r); err != nil || got.Credential == "" || got.Params != "x=1" {
			t.Errorf("%+v with a key: %+v, %v", c, got, err)
		}
		r.Params = k.Sign("a", time.Now().Add(-time.Minute))
		if _, err := p.Authorize(r); c.needs != errors.Is(err, ErrKeyExpired) {
			t.Errorf("%+v with an old address: %v", c, err)
		}
	}
}

func TestAuthorizeRefusals(t *testing.T) {
	s := newDomains(t)
	add(t, s, "off.example.com", PushDomain)
	if err := s.Forbid(t.Context(), "off.example.com"); err != nil {
		t.Fatal(err)
	}
	p := &Publish{Domains: s, Mode: ModeNever}
	for _, c := range []struct {
		r    PushRequest
		want error
	}{
		{PushRequest{Host: "off.example.com", App: "live", Stream: "a"}, ErrDenied},
		{PushRequest{Host: "off.example.com", App: "live", Stream: "a"}, ErrDomainForbidden},
		{PushRequest{App: "live", Stream: "a", Params: "vhost=off.example.com"}, ErrDomainForbidden},
		{PushRequest{App: "live", Stream: "a", Params: "domain=OFF.example.com"}, ErrDomainForbidden},
		{PushRequest{App: "live", Stream: ""}, media.ErrBadPath},
		{PushRequest{App: "vod", Stream: "a"}, media.ErrBadPath},
		{PushRequest{App: "live", Stream: ".."}, media.ErrBadPath},
	} {
		if _, err := p.Authorize(c.r); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.r, err, c.want)
		}
	}
	s.Strict = true
	if _, err := p.Authorize(PushRequest{Host: "10.0.0.1", App: "live", Stream: "a"}); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("strict: %v", err)
	}
}

func TestStripSecrets(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "",
		"a=1&b=%zz":                 "a=1&b=%zz",
		"txSecret=1&a=1&txTime=2&b": "a=1&b",
		"tx%53ecret=1":              "",
		"&&a=1&":                    "a=1",
	} {
		if got := StripSecrets(in); got != want {
			t.Errorf("%q gave %q, want %q", in, got, want)
		}
	}
}

func FuzzAuthorize(f *testing.F) {
	f.Add("localhost:1935", "live", "a", "txSecret=1&txTime=2&vhost=[::1")
	f.Add("[::1", "a/b", "..", "%zz=%zz&=&")
	s := &Domains{Store: &memory{all: map[string]Domain{}}}
	if err := s.Load(f.Context()); err != nil {
		f.Fatal(err)
	}
	p := &Publish{Domains: s, Mode: ModeAlways}
	f.Fuzz(func(t *testing.T, host, app, stream, params string) {
		if got, err := p.Authorize(PushRequest{Host: host, App: app, Stream: stream, Params: params}); err == nil {
			t.Errorf("granted %+v without a key", got)
		}
		if out := StripSecrets(params); strings.Contains(out, "txSecret=") && !strings.Contains(params, "ecret=txSecret=") {
			for _, part := range strings.Split(out, "&") {
				if strings.HasPrefix(part, "txSecret=") {
					t.Errorf("%q kept its secret: %q", params, out)
				}
			}
		}
	})
}
