package store

import (
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"strings"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is gorm's SQLite dialect for a driver whose errors it does not know.
type dialect struct{ *sqlite.Dialector }

func newDialect(pool *sql.DB) dialect { return dialect{&sqlite.Dialector{Conn: pool}} }

// Translate turns the codes of violated constraints into gorm's errors.
func (d dialect) Translate(err error) error {
	var coded interface{ Code() int }
	if !errors.As(err, &coded) {
		return err
	}
	switch coded.Code() {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return gorm.ErrDuplicatedKey
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return gorm.ErrForeignKeyViolated
	}
	return err
}

// dsn is the address of a database file. Every commit is on the disk before it returns (synchronous=2).
func dsn(path string, query url.Values) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	full = filepath.ToSlash(full)
	if !strings.HasPrefix(full, "/") {
		full = "/" + full // a drive letter
	}
	query["_pragma"] = append([]string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(2)", "foreign_keys(1)",
	}, query["_pragma"]...)
	return "file://" + (&url.URL{Path: full}).EscapedPath() + "?" + query.Encode(), nil
}
