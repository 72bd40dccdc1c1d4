package store

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"aircheck/vod"
)

// query is a search in terms of the index.
type query struct {
	// match selects entries by their words.
	match []string
	// texts must be met, too: one of each, which is in all of its pieces.
	texts [][]pieces
	// also are conditions on entries, for what words say only roughly.
	also []condition
}

type condition struct {
	text string
	args []any
}

// conditions is how many there are; without any, the index is of no use.
func (q query) conditions() int { return len(q.match) + len(q.texts) }

// indexQuery translates a filter, but for its IDs, CreateTime and range.
func indexQuery(f vod.Filter) query {
	q := query{}
	some := func(kind byte, values []string) { q.oneOf(values, func(v string) string { return word(f, kind, v) }) }
	some(wordStream, f.Streams)
	some(wordDomain, f.Domains)
	some(wordApp, f.Apps)
	some(wordContainer, f.Containers)
	some(wordStorageClass, f.StorageClasses)
	some(wordTag, f.Tags)
	some(wordSource, f.SourceTypes)
	some(wordClass, texts(f.ClassIDs, func(id int64) string { return strconv.FormatInt(id, 10) }))
	some(wordStatus, texts(f.Statuses, func(s vod.Status) string { return string(s) }))
	q.anywhere(f, f.Names, wordName)
	q.anywhere(f, f.Descriptions, wordDescription)
	if f.Text != "" {
		q.anywhere(f, []string{f.Text}, wordName, wordDescription)
	}
	q.prefixes(f)
	q.expiry(f)
	return q
}

func texts[T any](values []T, text func(T) string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = text(v)
	}
	return out
}

// word is one that a file must have, in FTS5's language.
func word(f vod.Filter, kind byte, value string) string {
	w := newWords(f.SubAppID)
	w.add(kind, value)
	return `"` + w.b.String() + `"`
}

// oneOf adds that one of the values must be met.
func (q *query) oneOf(values []string, term func(string) string) {
	if len(values) > 0 {
		q.match = append(q.match, "("+strings.Join(texts(values, term), " OR ")+")")
	}
}

// anywhere adds that one of the texts must be in one of the fields.
func (q *query) anywhere(f vod.Filter, values []string, fields ...byte) {
	var one []pieces
	var conditions []string
	var args []any
	exact := true
	for _, v := range values {
		folded := fold(v)
		if folded == "" {
			return // which is in every text
		}
		for _, field := range fields {
			one = append(one, texts(piecesOf(folded), func(p string) string { return word(f, field, p) }))
			conditions = append(conditions, "instr("+foldedColumn(field)+", ?) > 0")
			args = append(args, folded)
		}
		exact = exact && len([]rune(folded)) <= gram
	}
	if len(one) == 0 {
		return
	}
	q.texts = append(q.texts, one)
	if !exact {
		q.also = append(q.also, condition{"(" + strings.Join(conditions, " OR ") + ")", args})
	}
}

func foldedColumn(field byte) string {
	if field == wordDescription {
		return "folded_description"
	}
	return "folded_name"
}

// prefixes adds that the name must begin with one of some texts.
func (q *query) prefixes(f vod.Filter) {
	if len(f.NamePrefixes) == 0 || slices.Contains(f.NamePrefixes, "") {
		return
	}
	exact := true
	q.oneOf(f.NamePrefixes, func(v string) string {
		runes := []rune(v)
		n := 0
		for _, length := range prefixLengths() {
			if length <= len(runes) {
				n = length
			}
		}
		exact = exact && n == len(runes)
		return word(f, wordPrefix, string(runes[:n]))
	})
	if !exact {
		c := prefixCondition("search_entries.name", f.NamePrefixes)
		q.also = append(q.also, c)
	}
}

// prefixCondition is true of texts that begin with one of the values.
func prefixCondition(column string, values []string) condition {
	var c condition
	c.text = "(" + strings.Join(texts(values, func(v string) string {
		c.args = append(c.args, v, v+lastRune)
		return "(" + column + " >= ? AND " + column + " < ?)"
	}), " OR ") + ")"
	return c
}

// expiry adds that a file must expire within the range.
func (q *query) expiry(f vod.Filter) {
	if f.Expires.From.IsZero() && f.Expires.To.IsZero() {
		return
	}
	from, to := toMicro(f.Expires.From), int64(math.MaxInt64)
	if !f.Expires.To.IsZero() {
		to = toMicro(f.Expires.To)
	}
	q.oneOf(expiryRange(from, to), func(v string) string { return word(f, wordExpiry, v) })
	q.also = append(q.also, condition{"search_entries.expire_time >= ? AND search_entries.expire_time < ?", []any{from, to}})
}

// find reads the first limit entries in the order of the result.
func (q query) find(tx *gorm.DB, f vod.Filter, limit int) ([]int64, error) {
	sql := "SELECT search_index.rowid AS seq FROM search_index"
	match, err := q.matching(tx, f.Descending)
	if err != nil {
		return nil, err
	}
	var where []string
	var args []any
	if len(q.also) > 0 {
		sql += " CROSS JOIN search_entries ON search_entries.seq = search_index.rowid" // in this order
	}
	where, args = append(where, "search_index MATCH ?"), append(args, match)
	for _, c := range q.also {
		where, args = append(where, c.text), append(args, c.args...)
	}
	first, last, err := bounds(tx, f.Created)
	if err != nil || first > last {
		return nil, err
	}
	where, args = append(where, "search_index.rowid BETWEEN ? AND ?"), append(args, first, last)
	sql += " WHERE " + strings.Join(where, " AND ") + " ORDER BY search_index.rowid"
	if f.Descending {
		sql += " DESC"
	}
	// As one text: thousands of rows one by one would take longer than to find them.
	var list string
	err = tx.Raw("SELECT COALESCE(group_concat(seq), '') FROM ("+sql+" LIMIT ?)", append(args, limit)...).Scan(&list).Error
	if err != nil || list == "" {
		return nil, err
	}
	out := make([]int64, 0, strings.Count(list, ",")+1)
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// bounds are the first and last entries that were created in a range; without any, first is the greater one.
func bounds(tx *gorm.DB, r vod.TimeRange) (first, last int64, err error) {
	first, last = 0, 1<<62
	if !r.From.IsZero() {
		err = tx.Raw("SELECT COALESCE((SELECT seq FROM search_entries WHERE create_time >= ? ORDER BY create_time, id LIMIT 1), ?)",
			toMicro(r.From), int64(1)<<62).Scan(&first).Error
		if err != nil {
			return 0, 0, err
		}
	}
	if !r.To.IsZero() {
		err = tx.Raw("SELECT COALESCE((SELECT seq FROM search_entries WHERE create_time < ? ORDER BY create_time DESC, id DESC LIMIT 1), 0)",
			toMicro(r.To)).Scan(&last).Error
	}
	return first, last, err
}
