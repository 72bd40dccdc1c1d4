package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"

	"aircheck/server/auth"
	"aircheck/server/certs"
	"aircheck/server/metrics"
)

// openTLS reads the certificate, if there is one, and watches its files.
func (s *Server) openTLS(context.Context) (err error) {
	c := s.cfg.TLS
	if c.Certificate == "" {
		return nil
	}
	if s.certs, err = certs.Open(c.Certificate, c.Key, s.log); err != nil {
		return fmt.Errorf("tls.certificate: %w", err)
	}
	s.certs.Start()
	s.onClose(func() error { s.certs.Close(); return nil })
	return nil
}

// tlsConfig is how a face with a tls_address speaks TLS, for ALPN the first protocol being the preferred one; nil without a certificate.
func (s *Server) tlsConfig(protocols ...string) *tls.Config {
	if s.certs == nil {
		return nil
	}
	return s.certs.Config(protocols...)
}

// listenHTTPS listens where s.http is to be served over TLS.
func (s *Server) listenHTTPS() (err error) {
	if s.cfg.HTTP.TLSAddress == "" {
		return nil
	}
	s.http.TLSConfig = s.tlsConfig("h2", "http/1.1")
	if s.secured, err = net.Listen("tcp", s.cfg.HTTP.TLSAddress); err != nil {
		return unheard("http.tls_address", err)
	}
	s.onClose(func() error { return ignoreClosed(s.secured.Close()) })
	return nil
}

// ignoreClosed is for listeners that a server has closed already.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// serveHTTP serves until the server is shut down, and then returns on failed why each listener is not served any more.
func (s *Server) serveHTTP() (failed <-chan error) {
	out := make(chan error, 2)
	go func() { out <- s.http.Serve(s.listener) }()
	if s.secured != nil {
		go func() { out <- s.http.ServeTLS(s.secured, "", "") }()
	}
	return out
}

// warnings are what /readyz shows although the server is ready.
func (s *Server) warnings() []string {
	out := s.rootWarnings()
	if s.certs == nil {
		return out
	}
	st := s.certs.Status()
	if st.Broken != nil {
		out = append(out, "the new certificate cannot be used; the one before is in force until "+st.NotAfter.UTC().Format(http.TimeFormat))
	}
	if st.Soon {
		out = append(out, "the certificate expires at "+st.NotAfter.UTC().Format(http.TimeFormat))
	}
	return out
}

// certificate is what metrics show of it; nil if there is none.
func (s *Server) certificate() *metrics.Certificate {
	if s.certs == nil {
		return nil
	}
	st := s.certs.Status()
	return &metrics.Certificate{NotAfter: st.NotAfter, Broken: st.Broken != nil}
}

// accessStats is what metrics show of those who bring wrong keys.
func (s *Server) accessStats() metrics.Access {
	var out metrics.Access
	for _, f := range []*auth.Failures{s.access.failures, s.access.publish.Failures, s.access.play.Failures, s.console.Failures} {
		st := f.Stats()
		out.Addresses += st.Addresses
		out.Waiting += st.Waiting
		out.Failures += st.Failures
		out.Refused += st.Refused
	}
	written := s.audit.Stats()
	out.Audited, out.AuditLost = written.Written, written.Lost
	return out
}
