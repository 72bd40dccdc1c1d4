package store

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/server/audit"
)

// entry returns one with everything set.
func entry(n int) audit.Entry {
	return audit.Entry{
		Time: at.Add(time.Duration(n) * time.Minute), Scheme: "Basic", KeyID: "AKID" + strconv.Itoa(n%2), Remote: "192.0.2." + strconv.Itoa(n), Agent: "curl",
		Product: "live", Action: "Do" + strconv.Itoa(n%3), Params: `{"a":"é"}`, Answer: "{}", RequestID: "r" + strconv.Itoa(n),
	}
}

// TestAudit checks that entries come back as they were, the newest first, and what filters choose.
func TestAudit(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	var all []audit.Entry
	for n := range 6 {
		e := entry(n)
		if n == 4 {
			e.KeyID, e.Scheme, e.Product, e.Code = "", "Session", "console", "WrongPassword"
		}
		all = append(all, e)
	}
	must(t, s.AddAudit(ctx, all[:4]))
	must(t, s.AddAudit(ctx, all[4:]))
	got, total, err := s.Audit(ctx, audit.Filter{Limit: 1})
	must(t, err)
	want := all[5]
	want.ID = 6
	if d := cmp.Diff([]audit.Entry{want}, got); d != "" || total != 6 {
		t.Error(d, total)
	}
	for i, c := range []struct {
		filter audit.Filter
		want   string
		total  int
	}{
		{audit.Filter{}, "[6 5 4 3 2 1]", 6},
		{audit.Filter{Before: 3}, "[2 1]", 6},
		{audit.Filter{From: at.Add(time.Minute), To: at.Add(3 * time.Minute)}, "[3 2]", 2},
		{audit.Filter{Actions: []string{"Do0", "Do2"}}, "[6 4 3 1]", 4},
		{audit.Filter{KeyID: "AKID0"}, "[3 1]", 2},
		{audit.Filter{Console: true}, "[5]", 1},
		{audit.Filter{Failed: true}, "[5]", 1},
		{audit.Filter{Done: true, Product: "live", Remote: "192.0.2.3"}, "[4]", 1},
		{audit.Filter{Code: "WrongPassword"}, "[5]", 1},
		{audit.Filter{RequestID: "r2"}, "[3]", 1},
		{audit.Filter{ID: 2}, "[2]", 1},
		{audit.Filter{ID: 2, RequestID: "r2"}, "[]", 0},
	} {
		c.filter.Limit = 10
		page, total, err := s.Audit(ctx, c.filter)
		must(t, err)
		ids := []int64{}
		for _, e := range page {
			ids = append(ids, e.ID)
		}
		if fmt.Sprint(ids) != c.want || total != c.total {
			t.Errorf("%d: %v of %d, want %s of %d", i, ids, total, c.want, c.total)
		}
	}
}

// TestSweepAudit checks that what is old goes, and what is too much, a few at a time.
func TestSweepAudit(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	var all []audit.Entry
	for n := range 10 {
		all = append(all, entry(n))
	}
	must(t, s.AddAudit(ctx, all))
	for i, c := range []struct{ before, keep, limit, removed, left int }{
		{0, 10, 5, 0, 10}, {0, 100, 5, 0, 10}, {3, 100, 2, 2, 8}, {3, 100, 2, 1, 7}, {3, 100, 2, 0, 7}, {0, 5, 1, 1, 6}, {0, 5, 10, 1, 5}, {100, 5, 10, 5, 0}, {100, 5, 10, 0, 0},
	} {
		n, err := s.SweepAudit(ctx, at.Add(time.Duration(c.before)*time.Minute), c.keep, c.limit)
		must(t, err)
		page, left, err := s.Audit(ctx, audit.Filter{Limit: 10})
		must(t, err)
		if n != c.removed || left != c.left || left > 0 && page[0].RequestID != "r9" {
			t.Errorf("%d: %d removed, %d left", i, n, left)
		}
	}
}
