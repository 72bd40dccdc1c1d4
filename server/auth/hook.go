package auth

import (
	"net/netip"

	"aircheck/ingest/media"
)

// Hook asks somebody else whether a stream may be published or played. It is asked about everybody, on this machine or not, signed or not,
// after the domain was found to be enabled; keys are not asked for then. It returns nil, or an error that wraps ErrHookRefused and whose
// text is meant for the client. It must answer within seconds: the client's connection waits for it.
type Hook func(HookCall) error

// HookAction is what a client wants to do.
type HookAction string

// The actions, as they are called in what is sent.
const (
	ActionPublish HookAction = "on_publish"
	ActionPlay    HookAction = "on_play"
)

// HookCall is what a Hook is told.
type HookCall struct {
	Action HookAction
	// Protocol is "rtmp", "rtsp", "http-flv", "ws-flv" or "hls".
	Protocol string
	Key      media.StreamKey
	// Host is the host of the address, as it came.
	Host string
	// Params is the query of the address, undecoded, with whatever secrets it holds: the receiver may want to check them.
	Params string
	Remote netip.AddrPort
}
