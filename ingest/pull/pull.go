// Package pull keeps streams live that other servers and cameras have: each source is played from its address, again and again, and
// becomes a stream as if somebody pushed it. It knows no protocol; players for the schemes are given to it.
//
//	Manager ─ one goroutine per source ─▶ Player (ingest/rtmp, ingest/rtsp) ─ Publish ─▶ stream.Hub
//	              waits: window, a push of the same stream, back-off
package pull

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// Errors of Manager, wrapped.
var (
	ErrNotFound = errors.New("there is no such pull source")
	// ErrExists: the stream has another source at that time.
	ErrExists = errors.New("the stream has a pull source already")
	ErrLimit  = errors.New("too many pull sources")
	// ErrFixed: the source is in the configuration file.
	ErrFixed = errors.New("the pull source is in the configuration file: change it there, under pull, and start the server again")
)

// MaxSources bounds one server.
const MaxSources = 1000

// InvalidError says which field of a source is wrong and what would be right.
type InvalidError struct {
	// Field is the API's name, such as "FromUrl".
	Field  string
	Reason string
}

// Error returns "Field: Reason".
func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// FixedError tells of which source of the configuration file an error is.
type FixedError struct {
	// Index is its place in Manager.Fixed.
	Index int
	Err   error
}

// Error names the source and what is wrong with it.
func (e *FixedError) Error() string { return fmt.Sprintf("source %d: %s", e.Index+1, e.Err) }

// Unwrap returns what is wrong with it.
func (e *FixedError) Unwrap() error { return e.Err }

// How a source of RTSP sends its media.
const (
	TransportTCP  = "tcp"
	TransportUDP  = "udp"
	TransportAuto = "auto" // UDP, and TCP where nothing arrives
)

// Config is a source as it is stored.
type Config struct {
	// ID is text without meaning.
	ID string
	// URL is where to fetch the stream, with its secrets: see Mask.
	URL string
	// Key is the stream that it becomes.
	Key media.StreamKey
	// Transport is for RTSP; empty means TransportTCP.
	Transport string
	// Insecure takes any certificate, Fingerprint only the one with that SHA-256, in hexadecimal digits. They are for rtmps and rtsps.
	Insecure    bool
	Fingerprint string
	// Disabled keeps the source without fetching it.
	Disabled bool
	// Start and End bound when it is fetched; zero: always.
	Start, End time.Time
	// AreaID and IspID are stored and given back.
	AreaID, IspID int64
	Created       time.Time
	// Fixed: it is in the configuration file, and not stored.
	Fixed bool
}

// State says what a source does.
type State string

// The states.
const (
	// Connecting: it is asked for the stream, and has sent no media yet.
	Connecting State = "connecting"
	Live       State = "live"
	// Waiting: for the next try, for its time, or for a push of the stream to end. Status.Reason says which.
	Waiting  State = "waiting"
	Disabled State = "disabled"
	// Over: its time is over.
	Over State = "over"
)

// Status is a source and what it does.
type Status struct {
	Config
	State State
	// Reason is why it waits, for people, and without secrets.
	Reason string
	// Failed: the last try failed, or what it brought has ended.
	Failed bool
	// Since is when the state was entered, Next when it is tried again, if that is known.
	Since, Next time.Time
	// Tries counts those since there last was a minute of media, Session names the stream if it is live.
	Tries   int
	Session string
}

// Store keeps sources. Every method is one transaction.
type Store interface {
	Pulls(ctx context.Context) ([]Config, error)
	// CreatePull stores a source and returns its ID.
	CreatePull(ctx context.Context, c Config) (string, error)
	// UpdatePulls: ErrNotFound, and then none is changed.
	UpdatePulls(ctx context.Context, all []Config) error
	// DeletePull: ErrNotFound.
	DeletePull(ctx context.Context, id string) error
}

// Session is what a Player is to play.
type Session struct {
	URL *url.URL
	// Transport is one of the constants.
	Transport string
	// TLS is for the schemes that use it.
	TLS *tls.Config
	// Publish opens the stream once there is media. The player does not end it.
	Publish func(remote, local netip.AddrPort) (*stream.Stream, error)
	// Fixed: the operator of the server has named the address, in the configuration file.
	Fixed bool
	// Source is for log lines.
	Source *Source
}

// Player plays addresses of some schemes.
type Player struct {
	// Protocol is "rtmp" or "rtsp".
	Protocol string
	// Play returns when the stream is over or ctx is done, with what that means for the stream and why.
	Play func(ctx context.Context, s Session) (stream.EndReason, error)
}
