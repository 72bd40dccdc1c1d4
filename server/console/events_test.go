package console

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// page listens to Events as a page does.
type page struct {
	t     *testing.T
	lines *bufio.Scanner
	stop  func()
}

// next returns the next event and its data.
func (p *page) next() (event, data string) {
	p.t.Helper()
	for p.lines.Scan() {
		line := p.lines.Text()
		if e, ok := strings.CutPrefix(line, "event: "); ok {
			event = e
		}
		if d, ok := strings.CutPrefix(line, "data: "); ok {
			data = d
		}
		if line == "" && event != "" {
			return event, data
		}
	}
	return "", ""
}

// change returns the data of the next change.
func (p *page) change() string {
	p.t.Helper()
	for {
		switch event, data := p.next(); event {
		case "change":
			return data
		case "":
			p.t.Fatal("the stream of events has ended")
		}
	}
}

func listen(t *testing.T, url, token string) (*page, int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: CookieName, Value: token})
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	stop := func() {
		cancel()
		_ = answer.Body.Close()
	}
	t.Cleanup(stop)
	return &page{t, bufio.NewScanner(answer.Body), stop}, answer.StatusCode
}

// TestEvents checks what pages are told: everything at first, then what changed, and how the streams are.
func TestEvents(t *testing.T) {
	sessions := loaded(t, table{})
	token := begin(t, sessions)
	var asked atomic.Int64
	e := &Events{Sessions: sessions, Topics: []string{"streams", "media"}, Live: func() any { return asked.Add(1) }}
	e.Open()
	server := httptest.NewServer(e)
	defer server.Close()
	if _, code := listen(t, server.URL, "x"); code != http.StatusForbidden {
		t.Errorf("without a login: %d", code)
	}
	one, code := listen(t, server.URL, token)
	if code != http.StatusOK {
		t.Fatal(code)
	}
	if event, data := one.next(); event != "live" || data != "1" {
		t.Errorf("first: %s, %s", event, data)
	}
	if got := one.change(); got != `["media","streams"]` {
		t.Errorf("at first: %s", got)
	}
	two, _ := listen(t, server.URL, token)
	two.change()
	e.Changed("streams")
	for _, p := range []*page{one, two} {
		if got := p.change(); got != `["streams"]` {
			t.Errorf("change: %s", got)
		}
	}
	for range 1000 {
		e.Changed("media")
	}
	if got := two.change(); got != `["media"]` {
		t.Errorf("many changes: %s", got)
	}
	one.stop()
	e.Close()
	for {
		if event, _ := two.next(); event == "" {
			break
		}
	}
}

// TestChangedDoesNotWait checks that what tells of changes, which is the database's only writer, never waits for what Live looks at.
func TestChangedDoesNotWait(t *testing.T) {
	sessions := loaded(t, table{})
	asked, release := make(chan struct{}), make(chan struct{})
	first := sync.OnceFunc(func() { close(asked) }) // a slow machine may come to ask again
	e := &Events{Sessions: sessions, Topics: []string{"media"}, Live: func() any {
		first()
		<-release
		return 1
	}}
	e.Open()
	var wait sync.WaitGroup
	defer wait.Wait()
	wait.Go(func() { e.ServeHTTP(httptest.NewRecorder(), request(t, begin(t, sessions))) })
	<-asked
	told := make(chan struct{})
	wait.Go(func() {
		e.Changed("media")
		close(told)
	})
	select {
	case <-told:
	case <-time.After(30 * time.Second):
		t.Error("Changed waits for Live")
	}
	e.Close()
	close(release)
}

// TestEventsEndWithTheLogin checks that a page is told at once that the login is over, and nothing more, and that its connection can be used again.
func TestEventsEndWithTheLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sessions := loaded(t, table{})
		token := begin(t, sessions)
		e := &Events{Sessions: sessions, Topics: []string{"media"}, Live: func() any { return 1 }}
		e.Open()
		w := &connection{ResponseRecorder: httptest.NewRecorder()}
		over := make(chan struct{})
		go func() {
			e.ServeHTTP(w, request(t, token))
			close(over)
		}()
		time.Sleep(time.Minute)
		synctest.Wait()
		select {
		case <-over:
			t.Fatal("it ends although somebody is logged in")
		default:
		}
		if w.deadline.IsZero() {
			t.Error("a page that takes nothing is waited for")
		}
		other := begin(t, sessions)
		for _, ended := range []string{other, token} {
			if _, err := sessions.End(t.Context(), ended); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			select {
			case <-over:
				if ended == other {
					t.Error("it ends with the login of somebody else")
				}
			default:
				if ended == token {
					t.Error("it goes on without a login")
					e.Close()
					<-over
				}
			}
		}
		if !strings.HasSuffix(w.Body.String(), "event: over\ndata: {}\n\n") {
			t.Errorf("it does not say why: %q", w.Body.String())
		}
		if !w.deadline.IsZero() {
			t.Error("the next request on the connection inherits the deadline")
		}
	})
}

// connection is one that notes its deadline.
type connection struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (c *connection) SetWriteDeadline(t time.Time) error {
	c.deadline = t
	return nil
}

func request(t *testing.T, token string) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/console/events", nil)
	r.AddCookie(&http.Cookie{Name: CookieName, Value: token})
	return r
}
