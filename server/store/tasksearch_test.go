package store

import "testing"

// TestTaskSearchPlan: a span is looked for in the index of ends, however many tasks there are.
func TestTaskSearchPlan(t *testing.T) {
	s := open(t)
	var plan []struct{ Detail string }
	must(t, s.reader.Raw("EXPLAIN QUERY PLAN SELECT * FROM tasks WHERE deleted_time = 0 AND end_time > 1 AND end_time < 9 AND start_time < 5 "+
		"ORDER BY start_time, id LIMIT 5").Scan(&plan).Error)
	if len(plan) == 0 || plan[0].Detail != "SEARCH tasks USING INDEX tasks_end (end_time>? AND end_time<?)" {
		t.Errorf("%+v", plan)
	}
}
