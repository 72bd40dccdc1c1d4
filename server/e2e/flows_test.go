//go:build linux

package e2e

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	vod "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/vod/v20180717"
)

// TestFlowsWithTheSDK makes a procedure, names it in a template, and pushes: the parts are there, and each of them can be fetched and is what it
// says it is.
func TestFlowsWithTheSDK(t *testing.T) {
	s := start(t)
	c := s.vod(call{})
	create := vod.NewCreateProcedureTemplateRequest()
	create.Name, create.Comment = new("everything"), new("for tests")
	create.MediaProcessTask = &vod.MediaProcessTaskInput{
		TranscodeTaskSet:            []*vod.TranscodeTaskInput{{Definition: new(uint64(100010))}},
		SnapshotByTimeOffsetTaskSet: []*vod.SnapshotByTimeOffsetTaskInput{{Definition: new(uint64(10)), ExtTimeOffsetSet: []*string{new("50%")}}},
		ImageSpriteTaskSet:          []*vod.ImageSpriteTaskInput{{Definition: new(uint64(10))}},
		CoverBySnapshotTaskSet: []*vod.CoverBySnapshotTaskInput{
			{Definition: new(uint64(10)), PositionType: new("Percent"), PositionValue: new(10.0)},
		},
	}
	if _, err := c.CreateProcedureTemplate(create); err != nil {
		t.Fatal(err)
	}
	create.Comment = new("again") // the very same request would get the first answer again
	_, err := c.CreateProcedureTemplate(create)
	wantCode(t, err, "InvalidParameter.ExistedProcedureName")
	s.recordWith("everything")
	if err := s.push(clip(t, 4), "live/show", false); err != nil {
		t.Fatal(err)
	}
	var m *vod.MediaInfo
	eventually(t, "the parts", func() bool {
		found := s.searchStream("show")
		if len(found) == 0 {
			return false
		}
		get := vod.NewDescribeMediaInfosRequest()
		get.FileIds = []*string{found[0].FileId}
		all, err := c.DescribeMediaInfos(get)
		if err != nil {
			t.Fatal(err)
		}
		m = all.Response.MediaInfoSet[0]
		return m.TranscodeInfo != nil && len(m.TranscodeInfo.TranscodeSet) > 1
	})
	s.wantImage(*m.BasicInfo.CoverUrl)
	s.wantImage(*m.SnapshotByTimeOffsetInfo.SnapshotByTimeOffsetSet[0].PicInfoSet[0].Url)
	sprite := m.ImageSpriteInfo.ImageSpriteSet[0]
	s.wantImage(*sprite.ImageUrlSet[0])
	if _, body := s.get(pathOf(t, *sprite.WebVttUrl)); !strings.HasPrefix(string(body), "WEBVTT") {
		t.Errorf("WebVTT: %s", body)
	}
	out := run(t, "ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", *m.TranscodeInfo.TranscodeSet[1].Url)
	if !strings.Contains(out, "h264") || !strings.Contains(out, "aac") {
		t.Errorf("the transcode has %q", out)
	}
	s.processByHand(c, m)
}

// processByHand orders a picture, waits for it, and reads its event.
func (s *instance) processByHand(c *vod.Client, m *vod.MediaInfo) {
	s.t.Helper()
	process := vod.NewProcessMediaRequest()
	process.FileId, process.SessionId = m.FileId, new("once")
	process.MediaProcessTask = &vod.MediaProcessTaskInput{
		AnimatedGraphicTaskSet: []*vod.AnimatedGraphicTaskInput{{Definition: new(uint64(20000)), StartTimeOffset: new(0.0), EndTimeOffset: new(1.0)}},
	}
	ordered, err := c.ProcessMedia(process)
	if err != nil {
		s.t.Fatal(err)
	}
	process.SessionContext = new("again")
	_, err = c.ProcessMedia(process)
	wantCode(s.t, err, "FailedOperation.TaskDuplicate")
	ask := vod.NewDescribeTaskDetailRequest()
	ask.TaskId = ordered.Response.TaskId
	var done *vod.ProcedureTask
	eventually(s.t, "the picture", func() bool {
		detail, err := c.DescribeTaskDetail(ask)
		if err != nil {
			s.t.Fatal(err)
		}
		done = detail.Response.ProcedureTask
		return *done.Status == "FINISH"
	})
	step := done.MediaProcessResultSet[0]
	if *step.Type != "AnimatedGraphics" || *step.AnimatedGraphicTask.Status != "SUCCESS" || *step.AnimatedGraphicTask.Output.Container != "gif" {
		text, _ := json.Marshal(step)
		s.t.Errorf("the step is %s", text)
	}
	if _, body := s.get(pathOf(s.t, *step.AnimatedGraphicTask.Output.Url)); !strings.HasPrefix(string(body), "GIF89a") {
		s.t.Errorf("the picture begins with %.10q", body)
	}
}

func (s *instance) recordWith(procedure string) {
	s.t.Helper()
	id := s.createTemplate("flows", 0, 1800)
	s.act("ModifyLiveRecordTemplate", "Version", "2018-08-01", "TemplateId", id2text(id), "Mp4Param.Enable", "1", "Mp4Param.RecordInterval", "1800",
		"Mp4Param.Procedure", procedure)
	s.createRule("localhost", "live", "", id)
}

func id2text(id int64) string { b, _ := json.Marshal(id); return string(b) }

func (s *instance) wantImage(address string) {
	s.t.Helper()
	if r, body := s.get(pathOf(s.t, address)); r.StatusCode != 200 || !strings.HasPrefix(string(body), "\xff\xd8\xff") {
		s.t.Errorf("%s: %d, begins with %.10q", address, r.StatusCode, body)
	}
}

func pathOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.RequestURI()
}

// TestCoverByItself: a recording gets one that nobody has asked for.
func TestCoverByItself(t *testing.T) {
	s := start(t, "AIRCHECK_CATALOG_COVER=true")
	if err := s.push(clip(t, 4), "live/show", false); err != nil {
		t.Fatal(err)
	}
	var cover string
	eventually(t, "the cover", func() bool {
		for _, m := range s.searchStream("show") {
			cover = *m.BasicInfo.CoverUrl
		}
		return cover != ""
	})
	s.wantImage(cover)
}

// TestKilledServerGoesOnWithFlows kills the server while ffmpeg works for it: no child outlives it, and the next start does the task again and
// leaves nothing unfinished.
func TestKilledServerGoesOnWithFlows(t *testing.T) {
	data := t.TempDir()
	s := startIn(t, data)
	s.createRule("localhost", "live", "", s.createTemplate("mp4", 0, 1800))
	if err := s.push(clip(t, 20), "live/show", false); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the file", func() bool {
		return len(s.searchStream("show")) == 1 && *s.searchStream("show")[0].BasicInfo.Status == "Normal"
	})
	process := vod.NewProcessMediaRequest()
	process.FileId = s.searchStream("show")[0].FileId
	process.MediaProcessTask = &vod.MediaProcessTaskInput{TranscodeTaskSet: []*vod.TranscodeTaskInput{{Definition: new(uint64(100110))}}}
	ordered, err := s.vod(call{}).ProcessMedia(process)
	if err != nil {
		t.Fatal(err)
	}
	children := func() []string { return ffmpegsOf(t, data) }
	eventually(t, "ffmpeg", func() bool { return len(children()) > 0 })
	s.kill()
	eventually(t, "the end of ffmpeg", func() bool { return len(children()) == 0 })
	s = startIn(t, data)
	ask := vod.NewDescribeTaskDetailRequest()
	ask.TaskId = ordered.Response.TaskId
	eventually(t, "the transcode", func() bool {
		detail, err := s.vod(call{}).DescribeTaskDetail(ask)
		if err != nil {
			t.Fatal(err)
		}
		p := detail.Response.ProcedureTask
		return *p.Status == "FINISH" && len(p.MediaProcessResultSet) == 1 && *p.MediaProcessResultSet[0].TranscodeTask.Status == "SUCCESS"
	})
	eventually(t, "a clean folder", func() bool {
		left, err := os.ReadDir(filepath.Join(data, "recordings", ".drafts"))
		return os.IsNotExist(err) || err == nil && len(left) == 0
	})
}

// ffmpegsOf lists the ffmpegs that have a file below a folder open.
func ffmpegsOf(t *testing.T, dir string) (out []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/comm")
	if err != nil {
		t.Fatal(err)
	}
	for _, comm := range all {
		if name, err := os.ReadFile(comm); err != nil || strings.TrimSpace(string(name)) != "ffmpeg" {
			continue
		}
		files, _ := filepath.Glob(filepath.Join(filepath.Dir(comm), "fd", "*"))
		for _, f := range files {
			if to, err := os.Readlink(f); err == nil && strings.HasPrefix(to, dir) {
				out = append(out, comm)
				break
			}
		}
	}
	return out
}
