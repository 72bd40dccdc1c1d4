//go:build unix && !linux

package rtmp

// hangups is for Linux; elsewhere the next tick tells that a connection was closed.
type hangups struct{}

func newHangups(func(fds []int)) (*hangups, error) { return nil, nil }

func (*hangups) add(int) {}

func (*hangups) remove(int) {}

func (*hangups) close() {}
