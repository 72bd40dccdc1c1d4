package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// nodeSDK is a running node/sdk.js: the official Node SDK, told what to call.
type nodeSDK struct {
	t   *testing.T
	in  *json.Encoder
	out *json.Decoder
}

// sdkCall is a line to sdk.js; the zero call is the SDK's own choice, POST and TC3-HMAC-SHA256.
type sdkCall struct {
	Product string         `json:"product"`
	Action  string         `json:"action"`
	Params  map[string]any `json:"params"`
	Method  string         `json:"method,omitempty"`
	Sign    string         `json:"sign,omitempty"`
}

// sdkAnswer is a line from sdk.js.
type sdkAnswer struct {
	Answer json.RawMessage
	Error  *struct{ Code, Message, RequestID string } // what a TencentCloudSDKException holds
}

// installNode installs what node/package-lock.json pins, unless that is there.
func installNode(t *testing.T) {
	t.Helper()
	lock, err := os.Stat("node/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	installed, err := os.Stat("node/node_modules/.package-lock.json") // npm writes it last
	if err == nil && !installed.ModTime().Before(lock.ModTime()) {
		return
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	run(t, "npm", "--prefix", "node", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
}

// node starts the Node SDK against the server, and ends it with the test.
func (s *instance) node() *nodeSDK {
	s.t.Helper()
	installNode(s.t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, "node", filepath.Join("node", "sdk.js"))
	// The SDK would go through a proxy even to this machine.
	cmd.Env = append(os.Environ(), "http_proxy=", "ENDPOINT="+s.http, "SECRET_ID="+s.id, "SECRET_KEY="+s.key)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			s.t.Errorf("sdk.js: %v\n%s", err, stderr.String())
		}
		cancel()
	})
	return &nodeSDK{t: s.t, in: json.NewEncoder(in), out: json.NewDecoder(out)}
}

func (n *nodeSDK) call(c sdkCall) (a sdkAnswer) {
	n.t.Helper()
	if err := n.in.Encode(c); err != nil {
		n.t.Fatal(err)
	}
	if err := n.out.Decode(&a); err != nil {
		n.t.Fatal(err)
	}
	return a
}

// do calls an action that must succeed, and reads its answer into a value, or into nothing.
func (n *nodeSDK) do(c sdkCall, into any) {
	n.t.Helper()
	a := n.call(c)
	if a.Error != nil {
		n.t.Fatalf("%s: %+v", c.Action, *a.Error)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(a.Answer, into); err != nil {
		n.t.Fatalf("%s: %v: %s", c.Action, err, a.Answer)
	}
}

// refused calls an action that must fail with a code.
func (n *nodeSDK) refused(c sdkCall, code string) {
	n.t.Helper()
	a := n.call(c)
	if a.Error == nil || a.Error.Code != code || a.Error.Message == "" || a.Error.RequestID == "" {
		n.t.Errorf("%s: answer %s, error %+v, want the code %s", c.Action, a.Answer, a.Error, code)
	}
}

// tasks returns a stream's tasks.
func (n *nodeSDK) tasks(stream string) []recordTask {
	n.t.Helper()
	var found struct{ TaskList []recordTask }
	now := time.Now().Unix()
	n.do(sdkCall{Product: "live", Action: "DescribeRecordTask", Params: map[string]any{
		"StreamName": stream, "StartTime": now - 600, "EndTime": now + 3600,
	}}, &found)
	return found.TaskList
}

func (n *nodeSDK) createTemplate(c call, name string) (id int64) {
	n.t.Helper()
	var made struct{ TemplateID int64 }
	n.do(sdkCall{Product: "live", Action: "CreateLiveRecordTemplate", Method: c.method, Sign: c.sign, Params: map[string]any{
		"TemplateName": name, "Mp4Param": map[string]any{"Enable": 1, "RecordInterval": 3600},
	}}, &made)
	return made.TemplateID
}

// TestNodeSDK runs the life of a record task, and of what a rule records, by the Node SDK's typed clients.
func TestNodeSDK(t *testing.T) {
	t.Parallel()
	s := start(t)
	n := s.node()
	stream := func(more string, value any) map[string]any {
		return map[string]any{"DomainName": "localhost", "AppName": "live", "StreamName": "node", more: value}
	}
	n.do(sdkCall{Product: "live", Action: "CreateLiveRecordRule", Params: stream("TemplateId", n.createTemplate(calls[0], "node"))}, nil)
	var made struct{ TaskID string }
	n.do(sdkCall{Product: "live", Action: "CreateRecordTask", Params: stream("EndTime", time.Now().Unix()+600)}, &made)
	if got := n.tasks("node"); len(got) != 1 || got[0].TaskID != made.TaskID || got[0].State != "waiting" {
		t.Errorf("the new task %s: %+v", made.TaskID, got)
	}
	if err := s.push(clip(t, 2), "live/node", false); err != nil {
		t.Fatal(err)
	}
	files := n.awaitFiles("node")

	named := sdkCall{Product: "live", Action: "StopRecordTask", Params: map[string]any{"TaskId": made.TaskID}}
	n.do(named, nil)
	eventually(t, "the task to be stopped, with its file", func() bool {
		got := n.tasks("node")
		return len(got) == 1 && got[0].State == "stopped" && slices.Equal(got[0].FileIDs, []string{files["flv"]})
	})
	named.Action = "DeleteRecordTask"
	n.do(named, nil)
	if got := n.tasks("node"); len(got) != 0 {
		t.Errorf("after deleting it: %+v", got)
	}
	n.refused(sdkCall{Product: "live", Action: "StopRecordTask", Params: map[string]any{"TaskId": "none"}}, "InvalidParameter")
	n.refused(sdkCall{Product: "live", Action: "CreateRecordTask", Params: stream("EndTime", nil)}, "MissingParameter")
	n.everySignature()
}

// awaitFiles waits for the rule's MP4 and the task's FLV of a stream, and returns their ids by type.
func (n *nodeSDK) awaitFiles(stream string) map[string]string {
	n.t.Helper()
	search := sdkCall{Product: "vod", Action: "SearchMedia", Params: map[string]any{"StreamIds": []string{stream}}}
	files := map[string]string{}
	eventually(n.t, "an MP4 of the rule and an FLV of the task", func() bool {
		var found struct {
			MediaInfoSet []struct {
				FileID    string
				BasicInfo struct{ Type, Status string }
			}
		}
		n.do(search, &found)
		for _, m := range found.MediaInfoSet {
			if m.BasicInfo.Status == "Normal" {
				files[m.BasicInfo.Type] = m.FileID
			}
		}
		return files["mp4"] != "" && files["flv"] != ""
	})
	if len(files) != 2 {
		n.t.Errorf("the catalogue has %v", files)
	}
	return files
}

// everySignature: what is beyond ASCII, and nested, arrives by every request method and signature of the SDK.
func (n *nodeSDK) everySignature() {
	n.t.Helper()
	for i, c := range calls {
		name := "测试-" + strconv.Itoa(i)
		id := n.createTemplate(c, name)
		var got struct {
			Template struct {
				TemplateName string
				Mp4Param     struct{ Enable, RecordInterval int }
			}
		}
		n.do(sdkCall{Product: "live", Action: "DescribeLiveRecordTemplate", Method: c.method, Sign: c.sign, Params: map[string]any{"TemplateId": id}}, &got)
		if got.Template.TemplateName != name || got.Template.Mp4Param.Enable != 1 || got.Template.Mp4Param.RecordInterval != 3600 {
			n.t.Errorf("%v: the template came back as %+v", c, got)
		}
	}
}
