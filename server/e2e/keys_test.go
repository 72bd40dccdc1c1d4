package e2e

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	cam "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cam/v20190116"
	cloudaudit "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cloudaudit/v20190319"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	live "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/live/v20180801"
)

// cam calls an action that the SDK of that version does not have, and returns its answer.
func (s *instance) cam(action, parameters string) []byte {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, "http://"+s.http, strings.NewReader(parameters))
	if err != nil {
		s.t.Fatal(err)
	}
	r.SetBasicAuth(s.id, s.key)
	for name, value := range map[string]string{"Content-Type": "application/json", "X-TC-Action": action, "X-TC-Version": "2019-01-16"} {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || strings.Contains(string(text), `"Error"`) {
		s.t.Fatalf("%s: %v, %s", action, err, text)
	}
	return text
}

// TestAccessKeys: a key that was made is good for every way to sign until it is disabled, and stays so over a kill; who did that is written down.
func TestAccessKeys(t *testing.T) {
	s := start(t)
	var made struct {
		Response struct {
			AccessKey struct{ AccessKeyId, SecretAccessKey string } //nolint:revive // the wire format's names
		}
	}
	if err := json.Unmarshal(s.cam("CreateAccessKey", `{"Description":"studio"}`), &made); err != nil {
		t.Fatal(err)
	}
	key := made.Response.AccessKey
	codes := func() string {
		t.Helper()
		var out []string
		for _, c := range calls {
			client, err := live.NewClient(common.NewCredential(key.AccessKeyId, key.SecretAccessKey), "", s.profile(c))
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.DescribeLiveDomains(live.NewDescribeLiveDomainsRequest())
			var refused *sdkerrors.TencentCloudSDKError
			switch {
			case errors.As(err, &refused):
				out = append(out, refused.Code)
			case err != nil:
				t.Fatal(err)
			default:
				out = append(out, "ok")
			}
		}
		return strings.Join(out, " ")
	}
	if got := codes(); got != "ok ok ok ok ok ok" {
		t.Error("new:", got)
	}
	s.cam("UpdateAccessKey", `{"AccessKeyId":"`+key.AccessKeyId+`","Status":"Inactive"}`)
	const refused = "AuthFailure.SecretIdNotFound"
	want := strings.TrimSpace(strings.Repeat(refused+" ", len(calls)))
	if got := codes(); got != want {
		t.Error("disabled:", got)
	}
	events := func() []*cloudaudit.Event {
		t.Helper()
		client, err := cloudaudit.NewClient(common.NewCredential(s.id, s.key), "", s.profile(calls[1]))
		if err != nil {
			t.Fatal(err)
		}
		r := cloudaudit.NewDescribeEventsRequest()
		now := uint64(time.Now().Unix())
		r.StartTime, r.EndTime, r.MaxResults = common.Uint64Ptr(now-600), common.Uint64Ptr(now+5), common.Uint64Ptr(50)
		r.LookupAttributes = []*cloudaudit.LookupAttribute{{AttributeKey: common.StringPtr("EventName"), AttributeValue: common.StringPtr("UpdateAccessKey")}}
		answer, err := client.DescribeEvents(r)
		if err != nil {
			t.Fatal(err)
		}
		return answer.Response.Events
	}
	eventually(t, "the change to be written down", func() bool { return len(events()) == 1 })
	s.kill()
	s = startIn(t, s.data)
	if got := codes(); got != want {
		t.Error("disabled, after a kill:", got)
	}
	client, err := cam.NewClient(common.NewCredential(s.id, s.key), "", s.profile(calls[2]))
	if err != nil {
		t.Fatal(err)
	}
	list, err := client.ListAccessKeys(cam.NewListAccessKeysRequest())
	if err != nil {
		t.Fatal(err)
	}
	if all := list.Response.AccessKeys; len(all) != 2 || *all[0].AccessKeyId != s.id || *all[0].Status != "Active" || *all[1].AccessKeyId != key.AccessKeyId || *all[1].Status != "Inactive" {
		t.Errorf("%d keys", len(all))
	}
	all := events()
	if len(all) != 1 || *all[0].SecretId != s.id || *all[0].SourceIPAddress != "127.0.0.1" || !strings.Contains(*all[0].CloudAuditEvent, key.AccessKeyId) {
		t.Fatalf("%d events", len(all))
	}
	if at, err := strconv.ParseInt(*all[0].EventTime, 10, 64); err != nil || time.Since(time.Unix(at, 0)) > time.Hour {
		t.Error(*all[0].EventTime, err)
	}
}
