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

// maxPending is how many files may be missing in the search index for it to be used: they are all looked at in each search.
const maxPending = 500

// SearchAssets returns one page of the visible assets that match, and how many match. What is in the order of one of the table's own
// indexes is read there, everything else in the search index.
func (s *Store) SearchAssets(ctx context.Context, f vod.Filter) (page vod.Page, err error) {
	var rows []assetRow
	err = s.read(ctx, func(tx *gorm.DB) error {
		indexed, err := byIndex(tx, f)
		if err != nil {
			return err
		}
		byTable, err := withSubclasses(tx, f)
		switch {
		case err != nil:
			return err
		case indexed:
			rows, page.Total, err = lookUp(tx, f, byTable)
		case newTextFilter(f).needed():
			rows, page.Total, err = leafThrough(tx, byTable)
		default:
			rows, page.Total, err = list(tx, byTable)
		}
		return err
	})
	if err != nil {
		return page, err
	}
	page.Assets, err = assets(rows)
	return page, err
}

// byIndex decides whether a search is answered by the search index.
func byIndex(tx *gorm.DB, f vod.Filter) (bool, error) {
	q := indexQuery(f)
	if len(f.IDs) > 0 || q.conditions() == 0 || q.conditions() == 1 && ownIndex(f) {
		return false, nil
	}
	n, err := pending(tx, maxPending+1)
	return n <= maxPending, err
}

// ownIndex reports whether a filter of one condition asks for one value of a column that has an index of its own.
func ownIndex(f vod.Filter) bool {
	return len(f.Streams)+len(f.Domains)+len(f.Apps)+len(f.Containers)+len(f.StorageClasses) == 1 ||
		slices.Equal(f.Statuses, []vod.Status{vod.StatusRecording}) || slices.Equal(f.Statuses, []vod.Status{vod.StatusLost})
}

// withSubclasses returns the filter as the table understands it, where a file is in one class and not in those above it.
func withSubclasses(tx *gorm.DB, f vod.Filter) (vod.Filter, error) {
	if len(f.ClassIDs) == 0 {
		return f, nil
	}
	var all []int64
	err := tx.Raw("WITH RECURSIVE below (id) AS (SELECT value FROM json_each(?) UNION SELECT classes.id FROM below CROSS JOIN classes "+
		"ON classes.sub_app_id = ? AND classes.parent_id = below.id WHERE below.id > 0) SELECT id FROM below",
		jsonList(f.ClassIDs), f.SubAppID).Scan(&all).Error
	f.ClassIDs = all
	return f, err
}

// list answers a search without texts from the table.
func list(tx *gorm.DB, f vod.Filter) (rows []assetRow, total int, err error) {
	var n int64
	if err := tx.Table("(?) AS matches", search(tx, f).Select("id").Limit(vod.MaxReach)).Count(&n).Error; err != nil {
		return nil, 0, err
	}
	if f.Limit <= 0 || f.Offset >= int(n) {
		return nil, int(n), nil
	}
	err = ordered(search(tx, f), f).Find(&rows).Error
	return rows, int(n), err
}

// leafThrough answers a search by reading names and descriptions one by one.
func leafThrough(tx *gorm.DB, f vod.Filter) (rows []assetRow, total int, err error) {
	all := f
	all.Offset, all.Limit = 0, -1
	cursor, err := ordered(search(tx, all), all).Select("id", "name", "description").Rows()
	if err != nil {
		return nil, 0, err
	}
	defer cursor.Close()
	want := newTextFilter(f)
	var ids []int64
	for total < vod.MaxReach && cursor.Next() {
		var id int64
		var name, description string
		if err := cursor.Scan(&id, &name, &description); err != nil {
			return nil, 0, err
		}
		if !want.matches(name, description) {
			continue
		}
		if total >= f.Offset && total < f.Offset+f.Limit {
			ids = append(ids, id)
		}
		total++
	}
	if err := cursor.Err(); err != nil {
		return nil, 0, err
	}
	rows, err = inOrder(tx, ids)
	return rows, total, err
}

// inOrder reads the rows of some assets in that order.
func inOrder(tx *gorm.DB, ids []int64) ([]assetRow, error) {
	found := make(map[int64]assetRow, len(ids))
	for some := range slices.Chunk(ids, maxIn) {
		var rows []assetRow
		if err := tx.Where("id IN ?", some).Find(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			found[r.ID] = r
		}
	}
	out := make([]assetRow, 0, len(ids))
	for _, id := range ids {
		if r, ok := found[id]; ok {
			out = append(out, r)
		}
	}
	return out, nil
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

// search selects what matches the filter, but for the texts that may be anywhere.
func search(tx *gorm.DB, f vod.Filter) *gorm.DB {
	q := tx.Model(&assetRow{}).Where(visible).Where("sub_app_id = ?", f.SubAppID)
	switch { // in the query's text, for the indexes that hold only these
	case slices.Equal(f.Statuses, []vod.Status{vod.StatusRecording}):
		q = q.Where(recording)
	case slices.Equal(f.Statuses, []vod.Status{vod.StatusLost}):
		q = q.Where(lost)
	}
	q = inStatus(q, f.Statuses)
	q = in(q, "id", f.IDs)
	q = in(q, "stream", f.Streams)
	q = in(q, "domain", f.Domains)
	q = in(q, "app", f.Apps)
	q = in(q, "container", f.Containers)
	q = in(q, "COALESCE(NULLIF(source_type, ''), 'Record')", f.SourceTypes)
	q = inClasses(q, f)
	q = in(q, "storage_class", f.StorageClasses)
	if len(f.Tags) > 0 {
		q = q.Where("EXISTS (SELECT 1 FROM json_each(tags) AS tag WHERE tag.value IN ?)", f.Tags)
	}
	if len(f.NamePrefixes) > 0 {
		c := prefixCondition("name", f.NamePrefixes)
		q = q.Where(c.text, c.args...)
	}
	q = within(q, "create_time", f.Created)
	return within(q, "expire_time", f.Expires)
}

func inClasses(q *gorm.DB, f vod.Filter) *gorm.DB {
	column := "class_id"
	if len(f.Streams) > 0 {
		column = "+class_id" // as in ordered: a stream's index is the better one
	}
	if len(f.ClassIDs) > vod.MaxValues { // with all that are below
		return q.Where(column+" IN (SELECT value FROM json_each(?))", jsonList(f.ClassIDs))
	}
	return in(q, column, f.ClassIDs)
}

// inStatus selects by the states that are shown: a normal file that must not be played is Forbidden.
func inStatus(q *gorm.DB, states []vod.Status) *gorm.DB {
	const forbidden = "id IN (SELECT id FROM assets WHERE forbidden)"
	isNormal, isForbidden := slices.Contains(states, vod.StatusNormal), slices.Contains(states, vod.StatusForbidden)
	switch {
	case isNormal && !isForbidden:
		return in(q, "status", states).Where("(status <> 'Normal' OR NOT " + forbidden + ")")
	case isForbidden && !isNormal:
		return q.Where("(status IN ? OR status = 'Normal' AND "+forbidden+")", states)
	}
	return in(q, "status", states)
}

// shownStatus is the state of a file as it is shown.
func shownStatus(r *assetRow) string {
	if r.Forbidden && r.Status == string(vod.StatusNormal) {
		return string(vod.StatusForbidden)
	}
	return r.Status
}

func in[T any](q *gorm.DB, column string, values []T) *gorm.DB {
	if len(values) == 0 {
		return q
	}
	return q.Where(column+" IN ?", values)
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
