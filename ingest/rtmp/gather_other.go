//go:build !unix

package rtmp

func newGatherer(s *Server) gatherer { return newPortableGatherer(s) }

// isClosed is for systems that tell a peer's close from a reset when a write fails.
func isClosed(error) bool { return false }

// isReset is for raw sockets; others return a net.Error.
func isReset(error) bool { return false }
