package e2e

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	live "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/live/v20180801"
)

// templateOf makes a template of some formats.
func (s *instance) templateOf(name string, formats ...string) int64 {
	s.t.Helper()
	r := live.NewCreateLiveRecordTemplateRequest()
	r.TemplateName = &name
	for _, f := range formats {
		switch f {
		case "flv":
			r.FlvParam = recordParam(600)
		case "mp4":
			r.Mp4Param = recordParam(600)
		case "hls":
			r.HlsParam = recordParam(60)
		case "aac":
			r.AacParam = recordParam(600)
		}
	}
	made, err := s.live(calls[0]).CreateLiveRecordTemplate(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return *made.Response.TemplateId
}

// rewound is a task that begins in the past.
type rewound struct {
	recordTask
	actual float64
	note   string
	// pushed is when the push began.
	pushed time.Time
	// took is how long after the call all its files could be fetched, for a task that is over by then.
	took time.Duration
}

// rewind makes a task, and waits until it is done and all its files are in the catalogue.
func (s *instance) rewind(stream string, from, to time.Time, template int64, files int) (out rewound) {
	s.t.Helper()
	called := time.Now()
	made := s.act("CreateRecordTask", "Version", "2018-08-01", "DomainName", "localhost", "AppName", "live", "StreamName", stream,
		"StartTime", fmt.Sprint(from.Unix()), "EndTime", fmt.Sprint(to.Unix()), "TemplateId", fmt.Sprint(template))
	out.actual, out.note = made["ActualStartTime"].(float64), made["Note"].(string)
	id := made["TaskId"].(string)
	eventually(s.t, "task "+id+" of "+stream, func() bool {
		for _, task := range s.tasks(stream) {
			if task.TaskID == id && task.State == "done" && len(task.FileIDs) == files {
				out.recordTask, out.took = task, time.Since(called)
				return true
			}
		}
		return false
	})
	return out
}

// fileOf returns the address of a task's file in a format.
func (s *instance) fileOf(task rewound, format string) string {
	s.t.Helper()
	ext := "." + format
	if format == "hls" {
		ext = ".m3u8"
	}
	for _, id := range task.FileIDs {
		media := s.act("DescribeMediaInfos", "FileIds.0", id)["MediaInfoSet"].([]any)[0].(map[string]any)
		basic := media["BasicInfo"].(map[string]any)
		if address := basic["MediaUrl"].(string); strings.HasSuffix(address, ext) {
			if strings.HasPrefix(address, "/") {
				address = "http://" + s.http + address
			}
			return address
		}
	}
	s.t.Fatalf("no %s in %+v", format, task)
	return ""
}

// cutOut demands that a file is a stretch of the source without anything missing or double, that it begins with the last key frame at or
// before a moment, and ends with the last frame before another. Both are known as well as it is known when the source began.
func cutOut(t *testing.T, file, source string, from, to [2]time.Duration) {
	t.Helper()
	if strings.HasSuffix(file, ".aac") {
		got, want := units(t, file)["audio"], units(t, source)["audio"]
		first := 0
		for first < len(want) && runs(got, want[first:]) < len(got) {
			first++
		}
		if len(got) == 0 || first == len(want) {
			t.Errorf("%s: %d frames that are no stretch of the source", file, len(got))
		}
		return
	}
	at, till := stretch(t, file, source)
	if at != math.Trunc(at) {
		t.Errorf("%s begins at %.2f s, with no key frame", file, at)
	}
	within(t, file+": the beginning", at, from[0]-time.Second, from[1])
	if at > from[1].Seconds() {
		t.Errorf("%s begins at %.2f s, want %.2f or before", file, at, from[1].Seconds())
	}
	within(t, file+": the end", till, to[0], to[1])
}

// TestRewindFromRing: the same without any recording, from the ring. What lies further back than the ring holds is missing, and that is said.
func TestRewindFromRing(t *testing.T) {
	t.Parallel()
	s := start(t, "AIRCHECK_REWIND_WINDOW=10s")
	source := clip(t, 20)
	all, one := s.templateOf("all", "flv", "mp4", "hls", "aac"), s.templateOf("one", "mp4")
	s.createRule("localhost", "live", "", s.templateOf("nothing"))
	whole := s.rewinds("ring", source, all, one)
	file := s.fileOf(whole, "mp4")
	from, to := stretch(t, file, source)
	if to != 20 || from != math.Trunc(from) || from < 5 {
		t.Errorf("of what the ring holds it has %.2f to %.2f s", from, to)
	}
	media := s.act("DescribeMediaInfos", "FileIds.0", whole.FileIDs[0])["MediaInfoSet"].([]any)[0].(map[string]any)
	record := media["RecordInfo"].(map[string]any)
	gap := record["GapSet"].([]any)[0].(map[string]any)
	if at, length := gap["At"].(float64), gap["Length"].(float64); at != 0 || math.Abs(length-from) > 1 {
		t.Errorf("it begins at %.2f s, and says %v", from, gap)
	}
	if off := whole.actual - float64(whole.pushed.UnixMilli())/1000; math.Abs(off-from) > 1.5 || whole.note != gap["Reason"] {
		t.Errorf("it begins at %.2f s; said was %.2f, %q", from, off, whole.note)
	}
}

// TestRewindFromRecordings: tasks begin in the past, which a rule's recordings hold, in each format: a clip while the stream goes on, one
// that goes on, and one after the stream has ended.
func TestRewindFromRecordings(t *testing.T) {
	t.Parallel()
	s := start(t)
	source := clip(t, 20)
	all, one := s.templateOf("all", "flv", "mp4", "hls", "aac"), s.templateOf("one", "mp4")
	for _, format := range []string{"flv", "mp4", "hls"} {
		s.createRule("localhost", "live", format, s.templateOf("only-"+format, format))
	}
	for _, format := range []string{"flv", "mp4", "hls"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			s := s.in(t)
			whole := s.rewinds(format, source, all, one)
			samePackets(t, units(t, source), units(t, s.fileOf(whole, "mp4")))
			if off := whole.actual - float64(whole.pushed.UnixMilli())/1000; off < 0 || off > 10 || whole.note != "the stream began later than that" {
				t.Errorf("it begins %f s after the push, %q", off, whole.note)
			}
		})
	}
}

// rewinds pushes a stream that is recorded or held somehow, and has tasks begin in its past. It returns one that asks for more than there
// can be, after the end of the stream.
func (s *instance) rewinds(stream, source string, all, one int64) rewound {
	t := s.t
	t.Helper()
	begun := time.Now()
	wait := s.pushing(source, "live/"+stream)
	eventually(t, stream+" to be live", func() bool { return s.isLive(stream) })
	seen := time.Now()
	eventually(t, "eight seconds", func() bool { return time.Since(seen) > 8*time.Second })
	between := func(at time.Time) [2]time.Duration { return [2]time.Duration{at.Sub(seen), at.Sub(begun)} }
	from, to := time.Unix(seen.Unix()+3, 0), time.Unix(seen.Unix()+6, 0)
	clip := s.rewind(stream, from, to, one, 1)
	cutOut(t, s.fileOf(clip, "mp4"), source, between(from), between(to))
	if clip.actual != float64(from.Unix()) || clip.note != "" {
		t.Errorf("it begins at %f, %q; want %d", clip.actual, clip.note, from.Unix())
	}
	called := time.Now()
	from, to = time.Unix(called.Unix()-5, 0), time.Unix(called.Unix()+3, 0)
	longer := s.rewind(stream, from, to, all, 4)
	for _, format := range []string{"flv", "mp4", "hls", "aac"} {
		cutOut(t, s.fileOf(longer, format), source, between(from), between(to))
	}
	wait()
	ended := time.Now()
	eventually(t, stream+" to be over for a second", func() bool { return !s.isLive(stream) && time.Since(ended) > 2*time.Second })
	from = time.Unix(seen.Unix()-60, 0)
	whole := s.rewind(stream, from, time.Unix(time.Now().Unix(), 0), one, 1)
	whole.pushed = begun
	return whole
}

// isLive reports whether a stream is published.
func (s *instance) isLive(stream string) bool {
	s.t.Helper()
	r := live.NewDescribeLiveStreamOnlineListRequest()
	r.StreamName = &stream
	answer, err := s.live(calls[0]).DescribeLiveStreamOnlineList(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return *answer.Response.TotalNum > 0
}
