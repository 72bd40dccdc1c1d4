package store

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// migrated is the file of a new database: under the race detector SQLite takes a second for all migrations. Package storetest has the same
// for others.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "aircheck.db")
	s, err := Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// open returns a database of the test's own, as Open makes it.
func open(t testing.TB) *Store {
	t.Helper()
	data, err := migrated()
	must(t, err)
	path := filepath.Join(t.TempDir(), "aircheck.db")
	must(t, os.WriteFile(path, data, 0o600))
	return openAt(t, path)
}
