package server

import "aircheck/server/store"

// startIndexing keeps the search index up to date until the server is closed.
func (s *Server) startIndexing() {
	x := &store.Indexer{Store: s.store, Log: s.log}
	x.Start()
	s.onClose(func() error { x.Close(); return nil })
}
