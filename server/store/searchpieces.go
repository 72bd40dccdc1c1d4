package store

import (
	"cmp"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// pieces are words that every text with a certain one in it has.
type pieces []string

// Of the pieces of one text, some are looked at, spread over it, and the usedPieces rarest of them looked for. To walk along the lists of all
// would take long, since a million names may have most of them, and what has these but not the others is little. A piece is rare if its
// rareHits files that come first are far apart.
const (
	maxPieces  = 32 // of all texts of a field together
	usedPieces = 3
	rareHits   = 300
)

// piecesOf are those of a folded text: itself if it is short, or what has gram characters.
func piecesOf(folded string) []string {
	runes := []rune(folded)
	var out []string
	for i := range max(len(runes)-gram+1, 1) {
		out = append(out, string(runes[i:min(i+gram, len(runes))]))
	}
	return out
}

// spread chooses n of the pieces.
func (p pieces) spread(n int) pieces {
	if n = max(n, usedPieces); len(p) <= n {
		return p
	}
	out := make(pieces, n)
	for i := range out {
		out[i] = p[i*(len(p)-1)/(n-1)]
	}
	return out
}

// rarest chooses those that are worth looking for.
func (p pieces) rarest(tx *gorm.DB, descending bool) (pieces, error) {
	if len(p) <= 1 {
		return p, nil
	}
	order, sign := "", int64(-1)
	if descending {
		order, sign = " DESC", 1
	}
	type found struct {
		piece string
		at    int64
	}
	var all []found
	for _, piece := range p {
		var at []int64
		err := tx.Raw("SELECT rowid FROM search_index WHERE search_index MATCH ? ORDER BY rowid"+order+" LIMIT 1 OFFSET ?", piece, rareHits).Scan(&at).Error
		if err != nil {
			return nil, err
		}
		if len(at) == 0 {
			return pieces{piece}, nil
		}
		all = append(all, found{piece, sign * at[0]})
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(a.at, b.at) })
	var out pieces
	for _, f := range all[:min(usedPieces, len(all))] {
		out = append(out, f.piece)
	}
	return out, nil
}

// matching is the query in FTS5's language.
func (q query) matching(tx *gorm.DB, descending bool) (string, error) {
	all := slices.Clone(q.match)
	for _, one := range q.texts {
		terms := make([]string, len(one))
		for i, p := range one {
			p, err := p.spread(maxPieces/len(one)).rarest(tx, descending)
			if err != nil {
				return "", err
			}
			terms[i] = "(" + strings.Join(p, " AND ") + ")"
		}
		all = append(all, "("+strings.Join(terms, " OR ")+")")
	}
	return strings.Join(all, " AND "), nil
}
