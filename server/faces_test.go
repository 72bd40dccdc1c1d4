package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media/mediatest"
)

// pipes is a listener without sockets, whose connections keep a bubble's time.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	here, there := net.Pipe()
	p.conns <- there
	return here
}

// face serves a handler as openHTTP does.
func face(t *testing.T, handler http.Handler, limit *connLimit) *pipes {
	t.Helper()
	p := newPipes()
	server := &http.Server{
		Handler: bounded(handler, limit), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, ConnState: limit.note,
		ConnContext: withConn,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(p) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return p
}

func anyNumber() *connLimit { return &connLimit{max: 1000, log: slog.New(slog.DiscardHandler)} }

// TestLongAnswers: an answer may take hours, with or without a body in the request, as long as it is being read; then it is cut off.
func TestLongAnswers(t *testing.T) {
	for name, head := range map[string]string{
		"no body": "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "a body": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var written int64
				var cause, gone error
				p := face(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					written, cause = io.Copy(w, io.LimitReader(endless{}, 1<<40))
					gone = context.Cause(r.Context())
				}), anyNumber())
				c := p.dial()
				defer c.Close()
				if _, err := io.WriteString(c, head); err != nil {
					t.Fatal(err)
				}
				buf := make([]byte, piece)
				for range 200 { // more than three hours
					if _, err := io.ReadFull(c, buf); err != nil {
						t.Fatalf("after %d bytes: %v", written, err)
					}
					time.Sleep(55 * time.Second)
				}
				time.Sleep(takePatience)
				synctest.Wait()
				if !errors.Is(cause, os.ErrDeadlineExceeded) || gone == nil {
					t.Errorf("who takes nothing: %v, %v, %d bytes", cause, gone, written)
				}
				if _, err := io.Copy(io.Discard, c); err != nil {
					t.Error("not closed:", err)
				}
			})
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestSlowBodies: a body has a minute, and what comes after it as long as it likes.
func TestSlowBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cause error
		p := face(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, cause = io.Copy(io.Discard, r.Body); cause == nil {
				time.Sleep(10 * time.Minute)
				cause = r.Context().Err()
			}
			w.WriteHeader(http.StatusNoContent)
		}), anyNumber())
		c := p.dial()
		defer c.Close()
		in := bufio.NewReader(c)
		for range 2 { // the second over the same connection, an idle minute later
			if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"); err != nil {
				t.Fatal(err)
			}
			answer, err := http.ReadResponse(in, nil)
			if err != nil || answer.StatusCode != http.StatusNoContent || cause != nil {
				t.Fatalf("%v, %v", err, cause)
			}
			time.Sleep(100 * time.Second)
		}
		if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nh"); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		go func() { _, _ = io.Copy(io.Discard, in) }()
		time.Sleep(bodyPatience + time.Second)
		synctest.Wait()
		if !errors.Is(cause, os.ErrDeadlineExceeded) {
			t.Errorf("after %s: %v", time.Since(begun), cause)
		}
	})
}

// TestConnLimit: those who have no request make room, the longest first; those who have one do not.
func TestConnLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := &connLimit{max: 3, log: slog.New(slog.DiscardHandler)}
		hold := make(chan struct{})
		p := face(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/wait" {
				<-hold
			}
		}), limit)
		ask := func(c net.Conn, path string) {
			t.Helper()
			if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		answered := func(c net.Conn) bool {
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
			line, err := bufio.NewReader(c).ReadString('\n')
			return err == nil && strings.HasPrefix(line, "HTTP/1.1 200")
		}
		var conns []net.Conn
		dial := func() net.Conn {
			c := p.dial()
			conns = append(conns, c)
			synctest.Wait()
			return c
		}
		defer func() {
			for _, c := range conns {
				_ = c.Close()
			}
		}()
		silent, busy, kept := dial(), dial(), dial()
		ask(busy, "/wait")
		ask(kept, "/")
		if !answered(kept) {
			t.Error("the third is not served")
		}
		synctest.Wait()
		fourth := dial() // in the place of the one that said nothing
		ask(fourth, "/wait")
		if _, err := silent.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Error("who says nothing stays:", err)
		}
		fifth := dial() // in the place of the one that had its answer
		ask(fifth, "/wait")
		sixth := dial()
		if _, err := sixth.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Error("one too many is let in:", err)
		}
		if open, refused := limit.stats(); open != 3 || refused != 1 {
			t.Errorf("%d are open, %d refused", open, refused)
		}
		close(hold)
		for i, c := range []net.Conn{busy, fourth, fifth} {
			if !answered(c) {
				t.Errorf("connection %d of those with a request has no answer", i)
			}
			_ = c.Close()
		}
		synctest.Wait()
		if open, _ := limit.stats(); open != 0 || limit.idle.Len() != 0 {
			t.Errorf("%d are open, %d idle", open, limit.idle.Len())
		}
	})
}

// TestDribblers: who sends a request little by little, its head or its body, makes room for those who send theirs; whose request has
// come, body and all, does not.
func TestDribblers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := &connLimit{max: 3, log: slog.New(slog.DiscardHandler)}
		hold := make(chan struct{})
		p := face(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-hold
		}), limit)
		dial := func(text string) net.Conn {
			c := p.dial()
			if _, err := io.WriteString(c, text); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			return c
		}
		whole := dial("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
		body := dial("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nh")
		head := dial("GET / HTTP/1.1\r\nHost")
		answered := []net.Conn{whole}
		for _, c := range []net.Conn{body, head} {
			answered = append(answered, dial("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Error("stays:", err)
			}
		}
		if open, refused := limit.stats(); open != 3 || refused != 0 {
			t.Errorf("%d are open, %d refused", open, refused)
		}
		close(hold)
		for i, c := range answered {
			if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 200") {
				t.Errorf("request %d: %q, %v", i, line, err)
			}
			_ = c.Close()
		}
	})
}

// TestRoomOverTLS: one that takes nothing, TLS's goodbye neither, is closed at once.
func TestRoomOverTLS(t *testing.T) {
	pair, key, _ := mediatest.Certificate(t, t.TempDir(), time.Hour, "localhost")
	certificate, err := tls.LoadX509KeyPair(pair, key)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		limit := &connLimit{max: 1, log: slog.New(slog.DiscardHandler)}
		here, there := net.Pipe()
		client := tls.Client(here, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the certificate signs itself
		served := tls.Server(there, &tls.Config{Certificates: []tls.Certificate{certificate}, SessionTicketsDisabled: true})
		shaken := make(chan error, 1)
		go func() { shaken <- client.Handshake() }()
		if err := errors.Join(served.Handshake(), <-shaken); err != nil {
			t.Fatal(err)
		}
		limit.note(served, http.StateNew)
		next, far := net.Pipe()
		began := time.Now()
		limit.note(next, http.StateNew)
		if took := time.Since(began); took != 0 {
			t.Error("everybody waited for it:", took)
		}
		if _, err := there.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
			t.Error("not closed:", err)
		}
		for _, c := range []net.Conn{client, next, far} {
			_ = c.Close()
		}
	})
}

// TestFilesAreHandedDown: a file goes to the socket in pieces, complete and as what the kernel can send.
func TestFilesAreHandedDown(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	content := strings.Repeat("0123456789abcdef", 3*piece/16+7)
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int64{int64(len(content)), 10, piece, 2 * piece, 0} {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		to := &taker{}
		w := &pacedWriter{ResponseWriter: to, control: http.NewResponseController(to)}
		n, err := io.Copy(w, io.LimitReader(f, limit))
		if err != nil || n != limit || to.String() != content[:limit] || to.files != (limit > 0) {
			t.Errorf("%d of %d bytes, %v, as files: %v", n, limit, err, to.files)
		}
		rest, err := io.Copy(w, f)
		if err != nil || n+rest != int64(len(content)) || to.String() != content {
			t.Errorf("%d and %d bytes, %v", n, rest, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// taker takes answers, and sees whether they come as a socket needs them to send files: as an io.LimitedReader of one.
type taker struct {
	strings.Builder
	files bool
}

func (k *taker) Header() http.Header { return http.Header{} }

func (k *taker) WriteHeader(int) {}

func (k *taker) ReadFrom(src io.Reader) (int64, error) {
	limited, ok := src.(*io.LimitedReader)
	if ok {
		_, ok = limited.R.(*os.File)
	}
	k.files = ok
	return io.Copy(&k.Builder, src)
}
