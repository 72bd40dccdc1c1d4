// Package store keeps templates, rules, domains, the catalogue and events in an SQL database: SQLite in one file. It is the
// only package that knows gorm. Row types are private; every method is one transaction.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"aircheck/rules"
	"aircheck/server/auth"
	"aircheck/vod"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Errors of Open and OpenReadOnly, wrapped.
var (
	// ErrNewerSchema: the database was written by a newer version of the program.
	ErrNewerSchema = errors.New("the database was made by a newer version")
	// ErrOlderSchema: the database has not been migrated yet, and is only to be read.
	ErrOlderSchema = errors.New("the database was made by an older version")
)

// readers is how many reads run at once.
const readers = 4

// Store is the database. Its methods may be called from any goroutine.
type Store struct {
	// OnEvent is called after each write that added events, and must not wait. May be nil; set it before the first write.
	OnEvent func()
	// OnChange is called after each transaction with the tables of which it changed rows, and must not wait. A transaction of which nothing
	// remains may have it called as well. May be nil; set it before the first write.
	OnChange func(tables []string)

	// SQLite takes one writer at a time: writer has one connection, and waiting for it can be cancelled.
	writer, reader *gorm.DB
	queue          queue         // of writes
	written        chan struct{} // something was, since Indexer looked last
	changes        changes
}

var (
	_ rules.Store         = (*Store)(nil)
	_ rules.CallbackStore = (*Store)(nil)
	_ rules.SessionStore  = (*Store)(nil)
	_ rules.TaskStore     = (*Store)(nil)
	_ vod.Store           = (*Store)(nil)
	_ auth.DomainStore    = (*Store)(nil)
)

// Open opens the database file, makes it if there is none, and brings its schema up to date. ErrNewerSchema. Close it when done.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := makePrivate(path); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s := &Store{written: make(chan struct{}, 1)}
	var err error
	if s.writer, err = connect(path, writing(), 1); err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.changes.watch(s.writer); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.reader, err = connect(path, readOnly(), readers); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// OpenReadOnly opens an existing database while a server may be using it. Methods that write return an error.
// ErrNewerSchema, ErrOlderSchema, or fs.ErrNotExist if there is no such file.
func OpenReadOnly(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db, err := connect(path, readOnly(), readers)
	if err != nil {
		return nil, err
	}
	s := &Store{writer: db, reader: db}
	if err := s.checkSchema(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// writing keeps in memory what savepoints can undo (temp_store=2): it is little, but SQLite would put most of it into a file, in a
// folder that may not be there.
func writing() url.Values { return url.Values{"_txlock": {"immediate"}, "_pragma": {"temp_store(2)"}} }

func readOnly() url.Values { return url.Values{"mode": {"rw"}, "_pragma": {"query_only(1)"}} }

// makePrivate makes the file readable for its owner only: it holds push keys. SQLite gives its other files the same mode.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return os.Chmod(path, 0o600)
	case err != nil:
		return err
	}
	return f.Close()
}

func connect(path string, query url.Values, connections int) (*gorm.DB, error) {
	address, err := dsn(path, query)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	connector, err := newConnector(address)
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	db, err := gorm.Open(newDialect(pool), &gorm.Config{
		TranslateError: true, SkipDefaultTransaction: true, Logger: logger.Discard,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, err), pool.Close())
	}
	return db, nil
}

func disconnect(db *gorm.DB) error {
	if db == nil {
		return nil
	}
	pool, err := db.DB()
	if err != nil {
		return nil // it was never connected
	}
	return pool.Close()
}

// Close closes the database after the transactions under way.
func (s *Store) Close() error {
	err := disconnect(s.reader)
	if s.writer != s.reader {
		err = errors.Join(err, disconnect(s.writer))
	}
	if err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}

// Ping reads something.
func (s *Store) Ping(ctx context.Context) error {
	var n int64
	return s.reader.WithContext(ctx).Table("counters").Count(&n).Error
}

func provider(db *gorm.DB) (*goose.Provider, error) {
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, pool, files, goose.WithDisableGlobalRegistry(true))
}

func (s *Store) migrate(ctx context.Context) error {
	p, err := provider(s.writer)
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the database's version: %w", err)
	}
	if have > want {
		return newerSchema(have, want)
	}
	if have == want {
		return nil
	}
	// New indexes are sorted in files: they may be large.
	if err := s.writer.WithContext(ctx).Exec("PRAGMA temp_store = 1").Error; err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database from version %d to %d: %w", have, want, err)
	}
	return s.writer.WithContext(ctx).Exec("PRAGMA temp_store = 2").Error
}

func newerSchema(have, want int64) error {
	return fmt.Errorf("%w: it has schema version %d, this program knows up to %d; start the newer program, or restore "+
		"the database from before the upgrade", ErrNewerSchema, have, want)
}

// checkSchema does what migrate does, without writing.
func (s *Store) checkSchema(ctx context.Context) error {
	p, err := provider(s.reader)
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	sources := p.ListSources()
	want := sources[len(sources)-1].Version
	var have int64
	err = s.reader.WithContext(ctx).Table(goose.DefaultTablename).Select("COALESCE(MAX(version_id), 0)").Scan(&have).Error
	switch {
	case err != nil:
		return fmt.Errorf("read the database's version: %w", err)
	case have > want:
		return newerSchema(have, want)
	case have < want:
		return fmt.Errorf("%w: it has schema version %d, this program needs %d; start the server once",
			ErrOlderSchema, have, want)
	}
	return nil
}

// read runs do on one state of the database.
func (s *Store) read(ctx context.Context, do func(tx *gorm.DB) error) error {
	return s.reader.WithContext(ctx).Transaction(do, &sql.TxOptions{ReadOnly: true})
}

// next gives out the next identity of a kind; none is ever given twice.
func next(tx *gorm.DB, name string) (int64, error) {
	var id int64
	err := tx.Raw("UPDATE counters SET value = value + 1 WHERE name = ? RETURNING value", name).Scan(&id).Error
	return id, err
}

// toMicro and fromMicro convert times to and from the stored form: microseconds, 0 for the zero time.
func toMicro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicro(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
