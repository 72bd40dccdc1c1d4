package api

import (
	"context"
	"time"

	"aircheck/ingest/media"
	"aircheck/server/auth"
)

// AddressesRequest is the request of DescribeStreamAddresses.
type AddressesRequest struct {
	DomainName string `json:"DomainName" required:"true" doc:"Push domain; a host that is not one stands for the built-in domain, as in a push."`
	AppName    string `json:"AppName" required:"true" doc:"App."`
	StreamName string `json:"StreamName" required:"true" doc:"Name of the stream; it need not be live."`
	ExpireTime string `json:"ExpireTime" doc:"Until when the addresses let a push or a player begin, ISO 8601, or without a zone in the API's. Default: a day from now."`
	HostName   string `json:"HostName" doc:"Host by which the server is to be reached. Default: the domain, or this machine's address for the built-in one."`
}

// AddressesResponse is the answer of DescribeStreamAddresses.
type AddressesResponse struct {
	DomainName string          `json:"DomainName" doc:"The push domain that the host stands for."`
	ExpireTime string          `json:"ExpireTime" doc:"Until when signed addresses are good, ISO 8601, UTC."`
	PushSigned bool            `json:"PushSigned" doc:"Whether addresses to push to are signed: the domain's push key is on."`
	PlaySigned bool            `json:"PlaySigned" doc:"Whether addresses to play from are signed: the domain's play key is on."`
	Hosts      []string        `json:"Hosts" doc:"Other hosts by which this machine may be reached, for HostName: that of the public URL, and the addresses of its networks that it listens on. At most 16; none if it listens for itself alone."`
	AddressSet []StreamAddress `json:"AddressSet" doc:"The addresses, those to push to first, and before those of the same kind over TLS."`
}

// StreamAddress is an address of a stream.
type StreamAddress struct {
	Purpose   string `json:"Purpose" doc:"push or play."`
	Protocol  string `json:"Protocol" doc:"rtmp, rtmps, rtsp, rtsps, page (for browsers), http-flv, ws-flv (FLV over WebSocket), or hls."`
	Url       string `json:"Url" doc:"The address."`
	Server    string `json:"Server" doc:"Of RTMP to push to: what OBS and others call the server; empty for the others."`
	StreamKey string `json:"StreamKey" doc:"And what they call the stream key."`
}

// Addresses are those of a stream of a push domain, good until expiry, at a host; without one at that by which the domain is reached.
type Addresses func(d auth.Domain, app, stream, host string, expiry time.Time) []StreamAddress

func (a *API) addressActions() []action {
	return []action{
		row("DescribeStreamAddresses", versionLive, reads,
			"Makes the addresses to push a stream to and to play it from, signed with the keys of its domain. An addition of this server.",
			a.describeAddresses),
	}
}

func (a *API) describeAddresses(_ context.Context, _ *Caller, q *AddressesRequest) (*AddressesResponse, error) {
	key := media.StreamKey{Domain: a.domainOf(q.DomainName), App: q.AppName, Stream: q.StreamName}
	if err := key.Validate(); err != nil {
		return nil, err
	}
	d, err := a.Domains.Describe(key.Domain)
	if err != nil {
		return nil, err
	}
	if d.Type != auth.PushDomain {
		return nil, failf(codeInvalidValue, "DomainName: %s is a play domain; name a push domain", d.Name)
	}
	expiry := time.Now().Add(24 * time.Hour)
	if q.ExpireTime != "" {
		at, err := a.moment("ExpireTime", q.ExpireTime)
		if err != nil {
			return nil, err
		}
		if expiry = at.Time; !expiry.After(time.Now()) {
			return nil, failf(codeInvalidValue, "ExpireTime: %s has passed", q.ExpireTime)
		}
	}
	host := auth.CleanHost(q.HostName)
	if host != "" && auth.ValidDomain(host) != nil {
		return nil, failf(codeInvalidValue, "HostName: %.253q is neither the name of a host nor an address", host)
	}
	return &AddressesResponse{
		DomainName: d.Name, ExpireTime: utcTime(expiry), PushSigned: d.Push.Enable, PlaySigned: d.Play.Enable,
		Hosts: a.hosts(), AddressSet: a.Addresses(d, key.App, key.Stream, host, expiry),
	}, nil
}

func (a *API) hosts() []string {
	if a.Hosts == nil {
		return []string{}
	}
	return append([]string{}, a.Hosts()...)
}
