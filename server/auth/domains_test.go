package auth

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func hexMD5(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// memory is a DomainStore without a disk.
type memory struct {
	mu  sync.Mutex
	all map[string]Domain
}

func (m *memory) Domains(context.Context) ([]Domain, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]Domain, 0, len(m.all))
	for _, d := range m.all {
		out = append(out, d)
	}
	return out, nil
}

func (m *memory) CreateDomain(_ context.Context, d Domain) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.all[d.Name]; ok {
		return ErrDomainExists
	}
	if len(m.all) >= MaxDomains {
		return ErrDomainLimit
	}
	m.all[d.Name] = d
	return nil
}

func (m *memory) UpdateDomain(_ context.Context, name string, change func(*Domain) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.all[name]
	if !ok {
		return ErrDomainNotFound
	}
	if err := change(&d); err != nil {
		return err
	}
	m.all[name] = d
	return nil
}

func (m *memory) DeleteDomain(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.all[name]; !ok {
		return ErrDomainNotFound
	}
	delete(m.all, name)
	return nil
}

func newDomains(t *testing.T) *Domains {
	t.Helper()
	s := &Domains{Store: &memory{all: map[string]Domain{}}}
	if err := s.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func add(t *testing.T, s *Domains, name string, kind DomainType) {
	t.Helper()
	d, err := NewDomain(name, kind)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func TestResolve(t *testing.T) {
	s := newDomains(t)
	add(t, s, "Live.Example.COM", PushDomain)
	add(t, s, "play.example.com", PlayDomain)
	add(t, s, "2001:db8::1", PushDomain)
	for _, c := range []struct{ host, vhost, want string }{
		{"live.example.com", "", "live.example.com"},
		{"LIVE.example.com:1935", "", "live.example.com"},
		{"live.example.com.", "", "live.example.com"},
		{"[2001:DB8::1]:1935", "", "2001:db8::1"},
		{"2001:db8::1", "", "2001:db8::1"},
		{"10.0.0.5:1935", "", "localhost"},
		{"", "", "localhost"},
		{"!?", "", "localhost"},
		{"other.example.com", "", "localhost"},
		{"play.example.com", "", "localhost"},
		{"10.0.0.5", "live.example.com:443", "live.example.com"},
		{"live.example.com", "10.0.0.5", "localhost"},
	} {
		if got, err := s.Resolve(c.host, c.vhost); got != c.want || err != nil {
			t.Errorf("Resolve(%q, %q) = %q, %v, want %q", c.host, c.vhost, got, err, c.want)
		}
	}
	s.Strict = true
	if _, err := s.Resolve("10.0.0.5", ""); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("strict: %v", err)
	}
	if got, err := s.Resolve("localhost", ""); got != "localhost" || err != nil {
		t.Errorf("strict refuses the built-in domain itself: %q, %v", got, err)
	}
}

func TestLoadKeepsKeysAndMovesTheMark(t *testing.T) {
	s := newDomains(t)
	first, err := s.PushKey("localhost")
	if err != nil || !first.Enable || first.Master == "" {
		t.Fatalf("key %+v, %v", first, err)
	}
	again := &Domains{Store: s.Store, BuiltIn: "Live.example.com", Names: []string{"a.example.com"}}
	for range 2 {
		if err := again.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if k, err := again.PushKey("localhost"); err != nil || k != first {
		t.Errorf("key changed to %+v, %v", k, err)
	}
	var built []string
	for _, d := range again.List() {
		if d.BuiltIn {
			built = append(built, d.Name)
		}
	}
	if fmt.Sprint(built) != "[live.example.com]" || len(again.List()) != 3 {
		t.Errorf("built-in: %v of %v", built, again.List())
	}
	again.Names = []string{"not a name"}
	if err := again.Load(t.Context()); err == nil {
		t.Error("a bad name in the configuration was accepted")
	}
}

// TestPlayDomainIsNotBuiltIn: a play domain has no push key, and so must not stand for all hosts.
func TestPlayDomainIsNotBuiltIn(t *testing.T) {
	s := newDomains(t)
	add(t, s, "play.example.com", PlayDomain)
	again := &Domains{Store: s.Store, BuiltIn: "Play.example.com"}
	if err := again.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "play domain") {
		t.Errorf("accepted: %v", err)
	}
	if err := s.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d, err := s.Describe("play.example.com"); err != nil || d.BuiltIn {
		t.Errorf("after the refusal: %+v, %v", d, err)
	}
}

func TestDomainChanges(t *testing.T) {
	s := newDomains(t)
	ctx := t.Context()
	add(t, s, "a.example.com", PushDomain)
	add(t, s, "play.example.com", PlayDomain)
	d, _ := NewDomain("A.example.com", PushDomain)
	for name, c := range map[string]struct{ got, want error }{
		"twice":             {s.Add(ctx, d), ErrDomainExists},
		"delete built-in":   {s.Delete(ctx, "localhost", PushDomain), ErrDomainInUse},
		"delete unknown":    {s.Delete(ctx, "x.example.com", PushDomain), ErrDomainNotFound},
		"delete wrong type": {s.Delete(ctx, "a.example.com", PlayDomain), ErrDomainNotFound},
		"enable unknown":    {s.Enable(ctx, "x.example.com"), ErrDomainNotFound},
		"forbid unknown":    {s.Forbid(ctx, "x.example.com"), ErrDomainNotFound},
		"key of a play domain": {
			s.ModifyPushKey(ctx, "play.example.com", KeyChange{}),
			ErrDomainNotFound,
		},
		"forbid":        {s.Forbid(ctx, "A.example.com"), nil},
		"delete a play": {s.Delete(ctx, "play.example.com", PlayDomain), nil},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if d, err := s.Describe("a.example.com"); err != nil || d.Enabled {
		t.Errorf("after Forbid: %+v, %v", d, err)
	}
	if _, err := s.PushKey("play.example.com"); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("after Delete: %v", err)
	}
}

func TestModifyPushKeyKeepsWhatIsAbsent(t *testing.T) {
	s := newDomains(t)
	was, _ := s.PushKey("localhost")
	backup, delta := "backup", 90*time.Second
	if err := s.ModifyPushKey(t.Context(), "localhost", KeyChange{Backup: &backup, Delta: &delta}); err != nil {
		t.Fatal(err)
	}
	want := Key{Enable: true, Master: was.Master, Backup: backup, Delta: delta}
	if k, _ := s.PushKey("localhost"); k != want {
		t.Errorf("%+v, want %+v", k, want)
	}
	empty := ""
	var bad *InvalidError
	if err := s.ModifyPushKey(t.Context(), "localhost", KeyChange{Master: &empty}); !errors.As(err, &bad) {
		t.Errorf("an empty master key: %v", err)
	}
	if k, _ := s.PushKey("localhost"); k != want {
		t.Errorf("a refused change left %+v", k)
	}
}

func TestValidDomain(t *testing.T) {
	long := ""
	for len(long) <= MaxDomainBytes {
		long += "a23456789."
	}
	for name, ok := range map[string]bool{
		"localhost": true, "a.example.com": true, "xn--fiq228c.cn": true, "10.0.0.1": true, "::1": true, "1": true,
		"": false, "-a.com": false, "a-.com": false, "a..b": false, ".a": false, "a b": false, "a_b.com": false,
		"中.cn": false, "A.com": false, "a/b": false, "fe80::1%eth0": false, long: false,
	} {
		if err := ValidDomain(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}
