package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite" // SQLite without C
)

// maxPrepared is how many statements a connection keeps; the program's own are fewer, but for lists of values of any length.
const maxPrepared = 64

// preparing opens connections that keep the statements prepared by which they write: SQLite takes longer to prepare one for
// a table with many indexes than to carry it out. gorm's PrepareStmt does not do that inside transactions.
type preparing struct{ driver.Connector }

func newConnector(address string) (driver.Connector, error) {
	c, err := sqlite.NewConnector(address)
	return preparing{c}, err
}

// Connect returns a *preparedConn.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, ok := c.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection of type %T lacks methods", c), c.Close())
	}
	return &preparedConn{sqliteConn: conn, kept: map[string]sqliteStmt{}}, nil
}

// sqliteConn is what database/sql uses of the driver's connections.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// preparedConn is a connection with its statements. As any driver.Conn, it is used by one goroutine at a time.
type preparedConn struct {
	sqliteConn
	kept map[string]sqliteStmt
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
}

// ExecContext carries out a statement, which is free for the next time when this returns. Queries are not kept: theirs are busy until
// their rows have been read.
func (c *preparedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, ok := c.kept[query]
	if !ok {
		var err error
		if s, err = c.keep(ctx, query); err != nil {
			return nil, err
		}
	}
	return s.ExecContext(ctx, args)
}

// keep prepares a statement. If there are too many, it lets the others go.
func (c *preparedConn) keep(ctx context.Context, query string) (sqliteStmt, error) {
	if len(c.kept) >= maxPrepared {
		if err := c.letGo(); err != nil {
			return nil, err
		}
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	stmt, ok := s.(sqliteStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a statement of type %T lacks methods", s), s.Close())
	}
	c.kept[query] = stmt
	return stmt, nil
}

func (c *preparedConn) letGo() error {
	var errs []error
	for query, s := range c.kept {
		errs = append(errs, s.Close())
		delete(c.kept, query)
	}
	return errors.Join(errs...)
}

// Close closes the statements and the connection.
func (c *preparedConn) Close() error { return errors.Join(c.letGo(), c.sqliteConn.Close()) }
