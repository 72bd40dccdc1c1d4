package e2e

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	vod "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/vod/v20180717"
)

// ask calls an action of vod and decodes its answer.
func (s *instance) ask(answer any, params ...string) {
	s.t.Helper()
	q := url.Values{"Version": {"2018-07-17"}}
	for i := 0; i+1 < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	basic := base64.StdEncoding.EncodeToString([]byte(s.id + ":" + s.key))
	_, body := s.get("/?"+q.Encode(), "Authorization", "Basic "+basic)
	var envelope struct {
		Response struct {
			Error *struct{ Code, Message string }
		}
	}
	if err := json.Unmarshal(body, &envelope); err != nil || envelope.Response.Error != nil {
		s.t.Fatalf("%v: %v: %s", params, err, body)
	}
	if err := json.Unmarshal(body, &struct{ Response any }{answer}); err != nil {
		s.t.Fatalf("%v: %v: %s", params, err, body)
	}
}

// local is an address of the server as this machine reaches it.
func (s *instance) local(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		s.t.Fatal(err)
	}
	u.Scheme, u.Host = "http", s.http
	return u.String()
}

// packetHashes are those of all packets of a kind.
func packetHashes(t *testing.T, from, kind string) []string {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", kind, "-show_packets", "-show_data_hash", "MD5",
		"-show_entries", "packet=data_hash", "-of", "csv=p=0", from).Output()
	if err != nil {
		t.Fatalf("ffprobe %s: %v", from, err)
	}
	return slices.DeleteFunc(strings.Fields(string(out)), func(f string) bool { return !strings.HasPrefix(f, "MD5:") })
}

// TestSpliceInterruptedShow: a show that was interrupted twice becomes one file with one call. No packet is lost or doubled, the gaps are told,
// and the file plays.
func TestSpliceInterruptedShow(t *testing.T) {
	s := start(t)
	s.createRule("localhost", "live", "show", s.createTemplate("show", 0, 600))
	dir := t.TempDir()
	for i, length := range []string{"2.1", "1.5", "1.6"} {
		clip := filepath.Join(dir, "clip.flv")
		cmd := exec.Command("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000",
			"-t", length, "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv", clip)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("ffmpeg: %v: %s", err, out)
		}
		if err := s.push(clip, "live/show", true); err != nil {
			t.Fatal(err)
		}
		s.awaitFiles(".mp4", i+1)
	}
	var splice struct {
		FileId, Url, Method, TaskId string
		PieceSet                    []struct{ FileId string }
		GapSet                      []struct{ Duration float64 }
	}
	eventually(t, "three recordings in the catalogue", func() bool {
		found := s.searchStream("show")
		return len(found) == 3 && !slices.ContainsFunc(s.splicedIn("show", ".mp4"), func(m spliced) bool { return m.BasicInfo.Status != "Normal" })
	})
	s.ask(&splice, "Action", "SpliceRecordings", "DomainName", "localhost", "AppName", "live", "StreamName", "show", "Wait", "25")
	if len(splice.PieceSet) != 3 || len(splice.GapSet) != 2 || splice.Method != "copy" || splice.FileId == "" {
		t.Fatalf("%+v", splice)
	}
	var want, got struct{ v, a []string }
	for _, p := range splice.PieceSet {
		var info struct {
			MediaInfoSet []struct{ BasicInfo struct{ MediaUrl string } }
		}
		s.ask(&info, "Action", "DescribeMediaInfos", "FileIds.0", p.FileId)
		from := s.local(info.MediaInfoSet[0].BasicInfo.MediaUrl)
		want.v, want.a = append(want.v, packetHashes(t, from, "v")...), append(want.a, packetHashes(t, from, "a")...)
	}
	result := s.local(splice.Url)
	got.v, got.a = packetHashes(t, result, "v"), packetHashes(t, result, "a")
	if len(want.v) < 125 || !slices.Equal(want.v, got.v) || !slices.Equal(want.a, got.a) {
		t.Errorf("%d pictures and %d frames of sound became %d and %d, or others", len(want.v), len(want.a), len(got.v), len(got.a))
	}
	if out, err := exec.Command("ffmpeg", "-v", "error", "-i", result, "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("ffmpeg: %v: %s", err, out)
	}
	var info struct {
		MediaInfoSet []struct {
			BasicInfo  struct{ SourceInfo struct{ SourceType string } }
			MetaData   struct{ Duration float64 }
			RecordInfo struct {
				GapSet []struct {
					At, Length float64
				}
			}
		}
	}
	s.ask(&info, "Action", "DescribeMediaInfos", "FileIds.0", splice.FileId)
	m := info.MediaInfoSet[0]
	if m.BasicInfo.SourceInfo.SourceType != "VideoProcessing" || len(m.RecordInfo.GapSet) != 2 || m.MetaData.Duration < 5.1 || m.MetaData.Duration > 5.4 {
		t.Errorf("%+v", m)
	}
	s.splicesLive(dir)
	s.clips(splice.FileId)
	s.composes(splice.PieceSet[0].FileId, splice.PieceSet[1].FileId)
}

// splicesLive splices while the show goes on: what is being recorded is taken as far as it is.
func (s *instance) splicesLive(dir string) {
	s.t.Helper()
	push := s.pusher(filepath.Join(dir, "clip.flv"), "live/show", true, "-stream_loop", "-1")
	if err := push.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = push.Process.Kill(); _ = push.Wait() })
	var splice struct {
		FileId, Url string
		PieceSet    []struct{ FileId string }
	}
	eventually(s.t, "a splice with what is being recorded", func() bool {
		s.ask(&splice, "Action", "SpliceRecordings", "DomainName", "localhost", "AppName", "live", "StreamName", "show", "Wait", "25")
		return len(splice.PieceSet) == 4 && splice.Url != ""
	})
	if out, err := exec.Command("ffmpeg", "-v", "error", "-i", s.local(splice.Url), "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		s.t.Errorf("ffmpeg: %v: %s", err, out)
	}
}

// clips cuts parts out of a file: as an address, and as a new file.
func (s *instance) clips(id string) {
	s.t.Helper()
	for _, more := range [][]string{{"IsPersistence", "0"}, {"IsPersistence", "1", "OutputMediaType", "mp4"}, {"IsPersistence", "1", "Precision", "precise"}} {
		var clip struct{ Url, FileId string }
		s.ask(&clip, append([]string{"Action", "SimpleHlsClip", "Url", id, "StartTimeOffset", "-2.5", "EndTimeOffset", "-1"}, more...)...)
		if (clip.FileId == "") != (more[1] == "0") {
			s.t.Errorf("%v: %+v", more, clip)
		}
		out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", s.local(clip.Url)).Output()
		length, _ := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
		if err != nil || length < 1.4 || length > 2.6 || more[len(more)-1] == "precise" && length > 1.65 {
			s.t.Errorf("%v: %s: %v s, %v", more, clip.Url, length, err)
		}
	}
}

// composes has the SDK put two files together, one of them small, and waits for it.
func (s *instance) composes(first, second string) {
	s.t.Helper()
	item := func(id string, width *string) *vod.MediaTrackItem {
		return &vod.MediaTrackItem{Type: common.StringPtr("Video"), VideoItem: &vod.VideoTrackItem{
			SourceMedia: &id, SourceMediaStartTime: common.Float64Ptr(0.5), Duration: common.Float64Ptr(0.6), Width: width,
		}}
	}
	q := vod.NewComposeMediaRequest()
	q.Tracks = []*vod.MediaTrack{{
		Type: common.StringPtr("Video"), TrackItems: []*vod.MediaTrackItem{item(first, nil), item(second, common.StringPtr("50%"))},
	}}
	q.Output = &vod.ComposeMediaOutput{FileName: common.StringPtr("both"), Container: common.StringPtr("mp4")}
	made, err := s.vod(calls[0]).ComposeMedia(q)
	if err != nil {
		s.t.Fatal(err)
	}
	d := vod.NewDescribeTaskDetailRequest()
	d.TaskId = made.Response.TaskId
	var done *vod.DescribeTaskDetailResponse
	eventually(s.t, "the composition", func() bool {
		if done, err = s.vod(calls[0]).DescribeTaskDetail(d); err != nil {
			s.t.Fatal(err)
		}
		return *done.Response.Status == "FINISH"
	})
	c := done.Response.ComposeMediaTask
	if *done.Response.TaskType != "ComposeMedia" || *c.ErrCode != 0 || c.Output == nil || c.MetaData == nil {
		s.t.Fatalf("%s", done.ToJsonString())
	}
	if out, err := exec.Command("ffmpeg", "-v", "error", "-i", s.local(*c.Output.FileUrl), "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		s.t.Errorf("ffmpeg: %v: %s", err, out)
	}
	if *c.MetaData.Duration < 1.1 || *c.MetaData.Duration > 1.3 {
		s.t.Errorf("%v s", *c.MetaData.Duration)
	}
	var event *vod.ComposeMediaTask
	eventually(s.t, "the event of the composition", func() bool {
		got, err := s.vod(calls[0]).PullEvents(vod.NewPullEventsRequest())
		if err != nil {
			s.t.Fatal(err)
		}
		confirm := vod.NewConfirmEventsRequest()
		for _, e := range got.Response.EventSet {
			confirm.EventHandles = append(confirm.EventHandles, e.EventHandle)
			if *e.EventType == "ComposeMediaComplete" {
				event = e.ComposeMediaCompleteEvent
			}
		}
		if len(confirm.EventHandles) > 0 {
			if _, err := s.vod(calls[0]).ConfirmEvents(confirm); err != nil {
				s.t.Fatal(err)
			}
		}
		return event != nil
	})
	if *event.TaskId != *made.Response.TaskId || *event.Status != "FINISH" || *event.Output.FileId != *c.Output.FileId || event.MetaData == nil {
		s.t.Errorf("%+v", event)
	}
}
