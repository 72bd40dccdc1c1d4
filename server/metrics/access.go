package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Access is how those stand who bring wrong keys, passwords or signatures.
type Access struct {
	// Addresses are remembered for it, Waiting of them have to wait.
	Addresses, Waiting int
	// Failures there were so far, and Refused came too early.
	Failures, Refused int64
	// Audited entries were written down, and AuditLost were not because too many waited.
	Audited, AuditLost int64
}

// Certificate is what is in force for TLS.
type Certificate struct {
	NotAfter time.Time
	// Broken tells that the files that are there now cannot be used.
	Broken bool
}

// access collects both.
type access struct {
	Sources
	all         scalars[Access]
	certificate scalars[Certificate]
}

func newAccess(s Sources) *access {
	return &access{
		Sources: s,
		all: scalars[Access]{
			gauge("auth_addresses", "Addresses that brought wrong keys lately.", func(a Access) float64 { return float64(a.Addresses) }),
			gauge("auth_addresses_waiting", "Of these, those that have to wait.", func(a Access) float64 { return float64(a.Waiting) }),
			counter("auth_failures_total", "Wrong keys, passwords and signatures.", func(a Access) float64 { return float64(a.Failures) }),
			counter("auth_refused_total", "Requests that were not looked at because their address has to wait.",
				func(a Access) float64 { return float64(a.Refused) }),
			counter("audit_entries_total", "Entries of the audit log that were written.", func(a Access) float64 { return float64(a.Audited) }),
			counter("audit_lost_total", "Entries of the audit log that were lost because it could not be written.",
				func(a Access) float64 { return float64(a.AuditLost) }),
		},
		certificate: scalars[Certificate]{
			gauge("certificate_expiry_timestamp_seconds", "When the certificate expires that is in force.",
				func(c Certificate) float64 { return float64(c.NotAfter.Unix()) }),
			gauge("certificate_broken", "1 if the certificate's files cannot be used and the one before is in force.",
				func(c Certificate) float64 { return truth(c.Broken) }),
		},
	}
}

// Describe is prometheus.Collector's.
func (c *access) Describe(ch chan<- *prometheus.Desc) {
	c.all.describe(ch)
	c.certificate.describe(ch)
}

// Collect is prometheus.Collector's.
func (c *access) Collect(ch chan<- prometheus.Metric) {
	c.all.collect(ch, c.Access())
	if c.Certificate == nil {
		return
	}
	if now := c.Certificate(); now != nil {
		c.certificate.collect(ch, *now)
	}
}
