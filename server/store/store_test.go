package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"aircheck/rules"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at is a moment with the resolution that is stored.
var at = time.Date(2026, 3, 4, 5, 6, 7, 890123000, time.UTC)

func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPragmas(t *testing.T) {
	s := open(t)
	for name, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "query_only": "0",
	} {
		var got, reading string
		must(t, s.writer.Raw("PRAGMA "+name).Scan(&got).Error)
		must(t, s.reader.Raw("PRAGMA "+name).Scan(&reading).Error)
		if got != want {
			t.Errorf("writer: %s is %s, want %s", name, got, want)
		}
		if name == "query_only" {
			want = "1"
		}
		if reading != want {
			t.Errorf("reader: %s is %s, want %s", name, reading, want)
		}
	}
	must(t, s.Ping(t.Context()))
}

func TestFileMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%20.db")
	must(t, os.WriteFile(path, nil, 0o644))
	s := openAt(t, path)
	must(t, s.SetSetting(t.Context(), "a", "b"))
	found, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	must(t, err)
	if len(found) != 3 {
		t.Errorf("found %q, want the database, its -wal and its -shm", found)
	}
	for _, f := range found {
		info, err := os.Stat(f)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", f, info.Mode())
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(t.Context(), filepath.Join(dir, "no", "such.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a folder that is not there: %v", err)
	}
	if _, err := OpenReadOnly(t.Context(), filepath.Join(dir, "none.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read only, no such file: %v", err)
	}
	garbage := filepath.Join(dir, "garbage.db")
	must(t, os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 1000)), 0o600))
	if s, err := Open(t.Context(), garbage); err == nil {
		t.Error("opened a file that is no database", s.Close())
	}
	empty := filepath.Join(dir, "empty.db")
	must(t, os.WriteFile(empty, nil, 0o600))
	if s, err := OpenReadOnly(t.Context(), empty); err == nil {
		t.Error("opened an empty file read only", s.Close())
	}
}

func setVersion(t *testing.T, path string, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	must(t, err)
	_, err = db.Exec(query)
	must(t, err)
	must(t, db.Close())
}

func TestSchemaVersions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	s, err := Open(t.Context(), path)
	must(t, err)
	must(t, s.SetSetting(t.Context(), "kept", "yes"))
	must(t, s.Close())

	setVersion(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	_, err = Open(t.Context(), path)
	wantError(t, err, ErrNewerSchema)
	_, err = OpenReadOnly(t.Context(), path)
	wantError(t, err, ErrNewerSchema)

	setVersion(t, path, "DELETE FROM goose_db_version WHERE version_id > 0")
	_, err = OpenReadOnly(t.Context(), path)
	wantError(t, err, ErrOlderSchema)

	files, err := migrations.ReadDir("migrations")
	must(t, err)
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		setVersion(t, path, fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) VALUES (CAST('%s' AS INTEGER), 1)", number))
	}
	s = openAt(t, path)
	if v, ok, err := s.Setting(t.Context(), "kept"); v != "yes" || !ok || err != nil {
		t.Error("setting:", v, ok, err)
	}
}

func TestOpenReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	s := openAt(t, path)
	must(t, s.SetSetting(t.Context(), "a", "1"))
	r, err := OpenReadOnly(t.Context(), path)
	must(t, err)
	must(t, s.SetSetting(t.Context(), "a", "2"))
	if v, _, err := r.Setting(t.Context(), "a"); v != "2" || err != nil {
		t.Error("read beside the server:", v, err)
	}
	if err := r.SetSetting(t.Context(), "a", "3"); err == nil {
		t.Error("wrote to a store that is read only")
	}
	must(t, r.Close())
	if v, _, err := s.Setting(t.Context(), "a"); v != "2" || err != nil {
		t.Error("the server reads:", v, err)
	}
}

func TestSettings(t *testing.T) {
	s := open(t)
	if v, ok, err := s.Setting(t.Context(), "x"); v != "" || ok || err != nil {
		t.Error("before:", v, ok, err)
	}
	for _, v := range []string{"", "a", "ü\n'"} {
		must(t, s.SetSetting(t.Context(), "x", v))
		if got, ok, err := s.Setting(t.Context(), "x"); got != v || !ok || err != nil {
			t.Errorf("got %q %v %v, want %q", got, ok, err, v)
		}
	}
}

func TestStorageID(t *testing.T) {
	s := open(t)
	id, created, err := s.StorageID(t.Context(), "local", "recordings")
	if err != nil || !created || len(id) < 20 {
		t.Fatal(id, created, err)
	}
	again, created, err := s.StorageID(t.Context(), "local", "recordings")
	if again != id || created || err != nil {
		t.Error("again:", again, created, err)
	}
	other, created, err := s.StorageID(t.Context(), "local", "elsewhere")
	if other == id || !created || err != nil {
		t.Error("other:", other, created, err)
	}
	if _, _, err := s.StorageID(t.Context(), "local", ""); err == nil {
		t.Error("a storage without location was registered")
	}
}

// TestCancel: waiting for the writer ends with the context; a transaction under way does not.
func TestCancel(t *testing.T) {
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.write(ctx, func(tx *gorm.DB) error {
		waiting, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer stop()
		wantError(t, s.SetSetting(waiting, "waiting", "1"), context.DeadlineExceeded)
		cancel()
		return setSetting(tx, "going on", "1")
	})
	must(t, err)
	if _, ok, err := s.Setting(t.Context(), "going on"); !ok || err != nil {
		t.Error("the transaction under way was lost:", err)
	}
	if _, ok, err := s.Setting(t.Context(), "waiting"); ok || err != nil {
		t.Error("the cancelled one was made:", err)
	}
	wantError(t, s.SetSetting(ctx, "late", "1"), context.Canceled)
	if _, _, err := s.Setting(ctx, "late"); !errors.Is(err, context.Canceled) {
		t.Error("read with a cancelled context:", err)
	}
}

func TestRollback(t *testing.T) {
	s := open(t)
	failed := errors.New("failed")
	err := s.write(t.Context(), func(tx *gorm.DB) error {
		must(t, setSetting(tx, "a", "1"))
		return failed
	})
	wantError(t, err, failed)
	if _, ok, _ := s.Setting(t.Context(), "a"); ok {
		t.Error("a failed transaction left something")
	}
}

// TestReopenAfterKill copies the files as they are while the database is open, which is what a killed process leaves.
func TestReopenAfterKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	s := openAt(t, path)
	const n = 50
	for i := range n {
		must(t, s.SetSetting(t.Context(), fmt.Sprint(i), "v"))
		must(t, s.AddFile(t.Context(), asset(int64(i+1)), rules.Event{Type: rules.EventFileReady, At: at}))
	}
	killed := filepath.Join(t.TempDir(), "aircheck.db")
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		must(t, err)
		if suffix == "-wal" {
			data = append(data, "torn frame"...)
		}
		must(t, os.WriteFile(killed+suffix, data, 0o600))
	}
	k := openAt(t, killed)
	for i := range n {
		if _, ok, err := k.Setting(t.Context(), fmt.Sprint(i)); !ok || err != nil {
			t.Errorf("setting %d is lost: %v", i, err)
		}
	}
	page, err := k.SearchAssets(t.Context(), searchAll())
	if err != nil || page.Total != n {
		t.Errorf("found %d files, want %d: %v", page.Total, n, err)
	}
}
