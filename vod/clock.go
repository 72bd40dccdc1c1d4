package vod

import "time"

const (
	// maxJump is how far the clock may be set forward at once, doubt how long a greater jump is not believed.
	maxJump = 24 * time.Hour
	doubt   = time.Hour
)

// clockGuard notices that the wall clock has jumped forward, by comparing it with the monotonic one. Its zero value is ready to
// be used, by one goroutine.
type clockGuard struct {
	// wall and mono are the two clocks when the wall clock was last believed, noticed the latter when a jump was seen.
	wall, mono, noticed time.Time
}

// jumped returns by how much the wall clock has jumped, 0 if it is to be believed, and whether that is news. wall is what it
// says; mono has a monotonic reading, and no other is used of it.
func (g *clockGuard) jumped(wall, mono time.Time) (by time.Duration, news bool) {
	wall = wall.Round(0)
	if g.wall.IsZero() {
		g.wall, g.mono = wall, mono
	}
	by = wall.Sub(g.wall) - mono.Sub(g.mono)
	if by <= maxJump {
		g.noticed = time.Time{}
		return 0, false
	}
	if g.noticed.IsZero() {
		g.noticed = mono
		return by, true
	}
	if mono.Sub(g.noticed) < doubt {
		return by, false
	}
	*g = clockGuard{wall: wall, mono: mono}
	return 0, false
}
