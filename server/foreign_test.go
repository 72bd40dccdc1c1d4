package server

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/server/auth"
	"aircheck/vod"
)

// TestForeignAddresses: an address of another server is not taken for a file of this one whose path is the same. One is of this server by any
// host by which it is known, or without a host.
func TestForeignAddresses(t *testing.T) {
	cfg := testConfig(t)
	cfg.API.SecretID, cfg.API.SecretKey = "id", "key"
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	domain, err := auth.NewDomain("push.example.org", auth.PushDomain)
	if err == nil {
		err = s.domains.Add(t.Context(), domain)
	}
	if err != nil {
		t.Fatal(err)
	}
	path := vod.PlayPath(recorded(t, s, media.StreamKey{Domain: "localhost", App: "live", Stream: "mine"}))
	const cover = `"MediaProcessTask":{"CoverBySnapshotTaskSet":[{"Definition":10,"PositionType":"Time","PositionValue":0}]}`
	calls := []struct{ action, format, code string }{
		{"SimpleHlsClip", `{"Url":"%s"}`, "InvalidParameterValue.Url"},
		{"ProcessMedia", `{"Url":"%s",` + cover + `}`, "InvalidParameterValue"},
		{"SpliceRecordings", `{"FileIds":["%[1]s","%[1]s"],"Wait":0}`, "InvalidParameterValue.FileIds"},
		{
			"ComposeMedia", `{"Tracks":[{"Type":"Video","TrackItems":[{"Type":"Video","VideoItem":{"SourceMedia":"%s"}}]}],"Output":{"FileName":"x"}}`,
			"InvalidParameterValue",
		},
	}
	for _, host := range []string{"http://evil.example", "//evil.example", "http://push.example.org.evil.example:8080", "http://203.0.113.9"} {
		for _, c := range calls {
			answer, code := vodAction(t, s, c.action, fmt.Sprintf(c.format, host+path))
			if code != c.code || !strings.Contains(fmt.Sprint(answer), "is not known as") {
				t.Errorf("%s of %s: %v", c.action, host, answer)
			}
		}
	}
	for _, host := range []string{"", s.baseURL(""), "http://PUSH.example.org:8443", "https://push.example.org", "http://127.0.0.1:80", "http://localhost", "http://[::1]:99"} {
		for _, c := range calls {
			if answer, code := vodAction(t, s, c.action, fmt.Sprintf(c.format, host+path)); code != "" {
				t.Errorf("%s of %s: %v", c.action, host, answer)
			}
		}
	}
	answer, _ := vodAction(t, s, "SpliceRecordings", `{"FileIds":["1","nonsense"]}`)
	if text := fmt.Sprint(answer); !strings.Contains(text, "element 1") || !strings.Contains(text, "nonsense") {
		t.Error(text)
	}
	answer, _ = vodAction(t, s, "ProcessMedia", "{}")
	if text := fmt.Sprint(answer); !strings.Contains(text, "Url") {
		t.Error(text)
	}
	answer, _ = vodAction(t, s, "CreateProcedureTemplate", `{"Name":"Cover",`+cover+`}`)
	if text := fmt.Sprint(answer); strings.Contains(text, "ResetProcedureTemplate") || !strings.Contains(text, "another name") {
		t.Error(text)
	}
}

// TestTaskOfAnotherApplication: who does not name the application of a task is told to, with the task's whole ID.
func TestTaskOfAnotherApplication(t *testing.T) {
	cfg := testConfig(t)
	cfg.API.SecretID, cfg.API.SecretKey = "id", "key"
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	const id = "1500001234-ModifyMediaStorageClass-0123456789abcdef0123456789abcdeft0"
	for action, more := range map[string]string{"DescribeTaskDetail": "", "ManageTask": `,"OperationType":"Abort"`} {
		answer, _ := vodAction(t, s, action, `{"TaskId":"`+id+`"`+more+`}`)
		if text := fmt.Sprint(answer); !strings.Contains(text, id) || !strings.Contains(text, "SubAppId 1500001234") {
			t.Errorf("%s: %s", action, text)
		}
		answer, _ = vodAction(t, s, action, `{"TaskId":"0-x"`+more+`}`)
		if text := fmt.Sprint(answer); strings.Contains(text, "SubAppId") || !strings.Contains(text, "0-x") {
			t.Errorf("%s: %s", action, text)
		}
	}
}
