package server

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// act calls an action by HTTP Basic with "SecretId:SecretKey", and returns its answer.
func act(t *testing.T, address, pair, version, action, body string) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	id, key, _ := strings.Cut(pair, ":")
	r.SetBasicAuth(id, key)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-TC-Action", action)
	r.Header.Set("X-TC-Version", version)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var a struct{ Response map[string]any }
	if err := json.NewDecoder(answer.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a.Response
}

// TestKeysAndAuditSurvive makes a key, has it used by the API and the metrics, starts the server again, and looks at what was written down.
func TestKeysAndAuditSurvive(t *testing.T) {
	cfg := testConfig(t)
	cfg.Metrics.Auth = metricsAlways
	s, stop := start(t, cfg, slog.New(slog.DiscardHandler))
	address := s.listener.Addr().String()
	text, err := os.ReadFile(filepath.Join(cfg.DataDir, "secrets", "api_key"))
	if err != nil {
		t.Fatal(err)
	}
	first := strings.TrimSpace(string(text))
	made := act(t, address, first, "2019-01-16", "CreateAccessKey", `{"Description":"x"}`)["AccessKey"].(map[string]any)
	id := made["AccessKeyId"].(string)
	pair := id + ":" + made["SecretAccessKey"].(string)
	metrics := func(pair string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		id, key, _ := strings.Cut(pair, ":")
		r.SetBasicAuth(id, key)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		_, _ = io.Copy(io.Discard, answer.Body)
		return answer.StatusCode
	}
	if a, b := metrics(first), metrics(pair); a != 200 || b != 200 {
		t.Errorf("metrics: %d with the first key, %d with another", a, b)
	}
	act(t, address, pair, "2018-08-01", "ModifyLivePushAuthKey", `{"DomainName":"localhost","MasterAuthKey":"topsecret1"}`)
	if err := stop(); err != nil { // it writes what waits to be written
		t.Fatal(err)
	}
	s, _ = start(t, cfg, slog.New(slog.DiscardHandler))
	address = s.listener.Addr().String()
	keys := act(t, address, pair, "2019-01-16", "ListAccessKeys", `{}`)["AccessKeys"].([]any)
	for _, k := range keys {
		if k := k.(map[string]any); k["LastUsedTime"] == "" || k["CreateTime"] == "" {
			t.Errorf("after a restart: %v", k)
		}
	}
	now := time.Now().Unix()
	events := act(t, address, first, "2019-03-19", "DescribeEvents", fmt.Sprintf(`{"StartTime":%d,"EndTime":%d}`, now-1000, now+10))["Events"].([]any)
	var did []string
	for _, e := range events {
		e := e.(map[string]any)
		did = append(did, fmt.Sprint(e["EventName"], " ", e["SecretId"] == id, " ", e["RequestParameters"]))
	}
	want := `ModifyLivePushAuthKey true {"DomainName":"localhost","MasterAuthKey":"***"}, CreateAccessKey false {"Description":"x"}`
	if got := strings.Join(did, ", "); got != want || len(keys) != 2 {
		t.Errorf("%d keys; written down: %s, want %s", len(keys), got, want)
	}
	act(t, address, first, "2019-01-16", "UpdateAccessKey", `{"AccessKeyId":"`+id+`","Status":"Inactive"}`)
	if a, b := metrics(first), metrics(pair); a != 200 || b != 401 {
		t.Errorf("metrics: %d with the first key, %d with one that is disabled", a, b)
	}
	if e, _ := act(t, address, pair, "2019-01-16", "ListAccessKeys", `{}`)["Error"].(map[string]any); e["Code"] != "AuthFailure.SecretIdNotFound" {
		t.Errorf("one that is disabled: %v", e)
	}
}
