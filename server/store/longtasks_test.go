package store

import (
	"strings"
	"testing"
)

// TestLongTaskPlans: what is asked with each file that is stored is found by an index, however many tasks and events there are.
func TestLongTaskPlans(t *testing.T) {
	s := open(t)
	for query, want := range map[string]string{
		"SELECT count(*) FROM long_tasks WHERE " + longTaskWaiting:                     "INDEX long_tasks_open (status=?)",
		"SELECT * FROM long_tasks WHERE " + longTaskOpen + " ORDER BY create_time, id": "INDEX long_tasks_open (status=?)",
		"SELECT id FROM long_tasks WHERE finish_time <> 0 AND finish_time < 5 LIMIT 5": "INDEX long_tasks_finished (finish_time<?)",
		"SELECT count(*) FROM long_tasks WHERE session_id <> '' AND sub_app_id = 1 AND session_id = 's' AND create_time > 5"://
		"INDEX long_tasks_session (sub_app_id=? AND session_id=? AND create_time>?)",
		"SELECT id FROM long_tasks WHERE sub_app_id = 1 AND file_id <> 0 AND file_id = 4 ORDER BY create_time DESC, id DESC LIMIT 5"://
		"INDEX long_tasks_file (sub_app_id=? AND file_id=?)",
		"SELECT * FROM assets WHERE " + madeByTask + " AND cause = 'a' AND " + visible + " ORDER BY id LIMIT 1": "INDEX assets_made (cause=?)",
		"SELECT * FROM vod_events WHERE " + queued + " AND sub_app_id = 1 AND lease_until + 0 <= 5 ORDER BY id LIMIT 5"://
		"INDEX vod_events_queued (sub_app_id=?)",
		"SELECT lease_until FROM vod_events WHERE " + queued + " AND sub_app_id = 1 ORDER BY lease_until LIMIT 1"://
		"INDEX vod_events_lease (sub_app_id=?)",
		"SELECT id FROM vod_events WHERE at < 5 LIMIT 5": "INDEX vod_events_at (at<?)",
	} {
		var plan []struct{ Detail string }
		must(t, s.reader.Raw("EXPLAIN QUERY PLAN "+query).Scan(&plan).Error)
		if len(plan) == 0 || !strings.HasSuffix(plan[0].Detail, want) {
			t.Errorf("%s: %+v", query, plan)
		}
	}
}
