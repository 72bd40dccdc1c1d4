package server

import (
	"context"
	"errors"
	"fmt"
	"net"

	"aircheck/configs"
	"aircheck/ingest/media"
	"aircheck/ingest/pull"
	"aircheck/ingest/rtmp"
	"aircheck/ingest/rtsp"
	"aircheck/ingest/stream"
	"aircheck/server/auth"
	"aircheck/server/outbound"
)

// openPulls loads the sources that are fetched from elsewhere. It comes after the recorder, so that it is closed before it.
func (s *Server) openPulls(ctx context.Context) error {
	policy, err := outbound.New(s.cfg.Outbound.Allow, s.cfg.Outbound.Private, isLoopback(s.cfg.HTTP.Address))
	if err != nil {
		return fmt.Errorf("outbound.allow: %w", err)
	}
	named, err := outbound.New(s.cfg.Outbound.Allow, true, true)
	if err != nil {
		return fmt.Errorf("outbound.allow: %w", err)
	}
	s.pulls = &pull.Manager{
		Hub: s.hub, Store: s.store, Players: s.players(policy, named), CheckHost: policy.CheckHost, Permit: s.mayBeLive, Log: s.log,
	}
	if s.pulls.Fixed, err = fixedPulls(s.cfg, s.domains.Describe); err != nil {
		return err
	}
	s.onClose(func() error { s.pulls.Close(); return nil })
	return pullKey(s.pulls.Open(ctx))
}

// players are the clients of the protocols. Addresses of the configuration file may be this machine's and of private networks: the policy
// named is for them.
func (s *Server) players(policy, named *outbound.Policy) map[string]pull.Player {
	c := s.cfg.RTMP
	dial := func(p pull.Session) func(context.Context, string, string) (net.Conn, error) {
		if p.Fixed {
			return named.DialContext
		}
		return policy.DialContext
	}
	client := &rtmp.Client{
		Tick: c.Tick, LiveTick: c.LiveTick,
		Limits: rtmp.Limits{
			HandshakeTimeout: c.HandshakeTimeout, IdleTimeout: c.IdleTimeout, MaxMessageSize: int(c.MaxMessageSize),
			MaxPartialSize: int(c.MaxPartialSize), MaxTotalPartialSize: int64(c.MaxTotalPartialSize), MaxChunkStreams: c.MaxChunkStreams,
		},
	}
	client.Prepare()
	overRTMP := pull.Player{Protocol: "rtmp", Play: func(ctx context.Context, p pull.Session) (stream.EndReason, error) {
		return client.Play(ctx, rtmp.PlayRequest{URL: p.URL, Dial: dial(p), TLS: p.TLS, Publish: p.Publish, Log: p.Source.Log()})
	}}
	cameras := &rtsp.Client{
		Tick: c.Tick, LiveTick: c.LiveTick,
		Limits: rtsp.Limits{HandshakeTimeout: c.HandshakeTimeout, IdleTimeout: c.IdleTimeout},
	}
	cameras.Prepare()
	overRTSP := pull.Player{Protocol: "rtsp", Play: func(ctx context.Context, p pull.Session) (stream.EndReason, error) {
		return cameras.Play(ctx, rtsp.PlayRequest{
			URL: p.URL, Transport: p.Transport, Dial: dial(p), TLS: p.TLS, Publish: p.Publish, Log: p.Source.Log(),
		})
	}}
	return map[string]pull.Player{"rtmp": overRTMP, "rtmps": overRTMP, "rtsp": overRTSP, "rtsps": overRTSP}
}

// fixedPulls are the sources of the configuration file; describe finds a domain.
func fixedPulls(cfg configs.Config, describe func(string) (auth.Domain, error)) (out []pull.Config, err error) {
	for i, c := range cfg.Pull {
		domain := auth.CleanHost(cfg.Domains.BuiltIn)
		if c.Domain != "" {
			d, err := describe(c.Domain)
			if err != nil || d.Type != auth.PushDomain {
				return nil, fmt.Errorf("pull[%d].domain: %q is no push domain; list it under domains.names", i, c.Domain)
			}
			domain = d.Name
		}
		app, name := media.SplitPath(c.To)
		out = append(out, pull.Config{
			URL: c.From, Key: media.StreamKey{Domain: domain, App: app, Stream: name}, Transport: c.Transport, Insecure: c.Insecure,
			Fingerprint: c.Fingerprint,
		})
	}
	return out, nil
}

// pullKey names the key of the configuration that an error is of.
func pullKey(err error) error {
	var fixed *pull.FixedError
	if !errors.As(err, &fixed) {
		return err
	}
	var bad *pull.InvalidError
	if !errors.As(err, &bad) {
		return fmt.Errorf("pull[%d]: %w", fixed.Index, fixed.Err)
	}
	key := map[string]string{"FromUrl": "from", "ToUrl": "to", "Transport": "transport", "Fingerprint": "fingerprint"}[bad.Field]
	return fmt.Errorf("pull[%d].%s: %s", fixed.Index, key, bad.Reason)
}

// mayBeLive refuses the streams of a domain that is forbidden, as for publishers.
func (s *Server) mayBeLive(key media.StreamKey) error {
	if d, err := s.domains.Describe(key.Domain); err == nil && !d.Enabled {
		return fmt.Errorf("the domain %s is forbidden; EnableLiveDomain lets its streams in again", key.Domain)
	}
	return nil
}
