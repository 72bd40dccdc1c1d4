package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// lossyRelay stands between one RTSP publisher over UDP and the server, and loses one in so many packets of media. The two see its ports
// in place of each other's.
type lossyRelay struct {
	t        testing.TB
	listener net.Listener
	server   string
	every    int64
	seen     atomic.Int64
	lost     atomic.Int64
	work     sync.WaitGroup

	mu   sync.Mutex
	legs []*leg // in the order of the tracks
	open []io.Closer
}

// leg carries the packets of one track: pairs of ports, for RTP and RTCP.
type leg struct {
	publisher, server [2]*net.UDPConn // towards them
	toPublisher       [2]*net.UDPAddr
	toServer          atomic.Pointer[[2]*net.UDPAddr]
}

func startLossyRelay(t testing.TB, server string, every int64) *lossyRelay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &lossyRelay{t: t, listener: l, server: server, every: every}
	t.Cleanup(func() {
		_ = l.Close()
		r.mu.Lock()
		for _, c := range r.open {
			_ = c.Close()
		}
		r.mu.Unlock()
		r.work.Wait()
	})
	r.work.Go(r.serve)
	return r
}

func (r *lossyRelay) address() string { return r.listener.Addr().String() }

func (r *lossyRelay) keep(c io.Closer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = append(r.open, c)
}

func (r *lossyRelay) serve() {
	from, err := r.listener.Accept()
	if err != nil {
		return
	}
	r.keep(from)
	to, err := net.Dial("tcp", r.server)
	if err != nil {
		r.t.Error(err)
		return
	}
	r.keep(to)
	r.work.Go(func() { r.pass(to, from, r.fromServer) })
	r.pass(from, to, r.fromPublisher)
}

var (
	clientPorts = regexp.MustCompile(`client_port=(\d+)-\d+`)
	serverPorts = regexp.MustCompile(`server_port=(\d+)-\d+`)
)

// pass hands lines on, and bodies, changing the lines of transports.
func (r *lossyRelay) pass(from, to net.Conn, change func(string) string) {
	defer from.Close()
	defer to.Close()
	in := bufio.NewReader(from)
	body := 0
	for {
		text, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if n, ok := strings.CutPrefix(strings.ToLower(text), "content-length:"); ok {
			body, _ = strconv.Atoi(strings.TrimSpace(n))
		}
		if strings.HasPrefix(text, "Transport:") {
			text = change(text)
		}
		if strings.TrimSpace(text) == "" && body > 0 {
			b := make([]byte, body)
			if _, err := io.ReadFull(in, b); err != nil {
				return
			}
			text += string(b)
			body = 0
		}
		if _, err := io.WriteString(to, text); err != nil {
			return
		}
	}
}

// fromPublisher puts ports of ours for the publisher's.
func (r *lossyRelay) fromPublisher(text string) string {
	found := clientPorts.FindStringSubmatch(text)
	if found == nil {
		return text
	}
	port, _ := strconv.Atoi(found[1])
	l := &leg{}
	for i := range 2 {
		l.toPublisher[i] = &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port + i}
	}
	l.publisher, l.server = r.pair(), r.pair()
	r.mu.Lock()
	r.legs = append(r.legs, l)
	r.mu.Unlock()
	for i := range 2 {
		r.work.Go(func() { r.carry(l, i) })
		r.work.Go(func() { r.carryBack(l, i) })
	}
	return clientPorts.ReplaceAllString(text, ports("client_port", l.server))
}

// fromServer puts ports of ours for the server's, and those that the publisher knows for its own.
func (r *lossyRelay) fromServer(text string) string {
	found := serverPorts.FindStringSubmatch(text)
	if found == nil {
		return text
	}
	port, _ := strconv.Atoi(found[1])
	r.mu.Lock()
	l := r.legs[len(r.legs)-1]
	r.mu.Unlock()
	to := [2]*net.UDPAddr{{IP: net.IPv4(127, 0, 0, 1), Port: port}, {IP: net.IPv4(127, 0, 0, 1), Port: port + 1}}
	l.toServer.Store(&to)
	text = serverPorts.ReplaceAllString(text, ports("server_port", l.publisher))
	return clientPorts.ReplaceAllString(text, fmt.Sprintf("client_port=%d-%d", l.toPublisher[0].Port, l.toPublisher[1].Port))
}

func ports(name string, pair [2]*net.UDPConn) string {
	port := func(c *net.UDPConn) int { return c.LocalAddr().(*net.UDPAddr).Port }
	return fmt.Sprintf("%s=%d-%d", name, port(pair[0]), port(pair[1]))
}

// pair opens an even port and the next.
func (r *lossyRelay) pair() (out [2]*net.UDPConn) {
	local := net.IPv4(127, 0, 0, 1)
	for range 100 {
		a, err := net.ListenUDP("udp", &net.UDPAddr{IP: local})
		if err != nil {
			break
		}
		at := a.LocalAddr().(*net.UDPAddr).Port
		b, err := net.ListenUDP("udp", &net.UDPAddr{IP: local, Port: at + 1})
		if err == nil && at%2 == 0 {
			_ = a.SetReadBuffer(4 << 20) // nothing else is to be lost; the system may give less
			r.keep(a)
			r.keep(b)
			return [2]*net.UDPConn{a, b}
		}
		_ = a.Close()
		if err == nil {
			_ = b.Close()
		}
	}
	panic("no pair of ports is free")
}

// carry carries what the publisher sends, and loses some of the media.
func (r *lossyRelay) carry(l *leg, i int) {
	b := make([]byte, 2048)
	for {
		n, err := l.publisher[i].Read(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		to := l.toServer.Load()
		if err != nil || to == nil {
			continue
		}
		if i == 0 && r.seen.Add(1)%r.every == 0 {
			r.lost.Add(1)
			continue
		}
		_, _ = l.server[i].WriteToUDP(b[:n], to[i])
	}
}

func (r *lossyRelay) carryBack(l *leg, i int) {
	b := make([]byte, 2048)
	for {
		n, err := l.server[i].Read(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			_, _ = l.publisher[i].WriteToUDP(b[:n], l.toPublisher[i])
		}
	}
}

// output runs a program and returns what it wrote.
func output(name string, args ...string) (string, error) {
	b, err := exec.Command(name, args...).CombinedOutput()
	return string(b), err
}
