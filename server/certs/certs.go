// Package certs keeps the server's certificate: it reads it from two files and again when they change, so that a new one is in force for
// new connections while those that are open stay as they are.
package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

const (
	// pollEvery is how often the files are looked at.
	pollEvery = 5 * time.Second
	// A certificate is worth a warning soon before it expires, or a third of the time that it is good for if that is less. The
	// warning is repeated every warnEvery.
	soon      = 14 * 24 * time.Hour
	warnEvery = 24 * time.Hour
	// patience is how many looks in a row may fail before that is told: a certificate and its key are not replaced at once.
	patience = 2
)

// Files is a certificate and its key in files (PEM). Make it with Open.
type Files struct {
	certificate, key string
	log              *slog.Logger

	work sync.WaitGroup
	stop chan struct{}
	once sync.Once

	polling sync.Mutex // one at a time, lest an older pair replaces a newer one

	mu       sync.RWMutex
	inForce  *tls.Certificate
	seen     [2]os.FileInfo // when inForce was read, or what could not be read was looked at
	failures int
	broken   error
	reloads  int64
	warned   time.Time
}

// Status is a snapshot of Files.
type Status struct {
	// NotAfter is when the certificate expires that is in force. Names are the hosts it is for.
	NotAfter time.Time
	Names    []string
	// Broken is why the files that are there now cannot be used; nil if they are in force.
	Broken error
	// Soon tells that it expires soon, or has.
	Soon bool
	// Reloads is how often another certificate came into force.
	Reloads int64
}

// Open reads the files. Start has them watched.
func Open(certificate, key string, log *slog.Logger) (*Files, error) {
	f := &Files{certificate: certificate, key: key, log: log, stop: make(chan struct{})}
	var err error
	if f.seen, err = f.look(); err == nil {
		f.inForce, err = f.read()
	}
	if err != nil {
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	return f, nil
}

// Start watches the files until Close.
func (f *Files) Start() {
	f.work.Go(func() {
		tick := time.NewTicker(pollEvery)
		defer tick.Stop()
		for {
			f.warn(time.Now())
			select {
			case <-tick.C:
				f.Poll()
			case <-f.stop:
				return
			}
		}
	})
}

// Close stops watching. It may be called again, and without Start.
func (f *Files) Close() {
	f.once.Do(func() { close(f.stop) })
	f.work.Wait()
}

// Config returns how to speak TLS with the certificate that is in force when a connection comes. protocols are ALPN's, the first the
// preferred one; none are negotiated where there are none.
func (f *Files) Config(protocols ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: protocols,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			f.mu.RLock()
			defer f.mu.RUnlock()
			return f.inForce, nil
		},
	}
}

// Status returns a snapshot.
func (f *Files) Status() Status {
	f.mu.RLock()
	defer f.mu.RUnlock()
	leaf := f.inForce.Leaf
	return Status{
		NotAfter: leaf.NotAfter, Names: namesOf(leaf), Broken: f.broken, Soon: expiresSoon(leaf, time.Now()), Reloads: f.reloads,
	}
}

// look tells the files' state.
func (f *Files) look() (seen [2]os.FileInfo, err error) {
	for i, name := range []string{f.certificate, f.key} {
		if seen[i], err = os.Stat(name); err != nil {
			return seen, err
		}
	}
	return seen, nil
}

// read reads both files.
func (f *Files) read() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(f.certificate, f.key)
	if err != nil {
		return nil, err
	}
	if pair.Leaf == nil {
		return nil, errors.New("there is no certificate in the file")
	}
	return &pair, nil
}

// Poll reads the files if they have changed. It is done every pollEvery after Start; who cannot wait for that calls it.
func (f *Files) Poll() {
	f.polling.Lock()
	defer f.polling.Unlock()
	seen, err := f.look()
	f.mu.RLock()
	same := err == nil && f.broken == nil && f.failures == 0 && unchanged(seen, f.seen)
	f.mu.RUnlock()
	if same {
		return
	}
	var pair *tls.Certificate
	if err == nil {
		pair, err = f.read()
	}
	if err != nil {
		f.fail(err)
		return
	}
	f.mu.Lock()
	another := !pair.Leaf.Equal(f.inForce.Leaf)
	f.inForce, f.seen, f.failures, f.broken = pair, seen, 0, nil
	if another {
		f.reloads++
		f.warned = time.Time{}
	}
	f.mu.Unlock()
	f.log.Info("certificate read again", "names", namesOf(pair.Leaf), "expires", pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
}

// fail notes that the files cannot be used. It tells once.
func (f *Files) fail(err error) {
	f.mu.Lock()
	f.failures++
	tell := f.failures == patience
	if f.failures >= patience {
		f.broken = err
	}
	f.mu.Unlock()
	if tell {
		f.log.Error("the new certificate cannot be used; the one before stays in force", "error", err)
	}
}

// warn tells, once a day, that the certificate is about to expire.
func (f *Files) warn(now time.Time) {
	f.mu.Lock()
	leaf := f.inForce.Leaf
	tell := expiresSoon(leaf, now) && now.Sub(f.warned) >= warnEvery
	if tell {
		f.warned = now
	}
	f.mu.Unlock()
	if tell {
		f.log.Warn("the certificate expires soon, or has", "names", namesOf(leaf), "expires", leaf.NotAfter.UTC().Format(time.RFC3339))
	}
}

func expiresSoon(leaf *x509.Certificate, now time.Time) bool {
	left := min(soon, leaf.NotAfter.Sub(leaf.NotBefore)/3)
	return leaf.NotAfter.Sub(now) < left
}

func namesOf(leaf *x509.Certificate) []string {
	names := append([]string(nil), leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}

// unchanged compares what look returned. A file may have been replaced by another of the same age and size.
func unchanged(a, b [2]os.FileInfo) bool {
	for i := range a {
		if !os.SameFile(a[i], b[i]) || !a[i].ModTime().Equal(b[i].ModTime()) || a[i].Size() != b[i].Size() {
			return false
		}
	}
	return true
}
