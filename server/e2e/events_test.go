package e2e

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	vod "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/vod/v20180717"
)

// pulled are the first n events that come, and their handles.
func pulled(t *testing.T, c *vod.Client, n int) (events []*vod.EventContent, handles []*string) {
	t.Helper()
	for deadline := time.Now().Add(patience); len(events) < n; {
		got, err := c.PullEvents(vod.NewPullEventsRequest())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range got.Response.EventSet {
			events, handles = append(events, e), append(handles, e.EventHandle)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d events came", len(events), n)
		}
	}
	return events, handles
}

// TestPullEvents: recordings are told of, to the Go SDK; their deletion to the Node SDK, after a kill.
func TestPullEvents(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := startIn(t, data)
	s.node().do(sdkCall{Product: "vod", Action: "ModifyEventConfig", Params: map[string]any{
		"UploadMediaCompleteEventSwitch": "ON", "DeleteMediaCompleteEventSwitch": "ON",
	}}, nil)
	if err := s.push(clip(t, 1), "live/show", false); err != nil {
		t.Fatal(err)
	}
	c := s.vod(calls[0])
	events, handles := pulled(t, c, 2) // the first template's: MP4 and HLS
	for _, e := range events {
		if *e.EventType != "NewFileUpload" || e.FileUploadEvent == nil || e.FileDeleteEvent != nil {
			t.Fatalf("%+v", e)
		}
		basic := e.FileUploadEvent.MediaBasicInfo
		if *basic.SourceInfo.SourceType != "Record" || *e.FileUploadEvent.MetaData.Duration <= 0 {
			t.Errorf("%+v", *e.FileUploadEvent)
		}
		if answer, body := s.get(strings.TrimPrefix(*basic.MediaUrl, "http://"+s.http)); answer.StatusCode != http.StatusOK || len(body) == 0 {
			t.Errorf("%s: %s", *basic.MediaUrl, answer.Status)
		}
	}
	confirm := vod.NewConfirmEventsRequest()
	confirm.EventHandles = handles
	if _, err := c.ConfirmEvents(confirm); err != nil {
		t.Fatal(err)
	}
	old := "1.7"
	confirm.EventHandles = []*string{&old}
	_, err := c.ConfirmEvents(confirm)
	wantCode(t, err, "InvalidParameterValue")
	remove := vod.NewDeleteMediaRequest()
	remove.FileId = events[0].FileUploadEvent.FileId
	if _, err := c.DeleteMedia(remove); err != nil {
		t.Fatal(err)
	}
	s.kill()

	s = startIn(t, data)
	n := s.node()
	var got struct {
		EventSet []struct {
			EventHandle, EventType string
			FileDeleteEvent        struct{ FileIdSet []string }
		}
	}
	n.do(sdkCall{Product: "vod", Action: "PullEvents"}, &got)
	if len(got.EventSet) != 1 || got.EventSet[0].EventType != "FileDeleted" ||
		!slices.Equal(got.EventSet[0].FileDeleteEvent.FileIdSet, []string{*remove.FileId}) {
		t.Fatalf("%+v", got)
	}
	n.do(sdkCall{Product: "vod", Action: "ConfirmEvents", Params: map[string]any{"EventHandles": []string{got.EventSet[0].EventHandle}}}, nil)
	n.refused(sdkCall{Product: "vod", Action: "DescribeTaskDetail", Params: map[string]any{"TaskId": "none"}}, "ResourceNotFound")
	var tasks struct{ TaskSet []json.RawMessage }
	if n.do(sdkCall{Product: "vod", Action: "DescribeTasks"}, &tasks); len(tasks.TaskSet) != 0 {
		t.Errorf("%s", tasks.TaskSet)
	}
}

// TestPushedEvents: the same, sent to an address; and the old API finds the file by how its name begins.
func TestPushedEvents(t *testing.T) {
	t.Parallel()
	came := make(chan []byte, 16)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		came <- body
	}))
	defer receiver.Close()
	s := start(t)
	s.node().do(sdkCall{Product: "vod", Action: "ModifyEventConfig", Params: map[string]any{
		"UploadMediaCompleteEventSwitch": "ON", "Mode": "PUSH", "NotificationUrl": receiver.URL, "SignKey": "abc",
	}}, nil)
	if err := s.push(clip(t, 1), "live/old", false); err != nil {
		t.Fatal(err)
	}
	var e struct {
		EventHandle     *string
		EventType, Sign string
		T               int64
		FileUploadEvent struct {
			FileID         string
			MediaBasicInfo struct{ Name string }
		}
	}
	select {
	case body := <-came:
		if err := json.Unmarshal(body, &e); err != nil {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	if e.EventType != "NewFileUpload" || e.EventHandle != nil || len(e.Sign) != 32 || e.T <= time.Now().Unix() {
		t.Errorf("%+v", e)
	}
	name, id := e.FileUploadEvent.MediaBasicInfo.Name, e.FileUploadEvent.FileID
	for _, query := range []string{"Action=DescribeVodPlayInfo&fileName=" + name, "Action=DescribeRecordPlayInfo&vid=" + id} {
		basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(s.id+":"+s.key))
		_, body := s.get("/v2/index.php?"+query, "Authorization", basic)
		var got struct {
			Code    int
			FileSet []struct {
				FileID, Status string
				PlaySet        []struct{ URL string }
			}
		}
		if err := json.Unmarshal(body, &got); err != nil || got.Code != 0 || len(got.FileSet) == 0 || len(got.FileSet[0].PlaySet) != 1 {
			t.Fatalf("%s: %s: %v", query, body, err)
		}
		play, ours := strings.CutPrefix(got.FileSet[0].PlaySet[0].URL, "http://"+s.http)
		if answer, _ := s.get(play); !ours || answer.StatusCode != http.StatusOK || got.FileSet[0].Status != "2" {
			t.Errorf("%s: %s", body, answer.Status)
		}
	}
}
