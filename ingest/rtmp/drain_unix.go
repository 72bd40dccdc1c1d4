//go:build unix

package rtmp

import "time"

// drain has a connection read now, and given back once what has arrived is read.
func (c *rawConn) drain(now time.Time) {
	if c.ending != nil {
		return
	}
	c.mu.Lock()
	c.ending = c.bounds()
	c.mu.Unlock()
	c.due = now
}

// drained reports whether, as the server stops, a connection was read far enough.
func (c *rawConn) drained(now time.Time) bool {
	return c.ending != nil && (!c.full && !c.held || c.ending.over(now))
}
