package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	"gorm.io/gorm"
)

// together runs do for the numbers from 0 to n-1, each in a goroutine of its own, and waits for them.
func together(n int64, do func(i int64)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}

// awaitQueue returns when n writes wait.
func awaitQueue(s *Store, n int) {
	for {
		s.queue.mu.Lock()
		have := len(s.queue.waiting)
		s.queue.mu.Unlock()
		if have >= n {
			return
		}
		runtime.Gosched()
	}
}

// part is a write that a group consists of, and what became of it.
type part struct {
	ctx      context.Context
	do       func(tx *gorm.DB) error
	err      error
	panicked any
	exited   bool
	left     chan struct{} // closed when write has returned
}

func (p *part) write(s *Store) {
	p.exited = true
	defer func() { p.panicked = recover() }()
	p.err = s.write(p.ctx, p.do)
	p.exited = false
	if p.left != nil {
		close(p.left)
	}
}

// group makes parts wait in their order while the first of them leads, and returns when all are done.
func group(t *testing.T, s *Store, parts []*part) {
	t.Helper()
	var wg sync.WaitGroup
	began, all := make(chan struct{}), make(chan struct{})
	leader := parts[0].do
	parts[0].do = func(tx *gorm.DB) error {
		close(began)
		<-all
		return leader(tx)
	}
	for i, p := range parts {
		if p.ctx == nil {
			p.ctx = t.Context()
		}
		wg.Go(func() { p.write(s) })
		if i == 0 {
			<-began
			continue
		}
		awaitQueue(s, i)
	}
	close(all)
	wg.Wait()
	if s.queue.led || len(s.queue.waiting) > 0 {
		t.Error("somebody still leads or waits")
	}
}

// settingParts are n parts, each of which makes a setting with its number.
func settingParts(n int) (parts []*part) {
	for i := range n {
		parts = append(parts, &part{do: func(tx *gorm.DB) error { return setSetting(tx, strconv.Itoa(i), "v") }})
	}
	return parts
}

// then makes p go on after its setting.
func (p *part) then(do func(tx *gorm.DB) error) {
	first := p.do
	p.do = func(tx *gorm.DB) error {
		if err := first(tx); err != nil {
			return err
		}
		return do(tx)
	}
}

// wantSettings: those settings are there, and no other.
func wantSettings(t *testing.T, s *Store, want func(i int) bool) {
	t.Helper()
	for i := range 2 * maxGroup {
		if _, ok, err := s.Setting(t.Context(), strconv.Itoa(i)); ok != want(i) || err != nil {
			t.Errorf("setting %d: %v %v", i, ok, err)
		}
	}
}

func wantNone(int) bool { return false }

// TestGroup: writes that wait share transactions, in their order. One that fails takes nobody with it.
func TestGroup(t *testing.T) {
	s := open(t)
	must(t, s.writer.Create(&assetIDRow{ID: 1}).Error)
	const n = maxGroup + 20
	fails := func(i int) bool { return i%3 == 2 }
	parts := settingParts(n)
	var order []int
	transactions := map[gorm.ConnPool]int{}
	for i, p := range parts {
		p.then(func(tx *gorm.DB) error {
			order = append(order, i)
			transactions[tx.Statement.ConnPool]++
			if fails(i) {
				return tx.Create(&assetIDRow{ID: 1}).Error
			}
			return nil
		})
	}
	group(t, s, parts)
	for i, p := range parts {
		if errors.Is(p.err, gorm.ErrDuplicatedKey) != fails(i) || (p.err != nil) != fails(i) {
			t.Errorf("write %d: %v", i, p.err)
		}
	}
	wantSettings(t, s, func(i int) bool { return i < n && !fails(i) })
	if !slices.IsSorted(order) || len(order) != n {
		t.Error("order:", order)
	}
	sizes := []int{}
	for _, n := range transactions {
		sizes = append(sizes, n)
	}
	if slices.Sort(sizes); !slices.Equal(sizes, []int{n - maxGroup, maxGroup}) {
		t.Error("writes in one transaction:", sizes)
	}
}

// TestGroupLeaderFails: the others have a transaction without it.
func TestGroupLeaderFails(t *testing.T) {
	failed := errors.New("failed")
	for name, do := range map[string]func(tx *gorm.DB) error{
		"error": func(*gorm.DB) error { return failed },
		"panic": func(*gorm.DB) error { panic(failed) },
		"exit":  func(*gorm.DB) error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			parts := settingParts(5)
			parts[0].then(do)
			group(t, s, parts)
			got := parts[0]
			if (got.err == failed) != (name == "error") || (got.panicked == failed) != (name == "panic") {
				t.Error("the leader:", got.err, got.panicked)
			}
			for _, p := range parts[1:] {
				must(t, p.err)
			}
			wantSettings(t, s, func(i int) bool { return i >= 1 && i < 5 })
		})
	}
}

// TestGroupPanic: a panic comes to the caller whose function it was in, and to nobody else.
func TestGroupPanic(t *testing.T) {
	s := open(t)
	parts := settingParts(5)
	parts[2].then(func(*gorm.DB) error { panic("oh") })
	group(t, s, parts)
	for i, p := range parts {
		got, ok := p.panicked.(*panicError)
		if ok != (i == 2) || p.err != nil || ok && (got.value != "oh" || len(got.stack) == 0) {
			t.Errorf("write %d: %v, panic %v", i, p.err, p.panicked)
		}
	}
	wantSettings(t, s, func(i int) bool { return i < 5 && i != 2 })
}

// TestGroupLost: nothing remains of a group that cannot be committed. Everybody gets an error, and the next write succeeds.
func TestGroupLost(t *testing.T) {
	for name, do := range map[string]func(tx *gorm.DB) error{
		"commit": func(tx *gorm.DB) error { // fails, for the sake of a key that is verified only then
			return errors.Join(tx.Exec("PRAGMA defer_foreign_keys = 1").Error,
				tx.Exec("CREATE TABLE a (id BIGINT PRIMARY KEY, other BIGINT REFERENCES a)").Error,
				tx.Exec("INSERT INTO a VALUES (1, 2)").Error)
		},
		"rolled back": func(tx *gorm.DB) error { // as SQLite does by itself after some errors
			return errors.Join(errors.New("failed"), tx.Exec("ROLLBACK").Error)
		},
		"rolled back unseen": func(tx *gorm.DB) error { return tx.Exec("ROLLBACK").Error },
		"exit":               func(*gorm.DB) error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			parts := settingParts(5)
			parts[4].then(do)
			group(t, s, parts)
			for i, p := range parts {
				// The leader's goroutine is the one that an exit ends.
				if exits := name == "exit" && i == 0; p.exited != exits || (p.err == nil) != exits {
					t.Errorf("write %d: %v, exited %v", i, p.err, p.exited)
				}
			}
			wantSettings(t, s, wantNone)
			must(t, s.SetSetting(t.Context(), "7", "v"))
			wantSettings(t, s, func(i int) bool { return i == 7 })
		})
	}
}

// TestGroupFull: of what has no room nothing remains, and the next write that has succeeds.
func TestGroupFull(t *testing.T) {
	s := open(t)
	var pages int
	must(t, s.writer.Raw("PRAGMA page_count").Scan(&pages).Error)
	must(t, s.writer.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages+10)).Error)
	parts := settingParts(5)
	for _, p := range parts[2:] {
		p.then(func(tx *gorm.DB) error { return setSetting(tx, "large", string(make([]byte, 1<<20))) })
	}
	group(t, s, parts)
	for i, p := range parts {
		if i >= 2 && p.err == nil {
			t.Error("no error of write", i)
		}
	}
	wantSettings(t, s, func(i int) bool { return i < 5 && parts[i].err == nil })
	must(t, s.SetSetting(t.Context(), "7", "v"))
}

func TestGroupCannotWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	s := openAt(t, path)
	reading, err := OpenReadOnly(t.Context(), path)
	must(t, err)
	closed := open(t)
	must(t, closed.Close())
	together(40, func(i int64) {
		for name, cannot := range map[string]*Store{"read only": reading, "closed": closed} {
			if err := cannot.SetSetting(t.Context(), fmt.Sprint(i), "v"); err == nil {
				t.Error(name, "but written")
			}
		}
	})
	must(t, reading.Close())
	wantSettings(t, s, wantNone)
}

// TestGroupCancel: a wait ends with its context, and what has begun does not.
func TestGroupCancel(t *testing.T) {
	s := open(t)
	parts := settingParts(6)
	ctx, cancel := context.WithCancel(t.Context())
	begunCtx, cancelBegun := context.WithCancel(t.Context())
	left := make(chan struct{})
	parts[0].then(func(*gorm.DB) error {
		cancel()
		<-left // 2 has left while the leader was at work
		return nil
	})
	parts[1].ctx = begunCtx
	parts[1].then(func(*gorm.DB) error { cancelBegun(); return nil })
	parts[2].ctx, parts[2].left = ctx, left
	parts[3].ctx = begunCtx // ends when the one before it is carried out
	group(t, s, parts)
	wantError(t, parts[2].err, context.Canceled)
	wantError(t, parts[3].err, context.Canceled)
	for _, i := range []int{0, 1, 4, 5} {
		must(t, parts[i].err)
	}
	wantSettings(t, s, func(i int) bool { return i < 6 && i != 2 && i != 3 })
}

// TestGroupsConcurrently: whatever comes of many writes at once, each is told what became of it.
func TestGroupsConcurrently(t *testing.T) {
	s := open(t)
	failed := errors.New("failed")
	var parts [2 * maxGroup]*part
	together(int64(len(parts)), func(i int64) {
		p := settingParts(int(i) + 1)[i]
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p.ctx = ctx
		switch i % 5 {
		case 1:
			p.then(func(*gorm.DB) error { return failed })
		case 2:
			p.then(func(*gorm.DB) error { panic(failed) })
		case 3:
			go cancel()
		}
		p.write(s)
		parts[i] = p
	})
	for i, p := range parts {
		ok := i%5 == 0 || i%5 == 4 || i%5 == 3 && p.err == nil
		if (p.err == nil && p.panicked == nil) != ok || (p.panicked != nil) != (i%5 == 2) {
			t.Errorf("write %d: %v, panic %v", i, p.err, p.panicked)
		}
		if p.err != nil && !errors.Is(p.err, failed) && !errors.Is(p.err, context.Canceled) {
			t.Errorf("write %d: %v", i, p.err)
		}
	}
	wantSettings(t, s, func(i int) bool { return parts[i].err == nil && parts[i].panicked == nil })
}

// TestUndoInMemory: savepoints need no temporary files; indexes that are made in an upgrade may.
func TestUndoInMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aircheck.db")
	for range 2 { // a new one, and one that is up to date
		s, err := Open(t.Context(), path)
		must(t, err)
		var store string
		must(t, s.writer.Raw("PRAGMA temp_store").Scan(&store).Error)
		if store != "2" {
			t.Error("temp_store:", store)
		}
		must(t, s.Close())
	}
}

// BenchmarkRecordingTogether is what 40 recordings cost that begin together and end together.
func BenchmarkRecordingTogether(b *testing.B) {
	s := open(b)
	b.ReportAllocs()
	const streams = 40
	for first := int64(1); b.Loop(); first += streams {
		together(streams, func(i int64) {
			if err := s.AddRecording(b.Context(), begun(first+i)); err != nil {
				b.Error(err)
			}
		})
		together(streams, func(i int64) {
			file := asset(first + i)
			file.SHA256 = ""
			if err := s.AddFile(b.Context(), file, fileReady(file)); err != nil {
				b.Error(err)
			}
		})
	}
}
