package e2e

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	live "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/live/v20180801"
)

// freePort is a port of this machine that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// TestPullFromSourceThatComesAndGoes fetches what ffmpeg serves, twice. MP4 is new files, HLS goes on, and nothing of the source is lost.
func TestPullFromSourceThatComesAndGoes(t *testing.T) {
	port := freePort(t)
	s := start(t, fmt.Sprintf("AIRCHECK_PULL=[{from: 'rtmp://camera:hush@127.0.0.1:%s/live/show?token=hush', to: live/pulled}]", port))
	s.spliceEverything("pulled")
	source := clip(t, 2)
	want := units(t, source)
	for n := 1; n <= 2; n++ {
		run(t, "ffmpeg", "-v", "error", "-re", "-i", source, "-c", "copy", "-f", "flv", "-listen", "1", "rtmp://127.0.0.1:"+port+"/live/show")
		s.awaitFiles(".mp4", n)
	}
	for _, file := range s.files(".mp4") {
		samePackets(t, want, units(t, file))
	}
	if n := len(s.splicedIn("pulled", ".m3u8")); n != 1 {
		t.Errorf("%d HLS recordings", n)
	}
	all, err := s.live(calls[0]).DescribePullStreamConfigs(live.NewDescribePullStreamConfigsRequest())
	if err != nil {
		t.Fatal(err)
	}
	if list := all.Response.PullStreamConfigs; len(list) != 1 || *list[0].FromUrl != "rtmp://camera:***@127.0.0.1:"+port+"/live/show?token=***" {
		t.Errorf("%s", all.ToJsonString())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.Contains(fmt.Sprint(s.log), "hush") {
		t.Error("secrets are in the log")
	}
}

// TestPullFromAnotherServer has one server fetch what is pushed to another, by RTSP and by RTMP, as the official SDK asks for it.
func TestPullFromAnotherServer(t *testing.T) {
	far, near := start(t), start(t)
	template := near.createTemplate("pull", 600, 0)
	from := map[string]string{"rtsp": far.await("listening", "face", "rtsp").text("address"), "rtmp": far.rtmp}
	source := clip(t, 4)
	push := far.pusher(source, "live/show", true)
	if err := push.Start(); err != nil {
		t.Fatal(err)
	}
	far.await("publishing", "stream", "localhost/live/show")
	var ids []*string
	for _, scheme := range []string{"rtsp", "rtmp"} {
		near.createRule("localhost", "live", scheme, template)
		r := live.NewCreatePullStreamConfigRequest()
		r.FromUrl = common.StringPtr(scheme + "://" + from[scheme] + "/live/show")
		r.ToUrl = common.StringPtr("rtmp://localhost/live/" + scheme)
		r.AreaId, r.IspId = common.Int64Ptr(1), common.Int64Ptr(1)
		answer, err := near.live(calls[0]).CreatePullStreamConfig(r)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, answer.Response.ConfigId)
	}
	if err := push.Wait(); err != nil {
		t.Fatal(err)
	}
	want := hashesOf(units(t, source)["video"])
	for _, file := range near.awaitFiles(".flv", 2) {
		got := hashesOf(units(t, file)["video"])
		at := slices.Index(want, got[0])
		if at < 0 || len(got) < 25 || !slices.Equal(got, want[at:]) {
			t.Errorf("%s: %d pictures, not the last ones of the %d of the source, but from %d on", file, len(got), len(want), at)
		}
	}
	off := live.NewModifyPullStreamStatusRequest()
	off.ConfigIds, off.Status = ids, common.StringPtr("4")
	if _, err := near.live(calls[0]).ModifyPullStreamStatus(off); err != nil {
		t.Fatal(err)
	}
	gone := live.NewDeletePullStreamConfigRequest()
	gone.ConfigId = ids[0]
	if _, err := near.live(calls[0]).DeletePullStreamConfig(gone); err != nil {
		t.Fatal(err)
	}
	all, err := near.live(calls[0]).DescribePullStreamConfigs(live.NewDescribePullStreamConfigsRequest())
	if err != nil {
		t.Fatal(err)
	}
	if list := all.Response.PullStreamConfigs; len(list) != 1 || *list[0].ConfigId != *ids[1] || *list[0].Status != "4" {
		t.Errorf("%s", all.ToJsonString())
	}
}

// hashesOf returns the payloads of packets.
func hashesOf(all []packet) []string {
	out := make([]string, len(all))
	for i, p := range all {
		out[i] = p.Hash
	}
	return out
}
