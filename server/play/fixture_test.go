package play

import (
	"net"
	"strings"
)

// dial sends a request made by hand.
func dial(url, request string) (net.Conn, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err == nil {
		_, err = conn.Write([]byte(request))
	}
	return conn, err
}
