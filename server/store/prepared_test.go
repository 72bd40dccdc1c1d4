package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
)

// kept counts the statements that a connection keeps.
func kept(t *testing.T, conn *sql.Conn) (n int) {
	t.Helper()
	must(t, conn.Raw(func(c any) error {
		n = len(c.(*preparedConn).kept)
		return nil
	}))
	return n
}

func TestPreparedStatements(t *testing.T) {
	c, err := newConnector(filepath.Join(t.TempDir(), "a.db"))
	must(t, err)
	pool := sql.OpenDB(c)
	conn, err := pool.Conn(t.Context())
	must(t, err)
	exec := func(query string, args ...any) error {
		_, err := conn.ExecContext(t.Context(), query, args...)
		return err
	}
	count := func(want int) {
		t.Helper()
		var n int
		must(t, conn.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM a").Scan(&n))
		if n != want {
			t.Errorf("%d rows, want %d", n, want)
		}
	}
	must(t, exec("CREATE TABLE a (id BIGINT PRIMARY KEY); CREATE TABLE b (x TEXT)")) // a script
	const insert = "INSERT INTO a VALUES (?)"
	must(t, exec(insert, 1))
	if err := exec(insert, 1); err == nil {
		t.Error("inserted twice")
	}
	must(t, exec(insert, 2)) // the same statement, after its error
	count(2)
	if err := exec(insert); err == nil {
		t.Error("an old value was inserted in the place of none")
	}
	if err := exec("INSERT INTO nowhere VALUES (1)"); err == nil {
		t.Error("no error")
	}
	if n := kept(t, conn); n != 2 {
		t.Errorf("%d statements are kept, want 2", n)
	}

	tx, err := conn.BeginTx(t.Context(), nil)
	must(t, err)
	_, err = tx.ExecContext(t.Context(), insert, 3)
	must(t, err)
	must(t, tx.Rollback())
	must(t, exec(insert, 3))
	count(3)

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := conn.ExecContext(cancelled, insert, 4); err == nil {
		t.Error("carried out although it was cancelled")
	}
	must(t, exec("ALTER TABLE a ADD COLUMN y BIGINT NOT NULL DEFAULT 7"))
	if err := exec(insert, 4); err == nil {
		t.Error("a statement was carried out for the table as it was")
	}
	must(t, exec("DROP TABLE b"))
	const update = "UPDATE a SET y = ? WHERE id = ?"
	for i := range 3 * maxPrepared {
		must(t, exec(fmt.Sprintf("INSERT INTO a VALUES (%d, 0)", 100+i)))
		must(t, exec(update, i, 1))
		if n := kept(t, conn); n > maxPrepared {
			t.Fatalf("%d statements are kept", n)
		}
	}
	count(3 + 3*maxPrepared)
	must(t, conn.Close())
	must(t, pool.Close())
}

// TestWritesArePrepared: the statements of a recording are prepared once, whatever is recorded.
func TestWritesArePrepared(t *testing.T) {
	s := open(t)
	record := func(id int64) (n int) {
		must(t, s.AddRecording(t.Context(), begun(id)))
		must(t, s.AddFile(t.Context(), asset(id), fileReady(asset(id))))
		pool, err := s.writer.DB()
		must(t, err)
		conn, err := pool.Conn(t.Context())
		must(t, err)
		defer conn.Close()
		return kept(t, conn)
	}
	first := record(1)
	for id := range int64(5) {
		if n := record(id + 2); n != first {
			t.Errorf("%d statements are kept, %d after the first recording", n, first)
		}
	}
}
