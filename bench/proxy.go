package main

import (
	"context"
	"net"
	"sync"
	"time"
)

// proxy forwards TCP connections and delays what goes through, as a long line does.
type proxy struct {
	l      net.Listener
	to     string
	delay  time.Duration
	cancel context.CancelFunc
	all    sync.WaitGroup
}

const (
	// proxyRead is how much a proxy reads at once, and proxyDepth how many of these may be under way: 8 MiB in each direction, which a
	// TCP connection over a long line has as its window at most, or so.
	proxyRead  = 64 << 10
	proxyDepth = 128
)

// startProxy starts one that delays each direction.
func startProxy(to string, delay time.Duration) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &proxy{l: l, to: to, delay: delay, cancel: cancel}
	p.all.Go(func() { p.accept(ctx) })
	return p, nil
}

func (p *proxy) address() string { return p.l.Addr().String() }

// close ends all connections.
func (p *proxy) close() {
	p.cancel()
	_ = p.l.Close()
	p.all.Wait()
}

func (p *proxy) accept(ctx context.Context) {
	for {
		from, err := p.l.Accept()
		if err != nil {
			return
		}
		p.all.Go(func() { p.forward(ctx, from.(*net.TCPConn)) })
	}
}

// forward connects the two sides until both have ended, or one has failed.
func (p *proxy) forward(ctx context.Context, from *net.TCPConn) {
	defer func() { _ = from.Close() }()
	conn, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	to := conn.(*net.TCPConn)
	defer func() { _ = to.Close() }()
	stop := context.AfterFunc(ctx, func() { _, _ = from.Close(), to.Close() })
	defer stop()
	var both sync.WaitGroup
	both.Go(func() { p.carry(from, to) })
	both.Go(func() { p.carry(to, from) })
	both.Wait()
}

// parcel is on its way.
type parcel struct {
	due  time.Time
	data []byte
}

// carry takes one direction from one side to the other. Its end arrives as late as everything else.
func (p *proxy) carry(from, to *net.TCPConn) {
	way := make(chan parcel, proxyDepth)
	go func() {
		defer close(way)
		for {
			b := make([]byte, proxyRead)
			n, err := from.Read(b)
			way <- parcel{time.Now().Add(p.delay), b[:n]}
			if err != nil {
				return
			}
		}
	}()
	for next := range way {
		time.Sleep(time.Until(next.due))
		if _, err := to.Write(next.data); err != nil {
			_ = from.Close() // which ends the reader
			for range way {
			}
			return
		}
	}
	_ = to.CloseWrite()
}
