package store

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"aircheck/vod"
)

// awaitIndex waits until nothing is left to be indexed.
func awaitIndex(t *testing.T, s *Store) {
	t.Helper()
	for {
		n, err := s.Pending(t.Context(), 1)
		must(t, err)
		if n == 0 {
			return
		}
	}
}

// checkEntries looks whether the index has an entry for each visible file, at its place.
func checkEntries(t *testing.T, s *Store) {
	t.Helper()
	var want, got, words []int64
	must(t, s.reader.Model(&assetRow{}).Where(visible).Order("create_time, id").Pluck("id", &want).Error)
	must(t, s.reader.Model(&entryRow{}).Order("seq").Pluck("id", &got).Error)
	must(t, s.reader.Raw("SELECT id FROM search_index JOIN search_entries ON seq = search_index.rowid ORDER BY seq").Scan(&words).Error)
	if d := gocmp.Diff(want, got); d != "" {
		t.Error("entries:", d)
	}
	if d := gocmp.Diff(want, words); d != "" {
		t.Error("words:", d)
	}
	must(t, s.writer.Exec("INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 0)").Error)
}

// TestIndexer: what former runs left and what is written now comes into the index by itself, and leaves it.
func TestIndexer(t *testing.T) {
	s := open(t)
	add(t, s, library()...)
	x := &Indexer{Store: s, Log: slog.New(slog.DiscardHandler)}
	x.Start()
	awaitIndex(t, s)
	checkEntries(t, s)
	must(t, s.AddRecording(t.Context(), begun(90)))
	must(t, s.MarkDeleting(t.Context(), 3))
	awaitIndex(t, s)
	checkEntries(t, s)
	add(t, s, asset(90))
	must(t, s.PurgeAsset(t.Context(), 3))
	awaitIndex(t, s)
	checkEntries(t, s)
	x.Close()
	add(t, s, asset(91))
	if n, err := s.Pending(t.Context(), 10); n != 1 || err != nil {
		t.Error("indexed after its end:", n, err)
	}
}

// TestIndexInAnyOrder: files come in the order of their creation as a rule. The index puts up with any, also where there is no room left.
func TestIndexInAnyOrder(t *testing.T) {
	for name, second := range map[string]func(i int) int{
		"backwards": func(i int) int { return 200 - i },
		"inwards":   func(i int) int { return i%2*(400-2*i) + i },
		"at once":   func(int) int { return 7 },
		"random":    func(i int) int { return rand.New(rand.NewPCG(uint64(i), 1)).IntN(100) },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			for i := range 200 {
				a := asset(int64((i*37)%200 + 1))
				a.CreateTime = at.Add(time.Duration(second(i)) * time.Second)
				add(t, s, a)
				if i%3 == 0 {
					index(t, s)
				}
			}
			// The last ones are found to have changed while they are moved.
			must(t, s.MarkDeleting(t.Context(), 5))
			first := asset(500)
			first.CreateTime = at.Add(-time.Hour)
			add(t, s, first)
			index(t, s)
			checkEntries(t, s)
		})
	}
}

// TestIndexMovesStaleEntries: an entry that is in the way and out of date does not come back.
func TestIndexMovesStaleEntries(t *testing.T) {
	s := open(t)
	for i := range 10 {
		a := asset(int64(i + 2))
		a.CreateTime = at.Add(time.Duration(i) * time.Hour)
		add(t, s, a)
	}
	index(t, s)
	must(t, s.MarkDeleting(t.Context(), 4))
	must(t, s.write(t.Context(), func(tx *gorm.DB) error {
		before, err := entryBefore(tx, toMicro(at.Add(time.Minute)), 0)
		if err != nil {
			return err
		}
		free, err := makeRoom(tx, before)
		var taken int64
		if err == nil {
			err = tx.Model(&entryRow{}).Where("seq BETWEEN ? AND ?", before+1, free).Count(&taken).Error
		}
		if err == nil && (free <= before || taken > 0) {
			err = fmt.Errorf("no room: %d after %d, %d in between", free, before, taken)
		}
		return err
	}))
	page, err := s.SearchAssets(t.Context(), vod.Filter{Names: []string{"name"}, Limit: 100})
	if err != nil || page.Total != 9 {
		t.Error(page.Total, err)
	}
	index(t, s)
	checkEntries(t, s)
}

// TestIndexOfOldDatabase: a database from before there was an index is searched as ever, and indexed.
func TestIndexOfOldDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	deleted := asset(21)
	deleted.Status = vod.StatusDeleting
	version1(t, path, append(library(), deleted)...)
	s := openAt(t, path)
	everyWay(t, s, func(t *testing.T) {
		for _, f := range []vod.Filter{
			{Names: []string{"CLIP"}}, {Text: "_A"}, {Descriptions: []string{"name"}, ClassIDs: []int64{3}}, {Statuses: []vod.Status{vod.StatusNormal}},
		} {
			checkSearch(t, s, library(), f)
		}
	})
}

// TestDamagedTagsAreIndexed: one row that cannot be read does not keep the others out of the index.
func TestDamagedTagsAreIndexed(t *testing.T) {
	s := open(t)
	add(t, s, asset(1), asset(2))
	must(t, s.writer.Exec("UPDATE assets SET tags = '{' WHERE id = 1").Error)
	index(t, s)
	page, err := s.SearchAssets(t.Context(), vod.Filter{Names: []string{"name 2"}, Limit: 9})
	if page.Total != 1 || err != nil {
		t.Error(page.Total, err)
	}
}

// TestIndexTurns: the writer is not kept for long.
func TestIndexTurns(t *testing.T) {
	size := indexLeast
	for range 100 {
		size = nextSize(size, indexTurn/2)
	}
	if size != indexMost {
		t.Error("a fast disk:", size)
	}
	for range 100 {
		size = nextSize(size, 2*indexTurn)
	}
	if size != indexLeast {
		t.Error("a slow disk:", size)
	}
}

// TestIndexerRetries: an error is told, and is not the end.
func TestIndexerRetries(t *testing.T) {
	s := open(t)
	add(t, s, asset(1))
	must(t, s.writer.Exec("ALTER TABLE search_entries RENAME TO elsewhere").Error)
	var log lockedBuffer
	x := &Indexer{Store: s, Log: slog.New(slog.NewTextHandler(&log, nil))}
	x.Start()
	for !strings.Contains(log.String(), "search index not updated") {
		runtime.Gosched()
	}
	x.Close()
	if _, err := s.IndexPending(t.Context(), 1); err == nil || errors.Is(err, t.Context().Err()) {
		t.Error(err)
	}
}

// TestIndexReport: a large catalogue says how far it is.
func TestIndexReport(t *testing.T) {
	var log lockedBuffer
	for _, left := range []int{indexMany - 1, indexMany} {
		r := newIndexReport(slog.New(slog.NewTextHandler(&log, nil)), left)
		r.last = r.last.Add(-2 * indexPeriod)
		r.add(3)
		r.add(4)
		r.end()
	}
	if got := log.String(); strings.Count(got, "\n") != 3 || !strings.Contains(got, "files=3\n") || !strings.Contains(got, `msg="search index built" files=7`) {
		t.Error(got)
	}
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
