package store

import (
	"cmp"
	"context"
	"slices"

	"gorm.io/gorm"
)

// entryRow is a file in the search index.
type entryRow struct {
	Seq               int64 `gorm:"primaryKey;autoIncrement:false"`
	ID                int64
	CreateTime        int64
	ExpireTime        int64
	Name              string
	FoldedName        string
	FoldedDescription string
}

func (entryRow) TableName() string { return "search_entries" }

// Entries lie seqStep apart, from firstSeq on, so that some fit in between.
const (
	seqStep  = 64
	firstSeq = 1 << 40
)

// maxClassDepth bounds the way up from a class; the specification allows 4 levels.
const maxClassDepth = 8

// isPending is true of files that the index does not know as they are.
const isPending = "id IN (SELECT asset_id FROM search_pending)"

// Pending is how many files the search index does not know yet, counted up to most.
func (s *Store) Pending(ctx context.Context, most int) (n int, err error) {
	err = s.read(ctx, func(tx *gorm.DB) error {
		n, err = pending(tx, most)
		return err
	})
	return n, err
}

func pending(tx *gorm.DB, most int) (n int, err error) {
	err = tx.Raw("SELECT COUNT(*) FROM (SELECT asset_id FROM search_pending LIMIT ?)", most).Scan(&n).Error
	return n, err
}

// IndexPending brings at most so many files up to date in the search index, and returns how many it did.
func (s *Store) IndexPending(ctx context.Context, most int) (n int, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		var ids []int64
		if err := tx.Table("search_pending").Order("asset_id").Limit(most).Pluck("asset_id", &ids).Error; err != nil {
			return err
		}
		n = len(ids)
		for some := range slices.Chunk(ids, maxIn) {
			if err := reindex(tx, some); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// reindex makes the entries of some files anew.
func reindex(tx *gorm.DB, ids []int64) error {
	var old []int64
	if err := tx.Model(&entryRow{}).Where("id IN ?", ids).Pluck("seq", &old).Error; err != nil {
		return err
	}
	if err := dropEntries(tx, old); err != nil {
		return err
	}
	if err := indexFiles(tx, ids, nil); err != nil {
		return err
	}
	return tx.Exec("DELETE FROM search_pending WHERE asset_id IN ?", ids).Error
}

func dropEntries(tx *gorm.DB, seqs []int64) error {
	for _, seq := range seqs {
		if err := tx.Exec("DELETE FROM search_index WHERE rowid = ?", seq).Error; err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM search_entries WHERE seq = ?", seq).Error; err != nil {
			return err
		}
	}
	return nil
}

// indexFiles makes entries for those of some files that are visible. seqs are their places, if they have some already.
func indexFiles(tx *gorm.DB, ids []int64, seqs map[int64]int64) error {
	var rows []assetRow
	err := tx.Select("id", "name", "description", "container", "status", "create_time", "expire_time", "domain", "app", "stream", "sub_app_id",
		"class_id", "storage_class", "source_type", "tags", "forbidden").Where(visible).Where("id IN ?", ids).Find(&rows).Error
	if err != nil {
		return err
	}
	classes, err := classesAbove(tx, rows)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b assetRow) int {
		return cmp.Or(cmp.Compare(a.CreateTime, b.CreateTime), cmp.Compare(a.ID, b.ID))
	})
	for i := range rows {
		seq, placed := seqs[rows[i].ID]
		if !placed {
			if seq, err = place(tx, rows[i].CreateTime, rows[i].ID); err != nil {
				return err
			}
		}
		if err := addEntry(tx, seq, &rows[i], classes[classKey{rows[i].SubAppID, rows[i].ClassID}]); err != nil {
			return err
		}
	}
	return nil
}

func addEntry(tx *gorm.DB, seq int64, r *assetRow, classes []int64) error {
	e := entryRow{
		Seq: seq, ID: r.ID, CreateTime: r.CreateTime, ExpireTime: r.ExpireTime, Name: r.Name,
		FoldedName: fold(r.Name), FoldedDescription: fold(r.Description),
	}
	words := wordsOf(r, e.FoldedName, e.FoldedDescription, classes)
	if err := tx.Create(&e).Error; err != nil {
		return err
	}
	return tx.Exec("INSERT INTO search_index (rowid, words) VALUES (?, ?)", seq, words).Error
}

// classKey is a class of an application.
type classKey struct{ subApp, class int64 }

// classesAbove returns, by class, itself and all that it is in.
func classesAbove(tx *gorm.DB, rows []assetRow) (map[classKey][]int64, error) {
	out := map[classKey][]int64{}
	for i := range rows {
		k := classKey{rows[i].SubAppID, rows[i].ClassID}
		if out[k] != nil {
			continue
		}
		chain := []int64{k.class}
		for up := k.class; up > 0 && len(chain) < maxClassDepth; chain = append(chain, up) {
			var above []int64
			err := tx.Table("classes").Where("id = ? AND sub_app_id = ? AND parent_id > 0", up, k.subApp).Pluck("parent_id", &above).Error
			if err != nil {
				return nil, err
			}
			if len(above) == 0 {
				break
			}
			up = above[0]
		}
		out[k] = chain
	}
	return out, nil
}

// place finds the number for a new entry, and makes room if there is none.
func place(tx *gorm.DB, created, id int64) (int64, error) {
	before, err := entryBefore(tx, created, id)
	if err != nil {
		return 0, err
	}
	var after []int64
	err = tx.Raw("SELECT seq FROM search_entries WHERE (create_time, id) > (?, ?) ORDER BY create_time, id LIMIT 1", created, id).
		Scan(&after).Error
	switch {
	case err != nil:
		return 0, err
	case len(after) == 0:
		return before + seqStep, nil
	case after[0]-before >= 2:
		return before + (after[0]-before)/2, nil
	}
	return makeRoom(tx, before)
}

// entryBefore is the number of the last entry before a place, or one less than all have.
func entryBefore(tx *gorm.DB, created, id int64) (seq int64, err error) {
	err = tx.Raw("SELECT COALESCE((SELECT seq FROM search_entries WHERE (create_time, id) < (?, ?) "+
		"ORDER BY create_time DESC, id DESC LIMIT 1), ?)", created, id, firstSeq).Scan(&seq).Error
	return seq, err
}

// makeRoom moves the entries behind one apart, as many as it takes, and returns the number that is free then.
func makeRoom(tx *gorm.DB, before int64) (int64, error) {
	for n := 16; ; n *= 4 {
		var behind []entryRow
		err := tx.Select("seq", "id").Where("seq > ?", before).Order("seq").Limit(n + 1).Find(&behind).Error
		if err != nil {
			return 0, err
		}
		end := before + int64(len(behind)+2)*seqStep // if these are the last ones
		if len(behind) > n {
			end = behind[n].Seq
			behind = behind[:n]
		}
		step := (end - before) / int64(len(behind)+2)
		if step < 4 {
			continue
		}
		return before + step, moveEntries(tx, behind, before+2*step, step)
	}
}

func moveEntries(tx *gorm.DB, entries []entryRow, first, step int64) error {
	var old, ids []int64
	seqs := map[int64]int64{}
	for i, e := range entries {
		old, ids = append(old, e.Seq), append(ids, e.ID)
		seqs[e.ID] = first + int64(i)*step
	}
	if err := dropEntries(tx, old); err != nil {
		return err
	}
	// Those that have changed meanwhile belong elsewhere: their turn comes.
	var stale []int64
	if err := tx.Table("search_pending").Where("asset_id IN ?", ids).Pluck("asset_id", &stale).Error; err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id int64) bool { return slices.Contains(stale, id) })
	for some := range slices.Chunk(ids, maxIn) {
		if err := indexFiles(tx, some, seqs); err != nil {
			return err
		}
	}
	return nil
}
