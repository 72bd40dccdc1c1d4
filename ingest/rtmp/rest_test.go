package rtmp

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// readOut reads until the end, and returns how many bytes there were and how long that took.
func readOut(c net.Conn) (n int, took time.Duration, err error) {
	begin, buf := time.Now(), make([]byte, 64<<10)
	for err == nil {
		var k int
		k, err = c.Read(buf)
		n += k
	}
	return n, time.Since(begin), err
}

// TestNobodyIsWaitedFor: once a connection is to be drained, nobody who sends can hold that up, nor a deadline that is set again.
func TestNobodyIsWaitedFor(t *testing.T) {
	for name, ca := range map[string]struct {
		piece       int
		every       time.Duration
		least, most int // bytes
		took        time.Duration
	}{
		"silent":     {0, time.Hour, 0, 0, lastRead},
		"slow":       {1, 10 * time.Millisecond, 50, 51, drainTime},
		"full speed": {1 << 20, 0, drainBytes, drainBytes + 64<<10, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				c, limits := &arrivedConn{Conn: near}, Limits{}.withDefaults()
				var work sync.WaitGroup
				stop := make(chan struct{})
				work.Go(func() {
					for piece := make([]byte, ca.piece); ; {
						select {
						case <-time.After(ca.every):
						case <-stop:
							return
						}
						if _, err := far.Write(piece); err != nil {
							return
						}
					}
				})
				begin := time.Now()
				c.drain(limits.newRest(begin))
				if err := errors.Join(c.SetDeadline(time.Time{}), c.SetWriteDeadline(time.Time{})); err != nil {
					t.Fatal(err)
				}
				n, took, err := readOut(c)
				if !errors.Is(err, errStopping) || n < ca.least || n > ca.most || took < ca.took || took > ca.took+lastRead {
					t.Errorf("%d bytes in %s, then %v", n, took, err)
				}
				if _, err := c.Write([]byte("unread")); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("what nobody reads: %v", err)
				}
				if took := time.Since(begin); took > drainTime+lastRead {
					t.Errorf("that took %s", took)
				}
				close(stop)
				_ = near.Close()
				work.Wait()
			})
		})
	}
}

// TestWaitingReadIsWoken: who waits already learns that nothing is waited for, and whoever reads on after that may wait again.
func TestWaitingReadIsWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		c, limits := &arrivedConn{Conn: near}, Limits{}.withDefaults()
		var reading sync.WaitGroup
		reading.Go(func() {
			if n, took, err := readOut(c); n != 0 || took > time.Minute+lastRead || !errors.Is(err, errStopping) {
				t.Errorf("%d bytes in %s, then %v", n, took, err)
			}
		})
		<-time.After(time.Minute)
		c.drain(limits.newRest(time.Now()))
		reading.Wait()
		if err := c.resume(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		var writing sync.WaitGroup
		writing.Go(func() {
			<-time.After(time.Second)
			_, _ = far.Write([]byte("late"))
			_ = far.Close()
		})
		if n, took, _ := readOut(c); n != 4 || took != time.Second {
			t.Errorf("%d bytes in %s", n, took)
		}
		writing.Wait()
	})
}

// TestGoodbyeIsShort: who reads nothing, not even that TLS ends, is not waited for.
func TestGoodbyeIsShort(t *testing.T) {
	s := &Server{}
	withTLS(t, s)
	s.prepare()
	s.TLS.SessionTicketsDisabled = true // they would have to be read
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		c := newConn(s, near)
		c.nc = secure(c.bottom, s.TLS)
		var agreeing sync.WaitGroup
		agreeing.Go(func() {
			if err := tls.Client(far, &tls.Config{InsecureSkipVerify: true}).Handshake(); err != nil {
				t.Error(err)
			}
		})
		if err := c.nc.(*secureConn).Handshake(); err != nil {
			t.Error(err)
		}
		agreeing.Wait()
		begin := time.Now()
		c.goodbye()
		if took := time.Since(begin); took > lingerTime {
			t.Errorf("goodbye took %s", took)
		}
	})
}
