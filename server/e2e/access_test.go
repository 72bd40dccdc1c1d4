package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	live "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/live/v20180801"
)

// TestForbiddenStream: what is forbidden is cut and stays out over a kill of the server, until it is resumed; and what was pushed is listed.
func TestForbiddenStream(t *testing.T) {
	s := start(t)
	source := clip(t, 2)
	domain, app, name := common.StringPtr("localhost"), common.StringPtr("live"), common.StringPtr("cam")
	began := time.Now().Add(-time.Second)
	state := func() string {
		t.Helper()
		r := live.NewDescribeLiveStreamStateRequest()
		r.DomainName, r.AppName, r.StreamName = domain, app, name
		answer, err := s.live(calls[0]).DescribeLiveStreamState(r)
		if err != nil {
			t.Fatal(err)
		}
		return *answer.Response.StreamState
	}
	push := s.pusher(source, "live/cam", true, "-stream_loop", "-1")
	if err := push.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the push", func() bool { return state() == "active" })
	forbid := live.NewForbidLiveStreamRequest()
	forbid.DomainName, forbid.AppName, forbid.StreamName, forbid.Reason = domain, app, name, common.StringPtr("it is late")
	if _, err := s.live(calls[0]).ForbidLiveStream(forbid); err != nil {
		t.Fatal(err)
	}
	if err := push.Wait(); err == nil {
		t.Error("the push ended well")
	}
	if got := state(); got != "forbid" {
		t.Error(got)
	}
	published := func() []*live.StreamName {
		t.Helper()
		r := live.NewDescribeLiveStreamPublishedListRequest()
		r.DomainName, r.StartTime = domain, common.StringPtr(began.UTC().Format(time.RFC3339))
		r.EndTime = common.StringPtr(time.Now().UTC().Format(time.RFC3339))
		answer, err := s.live(calls[0]).DescribeLiveStreamPublishedList(r)
		if err != nil {
			t.Fatal(err)
		}
		return answer.Response.PublishInfo
	}
	eventually(t, "the end to be written down", func() bool { return len(published()) == 1 })
	s.kill()
	s = startIn(t, s.data)
	if err := s.push(source, "live/cam", false); err == nil {
		t.Error("pushed although it is forbidden")
	}
	s.await("publisher refused", "name", "cam")
	list, err := s.live(calls[0]).DescribeLiveForbidStreamList(live.NewDescribeLiveForbidStreamListRequest())
	if err != nil || len(list.Response.ForbidStreamList) != 1 || *list.Response.ForbidStreamList[0].StreamName != "cam" {
		t.Error(list, err)
	}
	resume := live.NewResumeLiveStreamRequest()
	resume.DomainName, resume.AppName, resume.StreamName = domain, app, name
	if _, err := s.live(calls[0]).ResumeLiveStream(resume); err != nil {
		t.Fatal(err)
	}
	if err := s.push(source, "live/cam", false); err != nil {
		t.Error(err)
	}

	eventually(t, "both pushes", func() bool { return len(published()) == 2 })
	pushes := published()
	if !strings.Contains(*pushes[1].StopReason, "it is late") || *pushes[0].ClientIp != "127.0.0.1" || *pushes[0].Resolution == "" {
		t.Errorf("%+v %+v", *pushes[0], *pushes[1])
	}
	events := live.NewDescribeLiveStreamEventListRequest()
	events.StartTime = common.StringPtr(began.UTC().Format(time.RFC3339))
	events.EndTime = common.StringPtr(time.Now().UTC().Format(time.RFC3339))
	events.IsAsc, events.IsStrict, events.StreamName = common.Int64Ptr(1), common.Int64Ptr(1), name
	answer, err := s.live(calls[0]).DescribeLiveStreamEventList(events)
	if err != nil || *answer.Response.TotalNum != 2 || !strings.Contains(*answer.Response.EventList[0].StopReason, "it is late") {
		t.Error(answer.ToJsonString(), err)
	}
}

// TestPlayKeyOfTheSDK: the SDK reads and changes the play key.
func TestPlayKeyOfTheSDK(t *testing.T) {
	s := start(t)
	modify := live.NewModifyLivePlayAuthKeyRequest()
	modify.DomainName, modify.AuthKey, modify.AuthDelta = common.StringPtr("localhost"), common.StringPtr("sesame"), common.Uint64Ptr(60)
	if _, err := s.live(calls[0]).ModifyLivePlayAuthKey(modify); err != nil {
		t.Fatal(err)
	}
	describe := live.NewDescribeLivePlayAuthKeyRequest()
	describe.DomainName = modify.DomainName
	answer, err := s.live(calls[0]).DescribeLivePlayAuthKey(describe)
	if err != nil {
		t.Fatal(err)
	}
	if k := answer.Response.PlayAuthKeyInfo; *k.Enable != 1 || *k.AuthKey != "sesame" || *k.AuthDelta != 60 || *k.AuthBackKey != "" {
		t.Error(answer.ToJsonString())
	}
	describe.DomainName = common.StringPtr("unknown.example.com")
	_, err = s.live(calls[0]).DescribeLivePlayAuthKey(describe)
	wantCode(t, err, "ResourceNotFound.PlayDomainNoRecord")
}

// TestHookDecides: a server of the operator's is asked about a push from this machine, and about a player, and its word is final.
func TestHookDecides(t *testing.T) {
	asked := make(chan map[string]any, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q map[string]any
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error(err)
		}
		asked <- q
		answer := "1"
		if q["param"] == "?token=good" {
			answer = "0"
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer hook.Close()
	s := start(t, "AIRCHECK_PUSH_HOOK="+hook.URL, "AIRCHECK_PLAY_HOOK="+hook.URL)
	source := clip(t, 1)
	if err := s.push(source, "live/cam?token=bad", false); err == nil {
		t.Error("pushed although the hook said no")
	}
	if q := <-asked; q["action"] != "on_publish" || q["stream"] != "cam" || q["ip"] != "127.0.0.1" || q["app"] != "live" {
		t.Errorf("%v", q)
	}
	if err := s.push(source, "live/cam?token=good", false); err != nil {
		t.Error(err)
	}
	if q := <-asked; q["param"] != "?token=good" || q["vhost"] != "localhost" {
		t.Errorf("%v", q)
	}
	if answer, _ := s.get("/live/cam.flv"); answer.StatusCode != http.StatusForbidden {
		t.Error(answer.Status)
	}
	if q := <-asked; q["action"] != "on_play" || q["protocol"] != "http-flv" {
		t.Errorf("%v", q)
	}
	hook.Close()
	if err := s.push(source, "live/cam?token=good", false); err == nil {
		t.Error("pushed although the hook does not answer")
	}
	s.await("the hook gives no answer: nobody is let in")
}
