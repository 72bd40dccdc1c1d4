package e2e

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	live "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/live/v20180801"
)

// describeTasks is DescribeRecordTask's request, which the SDK lacks.
type describeTasks struct {
	*tchttp.BaseRequest
	StartTime   *uint64 `json:"StartTime,omitempty" name:"StartTime"`
	EndTime     *uint64 `json:"EndTime,omitempty" name:"EndTime"`
	StreamName  *string `json:"StreamName,omitempty" name:"StreamName"`
	ScrollToken *string `json:"ScrollToken,omitempty" name:"ScrollToken"`
}

// recordTask is a task as the server shows it.
type recordTask struct {
	TaskID             string `json:"TaskId"`
	StartTime, EndTime uint64
	Stopped            uint64
	State, Reason      string
	FileIDs            []string `json:"FileIds"`
}

type describedTasks struct {
	*tchttp.BaseResponse
	Response struct {
		ScrollToken string
		TaskList    []recordTask
	}
}

// task returns a stream's only task.
func (s *instance) task(stream string) recordTask {
	s.t.Helper()
	found := s.tasks(stream)
	if len(found) != 1 {
		s.t.Fatalf("tasks of %s: %+v", stream, found)
	}
	return found[0]
}

// tasks returns a stream's tasks.
func (s *instance) tasks(stream string) []recordTask {
	s.t.Helper()
	now := uint64(time.Now().Unix())
	q := &describeTasks{
		BaseRequest: &tchttp.BaseRequest{}, StartTime: common.Uint64Ptr(now - 600), EndTime: common.Uint64Ptr(now + 3600), StreamName: &stream,
	}
	q.Init().WithApiInfo("live", "2018-08-01", "DescribeRecordTask")
	r := &describedTasks{BaseResponse: &tchttp.BaseResponse{}}
	if err := s.live(calls[0]).Send(q, r); err != nil {
		s.t.Fatal(err)
	}
	return r.Response.TaskList
}

// awaitTask waits until a stream's task is in a state and has so many files.
func (s *instance) awaitTask(stream, state string, files int) (task recordTask) {
	s.t.Helper()
	eventually(s.t, stream+" to be "+state, func() bool {
		task = s.task(stream)
		return task.State == state && len(task.FileIDs) >= files
	})
	if len(task.FileIDs) != files {
		s.t.Errorf("%s made %v, want %d files", stream, task.FileIDs, files)
	}
	return task
}

// createTask creates a task; a zero start begins now. Both are cut to seconds.
func (s *instance) createTask(stream string, start, end time.Time, template int64) string {
	s.t.Helper()
	r := live.NewCreateRecordTaskRequest()
	r.DomainName, r.AppName, r.StreamName = common.StringPtr("localhost"), common.StringPtr("live"), &stream
	r.EndTime = common.Uint64Ptr(uint64(end.Unix()))
	if !start.IsZero() {
		r.StartTime = common.Uint64Ptr(uint64(start.Unix()))
	}
	if template != 0 {
		r.TemplateId = common.Uint64Ptr(uint64(template))
	}
	answer, err := s.live(calls[0]).CreateRecordTask(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return *answer.Response.TaskId
}

// ofTask returns the addresses of a task's files, which must be of that extension, oldest first.
func (s *instance) ofTask(task recordTask, ext string) (out []string) {
	s.t.Helper()
	for _, id := range task.FileIDs {
		media := s.act("DescribeMediaInfos", "FileIds.0", id)["MediaInfoSet"].([]any)[0].(map[string]any)["BasicInfo"].(map[string]any)
		address := media["MediaUrl"].(string)
		if media["Status"] != "Normal" || !strings.HasSuffix(address, ext) {
			s.t.Errorf("file %s: %v", id, media)
		}
		if strings.HasPrefix(address, "/") {
			address = "http://" + s.http + address
		}
		out = append(out, address)
	}
	return out
}

// stretch demands that a file is a stretch of a source, packet by packet, and returns where its pictures begin and end in it, in seconds.
func stretch(t *testing.T, file, source string) (from, to float64) {
	t.Helper()
	got, want := units(t, file), units(t, source)
	for kind, w := range want {
		g := got[kind]
		if len(g) == 0 {
			t.Fatalf("%s has no %s", file, kind)
		}
		first := 0
		for first < len(w) && runs(g, w[first:]) < len(g) {
			first++
		}
		if first == len(w) {
			t.Fatalf("%s: its %d %s packets are no stretch of the source", file, len(g), kind)
		}
		if kind == "video" {
			from, to = float64(first)/25, float64(first+len(g))/25
		}
	}
	return from, to
}

// awaitOnline waits until so many streams are live and returns when that was seen.
func (s *instance) awaitOnline(n int) time.Time {
	s.t.Helper()
	eventually(s.t, "streams to be live", func() bool { return s.online() == n })
	return time.Now()
}

// within demands that a moment in a source is between two moments of the wall clock, with what encoder and server may be ahead or behind.
func within(t *testing.T, what string, got float64, low, high time.Duration) {
	t.Helper()
	const slack = 0.8
	if got < low.Seconds()-slack || got > high.Seconds()+slack {
		t.Errorf("%s lies at %.2f s of the source, want %.2f to %.2f", what, got, low.Seconds(), high.Seconds())
	}
}

// TestRecordTaskRealTime: the moment of the call is in the file, the last frame is the last before EndTime; who comes later is waited for.
func TestRecordTaskRealTime(t *testing.T) {
	t.Parallel()
	s := start(t)
	came := s.taskCallbacks()
	source := clip(t, 14)
	s.createTask("later", time.Time{}, time.Now().Add(20*time.Second), 0)
	begun := time.Now()
	wait, wait2 := s.pushing(source, "live/now?user=1"), s.pushing(source, "live/later")
	seen := s.awaitOnline(2)
	eventually(t, "four seconds", func() bool { return time.Since(seen) > 4*time.Second })
	called := time.Now()
	end := time.Unix(called.Unix()+5, 0)
	id := s.createTask("now", time.Time{}, end, 0)
	if got := s.task("now"); got.State != "recording" || got.TaskID != id {
		t.Errorf("after the call: %+v", got)
	}
	task := s.awaitTask("now", "done", 1)
	from, to := stretch(t, s.ofTask(task, ".flv")[0], source)
	// A group of pictures is a second long.
	within(t, "the beginning", from, called.Sub(seen)-time.Second, called.Sub(begun))
	if from > called.Sub(begun).Seconds() {
		t.Errorf("it begins at %.2f s, after the call at %s", from, called.Sub(begun))
	}
	within(t, "the end", to, end.Sub(seen), end.Sub(begun))
	wait()
	wait2()
	task = s.awaitTask("later", "interrupted", 1)
	if from, to := stretch(t, s.ofTask(task, ".flv")[0], source); from != 0 || to != 14 {
		t.Errorf("who was waited for is recorded from %v to %v s", from, to)
	}
	if err := s.push(source, "live/later", false); err != nil {
		t.Fatal(err)
	}
	task = s.awaitTask("later", "done", 2)
	stretch(t, s.ofTask(task, ".flv")[1], source)
	// Both streams, by the first rule too: it knows nothing of tasks.
	for seen := 0; seen < 3; {
		b := <-came
		id, ofTask := b["task_id"]
		if _, ofRule := b["stream_param"]; ofTask == ofRule || ofTask != (b["file_format"] == "flv") {
			t.Errorf("a callback has task_id %v, and stream_param %v: %v", id, ofRule, b)
		}
		if ofTask {
			seen++
		}
	}
}

// taskCallbacks receives what is told of files.
func (s *instance) taskCallbacks() chan map[string]any {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	came := make(chan map[string]any, 100)
	receiver := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		var b map[string]any
		if err := json.Unmarshal(text, &b); err != nil {
			s.t.Errorf("%v: %s", err, text)
		}
		came <- b
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = receiver.Serve(l) }()
	s.t.Cleanup(func() { _ = receiver.Close(); <-done })
	s.callbacksTo("http://" + l.Addr().String())
	return came
}

// TestRecordTaskScheduled: the window is cut out of a live stream, beside another one and the rule's recording.
func TestRecordTaskScheduled(t *testing.T) {
	t.Parallel()
	s := start(t)
	source := clip(t, 14)
	begun := time.Now()
	wait := s.pushing(source, "live/show")
	seen := s.awaitOnline(1)
	from, to := time.Unix(seen.Unix()+4, 0), time.Unix(seen.Unix()+8, 0)
	s.createTask("show", from, to, s.createTemplate("mp4", 0, 600))
	if got := s.task("show"); got.State != "waiting" {
		t.Errorf("before: %+v", got)
	}
	task := s.awaitTask("show", "done", 1)
	at, till := stretch(t, s.ofTask(task, ".mp4")[0], source)
	within(t, "the beginning", at, from.Sub(seen)-time.Second, from.Sub(begun))
	within(t, "the end", till, to.Sub(seen), to.Sub(begun))
	wait()
	eventually(t, "the rule's files", func() bool { return len(s.searchStream("show")) == 3 && openFiles(s) == 0 })
}

// TestRecordTaskStopAndInterruption: each push within the window has a file, a stop ends the last one, and what is deleted goes on.
func TestRecordTaskStopAndInterruption(t *testing.T) {
	t.Parallel()
	s := start(t)
	short, long := clip(t, 2), clip(t, 14)
	from := time.Now()
	id := s.createTask("show", from.Add(-time.Minute), from.Add(time.Minute), 0)
	deleted := s.createTask("deleted", time.Time{}, from.Add(time.Minute), 0)
	for range 2 {
		if err := s.push(short, "live/show", false); err != nil {
			t.Fatal(err)
		}
	}
	task := s.awaitTask("show", "interrupted", 2)
	for _, file := range s.ofTask(task, ".flv") {
		samePackets(t, packets(t, short), packets(t, file))
	}
	begun := time.Now()
	wait, wait2 := s.pushing(long, "live/show"), s.pushing(long, "live/deleted")
	seen := s.awaitOnline(2)
	eventually(t, "three seconds", func() bool { return time.Since(seen) > 3*time.Second })
	stop := live.NewStopRecordTaskRequest()
	stop.TaskId = &id
	stopped := time.Now()
	if _, err := s.live(calls[0]).StopRecordTask(stop); err != nil {
		t.Fatal(err)
	}
	remove := live.NewDeleteRecordTaskRequest()
	remove.TaskId = &deleted
	if _, err := s.live(calls[0]).DeleteRecordTask(remove); err != nil {
		t.Fatal(err)
	}
	task = s.awaitTask("show", "stopped", 3)
	if off := int64(task.Stopped) - stopped.Unix(); off < 0 || off > 1 {
		t.Errorf("stopped %d s off", off)
	}
	at, till := stretch(t, s.ofTask(task, ".flv")[2], long)
	within(t, "the end", till, stopped.Sub(seen), stopped.Sub(begun))
	if at != 0 {
		t.Errorf("the third push is recorded from %v s on", at)
	}
	wait()
	wait2()
	flv := slices.IndexFunc(everyFormat, func(f format) bool { return f.name == "flv" })
	file := s.recorded("deleted", everyFormat[flv], 1)[0]
	samePackets(t, packets(t, long), packets(t, file))
	_, err := s.live(calls[0]).DeleteRecordTask(remove)
	if e, ok := err.(*sdkerrors.TencentCloudSDKError); !ok || e.Code != "InvalidParameter" {
		t.Errorf("deleted again: %v", err)
	}
}

// TestLegacyRecord: CreateLiveRecord's real-time recording of sound alone, stopped.
func TestLegacyRecord(t *testing.T) {
	t.Parallel()
	s := start(t)
	source := clip(t, 14)
	wait := s.pushing(source, "live/show")
	seen := s.awaitOnline(1)
	eventually(t, "two seconds", func() bool { return time.Since(seen) > 2*time.Second })
	create := live.NewCreateLiveRecordRequest()
	create.StreamName, create.Highlight, create.RecordType = common.StringPtr("show"), common.Int64Ptr(1), common.StringPtr("audio")
	made, err := s.live(calls[0]).CreateLiveRecord(create)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "five seconds", func() bool { return time.Since(seen) > 5*time.Second })
	task := int64(*made.Response.TaskId)
	remove := live.NewDeleteLiveRecordRequest()
	remove.StreamName, remove.TaskId = common.StringPtr("show"), &task
	_, err = s.live(calls[0]).DeleteLiveRecord(remove)
	if e, ok := err.(*sdkerrors.TencentCloudSDKError); !ok || e.Code != "FailedOperation.AlterTaskState" {
		t.Errorf("deleted while it records: %v", err)
	}
	stop := live.NewStopLiveRecordRequest()
	stop.StreamName, stop.TaskId = common.StringPtr("show"), &task
	if _, err := s.live(calls[0]).StopLiveRecord(stop); err != nil {
		t.Fatal(err)
	}
	aac := slices.IndexFunc(everyFormat, func(f format) bool { return f.name == "aac" })
	var file string
	eventually(t, "the file", func() bool {
		found := s.assets("show", everyFormat[aac])
		if len(found) == 1 && len(s.files(".aac")) == 1 {
			file = s.files(".aac")[0]
		}
		return file != ""
	})
	got := units(t, file)
	if n := float64(len(got["audio"])) * 1024 / 44100; len(got["video"]) != 0 || n < 2.2 || n > 6.8 {
		t.Errorf("%v s of sound, and %d pictures", n, len(got["video"]))
	}
	// By another method: within the second it would be the same request, which has its answer.
	remove = live.NewDeleteLiveRecordRequest()
	remove.StreamName, remove.TaskId = common.StringPtr("show"), &task
	if _, err := s.live(calls[1]).DeleteLiveRecord(remove); err != nil {
		t.Error(err)
	}
	wait()
}

// TestRecordTaskSurvivesAKill: the server is killed within windows; they go on, HLS in the same recording, and end in time. One passes meanwhile.
func TestRecordTaskSurvivesAKill(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := startIn(t, data)
	source := clip(t, 14)
	r := live.NewCreateLiveRecordTemplateRequest()
	r.TemplateName, r.HlsParam = common.StringPtr("hls"), recordParam(60)
	r.HlsSpecialParam = &live.HlsSpecialParam{FlowContinueDuration: common.Uint64Ptr(60)}
	made, err := s.live(calls[0]).CreateLiveRecordTemplate(r)
	if err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(15 * time.Second)
	s.createTask("hls", time.Time{}, end, *made.Response.TemplateId)
	s.createTask("flv", time.Time{}, end, 0)
	s.createTask("missed", time.Time{}, time.Now().Add(5*time.Second), 0)
	ahead := time.Now().Add(7 * time.Second)
	s.createTask("ahead", ahead, end, 0)
	var pushes []func()
	for _, name := range []string{"hls", "flv"} {
		push := s.pusher(source, "live/"+name, true)
		if err := push.Start(); err != nil {
			t.Fatal(err)
		}
		pushes = append(pushes, func() { _ = push.Process.Kill(); _ = push.Wait() })
	}
	seen := s.awaitOnline(2)
	eventually(t, "three seconds", func() bool { return time.Since(seen) > 3*time.Second })
	s.kill()
	for _, end := range pushes {
		end()
	}
	eventually(t, "the missed window", func() bool { return time.Since(seen) > 6*time.Second })
	s = startIn(t, data)
	if task := s.awaitTask("missed", "missed", 0); task.Reason != "the server was down" {
		t.Errorf("%+v", task)
	}
	var wait []func()
	for _, name := range []string{"hls", "flv", "ahead"} {
		wait = append(wait, s.pushing(source, "live/"+name))
	}
	s.awaitOnline(3)
	s.awaitTask("ahead", "done", 1)
	task := s.awaitTask("flv", "done", 2)
	for _, file := range s.ofTask(task, ".flv") {
		if from, _ := stretch(t, file, source); from != 0 {
			t.Errorf("a push is recorded from %v s on", from)
		}
	}
	task = s.awaitTask("hls", "done", 1)
	got, want := units(t, s.ofTask(task, ".m3u8")[0])["video"], units(t, source)["video"]
	first := runs(got, want)
	if second := runs(got[first:], want); first < 60 || second < 60 || first+second != len(got) {
		t.Errorf("the HLS recording has %d pictures, of which %d and %d are the source's beginning", len(got), first, second)
	}
	if late := time.Since(end); late > 10*time.Second {
		t.Errorf("done %s after the end", late)
	}
	for _, w := range wait {
		w()
	}
}
