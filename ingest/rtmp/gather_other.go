//go:build !unix

package rtmp

func newGatherer(s *Server) gatherer { return newPortableGatherer(s) }

// isReset is for raw sockets; others return a net.Error.
func isReset(error) bool { return false }
