package store

import (
	"context"

	"gorm.io/gorm"

	"aircheck/rules"
)

// SearchTasks lists tasks of both kinds by start and ID. None is longer than rules.MaxTaskSpan, so those that touch a span end soon behind
// it: the index of ends need not be read further.
func (s *Store) SearchTasks(ctx context.Context, f rules.TaskSearch) (out []rules.Task, err error) {
	err = s.read(ctx, func(tx *gorm.DB) error {
		q := tx.Where("deleted_time = 0")
		if len(f.IDs) > 0 {
			q = q.Where("id IN ?", f.IDs)
		} else {
			q = q.Where("end_time > ? AND end_time < ? AND start_time < ?",
				toMicro(f.From), toMicro(f.To.Add(rules.MaxTaskSpan)), toMicro(f.To))
		}
		out, err = pageOfTasks(tx, q, rules.TaskFilter{
			Domain: f.Domain, App: f.App, Stream: f.Stream, AfterStart: f.AfterStart, AfterID: f.AfterID, Limit: f.Limit,
		})
		return err
	})
	return out, err
}

// pageOfTasks returns those of q that f names, by start and ID; what span f has is the caller's to look to.
func pageOfTasks(tx, q *gorm.DB, f rules.TaskFilter) ([]rules.Task, error) {
	for column, name := range map[string]string{"domain": f.Domain, "app": f.App, "stream": f.Stream} {
		if name != "" {
			q = q.Where(column+" = ?", name)
		}
	}
	if f.AfterID != "" {
		q = q.Where("(start_time, id) > (?, ?)", toMicro(f.AfterStart), f.AfterID)
	}
	var rows []taskRow
	if err := q.Order("start_time, id").Limit(f.Limit).Find(&rows).Error; err != nil {
		return nil, err
	}
	return tasks(tx, rows)
}
