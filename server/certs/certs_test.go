package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"aircheck/ingest/media/mediatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// names returns what a client is shown.
func names(t *testing.T, f *Files, trust *x509.CertPool) (string, error) {
	t.Helper()
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	// A pipe has no room: both ends would wait for each other to read when one gives up.
	must(t, errors.Join(a.SetDeadline(time.Now().Add(time.Second)), b.SetDeadline(time.Now().Add(time.Second))))
	server := tls.Server(a, f.Config("h2", "http/1.1"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Handshake()
	}()
	client := tls.Client(b, &tls.Config{RootCAs: trust, ServerName: "live.example.com", MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}})
	err := client.Handshake()
	_ = b.Close()
	<-done
	if err != nil {
		return "", err
	}
	if st := client.ConnectionState(); st.NegotiatedProtocol != "h2" || st.Version != tls.VersionTLS13 {
		t.Errorf("%+v", st)
	}
	return strings.Join(client.ConnectionState().PeerCertificates[0].DNSNames, ","), nil
}

// TestReload: another pair comes into force, one that cannot be used does not, and is told of once.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		cert, key, first := mediatest.Certificate(t, dir, time.Hour, "live.example.com")
		var log bytes.Buffer
		f, err := Open(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		f.Start()
		defer f.Close()
		if got, err := names(t, f, first); got != "live.example.com" || err != nil {
			t.Error(got, err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if f.Status().Reloads != 0 || log.Len() > 0 {
			t.Error("read again without a change:", log.String())
		}

		_, _, second := mediatest.Certificate(t, dir, time.Hour, "live.example.com", "second.example.com")
		time.Sleep(2 * pollEvery)
		synctest.Wait()
		if got, err := names(t, f, second); got != "live.example.com,second.example.com" || err != nil {
			t.Error(got, err)
		}
		if _, err := names(t, f, first); err == nil {
			t.Error("the first one is still shown")
		}
		if st := f.Status(); st.Reloads != 1 || st.Broken != nil || st.Soon {
			t.Errorf("%+v", st)
		}

		must(t, os.WriteFile(key, []byte("nonsense"), 0o600))
		time.Sleep(5 * pollEvery)
		synctest.Wait()
		if got, err := names(t, f, second); got == "" || err != nil {
			t.Error("broken:", got, err)
		}
		if st := f.Status(); st.Broken == nil || strings.Count(log.String(), "cannot be used") != 1 {
			t.Errorf("%+v\n%s", st, log.String())
		}
		must(t, os.Remove(key))
		time.Sleep(5 * pollEvery)
		synctest.Wait()
		if st := f.Status(); !errors.Is(st.Broken, os.ErrNotExist) {
			t.Errorf("%+v", st)
		}

		_, _, third := mediatest.Certificate(t, dir, time.Hour, "live.example.com", "third.example.com")
		time.Sleep(2 * pollEvery)
		synctest.Wait()
		if got, err := names(t, f, third); got != "live.example.com,third.example.com" || err != nil {
			t.Error(got, err)
		}
		if st := f.Status(); st.Reloads != 2 || st.Broken != nil {
			t.Errorf("%+v", st)
		}
	})
}

// TestHalfReplaced: the moment between the certificate's and the key's replacement is no news.
func TestHalfReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, other := t.TempDir(), t.TempDir()
		cert, key, _ := mediatest.Certificate(t, dir, time.Hour, "live.example.com")
		newCert, newKey, trust := mediatest.Certificate(t, other, time.Hour, "live.example.com")
		var log bytes.Buffer
		f, err := Open(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
		must(t, err)
		must(t, os.Rename(newCert, cert))
		f.Poll()
		must(t, os.Rename(newKey, key))
		f.Poll()
		if got, err := names(t, f, trust); got == "" || err != nil {
			t.Error(got, err)
		}
		if st := f.Status(); st.Broken != nil || strings.Contains(log.String(), "ERROR") {
			t.Errorf("%+v\n%s", st, log.String())
		}
	})
}

// TestExpiry: a certificate that is about to expire is told of, once a day.
func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// It is good for three days, of which one is left; a third is worth a warning.
		cert, key, _ := mediatest.Certificate(t, t.TempDir(), 48*time.Hour-time.Minute, "live.example.com")
		var log bytes.Buffer
		f, err := Open(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
		must(t, err)
		f.Start()
		defer f.Close()
		synctest.Wait()
		if log.Len() > 0 || f.Status().Soon {
			t.Error("too early:", log.String())
		}
		for _, want := range []int{1, 2, 3} {
			time.Sleep(warnEvery)
			synctest.Wait()
			if n := strings.Count(log.String(), "expires soon"); n != want || !f.Status().Soon {
				t.Errorf("told %d times, want %d\n%s", n, want, log.String())
			}
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	cert, key, _ := mediatest.Certificate(t, t.TempDir(), time.Hour, "live.example.com")
	_, otherKey, _ := mediatest.Certificate(t, t.TempDir(), time.Hour, "live.example.com")
	for _, pair := range [][2]string{{cert, otherKey}, {key, cert}, {cert, "absent"}, {"absent", key}} {
		if f, err := Open(pair[0], pair[1], slog.New(slog.DiscardHandler)); err == nil || f != nil {
			t.Errorf("%v was opened", pair)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
