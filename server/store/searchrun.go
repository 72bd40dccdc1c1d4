package store

import (
	"cmp"
	"encoding/json"
	"slices"

	"gorm.io/gorm"

	"aircheck/vod"
)

// hit is a file that matches, at its place: behind the entry seq if it is not in the index itself.
type hit struct {
	seq                 int64
	createTime, assetID int64 // of one that is not in the index; 0 otherwise
}

func (h hit) compare(other hit) int {
	return cmp.Or(cmp.Compare(h.seq, other.seq), cmp.Compare(h.createTime, other.createTime), cmp.Compare(h.assetID, other.assetID))
}

// lookUp answers a search from the search index, and from the rows of the files that it does not know as they are; byTable is the filter
// for those.
func lookUp(tx *gorm.DB, f, byTable vod.Filter) (rows []assetRow, total int, err error) {
	var stale []int64
	if err := tx.Model(&entryRow{}).Where(isPending).Pluck("seq", &stale).Error; err != nil {
		return nil, 0, err
	}
	seqs, err := indexQuery(f).find(tx, f, vod.MaxReach+len(stale))
	if err != nil {
		return nil, 0, err
	}
	hits := make([]hit, 0, len(seqs))
	for _, seq := range seqs {
		if !slices.Contains(stale, seq) {
			hits = append(hits, hit{seq: seq})
		}
	}
	if hits, err = addPending(tx, byTable, hits); err != nil {
		return nil, 0, err
	}
	total = min(len(hits), vod.MaxReach)
	if f.Limit <= 0 || f.Offset >= total {
		return nil, total, nil
	}
	rows, err = rowsOf(tx, hits[f.Offset:min(total, f.Offset+f.Limit)])
	return rows, total, err
}

// addPending puts the files that match, and are not in the index, between those that are.
func addPending(tx *gorm.DB, f vod.Filter, hits []hit) ([]hit, error) {
	var rows []assetRow
	// CROSS: in this order.
	few := tx.Table("search_pending CROSS JOIN assets ON id = asset_id")
	err := search(few, f).Select("id", "create_time", "name", "description").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	want := newTextFilter(f)
	added := false
	for _, r := range rows {
		if !want.matches(r.Name, r.Description) {
			continue
		}
		before, err := entryBefore(tx, r.CreateTime, r.ID)
		if err != nil {
			return nil, err
		}
		hits, added = append(hits, hit{before, r.CreateTime, r.ID}), true
	}
	if !added {
		return hits, nil
	}
	slices.SortFunc(hits, func(a, b hit) int {
		if f.Descending {
			return b.compare(a)
		}
		return a.compare(b)
	})
	return hits, nil
}

// rowsOf reads the rows of some hits.
func rowsOf(tx *gorm.DB, hits []hit) ([]assetRow, error) {
	known := make(map[int64]int64, len(hits))
	for some := range slices.Chunk(hits, maxIn) {
		seqs := make([]int64, len(some))
		for i, h := range some {
			seqs[i] = h.seq
		}
		var entries []entryRow
		if err := tx.Select("seq", "id").Where("seq IN ?", seqs).Find(&entries).Error; err != nil {
			return nil, err
		}
		for _, e := range entries {
			known[e.Seq] = e.ID
		}
	}
	ids := make([]int64, len(hits))
	for i, h := range hits {
		if ids[i] = h.assetID; ids[i] == 0 {
			ids[i] = known[h.seq]
		}
	}
	return inOrder(tx, ids)
}

// jsonList is a list as a parameter of json_each.
func jsonList(values []int64) string {
	b, err := json.Marshal(values)
	if err != nil {
		panic(err) // numbers can be written
	}
	return string(b)
}
