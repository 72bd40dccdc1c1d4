package server

import (
	"context"

	"aircheck/server/audit"
	"aircheck/server/auth"
)

// accounts are who may call the API, and what they did.
type accounts struct {
	accessKeys *auth.AccessKeys
	audit      *audit.Log
}

// openAccounts reads the keys of the API, and begins to write down who does what. Both are closed after the faces, and before the database.
func (s *Server) openAccounts(ctx context.Context) error {
	pair, err := s.data.apiKey(s.cfg.API.SecretID, s.cfg.API.SecretKey)
	if err != nil {
		return err
	}
	s.audit = &audit.Log{Store: s.store, Log: s.log}
	s.audit.Start()
	s.onClose(s.audit.Close)
	s.accessKeys = &auth.AccessKeys{Store: s.store, First: auth.AccessKey{ID: pair.id, Secret: pair.key, Create: pair.made}, Log: s.log}
	if err := s.accessKeys.Open(ctx); err != nil {
		return err
	}
	s.onClose(func() error { s.accessKeys.Close(); return nil })
	return nil
}

// newVerifier returns one that takes the keys of the API.
func (s *Server) newVerifier() *auth.Verifier {
	return &auth.Verifier{AllowPlainBasic: s.cfg.API.AllowPlainBasic, SecretKey: s.accessKeys.SecretKey, Used: s.accessKeys.Use}
}
