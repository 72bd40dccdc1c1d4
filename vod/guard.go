package vod

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Protection is who may play the files of a sub-application. The zero value is: everybody.
type Protection struct {
	SubAppID int64
	// Signed: addresses must be signed with Key, or with BackupKey, which may be empty: 8 to 20 letters and digits each.
	Signed         bool
	Key, BackupKey string
	// Lifetime is how long addresses are good that this server shows; 0 means DefaultLifetime.
	Lifetime time.Duration
	// RefererMode says what Referers are: host names, of which "*.example.com" means all below it.
	RefererMode RefererMode
	Referers    []string
	// NoReferer lets those play who do not tell where they come from; of either mode.
	NoReferer bool
	// Origins are those of pages that may read files by script, such as "https://example.com"; empty: all (CORS).
	Origins    []string
	UpdateTime time.Time
}

// RefererMode is what a list of referers means.
type RefererMode string

// The modes: no list, those who may, and those who may not.
const (
	RefererAny   RefererMode = ""
	RefererWhite RefererMode = "White"
	RefererBlack RefererMode = "Black"
)

// Limits of a Protection.
const (
	DefaultLifetime = 24 * time.Hour
	MaxLifetime     = 10 * 365 * 24 * time.Hour
	minKey, maxKey  = 8, 20
	MaxReferers     = 100
	MaxOrigins      = 100
)

// ProtectionStore keeps them. Every method is one transaction.
type ProtectionStore interface {
	// Protections lists all that were ever set.
	Protections(ctx context.Context) ([]Protection, error)
	// UpdateProtection reads, changes and writes the one of a sub-application. ErrNoSubApp, or the error of change.
	UpdateProtection(ctx context.Context, subApp int64, change func(*Protection) error) error
}

// Guard decides who may play what, and signs addresses. Call Reload first. Its methods may be called from any goroutine.
type Guard struct {
	Store ProtectionStore
	// Primary is the protection of the primary application as long as nobody has set another one.
	Primary Protection
	// SubApps tells which sub-applications are off; nil: none is.
	SubApps *SubApps
	// Client tells the address of whoever asks; nil: that of the connection.
	Client func(*http.Request) netip.Addr
	// Insider reports whether whoever asks may play all that is not forbidden, such as people at the console; nil: nobody may.
	Insider func(*http.Request) bool

	changing sync.Mutex
	known    atomic.Pointer[map[int64]Protection]
	clients  clients
}

// errNoGuard is a programming error.
var errNoGuard = errors.New("nothing is there to guard")

// Reload reads what is stored.
func (g *Guard) Reload(ctx context.Context) error {
	g.changing.Lock()
	defer g.changing.Unlock()
	return g.reload(ctx)
}

func (g *Guard) reload(ctx context.Context) error {
	all, err := g.Store.Protections(ctx)
	if err != nil {
		return fmt.Errorf("read who may play: %w", err)
	}
	known := map[int64]Protection{PrimaryApp: g.Primary}
	for _, p := range all {
		known[p.SubAppID] = p
	}
	g.known.Store(&known)
	return nil
}

// Of returns the protection of a sub-application.
func (g *Guard) Of(subApp int64) Protection {
	if g == nil {
		return Protection{SubAppID: subApp}
	}
	if known := g.known.Load(); known != nil {
		p := (*known)[subApp]
		p.SubAppID = subApp
		return p
	}
	p := g.Primary
	if p.SubAppID = subApp; subApp != PrimaryApp {
		return Protection{SubAppID: subApp, Signed: true} // nothing is known yet: nobody
	}
	return p
}

// Change changes the protection of a sub-application, and returns it. ErrNoSubApp, *InvalidError.
func (g *Guard) Change(ctx context.Context, subApp int64, change func(*Protection) error) (Protection, error) {
	if g == nil {
		return Protection{}, errNoGuard
	}
	if g.SubApps != nil {
		if err := g.SubApps.Check(subApp); err != nil {
			return Protection{}, err
		}
	}
	g.changing.Lock()
	defer g.changing.Unlock()
	err := g.Store.UpdateProtection(ctx, subApp, func(p *Protection) error {
		if p.UpdateTime.IsZero() && subApp == PrimaryApp {
			*p = g.Primary
		}
		if err := change(p); err != nil {
			return err
		}
		p.SubAppID, p.UpdateTime = subApp, time.Now().UTC().Truncate(time.Microsecond)
		return p.Validate()
	})
	if err != nil {
		return Protection{}, fmt.Errorf("change who may play: %w", err)
	}
	if err := g.reload(ctx); err != nil {
		return Protection{}, err
	}
	return g.Of(subApp), nil
}

// Address is what path leads to, an address of the asset's own such as PlayPath and PartPath return, signed if the sub-application's
// addresses must be: every address that is shown to anybody is made here.
func (g *Guard) Address(subApp int64, path string) string {
	address, _ := g.AddressFor(subApp, path, 0)
	return address
}

// AddressFor is Address with a lifetime of its own, and tells when the address ends; a zero time: never, because it needs no signature.
// A lifetime of 0 is that of all addresses that are shown.
func (g *Guard) AddressFor(subApp int64, path string, lifetime time.Duration) (address string, ends time.Time) {
	p := g.Of(subApp)
	if !p.Signed || p.Key == "" {
		return path, time.Time{}
	}
	if lifetime <= 0 {
		lifetime = p.Lifetime
	}
	if lifetime <= 0 {
		lifetime = DefaultLifetime
	}
	ends = time.Unix(time.Now().Add(lifetime).Unix(), 0)
	var salt [5]byte
	_, _ = rand.Read(salt[:])
	params := map[string]string{
		"t": strconv.FormatInt(ends.Unix(), 16), "us": hex.EncodeToString(salt[:]),
	}
	params["sign"] = Sign(p.Key, folderOf(path), params)
	return path + signedQuery(params), ends
}

// PlayPath is PlayPath, signed if it must be.
func (g *Guard) PlayPath(a Asset) string { return g.Address(a.SubAppID, PlayPath(a)) }

// folderOf returns the folder of an asset, which everything that belongs to it lies below: "/vod/{FileId}/".
func folderOf(address string) string {
	inside, _ := strings.CutPrefix(address, PlayPrefix)
	id, _, _ := strings.Cut(inside, "/")
	return PlayPrefix + id + "/"
}

// Admit checks a request for something of an asset. Its errors have the status and the reason to answer with.
func (g *Guard) Admit(r *http.Request, a *Asset) (Grant, error) {
	if a.Forbidden {
		return Grant{}, refused("file %s must not be played: it was forbidden; ForbidMediaDistribution recovers it", a.ID)
	}
	if g == nil {
		return Grant{}, nil
	}
	if g.SubApps != nil {
		if err := g.SubApps.CheckOn(a.SubAppID); err != nil {
			return Grant{}, refused("file %s cannot be played: %v", a.ID, err)
		}
	}
	grant, err := g.admit(r, a)
	if err != nil && g.Insider != nil && g.Insider(r) {
		return Grant{Origins: grant.Origins, Private: true}, nil
	}
	return grant, err
}

// admit checks what the sub-application wants of everybody.
func (g *Guard) admit(r *http.Request, a *Asset) (Grant, error) {
	p := g.Of(a.SubAppID)
	if text := p.referer(r.Header.Get("Referer"), p.RefererMode, p.Referers, p.NoReferer); text != "" {
		return Grant{Origins: p.Origins}, refused("%s", text)
	}
	if !p.Signed {
		return Grant{Origins: p.Origins}, nil
	}
	return g.signed(r, p, a)
}

func (g *Guard) signed(r *http.Request, p Protection, a *Asset) (Grant, error) {
	if p.Key == "" && p.BackupKey == "" {
		return Grant{}, refused("the sub-application wants signed addresses but has no key yet")
	}
	q := r.URL.Query()
	own := PlayPrefix + a.ID.String() + "/"
	dirs := []string{own}
	// As it is written: what a name with "..", escaped, would lead to is the folder of another asset.
	if dir := r.URL.Path[:strings.LastIndexByte(r.URL.Path, '/')+1]; dir != own {
		dirs = append(dirs, dir)
	}
	now := time.Now()
	grant, text := verify([]string{p.Key, p.BackupKey}, dirs, q, now)
	grant.Origins = p.Origins
	if text == "" {
		text = signedReferer(p, r.Header.Get("Referer"), q)
	}
	if text == "" && grant.Clients > 0 && !g.clients.admit(q.Get("sign"), g.client(r), grant, now) {
		text = fmt.Sprintf("rlimit: %d other clients have used this address", grant.Clients)
	}
	if text != "" {
		return grant, refused("%s", text)
	}
	return grant, nil
}

// signedReferer checks the lists of referers that a signed address has itself.
func signedReferer(p Protection, referer string, q url.Values) string {
	if list := q.Get("whref"); list != "" {
		return p.referer(referer, RefererWhite, strings.Split(list, ","), false)
	}
	if list := q.Get("bkref"); list != "" {
		return p.referer(referer, RefererBlack, strings.Split(list, ","), true)
	}
	return ""
}

func (g *Guard) client(r *http.Request) netip.Addr {
	if g.Client != nil {
		return g.Client(r)
	}
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	return from.Addr().Unmap()
}

func refused(format string, args ...any) error {
	return &failure{status: http.StatusForbidden, text: fmt.Sprintf(format, args...)}
}

// referer says why whoever comes from there may not play; nothing if they may.
func (p Protection) referer(referer string, mode RefererMode, list []string, without bool) string {
	if mode == RefererAny {
		return ""
	}
	if referer == "" {
		if without {
			return ""
		}
		return "the request has no Referer, and only those of certain pages may play this"
	}
	u, err := url.Parse(referer)
	host := ""
	if err == nil {
		host = strings.ToLower(u.Hostname())
	}
	listed := slices.ContainsFunc(list, func(pattern string) bool { return matchHost(strings.ToLower(strings.TrimSpace(pattern)), host) })
	if listed == (mode == RefererWhite) && (host != "" || mode == RefererBlack) {
		return ""
	}
	return "pages of that Referer may not play this"
}

// matchHost reports whether a host is meant by a pattern: its name, "*.name" for all below it, "*" for any.
func matchHost(pattern, host string) bool {
	if pattern == "" || host == "" {
		return false
	}
	if below, ok := strings.CutPrefix(pattern, "*."); ok {
		return strings.HasSuffix(host, "."+below)
	}
	return pattern == "*" || pattern == host
}

// cors answers whether a page may read what it asks for.
func (g Grant) cors(h http.Header, r *http.Request) {
	if len(g.Origins) == 0 {
		return
	}
	h.Add("Vary", "Origin")
	h.Del("Access-Control-Allow-Origin")
	if origin := r.Header.Get("Origin"); slices.Contains(g.Origins, strings.ToLower(origin)) {
		h.Set("Access-Control-Allow-Origin", origin)
	}
}
