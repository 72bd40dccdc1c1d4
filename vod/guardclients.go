package vod

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

// clients remembers which addresses have used a signed address that limits their number.
type clients struct {
	mu   sync.Mutex
	seen map[string]*users
}

type users struct {
	addresses []netip.Addr
	expires   time.Time
}

// maxRemembered bounds how many signed addresses are remembered. Beyond, those that end first are forgotten.
const maxRemembered = 10_000

func (c *clients) admit(sign string, from netip.Addr, g Grant, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := c.seen[sign]
	if u == nil {
		c.makeRoom(now)
		u = &users{expires: g.Expires}
		c.seen[sign] = u
	}
	switch {
	case slices.Contains(u.addresses, from):
		return true
	case len(u.addresses) >= g.Clients:
		return false
	}
	u.addresses = append(u.addresses, from)
	return true
}

// makeRoom forgets those that are over, and the one that ends first if there are still too many.
func (c *clients) makeRoom(now time.Time) {
	if c.seen == nil {
		c.seen = map[string]*users{}
	}
	if len(c.seen) < maxRemembered {
		return
	}
	first := ""
	for sign, u := range c.seen {
		if u.expires.Before(now) {
			delete(c.seen, sign)
		} else if first == "" || u.expires.Before(c.seen[first].expires) {
			first = sign
		}
	}
	if len(c.seen) >= maxRemembered {
		delete(c.seen, first)
	}
}
