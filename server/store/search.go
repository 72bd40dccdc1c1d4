package store

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"aircheck/vod"
)

// lastRune sorts behind everything that can follow in a name.
const lastRune = "\U0010FFFF"

// SearchAssets returns one page of the visible assets that match, and how many match.
func (s *Store) SearchAssets(ctx context.Context, f vod.Filter) (vod.Page, error) {
	var page vod.Page
	var rows []assetRow
	err := s.read(ctx, func(tx *gorm.DB) error {
		var total int64
		if err := tx.Table("(?) AS matches", search(tx, f).Select("id").Limit(vod.MaxReach)).Count(&total).Error; err != nil {
			return err
		}
		page.Total = int(total)
		if f.Limit <= 0 || f.Offset >= page.Total {
			return nil
		}
		return ordered(search(tx, f), f).Find(&rows).Error
	})
	if err != nil {
		return page, err
	}
	page.Assets, err = assets(rows)
	return page, err
}

func ordered(tx *gorm.DB, f vod.Filter) *gorm.DB {
	plus, direction := "", ""
	if len(f.IDs) > 0 || len(f.Streams) > 1 {
		// A plus keeps the database from using an index for this: it would read all files in order to find the few that match.
		plus = "+"
	}
	if f.Descending {
		direction = " DESC"
	}
	return tx.Order(plus + "create_time" + direction + ", " + plus + "id" + direction).Offset(f.Offset).Limit(f.Limit)
}

// search selects what matches the filter.
func search(tx *gorm.DB, f vod.Filter) *gorm.DB {
	q := tx.Model(&assetRow{}).Where(visible).Where("sub_app_id = ?", f.SubAppID)
	switch { // in the query's text, for the indexes that hold only these
	case slices.Equal(f.Statuses, []vod.Status{vod.StatusRecording}):
		q = q.Where(recording)
	case slices.Equal(f.Statuses, []vod.Status{vod.StatusLost}):
		q = q.Where(lost)
	}
	q = in(q, "status", f.Statuses)
	q = in(q, "id", f.IDs)
	q = in(q, "stream", f.Streams)
	q = in(q, "domain", f.Domains)
	q = in(q, "app", f.Apps)
	q = in(q, "container", f.Containers)
	if len(f.Streams) > 0 {
		q = in(q, "+class_id", f.ClassIDs) // as in ordered: a stream's index is the better one
	} else {
		q = in(q, "class_id", f.ClassIDs)
	}
	q = in(q, "storage_class", f.StorageClasses)
	q = anyOf(q, f.Names, func(v string) (string, []any) { return like("name"), []any{contains(v)} })
	q = anyOf(q, f.Descriptions, func(v string) (string, []any) { return like("description"), []any{contains(v)} })
	q = anyOf(q, f.NamePrefixes, func(v string) (string, []any) {
		return "name >= ? AND name < ?", []any{v, v + lastRune}
	})
	if f.Text != "" {
		q = q.Where("("+like("name")+" OR "+like("description")+")", contains(f.Text), contains(f.Text))
	}
	q = within(q, "create_time", f.Created)
	return within(q, "expire_time", f.Expires)
}

func in[T any](q *gorm.DB, column string, values []T) *gorm.DB {
	if len(values) == 0 {
		return q
	}
	return q.Where(column+" IN ?", values)
}

// anyOf selects what fulfils one of the conditions that condition makes of the values.
func anyOf(q *gorm.DB, values []string, condition func(string) (string, []any)) *gorm.DB {
	if len(values) == 0 {
		return q
	}
	var texts []string
	var args []any
	for _, v := range values {
		text, a := condition(v)
		texts = append(texts, "("+text+")")
		args = append(args, a...)
	}
	return q.Where("("+strings.Join(texts, " OR ")+")", args...)
}

func within(q *gorm.DB, column string, r vod.TimeRange) *gorm.DB {
	if !r.From.IsZero() {
		q = q.Where(column+" >= ?", toMicro(r.From))
	}
	if !r.To.IsZero() {
		q = q.Where(column+" < ?", toMicro(r.To))
	}
	return q
}

func like(column string) string { return column + ` LIKE ? ESCAPE '\'` }

// contains is the pattern of LIKE for any text with v in it, taken literally.
func contains(v string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(v) + "%"
}
