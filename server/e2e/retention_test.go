//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// act calls an action that no SDK knows, and returns its answer.
func (s *instance) act(action string, parameters ...string) map[string]any {
	s.t.Helper()
	query := url.Values{"Action": {action}, "Version": {"2018-07-17"}}
	for i := 0; i < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	req := http.Request{Header: http.Header{}}
	req.SetBasicAuth(s.id, s.key)
	_, body := s.get("/?"+query.Encode(), "Authorization", req.Header.Get("Authorization"))
	var answer struct{ Response map[string]any }
	if err := json.Unmarshal(body, &answer); err != nil {
		s.t.Fatalf("%v in %s", err, body)
	}
	if e := answer.Response["Error"]; e != nil {
		s.t.Fatalf("%s: %v", action, e)
	}
	return answer.Response
}

// TestOldestMakeRoom fills the disk: the oldest recordings go, the one that is held stays, and the next push is recorded.
func TestOldestMakeRoom(t *testing.T) {
	if !alone(t) {
		return
	}
	source := clip(t, 20)
	testDisks(t, func(t *testing.T, d *testDisk) {
		data := t.TempDir()
		d.into(filepath.Join(data, "recordings"))
		s := startIn(t, data, "AIRCHECK_STORAGE_WHEN_FULL=delete_oldest")
		s.recordEverything("", 1800)
		for n := range 4 {
			name := fmt.Sprintf("show%d", n)
			if err := s.push(source, "live/"+name, false); err != nil {
				t.Fatal(err)
			}
			for _, f := range formats() {
				s.recorded(name, f, 1)
			}
		}
		count := func(n int) int { return len(s.searchStream(fmt.Sprintf("show%d", n))) }
		all := count(0)
		held := *s.searchStream("show0")[0].FileId
		s.act("SetMediaHold", "FileIds.0", held, "Hold", "true", "Reason", "evidence")
		floor := s.readiness().Storage.Floor
		d.leave(floor * 9 / 8)
		s.await("room was scarce: the oldest files were deleted")
		eventually(t, "room", func() bool { return s.readiness().Storage.Free > floor*5/4 })
		left := s.searchStream("show0")
		if len(left) == all || count(3) != all {
			t.Errorf("of %d files of each show, %d of the oldest and %d of the newest are left", all, len(left), count(3))
		}
		kept := false
		for _, m := range left {
			kept = kept || *m.FileId == held
		}
		if !kept {
			t.Error("a file that is held was deleted")
		}
		if err := s.push(source, "live/late", false); err != nil {
			t.Fatal(err)
		}
		s.pushedIs("late", source, 1)
		s.stop()
	})
}

// reconciled waits for a comparison of catalogue and storage that began after another one, and returns its report.
func (s *instance) reconciled(after string) (report map[string]any) {
	s.t.Helper()
	eventually(s.t, "a comparison of catalogue and storage", func() bool {
		answer := s.act("DescribeReconcileReport")
		report, _ = answer["Report"].(map[string]any)
		return answer["State"] == "Done" && report["BeginTime"].(string) > after
	})
	return report
}

// TestOldDatabase brings back the database of yesterday: what was recorded since is found in the storage.
func TestOldDatabase(t *testing.T) {
	data := t.TempDir()
	s := startIn(t, data)
	s.recordEverything("", 1800)
	s.stop()
	database := filepath.Join(data, "aircheck.db")
	old, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	s = startIn(t, data)
	source := clip(t, 20)
	if err := s.push(source, "live/show", false); err != nil {
		t.Fatal(err)
	}
	s.pushedIs("show", source, 1)
	s.stop()
	var files []string
	for _, ext := range []string{".flv", ".mp4", ".ts", ".aac"} {
		files = append(files, s.files(ext)...)
	}
	for _, name := range files {
		hourAgo := time.Now().Add(-time.Hour)
		if err := os.Chtimes(name, hourAgo, hourAgo); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{database + "-wal", database + "-shm"} {
		if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(database, old, 0o600); err != nil {
		t.Fatal(err)
	}
	s = startIn(t, data)
	report := s.reconciled("")
	if got := fmt.Sprint(report["Adopted"]); got != fmt.Sprint(len(formats())) {
		t.Errorf("%s files were adopted: %v", got, report)
	}
	s.pushedIs("show", source, 1)
	// One goes, and comes back.
	if err := os.Rename(files[1], files[1]+".away"); err != nil {
		t.Fatal(err)
	}
	state := func() (status, page string) {
		for _, m := range s.searchStream("show") {
			if *m.BasicInfo.Type == "mp4" {
				at, err := url.Parse(*m.BasicInfo.MediaUrl)
				if err != nil {
					t.Fatal(err)
				}
				answer, body := s.get(at.EscapedPath())
				return *m.BasicInfo.Status, fmt.Sprint(answer.StatusCode, " ", string(body[:min(len(body), 100)]))
			}
		}
		return "none", ""
	}
	first := report["BeginTime"].(string)
	eventually(t, "another second", func() bool { s.act("ReconcileMedia"); return s.reconciled("")["BeginTime"].(string) > first })
	if status, page := state(); status != "Lost" || !strings.HasPrefix(page, "404 file") || !strings.Contains(page, "is lost") {
		t.Error(status, page)
	}
	if err := os.Rename(files[1]+".away", files[1]); err != nil {
		t.Fatal(err)
	}
	s.act("ReconcileMedia")
	eventually(t, "the file to be found", func() bool { status, _ := state(); return status == "Normal" })
	s.pushedIs("show", source, 1)
}
