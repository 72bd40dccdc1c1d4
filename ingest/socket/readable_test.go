package socket

import (
	"net"
	"testing"
)

func listen(t *testing.T) (l net.Listener, dial func() net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
}

func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestPipesAreReadable: what is no socket must be asked itself.
func TestPipesAreReadable(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	defer near.Close()
	if !Readable(near) {
		t.Error("a pipe is said to hold nothing")
	}
}
