package callback_test

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/rules"
	"aircheck/server/callback"
	"aircheck/vod"
)

// TestBody: an event's own fields arrive as they are, with those that all have, signed by the key.
func TestBody(t *testing.T) {
	f := newFixture(t)
	r := newReceiver(t, nil)
	const key = "k&y<ü"
	f.bind("live", everything(r.serve(), key))
	f.bind("open", everything(r.serve(), ""))
	f.outbox.Start()
	f.happens(rules.EventStreamBegin, "s", `{"app":"localhost","set_id":0,"stream_param":"a=1&b=<2>","push_duration":"5","x":{"y":[1.50]}}`)
	got := r.next()
	at, err := got.fields["t"].(json.Number).Int64()
	must(t, err)
	sum := md5.Sum([]byte(key + fmt.Sprint(at)))
	if d := time.Until(time.Unix(at, 0)); d < 9*time.Minute || d > 10*time.Minute || got.fields["sign"] != hex.EncodeToString(sum[:]) {
		t.Errorf("t is %s ahead, sign is %v", d, got.fields["sign"])
	}
	delete(got.fields, "t")
	delete(got.fields, "sign")
	want := map[string]any{
		"app": "localhost", "set_id": json.Number("0"), "stream_param": "a=1&b=<2>", "push_duration": "5",
		"x": map[string]any{"y": []any{json.Number("1.50")}}, "event_type": json.Number("1"), "event_id": "1",
		"appid": json.Number("1250000000"),
	}
	if d := cmp.Diff(want, got.fields); d != "" {
		t.Error(d)
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(got.text))
	if got.header.Get("X-Aircheck-Signature") != hex.EncodeToString(mac.Sum(nil)) || got.header.Get("X-Aircheck-Event-Id") != "1" ||
		got.header.Get("Content-Type") != "application/json" || got.header.Get("X-Aircheck-Late") != "" {
		t.Errorf("headers %v", got.header)
	}

	f.happensIn("open", rules.EventStreamEnd, "s", `{"errcode":1}`)
	got = r.next()
	want = map[string]any{
		"errcode": json.Number("1"), "event_type": json.Number("0"), "event_id": "2", "appid": json.Number("1250000000"),
	}
	if d := cmp.Diff(want, got.fields); d != "" {
		t.Error(d)
	}
	if _, signed := got.header["X-Aircheck-Signature"]; signed {
		t.Error("signed without a key")
	}
	f.settled()
	if s, err := f.outbox.Stats(t.Context()); err != nil || s != (callback.Stats{Delivered: 2}) {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestReceivers: each type has its URL, exceptions are chosen by level, and what nobody wants ends without a try.
func TestReceivers(t *testing.T) {
	f := newFixture(t)
	r := newReceiver(t, nil)
	url := r.serve()
	f.bind("", rules.CallbackTemplate{
		URLs: rules.CallbackURLs{
			StreamBegin: url + "/begin", StreamEnd: url + "/end", Record: url + "/record", RecordStatus: url + "/status",
			RecordException: url + "/exception",
		},
		RecordExceptionLevels: []string{"warning", "alarm"},
	})
	f.bind("quiet", rules.CallbackTemplate{URLs: rules.CallbackURLs{Snapshot: url + "/snapshot"}})
	f.outbox.Start()
	for _, kind := range []rules.EventType{0, 1, 100, 332} {
		f.happens(kind, "s", `{}`)
		f.happensIn("quiet", kind, "s", `{}`)
	}
	for _, level := range []string{"info", "warning", "error"} {
		f.happens(rules.EventRecordException, "s", `{"exception_level":"`+level+`"}`)
	}
	f.happens(77, "s", `{}`)
	f.settled()
	var got []string
	for range 6 {
		one := r.next()
		got = append(got, fmt.Sprint(one.path, one.fields["event_type"], one.fields["exception_level"]))
	}
	slices.Sort(got)
	want := []string{"/begin1<nil>", "/end0<nil>", "/exception341error", "/exception341warning", "/record100<nil>", "/status332<nil>"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if n := len(f.log()); n != 6 {
		t.Errorf("%d tries", n)
	}
	if n := len(r.came); n != 0 {
		t.Errorf("%d more came", n)
	}
}

func asset() vod.Asset {
	start := time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC)
	return vod.Asset{
		ID: 1234, Name: "s_a b", Container: "mp4", Status: vod.StatusNormal, Size: 5_000_000_000, Duration: 61600 * time.Millisecond,
		Start: start, End: start.Add(61700 * time.Millisecond), CreateTime: start, UpdateTime: start,
		Domain: "localhost", App: "live", Stream: "s", Params: "user=1&x=<y>", CauseKind: "rule", Cause: "localhost/*/*",
		StorageClass: "STANDARD", Tracks: []vod.Track{{Kind: "audio", Codec: "aac"}, {Kind: "video", Codec: "h264", Width: 640, Height: 480}},
	}
}

func (f *fixture) finished(a vod.Asset) {
	f.t.Helper()
	text, err := json.Marshal(rules.NewFileReady(a))
	must(f.t, err)
	f.happens(rules.EventFileReady, a.Stream, string(text))
}

const fileFields = `{"app":"localhost","appname":"live","stream_id":"s","channel_id":"s","file_id":"1234","record_file_id":"1234",
	"file_format":"mp4","start_time":1772600767,"start_time_usec":123456,"end_time":1772600828,"end_time_usec":823456,"duration":62,
	"file_size":5000000000,"video_url":"https://localhost/vod/1234/s_a%20b.mp4","media_start_time":0,"record_bps":0,
	"callback_ext":"{\"video_codec\":\"h264\",\"resolution\":\"640x480\"}","stream_param":"user=1&x=<y>",
	"appid":1250000000,"event_type":100}`

func wantFields(t *testing.T, got received, want string) {
	t.Helper()
	fields := map[string]any{}
	d := json.NewDecoder(strings.NewReader(want))
	d.UseNumber()
	must(t, d.Decode(&fields))
	delete(got.fields, "event_id")
	if d := cmp.Diff(fields, got.fields); d != "" {
		t.Error(d)
	}
}

func TestFileReady(t *testing.T) {
	f := newFixture(t)
	r := newReceiver(t, nil)
	f.bind("live", everything(r.serve(), ""))
	f.outbox.Start()
	f.finished(asset())
	wantFields(t, r.next(), fileFields)

	task := asset()
	task.CauseKind, task.Cause = "task", "t-17"
	f.finished(task)
	wantFields(t, r.next(), strings.Replace(fileFields, `"stream_param":"user=1&x=<y>"`, `"task_id":"t-17"`, 1))

	sound := asset()
	sound.Tracks, sound.Container = sound.Tracks[:1], "aac"
	f.finished(sound)
	want := strings.Replace(fileFields, `{\"video_codec\":\"h264\",\"resolution\":\"640x480\"}`, `{}`, 1)
	wantFields(t, r.next(), strings.Replace(strings.Replace(want, `.mp4`, `.aac`, 1), `"mp4"`, `"aac"`, 1))
}

// TestOldFileReady: events of earlier versions name the file alone.
func TestOldFileReady(t *testing.T) {
	f := newFixture(t)
	r := newReceiver(t, nil)
	f.bind("live", everything(r.serve(), ""))
	broken := 2
	f.outbox.Interval = time.Millisecond
	f.outbox.File = func(_ context.Context, id string) (rules.FileReady, error) {
		if broken--; broken >= 0 {
			return rules.FileReady{}, errors.New("the disk is on fire")
		}
		if id != "1234" {
			return rules.FileReady{}, rules.ErrNotFound
		}
		return rules.NewFileReady(asset()), nil
	}
	f.outbox.Start()
	f.happens(rules.EventFileReady, "s", `{"FileID":"1234"}`)
	wantFields(t, r.next(), fileFields)
	f.happens(rules.EventFileReady, "s", `{"FileID":"5"}`)
	wantFields(t, r.next(), `{"app":"localhost","appname":"live","stream_id":"s","channel_id":"s","file_id":"5","record_file_id":"5",
		"appid":1250000000,"event_type":100}`)
}

// TestUnsendable: what cannot be sent holds nothing up.
func TestUnsendable(t *testing.T) {
	f := newFixture(t)
	r := newReceiver(t, nil)
	f.bind("live", everything(r.serve(), ""))
	f.outbox.Start()
	for _, payload := range []string{`[]`, `null`, `broken`, ``} {
		f.happens(rules.EventStreamBegin, "s", payload)
	}
	f.happens(rules.EventFileReady, "s", `[]`)
	f.happens(rules.EventStreamEnd, "s", `{}`)
	if got := r.next(); got.id() != 6 {
		t.Errorf("got event %d", got.id())
	}
	f.settled()
	if len(f.queued()) != 0 || len(f.log()) != 1 {
		t.Errorf("left %v, tried %v", f.queued(), f.log())
	}
}
