// Package auth decides who may push, play and call: domains and their keys, streams that are forbidden, the signatures of API requests,
// and who has failed too often. It knows no HTTP framework and no SQL.
//
//	publish.go  Publish.Authorize: may it be pushed?      key.go       txSecret and txTime
//	play.go     Play.Authorize: may it be played?         password.go  RTSP's user and password
//	request.go  Verifier: who calls the API?              failures.go  who must wait
package auth

import (
	"context"
	"errors"
	"time"
)

// Errors of Domains and DomainStore, wrapped.
var (
	ErrDomainNotFound = errors.New("domain not found")
	ErrDomainExists   = errors.New("domain already added")
	ErrDomainLimit    = errors.New("too many domains")
	// ErrDomainInUse: a rule names it, or it is the built-in one.
	ErrDomainInUse = errors.New("domain is in use")
)

// MaxDomains bounds one server.
const MaxDomains = 100

// DomainType tells push from play domains.
type DomainType int

// The types, with the wire format's numbers.
const (
	PushDomain DomainType = 0
	PlayDomain DomainType = 1
)

// Domain is a push or play domain.
type Domain struct {
	// Name is lower case, without port.
	Name    string
	Type    DomainType
	Enabled bool
	// BuiltIn marks the domain that stands for every host that is not one of its own; it cannot be deleted.
	BuiltIn bool
	// PlayType (1 to 3), IsDelayLive and IsMiniProgramLive are stored and given back.
	PlayType          int
	IsDelayLive       bool
	IsMiniProgramLive bool
	// Push signs the addresses to push to; a play domain has none. Play signs those to play from.
	Push, Play Key
	CreateTime time.Time
}

// DomainStore keeps domains. Every method is one transaction.
type DomainStore interface {
	Domains(ctx context.Context) ([]Domain, error)
	// CreateDomain: ErrDomainExists, ErrDomainLimit.
	CreateDomain(ctx context.Context, d Domain) error
	// UpdateDomain reads, changes and writes one domain. ErrDomainNotFound, or the error of change.
	UpdateDomain(ctx context.Context, name string, change func(*Domain) error) error
	// DeleteDomain: ErrDomainNotFound, ErrDomainInUse.
	DeleteDomain(ctx context.Context, name string) error
}
