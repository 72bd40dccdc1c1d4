package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// visitor is a browser at the console of a server.
type visitor struct {
	t       *testing.T
	root    string
	cookie  *http.Cookie
	csrf    string
	headers map[string]string
}

// do makes a request and returns its answer, of which the caller closes the body.
func (v *visitor) do(method, path, body string) *http.Response {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.root+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if v.cookie != nil {
		r.AddCookie(v.cookie)
		r.Header.Set("X-Aircheck-Csrf", v.csrf)
	}
	for name, value := range v.headers {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer
}

// ask makes a request and returns the status and what was answered.
func (v *visitor) ask(method, path, body string) (status int, fields map[string]any) {
	v.t.Helper()
	answer := v.do(method, path, body)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	_ = json.Unmarshal(text, &fields) // what is no JSON is not looked at
	for _, c := range answer.Cookies() {
		v.cookie = c
	}
	return answer.StatusCode, fields
}

// login returns the status.
func (v *visitor) login(password string) int {
	v.t.Helper()
	status, fields := v.ask(http.MethodPost, "/console/session", `{"Password":"`+password+`"}`)
	v.csrf, _ = fields["Csrf"].(string)
	return status
}

// action returns the code of the error, or an empty text.
func (v *visitor) action(version, name, body string) string {
	v.t.Helper()
	v.headers = map[string]string{"X-TC-Action": name, "X-TC-Version": version}
	defer func() { v.headers = nil }()
	_, fields := v.ask(http.MethodPost, "/", body)
	response, _ := fields["Response"].(map[string]any)
	failure, _ := response["Error"].(map[string]any)
	code, _ := failure["Code"].(string)
	return code
}

// TestConsole goes in with the password that is printed at the first start, does what pages do, and is told what has changed.
func TestConsole(t *testing.T) {
	cfg := testConfig(t)
	var log bytes.Buffer
	s, stop := start(t, cfg, slog.New(slog.NewTextHandler(&log, nil)))
	v := &visitor{t: t, root: "http://" + s.listener.Addr().String()}
	for path, method := range map[string]string{
		"/console/events": http.MethodGet, "/console/preview": http.MethodGet, "/console/sessions": http.MethodGet, "/console/password": http.MethodPost,
	} {
		if status, _ := v.ask(method, path, "{}"); status != http.StatusForbidden {
			t.Errorf("%s without a login: %d", path, status)
		}
	}
	if status := v.login("not the password"); status != http.StatusForbidden || s.accessStats().Failures != 1 {
		t.Errorf("wrong password: %d, %+v", status, s.accessStats())
	}
	if status := v.login(s.freshPassword); status != http.StatusOK {
		t.Fatal("the password of the first start:", status)
	}
	events := v.do(http.MethodGet, "/console/events", "")
	defer events.Body.Close()
	lines := bufio.NewScanner(events.Body)
	next := func(event string) string {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == "event: "+event && lines.Scan() {
				return strings.TrimPrefix(lines.Text(), "data: ")
			}
		}
		t.Fatal("no more is told:", lines.Err())
		return ""
	}
	if live := next("live"); !strings.Contains(live, `"Streams":[]`) || !strings.Contains(live, `"Waiting":[]`) {
		t.Error(live)
	}
	if all := next("change"); !strings.Contains(all, `"media"`) {
		t.Error("at first:", all)
	}
	if code := v.action("2018-08-01", "CreateLiveRecordTemplate", `{"TemplateName":"a"}`); code != "" {
		t.Error(code)
	}
	for changed := ""; !strings.Contains(changed, `"recording"`); {
		changed = next("change")
	}
	csrf := v.csrf
	v.csrf = "x"
	if code := v.action("2018-08-01", "CreateLiveRecordTemplate", `{"TemplateName":"b"}`); code != "AuthFailure.TokenFailure" {
		t.Error("what the page was told is not asked for:", code)
	}
	v.csrf = csrf
	if err := stop(); err != nil { // although somebody listens
		t.Error(err)
	}
	if !strings.Contains(log.String(), s.freshPassword) {
		t.Error("nobody is told the password")
	}
	again, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	v.root = "http://" + again.listener.Addr().String()
	if again.freshPassword != "" {
		t.Error("another password is made at the second start")
	}
	if status, fields := v.ask(http.MethodGet, "/console/session", ""); fields["LoggedIn"] != true {
		t.Errorf("logged out by a restart: %d, %v", status, fields)
	}
}

// TestNewPassword checks that the password can be made anew while the server runs, and stands in no file.
func TestNewPassword(t *testing.T) {
	cfg := testConfig(t)
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	v := &visitor{t: t, root: "http://" + s.listener.Addr().String()}
	password, err := NewPassword(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if before, after := v.login(s.freshPassword), v.login(password); before != http.StatusForbidden || after != http.StatusOK {
		t.Errorf("%d with the password of before, %d with the new one", before, after)
	}
	name := filepath.Join(cfg.DataDir, "secrets", "console_password")
	text, err := os.ReadFile(name)
	if err != nil || strings.Contains(string(text), password) {
		t.Errorf("%s: %v", text, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("others may read it: %v, %v", info, err)
	}
	cfg.Console.Password = "in the configuration"
	if _, err := NewPassword(cfg); err == nil {
		t.Error("made although it is in the configuration")
	}
}

// TestConsoleTopics checks that it is known of every table which pages show what is in it.
func TestConsoleTopics(t *testing.T) {
	settings := []string{"counters", "domains", "classes", "protections", "settings", "storages", "sub_apps"}
	files, err := filepath.Glob("store/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	table := regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`)
	known := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range table.FindAllStringSubmatch(string(text), -1) {
			known[m[1]] = true
			if _, ok := consoleTopics[m[1]]; ok == slices.Contains(settings, m[1]) {
				t.Errorf("table %s is to be either in consoleTopics or here, among those that settings show", m[1])
			}
		}
	}
	told := map[string]bool{"settings": true}
	for name, topics := range consoleTopics {
		if !known[name] {
			t.Errorf("there is no table %s", name)
		}
		for _, topic := range topics {
			told[topic] = true
		}
	}
	if got, want := slices.Sorted(maps.Keys(told)), slices.Sorted(slices.Values(allTopics())); !slices.Equal(got, want) {
		t.Errorf("topics %v, all are %v", got, want)
	}
}
