package outbound

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func policy(t *testing.T, private, loopback bool, allow ...string) *Policy {
	t.Helper()
	p, err := New(allow, private, loopback)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCheck(t *testing.T) {
	open, shut := policy(t, true, true), policy(t, false, false)
	for _, c := range []struct {
		address    string
		open, shut bool
	}{
		{"192.0.2.1", true, true},
		{"8.8.8.8", true, true},
		{"2606:4700::1111", true, true},
		{"::ffff:8.8.8.8", true, true},
		{"10.1.2.3", true, false},
		{"172.16.0.1", true, false},
		{"172.32.0.1", true, true},
		{"192.168.1.1", true, false},
		{"100.64.0.1", true, false},
		{"fd12:3456::1", true, false},
		{"::ffff:10.0.0.1", true, false},
		{"64:ff9b::a00:1", true, false},
		{"127.0.0.1", true, false},
		{"127.9.9.9", true, false},
		{"::1", true, false},
		{"::ffff:127.0.0.1", true, false},
		{"64:ff9b::7f00:1", true, false},
		{"169.254.169.254", false, false},
		{"::ffff:169.254.169.254", false, false},
		{"64:ff9b::a9fe:a9fe", false, false},
		{"fd00:ec2::254", false, false},
		{"fd20:ce::254", false, false},
		{"fd00:42::42", false, false},
		{"100.100.100.200", false, false},
		{"192.0.0.192", false, false},
		{"168.63.129.16", false, false},
		{"169.254.1.1", false, false},
		{"fe80::1", false, false},
		{"fe80::1%eth0", false, false},
		{"0.0.0.0", false, false},
		{"0.1.2.3", false, false},
		{"::", false, false},
		{"::ffff:0.0.0.0", false, false},
		{"224.0.0.1", false, false},
		{"ff02::1", false, false},
		{"255.255.255.255", false, false},
	} {
		a := netip.MustParseAddr(c.address)
		if err := open.Check("h", a); (err == nil) != c.open {
			t.Errorf("%s, open: %v", c.address, err)
		}
		err := shut.Check("h", a)
		if (err == nil) != c.shut {
			t.Errorf("%s, shut: %v", c.address, err)
		}
		var refused *RefusedError
		if err != nil && (!errors.As(err, &refused) || !strings.Contains(err.Error(), "outbound.") || refused.Host != "h") {
			t.Errorf("%s: %v does not say which key to set", c.address, err)
		}
	}
	if err := open.Check("h", netip.Addr{}); err == nil {
		t.Error("no address was let through")
	}
}

func TestAllow(t *testing.T) {
	p := policy(t, false, false, "10.1.0.0/16", "169.254.169.254", "Receiver.Example.", "[fe80::1]", "::1/128")
	for address, want := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "10.2.0.1": false, "169.254.169.254": true, "169.254.169.253": false,
		"fe80::1": true, "fe80::2": false, "::1": true, "127.0.0.1": false,
	} {
		if err := p.Check("other", netip.MustParseAddr(address)); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, host := range []string{"receiver.example", "RECEIVER.EXAMPLE."} {
		if err := p.Check(host, netip.MustParseAddr("127.0.0.1")); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, bad := range []string{"", "http://a", "a b", "10.0.0.0/33", "a/b"} {
		if _, err := New([]string{bad}, true, true); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestCheckHost(t *testing.T) {
	p := policy(t, true, false)
	for host, want := range map[string]bool{
		"example.com": true, "localhost": false, "a.LOCALHOST.": false, "127.0.0.1": false, "::1": false, "169.254.169.254": false,
		"10.0.0.1": true, "localhost.example.com": true,
	} {
		if err := p.CheckHost(host); (err == nil) != want {
			t.Errorf("%s: %v", host, err)
		}
	}
	if err := policy(t, true, false, "localhost").CheckHost("localhost"); err != nil {
		t.Error(err)
	}
}

// TestNoProxy: one named in the environment would connect to anything on behalf of the server.
func TestNoProxy(t *testing.T) {
	c := policy(t, false, false).Client(time.Second)
	if transport, ok := c.Transport.(*http.Transport); !ok || transport.Proxy != nil {
		t.Error("a proxy may be used")
	}
}

// TestClient: what counts is the address that a name stands for, when it is dialled.
func TestClient(t *testing.T) {
	served := 0
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served++
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/", http.StatusFound)
		}
	}))
	defer receiver.Close()
	_, port, err := net.SplitHostPort(receiver.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	get := func(p *Policy, url string) (int, error) {
		c := p.Client(10 * time.Second)
		defer c.CloseIdleConnections()
		resp, err := c.Get(url)
		if err != nil {
			return 0, err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, resp.Body.Close()
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} {
		_, err := get(policy(t, true, false), "http://"+host+":"+port)
		var refused *RefusedError
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if served != 0 {
		t.Errorf("%d requests arrived that were refused", served)
	}
	if status, err := get(policy(t, true, true), receiver.URL+"/away"); status != http.StatusFound || err != nil {
		t.Errorf("redirected: %d %v", status, err)
	}
	if served != 1 {
		t.Errorf("the redirect was followed: %d requests", served)
	}
	if status, err := get(policy(t, true, false, "localhost"), "http://localhost:"+port); status != http.StatusOK || err != nil {
		t.Errorf("a listed host: %d %v", status, err)
	}
	_, err = policy(t, true, true).DialContext(context.Background(), "tcp", "169.254.169.254:80")
	if err == nil || !strings.Contains(err.Error(), "outbound.allow") {
		t.Errorf("metadata: %v", err)
	}
	if _, err := policy(t, true, true).DialContext(context.Background(), "tcp", "nonsense"); err == nil {
		t.Error("an address without a port was dialled")
	}
}
