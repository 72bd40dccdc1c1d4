package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"aircheck/configs"
	"aircheck/ingest/pull"
	"aircheck/server/auth"
	"aircheck/server/certs"
)

// Check reports what New would refuse in a configuration that is valid by itself: the certificate's files, the domains and the pull sources. It
// changes nothing and listens nowhere, and may run beside a server with the same data folder.
func Check(ctx context.Context, cfg configs.Config) error {
	return errors.Join(checkTLS(cfg.TLS), checkDomains(cfg.Domains), checkPulls(ctx, cfg))
}

func checkTLS(c configs.TLS) error {
	if c.Certificate == "" {
		return nil
	}
	if _, err := certs.Open(c.Certificate, c.Key, slog.New(slog.DiscardHandler)); err != nil {
		return fmt.Errorf("tls.certificate: %w", err)
	}
	return nil
}

func checkDomains(c configs.Domains) error {
	for _, name := range append([]string{c.BuiltIn}, c.Names...) {
		if _, err := cleanDomain(name); err != nil {
			return fmt.Errorf("add domain %q of the configuration: %w", name, err)
		}
	}
	return nil
}

func checkPulls(ctx context.Context, cfg configs.Config) error {
	fixed, err := fixedPulls(cfg, func(name string) (auth.Domain, error) { return describeDomain(ctx, cfg, name) })
	if err != nil {
		return err
	}
	return pullKey(pull.CheckFixed(fixed))
}

// describeDomain finds one of the domains that a server with this data folder has, or one that it makes when it starts.
func describeDomain(ctx context.Context, cfg configs.Config, name string) (auth.Domain, error) {
	if domains, err := readDomains(ctx, cfg); err == nil {
		if d, err := domains.Describe(name); err == nil {
			return d, nil
		}
	}
	named := func(have string) bool { return auth.CleanHost(have) == auth.CleanHost(name) }
	if !slices.ContainsFunc(append([]string{cfg.Domains.BuiltIn}, cfg.Domains.Names...), named) {
		return auth.Domain{}, fmt.Errorf("there is no domain %s", name)
	}
	return auth.NewDomain(name, auth.PushDomain)
}
