package rtsp

import "time"

// enter registers a connection, and reports whether it may stay. Where there are too many, the one that has neither published nor
// played for longest makes room, lest a thousand silent ones keep publishers out.
func (s *Server) enter(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	ip := c.remote.Addr()
	oldest := s.guests.Front()
	full := len(s.conns) >= s.Limits.MaxConnections
	if full && oldest == nil || s.Limits.MaxConnectionsPerIP > 0 && s.perIP[ip] >= s.Limits.MaxConnectionsPerIP {
		s.stats.Refused++
		s.crowded(len(s.conns), c)
		return false
	}
	if full {
		out := oldest.Value.(*conn)
		s.crowded(len(s.conns), out)
		s.remove(out)
		s.stats.Displaced++
		_ = out.Conn.Close() // its own Close comes from the library
	}
	s.stats.Accepted++
	s.conns[c] = struct{}{}
	s.perIP[ip]++
	c.place = s.guests.PushBack(c)
	c.limit(time.Now().Add(s.Limits.HandshakeTimeout))
	return true
}

func (s *Server) crowded(n int, out *conn) {
	s.full.warn(s.Log, "too many connections; raise rtsp.max_connections or rtsp.max_connections_per_ip if they are legitimate",
		"connections", n, "disconnected", out.remote.String())
}

// leave forgets a connection, unless it had to make room before.
func (s *Server) leave(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, here := s.conns[c]; here {
		s.remove(c)
	}
}

func (s *Server) remove(c *conn) {
	s.unlist(c)
	delete(s.conns, c)
	ip := c.remote.Addr()
	if s.perIP[ip]--; s.perIP[ip] == 0 {
		delete(s.perIP, ip)
	}
}

// unlist takes a connection off the guests.
func (s *Server) unlist(c *conn) {
	if c.place != nil {
		s.guests.Remove(c.place)
		c.place = nil
	}
}

// establish keeps a connection that publishes or plays from having to make room. It reports false if it had to already.
func (s *Server) establish(c *conn) bool {
	s.mu.Lock()
	_, here := s.conns[c]
	s.unlist(c)
	s.mu.Unlock()
	if here {
		c.limit(time.Time{})
	}
	return here
}

// demote makes a connection a guest again that has stopped publishing or playing.
func (s *Server) demote(c *conn) {
	c.apart.Store(false)
	s.mu.Lock()
	if _, here := s.conns[c]; here && c.place == nil {
		c.place = s.guests.PushBack(c)
	}
	s.mu.Unlock()
	c.limit(time.Now().Add(s.Limits.HandshakeTimeout))
}
