package api_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/rules"
	"aircheck/server/api"
	"aircheck/server/auth"
	"aircheck/vod"
)

// refused calls the action and compares the code.
func (f *fixture) refused(t *testing.T, version, action, body, code string) {
	t.Helper()
	if a := f.call(t, version, action, body); a.code != code {
		t.Errorf("%s %s: %q (%s), want %q", action, body, a.code, a.msg, code)
	}
}

func (f *fixture) newTemplate(t *testing.T, body string) string {
	t.Helper()
	return fmt.Sprint(f.ok(t, live, "CreateLiveRecordTemplate", body)["TemplateId"])
}

func TestTemplates(t *testing.T) {
	f := serve(t, nil)
	id := f.newTemplate(t, `{"TemplateName":"a","Description":"d","Mp4Param":{"Enable":1,"StorageTime":60,"VodFileName":"x","ClassId":5},
		"HlsSpecialParam":{"FlowContinueDuration":30},"FlvSpecialParam":{"UploadInRecording":true},"IsDelayLive":0,"HlsParam":{"RecordInterval":77}}`)
	spliced := f.newTemplate(t, `{"TemplateName":"spliced","IsDelayLive":1,"Mp4SpecialParam":{"FlowContinueDuration":40}}`)
	for _, body := range []string{`"Description":"as it was"`, `"Mp4SpecialParam":{}`} {
		f.ok(t, live, "ModifyLiveRecordTemplate", `{"TemplateId":`+spliced+`,`+body+`}`)
		got := f.ok(t, live, "DescribeLiveRecordTemplate", `{"TemplateId":`+spliced+`}`)["Template"].(map[string]any)["Mp4SpecialParam"]
		sameJSON(t, got, `{"FlowContinueDuration":40}`)
	}
	f.refused(t, live, "ModifyLiveRecordTemplate", `{"TemplateId":`+spliced+`,"Mp4SpecialParam":{"FlowContinueDuration":1801}}`, "InvalidParameterValue")
	f.ok(t, live, "DeleteLiveRecordTemplate", `{"TemplateId":`+spliced+`}`)
	f.ok(t, live, "ModifyLiveRecordTemplate",
		`{"TemplateId":`+id+`,"Description":"e","Mp4Param":{"RecordInterval":120},"FlvParam":{"Enable":1},"RemoveWatermark":true}`)
	got := f.ok(t, live, "DescribeLiveRecordTemplate", `{"TemplateId":`+id+`}`)["Template"]
	const param = `{"Enable":0,"RecordInterval":1800,"StorageTime":0,"VodSubAppId":0,"VodFileName":"","Procedure":"","StorageMode":"normal","ClassId":0}`
	want := `{"TemplateId":` + id + `,"TemplateName":"a","Description":"e","FlvParam":` + strings.Replace(param, `"Enable":0`, `"Enable":1`, 1) + `,
		"HlsParam":` + strings.Replace(param, "1800", "77", 1) + `,
		"Mp4Param":{"Enable":1,"RecordInterval":120,"StorageTime":60,"VodSubAppId":0,"VodFileName":"x","Procedure":"","StorageMode":"normal","ClassId":5},
		"AacParam":` + param + `,"Mp3Param":` + param + `,"IsDelayLive":0,
		"HlsSpecialParam":{"FlowContinueDuration":30},"RemoveWatermark":true,"FlvSpecialParam":{"UploadInRecording":true},"CosStore":0}`
	sameJSON(t, got, want)
	f.newTemplate(t, `{"TemplateName":"late","IsDelayLive":1}`)
	for filter, n := range map[string]int{`{}`: 1, `{"IsDelayLive":0}`: 1, `{"IsDelayLive":1}`: 1} {
		if l := f.ok(t, live, "DescribeLiveRecordTemplates", filter)["Templates"].([]any); len(l) != n {
			t.Errorf("%s lists %d", filter, len(l))
		}
	}
	f.refused(t, live, "CreateLiveRecordTemplate", `{}`, "MissingParameter")
	f.refused(t, live, "CreateLiveRecordTemplate", `{"TemplateName":"a","Mp4Param":{"VodFileName":"bad{"}}`, "InvalidParameter.InvalidVodFileName")
	f.refused(t, live, "CreateLiveRecordTemplate", `{"TemplateName":"a","Mp4Param":{"RecordInterval":5}}`, "InvalidParameterValue")
	f.refused(t, live, "CreateLiveRecordTemplate", `{"TemplateName":"a","Mp4Param":{"Enable":2}}`, "InvalidParameterValue")
	f.refused(t, live, "CreateLiveRecordTemplate", `{"TemplateName":"a","HlsParam":{"Enable":1}}`, "InvalidParameterValue")
	f.refused(t, live, "CreateLiveRecordTemplate", `{"TemplateName":"a b"}`, "InvalidParameterValue")
	f.refused(t, live, "CreateLiveRecordTemplate", `{"TemplateName":"a","CosStore":1}`, "InvalidParameterValue")
	f.refused(t, live, "CreateLiveRecordTemplate", `{"TemplateName":"a","HlsSpecialParam":{"FlowContinueDuration":18446744073709551615}}`, "InvalidParameterValue")
	f.refused(t, live, "ModifyLiveRecordTemplate", `{"TemplateId":999}`, "FailedOperation.NotFound")
	f.refused(t, live, "DescribeLiveRecordTemplate", `{"TemplateId":999}`, "FailedOperation.NotFound")
	f.refused(t, live, "DeleteLiveRecordTemplate", `{"TemplateId":999}`, "InternalError.ConfNotFound")
	f.ok(t, live, "DeleteLiveRecordTemplate", `{"TemplateId":`+id+`}`)
	for range rules.MaxTemplates - len(f.templates(t)) {
		f.newTemplate(t, `{"TemplateName":"a"}`)
	}
	f.refused(t, live, "CreateLiveRecordTemplate", `{"TemplateName":"a"}`, "InternalError.ConfOutLimit")
}

func sameJSON(t *testing.T, got any, want string) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

func TestRules(t *testing.T) {
	f := serve(t, nil)
	rec := f.newTemplate(t, `{"TemplateName":"a","Mp4Param":{"Enable":1},"FlvParam":{"Enable":1}}`)
	not := f.newTemplate(t, `{"TemplateName":"none"}`)
	f.ok(t, live, "CreateLiveRecordRule", `{"DomainName":"Live.Example.com","TemplateId":`+rec+`}`)
	f.ok(t, live, "CreateLiveRecordRule", `{"DomainName":"live.example.com","AppName":"","StreamName":"s","TemplateId":`+not+`}`)
	if _, err := f.api.Domains.Describe("live.example.com"); err != nil {
		t.Errorf("naming a domain in a rule did not register it: %v", err)
	}
	list := f.ok(t, live, "DescribeLiveRecordRules", `{}`)["Rules"].([]any)
	if len(list) != 2 || fmt.Sprint(list[0].(map[string]any)["TemplateId"]) != rec {
		t.Errorf("listed %v", list)
	}
	const s = `{"DomainName":"live.example.com:1935","AppName":"live","StreamName":"s"}`
	x := f.ok(t, live, "ExplainRecordRule", s)
	if x["Decision"] != "exclude" || x["Rule"].(map[string]any)["StreamName"] != "s" || len(x["Shadowed"].([]any)) != 1 {
		t.Errorf("explained %v", x)
	}
	x = f.ok(t, live, "ExplainRecordRule", strings.Replace(s, `"s"`, `"t"`, 1))
	if x["Decision"] != "record" || fmt.Sprint(x["Formats"]) != "[flv mp4]" || len(x["Shadowed"].([]any)) != 0 {
		t.Errorf("explained %v", x)
	}
	x = f.ok(t, live, "ExplainRecordRule", strings.Replace(s, "live.example.com", "10.0.0.1", 1))
	if x["Decision"] != "none" || x["Rule"] != nil || x["DomainName"] != "localhost" {
		t.Errorf("explained %v", x)
	}
	f.ok(t, live, "ModifyLiveRecordRule", `{"DomainName":"LIVE.example.com","StreamName":"s","TemplateId":`+rec+`}`)
	if x = f.ok(t, live, "ExplainRecordRule", s); x["Decision"] != "record" {
		t.Errorf("with another template: %v", x)
	}
	f.refused(t, live, "ModifyLiveRecordRule", `{"DomainName":"live.example.com","StreamName":"s","TemplateId":999}`, "InvalidParameter.ConfNotFound")
	f.refused(t, live, "ModifyLiveRecordRule", `{"DomainName":"live.example.com","AppName":"no","TemplateId":`+rec+`}`, "FailedOperation.NotFound")
	f.refused(t, live, "ModifyLiveRecordRule", `{"DomainName":"not a host","TemplateId":`+rec+`}`, "InvalidParameter.DomainFormatError")
	f.refused(t, live, "DeleteLiveRecordTemplate", `{"TemplateId":`+rec+`}`, "FailedOperation.ConfInUsed")
	f.refused(t, live, "CreateLiveRecordRule", `{"DomainName":"live.example.com","TemplateId":`+rec+`}`, "FailedOperation.RuleAlreadyExist")
	f.refused(t, live, "CreateLiveRecordRule", `{"DomainName":"live.example.com","AppName":"x","TemplateId":999}`, "InvalidParameter.ConfNotFound")
	f.refused(t, live, "CreateLiveRecordRule", `{"DomainName":"not a host","TemplateId":`+rec+`}`, "InvalidParameter.DomainFormatError")
	f.refused(t, live, "CreateLiveRecordRule", `{"TemplateId":`+rec+`}`, "MissingParameter")
	f.refused(t, live, "DeleteLiveRecordRule", `{"DomainName":"live.example.com","AppName":"live","StreamName":"s"}`, "FailedOperation.NotFound")
	f.refused(t, live, "DeleteLiveDomain", `{"DomainName":"live.example.com","DomainType":0}`, "FailedOperation")
	f.ok(t, live, "DeleteLiveRecordRule", `{"DomainName":"LIVE.example.com","StreamName":"s"}`)
	for i := range rules.MaxRules - 1 {
		f.ok(t, live, "CreateLiveRecordRule", fmt.Sprintf(`{"DomainName":"a.example.com","StreamName":"%d","TemplateId":%s}`, i, rec))
	}
	f.refused(t, live, "CreateLiveRecordRule", `{"DomainName":"a.example.com","StreamName":"x","TemplateId":`+rec+`}`, "InternalError.RuleOutLimit")
}

func TestDomains(t *testing.T) {
	f := serve(t, nil)
	f.ok(t, live, "AddLiveDomain", `{"DomainName":"Push.Example.com","DomainType":0,"IsDelayLive":1}`)
	f.ok(t, live, "AddLiveDomain", `{"DomainName":"play.example.com","DomainType":"1","PlayType":3}`)
	d := f.ok(t, live, "DescribeLiveDomain", `{"DomainName":"push.example.com"}`)["DomainInfo"].(map[string]any)
	if _, err := time.Parse(time.DateTime, d["CreateTime"].(string)); err != nil {
		t.Error(err)
	}
	delete(d, "CreateTime")
	sameJSON(t, d, `{"Name":"push.example.com","Type":0,"Status":1,"BCName":0,"TargetDomain":"","PlayType":1,"IsDelayLive":1,
		"CurrentCName":"","RentTag":0,"RentExpireTime":"","IsMiniProgramLive":0,"BuiltIn":false}`)
	for filter, want := range map[string]string{
		`{}`:                         "[localhost play.example.com push.example.com]",
		`{"DomainType":1}`:           "[play.example.com]",
		`{"DomainPrefix":"PU"}`:      "[push.example.com]",
		`{"DomainStatus":0}`:         "[]",
		`{"IsDelayLive":1}`:          "[push.example.com]",
		`{"PlayType":3}`:             "[play.example.com]",
		`{"PlayType":1}`:             "[]",
		`{"PageSize":2}`:             "[localhost play.example.com]",
		`{"PageSize":2,"PageNum":2}`: "[push.example.com]",
		`{"PageNum":100000}`:         "[]",
	} {
		a := f.ok(t, live, "DescribeLiveDomains", filter)
		names := []string{}
		for _, d := range a["DomainList"].([]any) {
			names = append(names, d.(map[string]any)["Name"].(string))
		}
		if fmt.Sprint(names) != want || fmt.Sprintf("%v %v", a["CreateLimitCount"], a["PlayTypeCount"]) != "97 [0 0 1]" {
			t.Errorf("%s: %v, want %s", filter, a, want)
		}
	}
	f.ok(t, live, "ForbidLiveDomain", `{"DomainName":"push.example.com"}`)
	if d, _ := f.api.Domains.Describe("push.example.com"); d.Enabled {
		t.Error("still enabled")
	}
	f.ok(t, live, "EnableLiveDomain", `{"DomainName":"push.example.com"}`)
	f.refused(t, live, "AddLiveDomain", `{"DomainName":"push.example.com","DomainType":0}`, "FailedOperation.DomainAdded")
	f.refused(t, live, "AddLiveDomain", `{"DomainName":"a b","DomainType":0}`, "InvalidParameter.DomainFormatError")
	f.refused(t, live, "AddLiveDomain", `{"DomainName":"a.b","DomainType":2}`, "InvalidParameter")
	f.refused(t, live, "AddLiveDomain", `{"DomainName":"a.b","DomainType":1,"PlayType":4}`, "InvalidParameter")
	f.refused(t, live, "AddLiveDomain", `{"DomainName":"a.b"}`, "MissingParameter")
	f.refused(t, live, "DescribeLiveDomain", `{"DomainName":"x.y"}`, "ResourceNotFound.DomainNotExist")
	f.refused(t, live, "DeleteLiveDomain", `{"DomainName":"push.example.com","DomainType":1}`, "ResourceNotFound.DomainNotExist")
	f.refused(t, live, "DeleteLiveDomain", `{"DomainName":"localhost","DomainType":0}`, "FailedOperation")
	for name, builtIn := range map[string]bool{"localhost": true, "play.example.com": false} {
		a := f.ok(t, live, "DescribeLiveDomain", `{"DomainName":"`+name+`"}`)
		if got := a["DomainInfo"].(map[string]any)["BuiltIn"]; got != builtIn {
			t.Errorf("%s: BuiltIn is %v", name, got)
		}
	}
	f.refused(t, live, "EnableLiveDomain", `{"DomainName":"x.y"}`, "ResourceNotFound.DomainNoRecord")
	f.refused(t, live, "ForbidLiveDomain", `{"DomainName":"x.y"}`, "ResourceNotFound")
	f.refused(t, live, "DescribeLiveDomains", `{"PageSize":101}`, "InvalidParameterValue")
	f.ok(t, live, "DeleteLiveDomain", `{"DomainName":"push.example.com","DomainType":0}`)
	for i := range auth.MaxDomains - len(f.api.Domains.List()) {
		f.ok(t, live, "AddLiveDomain", fmt.Sprintf(`{"DomainName":"d%d.example.com","DomainType":0}`, i))
	}
	f.refused(t, live, "AddLiveDomain", `{"DomainName":"one.more","DomainType":0}`, "FailedOperation.HostOutLimit")
}

func TestPushKeys(t *testing.T) {
	f := serve(t, nil)
	f.ok(t, live, "ModifyLivePushAuthKey", `{"DomainName":"localhost","MasterAuthKey":"m","BackupAuthKey":"b","AuthDelta":60}`)
	f.ok(t, live, "ModifyLivePushAuthKey", `{"DomainName":"LOCALHOST","Enable":0,"MasterAuthKey":"","BackupAuthKey":"c"}`)
	got := f.ok(t, live, "DescribeLivePushAuthKey", `{"DomainName":"localhost"}`)["PushAuthKeyInfo"]
	sameJSON(t, got, `{"DomainName":"localhost","Enable":0,"MasterAuthKey":"m","BackupAuthKey":"c","AuthDelta":60}`)
	f.ok(t, live, "ModifyLivePushAuthKey", `{"DomainName":"localhost","RemoveBackup":0}`)
	sameJSON(t, f.ok(t, live, "DescribeLivePushAuthKey", `{"DomainName":"localhost"}`)["PushAuthKeyInfo"], `{"DomainName":"localhost","Enable":0,"MasterAuthKey":"m","BackupAuthKey":"c","AuthDelta":60}`)
	f.ok(t, live, "ModifyLivePushAuthKey", `{"DomainName":"localhost","RemoveBackup":1}`)
	sameJSON(t, f.ok(t, live, "DescribeLivePushAuthKey", `{"DomainName":"localhost"}`)["PushAuthKeyInfo"], `{"DomainName":"localhost","Enable":0,"MasterAuthKey":"m","BackupAuthKey":"","AuthDelta":60}`)
	f.refused(t, live, "ModifyLivePushAuthKey", `{"DomainName":"localhost","RemoveBackup":1,"BackupAuthKey":"d"}`, "InvalidParameterValue")
	f.refused(t, live, "ModifyLivePushAuthKey", `{"DomainName":"localhost","RemoveBackup":2}`, "InvalidParameterValue")
	f.refused(t, live, "DescribeLivePushAuthKey", `{"DomainName":"x.y"}`, "ResourceNotFound.PushDomainNoRecord")
	f.refused(t, live, "ModifyLivePushAuthKey", `{"DomainName":"x.y"}`, "ResourceNotFound.PushDomainNoRecord")
	f.refused(t, live, "ModifyLivePushAuthKey", `{"DomainName":"localhost","MasterAuthKey":"a b"}`, "InvalidParameterValue")
	f.refused(t, live, "ModifyLivePushAuthKey", `{"DomainName":"localhost","AuthDelta":18446744073709551615}`, "InvalidParameterValue")
	f.refused(t, live, "ModifyLivePushAuthKey", `{"DomainName":"localhost","AuthDelta":-1}`, "InvalidParameter")
	f.refused(t, live, "ModifyLivePushAuthKey", `{"DomainName":"localhost","Enable":7}`, "InvalidParameterValue")
}

func TestStreams(t *testing.T) {
	f := serve(t, nil)
	kicked := ""
	for _, name := range []string{"a", "b", "c"} {
		_, err := f.api.Hub.Publish(stream.Publisher{
			Key:    media.StreamKey{Domain: "localhost", App: "live", Stream: name},
			Remote: netip.MustParseAddrPort("127.0.0.1:9"), Kick: func(detail string) { kicked += name + ": " + detail },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for filter, want := range map[string]string{
		`{}`:                              "3 1 1 10 [a b c]",
		`{"PageSize":2,"PageNum":2}`:      "3 2 2 2 [c]",
		`{"StreamName":"b"}`:              "1 1 1 10 [b]",
		`{"AppName":"other"}`:             "0 0 1 10 []",
		`{"DomainName":"192.0.2.1:1935"}`: "3 1 1 10 [a b c]",
	} {
		a := f.ok(t, live, "DescribeLiveStreamOnlineList", filter)
		names := []string{}
		for _, s := range a["OnlineInfo"].([]any) {
			info := s.(map[string]any)
			names = append(names, info["StreamName"].(string))
			at := info["PublishTimeList"].([]any)[0].(map[string]any)["PublishTime"].(string)
			if _, err := time.Parse("2006-01-02T15:04:05Z", at); err != nil {
				t.Error(err)
			}
		}
		if got := fmt.Sprint(a["TotalNum"], a["TotalPage"], a["PageNum"], a["PageSize"], names); !sameWords(got, want) {
			t.Errorf("%s: %s, want %s", filter, got, want)
		}
	}
	const a = `{"DomainName":"localhost","AppName":"live","StreamName":"a"}`
	if s := f.ok(t, live, "DescribeLiveStreamState", a)["StreamState"]; s != "active" {
		t.Errorf("state %v", s)
	}
	f.ok(t, live, "DropLiveStream", a)
	f.ok(t, live, "DropLiveStream", a)
	if s := f.ok(t, live, "DescribeLiveStreamState", a)["StreamState"]; s != "inactive" || !strings.HasPrefix(kicked, "a: ") {
		t.Errorf("state %v, kicked %q", s, kicked)
	}
	f.refused(t, live, "DropLiveStream", `{"DomainName":"localhost","AppName":"live"}`, "MissingParameter")
	f.refused(t, live, "DescribeLiveStreamOnlineList", `{"PageNum":0}`, "InvalidParameterValue")
}

// sameWords compares texts but for the spaces that Sprint puts between some of its arguments.
func sameWords(a, b string) bool {
	return strings.ReplaceAll(a, " ", "") == strings.ReplaceAll(b, " ", "")
}

func TestEveryActionAnswersWithLists(t *testing.T) {
	f := serve(t, nil)
	for _, c := range []struct{ version, action string }{
		{live, "DescribeLiveRecordTemplates"},
		{live, "DescribeLiveRecordRules"},
		{live, "DescribeLiveDomains"},
		{live, "DescribeLiveStreamOnlineList"},
		{live, "DescribeLiveCallbackTemplates"},
		{live, "DescribeLiveCallbackRules"},
		{vodv, "SearchMedia"},
	} {
		if a := f.call(t, c.version, c.action, `{"PageNum":9}`); strings.Contains(a.raw, "null") {
			t.Errorf("%s: %s", c.action, a.raw)
		}
	}
}

// at is minute n of a day.
func at(n int) time.Time { return time.Date(2026, 1, 31, 10, n, 0, 500e6, time.UTC) }

func asset(n int) vod.Asset {
	return vod.Asset{
		ID: vod.FileID(1000 + n), Name: fmt.Sprintf("s_%d", n), Container: "mp4", Status: vod.StatusNormal, Size: 1_000_000,
		Duration: 8 * time.Second, Start: at(n), End: at(n).Add(8 * time.Second), CreateTime: at(n), UpdateTime: at(n),
		Domain: "localhost", App: "live", Stream: fmt.Sprintf("s%d", n%2), StorageClass: "STANDARD", SHA256: "abc", SourceType: vod.SourceRecord,
		Tracks: []vod.Track{
			{Kind: "video", Codec: "h264", Width: 1280, Height: 720, FrameRate: 29.97, Bytes: 900_000},
			{Kind: "audio", Codec: "aac", SampleRate: 48000, Channels: 2, Bytes: 90_000},
		},
	}
}

// recording is an asset that is being recorded.
func recording(n int) vod.Asset {
	a := asset(n)
	a.Status, a.Container, a.SHA256, a.PlaylistKey = vod.StatusRecording, "hls", "", a.ID.String()+".m3u8"
	for i := range a.Tracks {
		a.Tracks[i].Bytes = 0
	}
	return a
}

func TestSearchMedia(t *testing.T) {
	f := serve(t, nil)
	sound := asset(4)
	sound.Container, sound.Tracks = "aac", sound.Tracks[1:]
	f.add(t, asset(0), asset(1), asset(2), asset(3), sound)
	f.record(t, recording(5))
	for body, want := range map[string]string{
		`{}`:                     "6: 5 4 3 2 1 0",
		`{"Limit":2}`:            "6: 5 4",
		`{"Limit":2,"Offset":4}`: "6: 1 0",
		`{"StreamId":"s1","Sort":{"Field":"CreateTime","Order":"Asc"}}`:         "3: 1 3 5",
		`{"StreamIds":["s1","s9"],"StreamId":"s1"}`:                             "3: 5 3 1",
		`{"StreamIds":["s0"],"StreamId":"s1"}`:                                  "0:",
		`{"FileIds":["1002","1000"]}`:                                           "2: 2 0",
		`{"FileIds":["1002","1000"],"Vid":"1002","Vids":["1002","1003"]}`:       "1: 2",
		`{"FileIds":["1002"],"Vid":"1003"}`:                                     "0:",
		`{"Text":"s_3"}`:                                                        "1: 3",
		`{"StartTime":"2026-01-31T10:01:00Z","EndTime":"2026-01-31T10:03:00Z"}`: "2: 2 1",
		`{"StartTime":"2026-01-31T10:01:00Z","CreateTime":{"After":"2026-01-31T18:02:00+08:00","Before":"2026-01-31T10:04:00Z"}}`: "2: 3 2",
		`{"Categories":["Audio"]}`:                               "1: 4",
		`{"Categories":["Video"]}`:                               "5: 5 3 2 1 0",
		`{"Categories":["Audio","Video"],"MediaTypes":["MP4"]}`:  "4: 3 2 1 0",
		`{"Categories":["Image"]}`:                               "0:",
		`{"Categories":["Audio"],"MediaTypes":["mp4"]}`:          "0:",
		`{"StreamDomains":["LOCALHOST"],"StreamPaths":["live"]}`: "6: 5 4 3 2 1 0",
		`{"SourceTypes":["Upload","Record"]}`:                    "6: 5 4 3 2 1 0",
		`{"SourceType":"Upload"}`:                                "0:",
		`{"Status":["Normal"]}`:                                  "5: 4 3 2 1 0",
		`{"Status":["Recording"]}`:                               "1: 5",
		`{"Status":["Recording","Forbidden"],"StreamId":"s1"}`:   "1: 5",
		`{"Status":["Recording","Normal"]}`:                      "6: 5 4 3 2 1 0",
		`{"Status":["Deleting"]}`:                                "0:",
		`{"MediaTypes":["HLS"]}`:                                 "1: 5",
		`{"Status":["Forbidden"]}`:                               "0:",
		`{"Tags":["x"]}`:                                         "0:",
		`{"TrtcSdkAppIds":[1]}`:                                  "0:",
		`{"SubAppId":7}`:                                         "0:",
	} {
		a := f.ok(t, vodv, "SearchMedia", body)
		got := fmt.Sprint(a["TotalCount"], ":")
		for _, m := range a["MediaInfoSet"].([]any) {
			got += " " + strings.TrimPrefix(m.(map[string]any)["FileId"].(string), "100")
		}
		if !sameWords(got, want) {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

func TestSearchMediaRefusals(t *testing.T) {
	f := serve(t, nil)
	eleven := `["1","2","3","4","5","6","7","8","9","10","11"]`
	long := `["` + strings.Repeat("ü", 101) + `"]`
	for _, c := range []struct{ body, code string }{
		{`{"FileIds":` + eleven + `}`, "InvalidParameterValue.FileIds"},
		{`{"FileIds":["x"]}`, "InvalidParameterValue.FileIds"},
		{`{"Vid":"x"}`, "InvalidParameterValue.Vids"},
		{`{"Names":` + long + `}`, "InvalidParameterValue.Names"},
		{`{"NamePrefixes":` + long + `}`, "InvalidParameterValue.NamePrefixes"},
		{`{"Descriptions":` + eleven + `}`, "InvalidParameterValue"},
		{`{"ClassIds":[1,2,3,4,5,6,7,8,9,10,11]}`, "InvalidParameterValue.ClassIds"},
		{`{"Categories":["Film"]}`, "InvalidParameterValue.Categories"},
		{`{"SourceTypes":["Film"]}`, "InvalidParameterValue.SourceTypes"},
		{`{"SourceType":"Film"}`, "InvalidParameterValue.SourceType"},
		{`{"StreamIds":` + eleven + `}`, "InvalidParameterValue.StreamIds"},
		{`{"MediaTypes":` + eleven + `}`, "InvalidParameterValue.Types"},
		{`{"Text":"` + strings.Repeat("x", 65) + `"}`, "InvalidParameterValue.Text"},
		{`{"StartTime":"yesterday"}`, "InvalidParameterValue.StartTime"},
		{`{"CreateTime":{"Before":"2026-01-31"}}`, "InvalidParameterValue.EndTime"},
		{`{"Sort":{"Field":"Name","Order":"Asc"}}`, "InvalidParameterValue.Sort"},
		{`{"Sort":{"Field":"CreateTime","Order":"Up"}}`, "InvalidParameterValue.Sort"},
		{`{"Sort":{"Field":"CreateTime"}}`, "MissingParameter"},
		{`{"Offset":4991}`, "InvalidParameterValue.Offset"},
		{`{"Limit":5001}`, "InvalidParameterValue.Offset"},
		{`{"Offset":18446744073709551615,"Limit":2}`, "InvalidParameterValue.Offset"},
	} {
		f.refused(t, vodv, "SearchMedia", c.body, c.code)
	}
	f.ok(t, vodv, "SearchMedia", `{"Offset":4990}`)
}

func TestMediaInfo(t *testing.T) {
	for base, public := range map[string]string{"https://cdn.example.com": "https://cdn.example.com/", "": ""} {
		f := serve(t, func(a *api.API) { a.PublicURL = public })
		if base == "" {
			base = f.http.URL
		}
		a := asset(3)
		a.Name, a.Params, a.Reason, a.Recovered = "ü 1/2", "x=1", "crash", true
		a.Gaps = []vod.Gap{{At: 2500 * time.Millisecond, Length: time.Second, Units: 3, Bytes: 900, Reason: "the disk was too slow"}}
		f.add(t, a)
		got := f.ok(t, vodv, "DescribeMediaInfos", `{"FileIds":["1003","9","x","1003"]}`)
		sameJSON(t, got["NotExistFileIdSet"], `["9","x"]`)
		sameJSON(t, got["MediaInfoSet"], `[{"FileId":"1003","BasicInfo":{"Name":"ü 1/2","Description":"","CreateTime":"2026-01-31T10:03:00Z",
			"UpdateTime":"2026-01-31T10:03:00Z","ExpireTime":"9999-12-31T23:59:59Z","ClassId":0,"ClassName":"Other","ClassPath":"Other",
			"CoverUrl":"","Type":"mp4","MediaUrl":"`+base+`/vod/1003/%C3%BC%201%2F2.mp4","SourceInfo":{"SourceType":"Record","SourceContext":"",
			"LiveRecordInfo":{"Domain":"localhost","Path":"live","StreamId":"s1","RecordStartTime":"2026-01-31T10:03:00Z",
			"RecordEndTime":"2026-01-31T10:03:08Z"},"TrtcRecordInfo":null,"WebPageRecordInfo":null},"StorageRegion":"","StoragePath":"1003",
			"TagSet":[],"Vid":"1003","Category":"Video","Status":"Normal","StorageClass":"STANDARD"},
			"MetaData":{"Size":1000000,"Container":"mp4","Bitrate":1000000,"Height":720,"Width":1280,"Duration":8,"Rotate":0,
			"VideoStreamSet":[{"Bitrate":900000,"Height":720,"Width":1280,"Codec":"h264","Fps":30,"CodecTag":"","DynamicRangeInfo":null}],
			"AudioStreamSet":[{"Bitrate":90000,"SamplingRate":48000,"Codec":"aac"}],"VideoDuration":8,"AudioDuration":8,"Md5":"","Sha256":"abc"},
			"RecordInfo":{"TemplateId":0,"CauseKind":"","Cause":"","SessionId":"","Reason":"crash","Recovered":true,"GapSet":[
				{"At":2.5,"Length":1,"Units":3,"Bytes":900,"Reason":"the disk was too slow"}],
				"Held":false,"HoldReason":"","HoldTime":"","HoldBy":"","Note":""},
			"TranscodeInfo":{"TranscodeSet":[{"Url":"`+base+`/vod/1003/%C3%BC%201%2F2.mp4","Definition":0,"Bitrate":1000000,"Height":720,"Width":1280,
			"Size":1000000,"Duration":8,"Md5":"","Container":"mp4",
			"VideoStreamSet":[{"Bitrate":900000,"Height":720,"Width":1280,"Codec":"h264","Fps":30,"CodecTag":"","DynamicRangeInfo":null}],
			"AudioStreamSet":[{"Bitrate":90000,"SamplingRate":48000,"Codec":"aac"}],
			"DigitalWatermarkType":"None","CopyRightWatermarkText":"","BlindWatermarkDefinition":0,"FileId":""}]},
			"AnimatedGraphicsInfo":null,"SampleSnapshotInfo":null,"ImageSpriteInfo":null,"SnapshotByTimeOffsetInfo":null,
			"KeyFrameDescInfo":null,"AdaptiveDynamicStreamingInfo":null,"MiniProgramReviewInfo":null,"SubtitleInfo":null,"ReviewInfo":null,
			"MPSAiMediaInfo":null,"ImageUnderstandingInfo":null,"KnowledgeBasesInfo":null,"FaceRecognitionInfo":null}]`)
	}
	f := serve(t, nil)
	f.add(t, asset(1))
	for filter, want := range map[string]string{
		`["basicInfo"]`: "true false", `["MetaData"]`: "false true", `["transcodeInfo"]`: "false false", `[]`: "true true",
	} {
		m := f.ok(t, vodv, "DescribeMediaInfos", `{"FileIds":["1001"],"Filters":`+filter+`}`)["MediaInfoSet"].([]any)[0].(map[string]any)
		if got := fmt.Sprint(m["BasicInfo"] != nil, m["MetaData"] != nil); got != want {
			t.Errorf("%s: %s, want %s", filter, got, want)
		}
	}
	bare := asset(2)
	bare.Duration, bare.Tracks, bare.ExpireTime = 0, nil, at(5)
	f.add(t, bare)
	m := f.ok(t, vodv, "DescribeMediaInfos", `{"FileIds":["1002"]}`)["MediaInfoSet"].([]any)[0].(map[string]any)
	if meta := m["MetaData"].(map[string]any); fmt.Sprintf("%v %v", meta["Bitrate"], meta["VideoStreamSet"]) != "0 []" ||
		m["BasicInfo"].(map[string]any)["ExpireTime"] != "2026-01-31T10:05:00Z" {
		t.Errorf("got %v", m)
	}
	f.refused(t, vodv, "DescribeMediaInfos", `{"FileIds":[]}`, "InvalidParameterValue.FileIdsEmpty")
	f.refused(t, vodv, "DescribeMediaInfos", `{}`, "MissingParameter")
	f.refused(t, vodv, "DescribeMediaInfos", `{"FileIds":[`+strings.Repeat(`"1",`, 20)+`"1"]}`, "InvalidParameterValue.FileIdsOverLimit")
}

func TestDeleteMedia(t *testing.T) {
	f := serve(t, nil)
	other := asset(2)
	other.SubAppID = 5
	f.add(t, asset(1), other)
	files := func() (n int) {
		entries, err := os.ReadDir(f.dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries) - 1 // without the storage's identity
	}
	f.refused(t, vodv, "DeleteMedia", `{"FileId":"9"}`, "ResourceNotFound")
	f.refused(t, vodv, "DeleteMedia", `{"FileId":"x"}`, "ResourceNotFound")
	f.refused(t, vodv, "DeleteMedia", `{"FileId":"1002"}`, "ResourceNotFound")
	f.ok(t, vodv, "DeleteMedia", `{"FileId":"1001","DeleteParts":[{"Type":"TranscodeFiles"}]}`)
	if files() != 2 {
		t.Error("a part that does not exist took the file with it")
	}
	f.ok(t, vodv, "DeleteMedia", `{"FileId":"1001","DeleteParts":[{"Type":"OriginalFiles","Definition":0}]}`)
	f.refused(t, vodv, "DeleteMedia", `{"FileId":"1001"}`, "ResourceNotFound")
	f.ok(t, vodv, "DeleteMedia", `{"FileId":"1002","SubAppId":5}`)
	if files() != 0 {
		t.Errorf("%d files are left", files())
	}
}

// TestRecordingMedia shows a file while it is recorded, when it is finished, and deletes it.
func TestRecordingMedia(t *testing.T) {
	f := serve(t, func(a *api.API) {
		a.Catalog.Live = func() map[vod.FileID]vod.Progress {
			return map[vod.FileID]vod.Progress{1005: {Size: 3_000_000, Duration: 12 * time.Second, End: at(6)}}
		}
	})
	show := func() (basic, meta map[string]any) {
		m := f.ok(t, vodv, "DescribeMediaInfos", `{"FileIds":["1005"]}`)["MediaInfoSet"].([]any)[0].(map[string]any)
		return m["BasicInfo"].(map[string]any), m["MetaData"].(map[string]any)
	}
	check := func(want string) {
		t.Helper()
		basic, meta := show()
		source := basic["SourceInfo"].(map[string]any)["LiveRecordInfo"].(map[string]any)
		got := fmt.Sprintf("%v %v %v %v %v %v %v %v %v %v %v", basic["Status"], basic["Type"], basic["Category"], basic["ExpireTime"],
			strings.TrimPrefix(basic["MediaUrl"].(string), f.http.URL), meta["Container"], meta["Size"], meta["Bitrate"], meta["Duration"],
			meta["VideoStreamSet"].([]any)[0].(map[string]any)["Bitrate"], source["RecordEndTime"])
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f.record(t, recording(5))
	check("Recording hls Video 9999-12-31T23:59:59Z /vod/1005/s_5.m3u8 hls 3000000 2000000 12 0 2026-01-31T10:06:00Z")
	if a := f.call(t, vodv, "DeleteMedia", `{"FileId":"1005"}`); a.code != "FailedOperation" ||
		!strings.Contains(a.msg, "still being recorded; stop the push") {
		t.Error(a.code, a.msg)
	}
	finished := asset(5)
	finished.Container, finished.PlaylistKey = "hls", "1005.m3u8"
	f.add(t, finished)
	check("Normal hls Video 9999-12-31T23:59:59Z /vod/1005/s_5.m3u8 hls 1000000 1000000 8 900000 2026-01-31T10:05:08Z")
	f.ok(t, vodv, "DeleteMedia", `{"FileId":"1005"}`)
}

func TestBeijingTime(t *testing.T) {
	for zone, want := range map[*time.Location]string{nil: "2026-01-31 18:03:00", time.UTC: "2026-01-31 10:03:00"} {
		f := serve(t, func(a *api.API) { a.Location = zone })
		id, err := f.db.CreateTemplate(t.Context(), rules.Template{Name: "a"})
		if err != nil {
			t.Fatal(err)
		}
		r := rules.Rule{RuleKey: rules.RuleKey{Domain: "localhost"}, TemplateID: id, CreateTime: at(3), UpdateTime: at(3)}
		if err := f.db.CreateRule(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		shown := f.ok(t, live, "DescribeLiveRecordRules", `{}`)["Rules"].([]any)[0].(map[string]any)
		if shown["CreateTime"] != want || shown["UpdateTime"] != want {
			t.Errorf("%v: %v", zone, shown)
		}
	}
}
