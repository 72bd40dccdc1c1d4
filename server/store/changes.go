package store

import (
	"maps"
	"slices"
	"sync"

	"gorm.io/gorm"
)

// changes are the tables that the transaction under way has changed rows of.
type changes struct {
	mu     sync.Mutex
	tables map[string]bool
}

// watch has the changes of a connection noted.
func (c *changes) watch(db *gorm.DB) error {
	note := func(tx *gorm.DB) {
		if tx.Error != nil || tx.RowsAffected == 0 {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.tables == nil {
			c.tables = map[string]bool{}
		}
		c.tables[tx.Statement.Table] = true
	}
	const name = "aircheck:changes"
	if err := db.Callback().Create().After("gorm:create").Register(name, note); err != nil {
		return err
	}
	if err := db.Callback().Update().After("gorm:update").Register(name, note); err != nil {
		return err
	}
	return db.Callback().Delete().After("gorm:delete").Register(name, note)
}

// take returns the tables in alphabetical order and forgets them.
func (c *changes) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := slices.Sorted(maps.Keys(c.tables))
	clear(c.tables)
	return out
}
