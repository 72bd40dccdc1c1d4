package pull

import (
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"aircheck/ingest/media/mediatest"
)

func TestCertificates(t *testing.T) {
	certificate, key, _ := mediatest.Certificate(t, t.TempDir(), 0, "127.0.0.1")
	own, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{own}})
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() { _ = nc.(*tls.Conn).Handshake(); _ = nc.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); work.Wait() })
	digits := fmt.Sprintf("%X", sha256.Sum256(own.Certificate[0]))
	colons := strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(own.Certificate[0])), " ", ":")
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{}, "certificate"},
		{Config{Insecure: true}, ""},
		{Config{Fingerprint: colons}, ""},
		{Config{Fingerprint: digits, Insecure: true}, ""},
		{Config{Fingerprint: strings.Repeat("ab", 32)}, "has the fingerprint " + strings.ToLower(digits)},
		{Config{Fingerprint: strings.Repeat("ab", 32), Insecure: true}, "fingerprint"},
	} {
		if c.config.Fingerprint, err = cleanFingerprint(c.config.Fingerprint); err != nil {
			t.Fatal(err)
		}
		plain, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		nc := tls.Client(plain, c.config.tlsConfig("127.0.0.1"))
		err = nc.Handshake()
		_ = nc.Close()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
}
