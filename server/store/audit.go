package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"aircheck/server/audit"
)

type auditRow struct {
	ID        int64 `gorm:"primaryKey"`
	Time      int64
	Scheme    string
	KeyID     string
	Remote    string
	Agent     string
	Product   string
	Action    string
	Params    string
	Answer    string
	Code      string
	RequestID string
}

func (auditRow) TableName() string { return "audit_log" }

var _ audit.Store = (*Store)(nil)

// AddAudit adds entries.
func (s *Store) AddAudit(ctx context.Context, entries []audit.Entry) error {
	rows := make([]auditRow, len(entries))
	for i, e := range entries {
		rows[i] = auditRow{
			Time: toMicro(e.Time), Scheme: e.Scheme, KeyID: e.KeyID, Remote: e.Remote, Agent: e.Agent, Product: e.Product, Action: e.Action,
			Params: e.Params, Answer: e.Answer, Code: e.Code, RequestID: e.RequestID,
		}
	}
	return s.write(ctx, func(tx *gorm.DB) error { return tx.Create(&rows).Error })
}

// Audit returns the entries that fit, the newest first, and how many there are with whatever ID.
func (s *Store) Audit(ctx context.Context, f audit.Filter) (page []audit.Entry, total int, err error) {
	var rows []auditRow
	var n int64
	err = s.read(ctx, func(tx *gorm.DB) error {
		q := audited(tx.Model(&auditRow{}), f).Session(&gorm.Session{}) // a base for two queries
		if err := q.Count(&n).Error; err != nil {
			return err
		}
		if f.Before > 0 {
			q = q.Where("id < ?", f.Before)
		}
		// Rows are large: only those of the page are read, the others are chosen by the index.
		ids := q.Select("id").Order("id DESC").Limit(f.Limit)
		return tx.Where("id IN (?)", ids).Order("id DESC").Find(&rows).Error
	})
	if err != nil {
		return nil, 0, err
	}
	for _, r := range rows {
		page = append(page, audit.Entry{
			ID: r.ID, Time: fromMicro(r.Time), Scheme: r.Scheme, KeyID: r.KeyID, Remote: r.Remote, Agent: r.Agent, Product: r.Product, Action: r.Action,
			Params: r.Params, Answer: r.Answer, Code: r.Code, RequestID: r.RequestID,
		})
	}
	return page, int(n), nil
}

// audited narrows a query of entries down.
func audited(q *gorm.DB, f audit.Filter) *gorm.DB {
	if !f.From.IsZero() {
		q = q.Where("time >= ?", toMicro(f.From))
	}
	if !f.To.IsZero() {
		q = q.Where("time < ?", toMicro(f.To))
	}
	if f.ID != 0 {
		q = q.Where("id = ?", f.ID)
	}
	if len(f.Actions) > 0 {
		q = q.Where("action IN ?", f.Actions)
	}
	for column, value := range map[string]string{
		"product": f.Product, "key_id": f.KeyID, "code": f.Code, "request_id": f.RequestID, "remote": f.Remote,
	} {
		if value != "" {
			q = q.Where(column+" = ?", value)
		}
	}
	if f.Console {
		q = q.Where("key_id = ''")
	}
	if f.Failed {
		q = q.Where("code <> ''")
	}
	if f.Done {
		q = q.Where("code = ''")
	}
	return q
}

// SweepAudit removes at most limit of the entries from before that time and of those beyond the newest keep. It returns how many it were.
func (s *Store) SweepAudit(ctx context.Context, before time.Time, keep, limit int) (n int, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		var newest []int64 // IDs count up, so that nothing has to be counted
		if err := tx.Model(&auditRow{}).Order("id DESC").Limit(1).Pluck("id", &newest).Error; err != nil || len(newest) == 0 {
			return err
		}
		old := tx.Model(&auditRow{}).Select("id").Where("time < ? OR id <= ?", toMicro(before), newest[0]-int64(keep))
		done := tx.Where("id IN (?)", old.Order("id").Limit(limit)).Delete(&auditRow{})
		n = int(done.RowsAffected)
		return done.Error
	})
	return n, err
}
