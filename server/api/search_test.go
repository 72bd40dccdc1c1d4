package api_test

import (
	"fmt"
	"strings"
	"testing"

	"aircheck/vod"
)

// shelf is one file of each kind that a search can ask for, from 1000 on; 1009 is of another application.
func shelf() []vod.Asset {
	out := make([]vod.Asset, 10)
	for i := range out {
		out[i] = asset(i)
		out[i].Name, out[i].Stream, out[i].SourceType = fmt.Sprintf("clip %d", i), "cam", vod.SourceRecord
	}
	out[1].Name, out[1].Description = "会议录像", "第一季度"
	out[2].Name, out[2].Tags = `100%_\ "x" 'y'`, []string{"体育", "a b"}
	out[3].Name, out[3].Tags = "Cafe\u0301 👩‍👩‍👧", []string{"体"}
	out[4].ClassID, out[4].SourceType = 3, vod.SourceVideoProcessing
	out[5].Container, out[5].StorageClass = "aac", vod.StorageClassIA
	out[6].Forbidden, out[6].ExpireTime = true, at(90)
	out[7].Domain, out[7].App, out[7].Stream = "push.example.com", "studio", "直播"
	out[8].Status = vod.StatusLost
	out[9].SubAppID, out[9].Name = 7, "会议录像"
	return out
}

// TestSearchMediaParameters: each parameter finds what it says, and nothing else.
func TestSearchMediaParameters(t *testing.T) {
	f := serve(t, nil)
	f.add(t, shelf()...)
	all := "8 7 6 5 4 3 2 1 0"
	for body, want := range map[string]string{
		`{"Names":["议"]}`: "1", `{"Names":["会议"]}`: "1", `{"Names":["议录像"]}`: "1", `{"Names":["会议录像"]}`: "1", `{"Names":["议会"]}`: "",
		`{"Names":["会议录像"],"SubAppId":7}`: "9", `{"Names":["录像","CLIP 5"]}`: "5 1", `{"Names":["季"]}`: "",
		`{"Names":["%"]}`: "2", `{"Names":["_"]}`: "2", `{"Names":["\\"]}`: "2", `{"Names":["%_\\ \"X\" '"]}`: "2", `{"Names":["0_"]}`: "", `{"Names":["*"]}`: "",
		`{"Names":["👩"]}`: "3", `{"Names":["👩‍👩‍👧"]}`: "3", `{"Names":["👩‍👧‍👧"]}`: "", `{"Names":["CAFÉ"]}`: "3", `{"Names":["cafe\u0301"]}`: "3",
		`{"NamePrefixes":["会"]}`: "1", `{"NamePrefixes":["会议录像"]}`: "1", `{"NamePrefixes":["议"]}`: "", `{"NamePrefixes":["100%","clip 4"]}`: "4 2",
		`{"NamePrefixes":["1__"]}`: "", `{"NamePrefixes":["Clip"]}`: "", `{"NamePrefixes":["clip 55"]}`: "",
		`{"Descriptions":["季"]}`: "1", `{"Descriptions":["一季度"]}`: "1", `{"Descriptions":["会议"]}`: "",
		`{"Text":"第一"}`: "1", `{"Text":"录"}`: "1", `{"Text":"第二"}`: "", `{"Text":"LIP"}`: "8 7 6 5 4 0",
		`{"Tags":["体"]}`: "3", `{"Tags":["体育","体"]}`: "3 2", `{"Tags":["a"]}`: "", `{"Tags":["a b"]}`: "2",
		`{"ClassIds":[3]}`: "4", `{"ClassIds":[0]}`: "8 7 6 5 3 2 1 0", `{"ClassIds":[4]}`: "", `{"ClassIds":[4,3]}`: "4",
		`{"SourceTypes":["VideoProcessing"]}`: "4", `{"SourceType":"Record","SourceTypes":["VideoProcessing"]}`: "", `{"SourceTypes":["Upload"]}`: "",
		`{"SourceTypes":["VideoProcessing","Record"],"SourceType":"VideoProcessing"}`: "4",
		`{"StreamIds":["直播"]}`: "7", `{"StreamIds":["直"]}`: "", `{"StreamId":"直播","StreamIds":["cam","直播"]}`: "7",
		`{"StreamDomains":["push.example.com"]}`: "7", `{"StreamDomains":["example.com"]}`: "", `{"StreamPaths":["studio"]}`: "7", `{"StreamPaths":["stud"]}`: "",
		`{"Categories":["Audio"]}`: "5", `{"Categories":["Image"]}`: "", `{"MediaTypes":["AAC"]}`: "5", `{"MediaTypes":["flv"]}`: "",
		`{"StorageClasses":["STANDARD_IA"]}`: "5", `{"StorageClasses":["ARCHIVE"]}`: "", `{"StorageClasses":["ARCHIVE","STANDARD_IA"]}`: "5",
		`{"Status":["Forbidden"]}`: "6", `{"Status":["SystemForbidden"]}`: "", `{"Status":["Normal"]}`: "7 5 4 3 2 1 0", `{"Status":["Lost","Forbidden"]}`: "8 6",
		`{"ExpireTime":{"After":"2026-01-31T11:30:00Z","Before":"2026-01-31T11:30:01Z"}}`: "6", `{"ExpireTime":{"Before":"2026-01-31T11:30:00Z"}}`: "",
		`{"ExpireTime":{"After":"2026-01-31T11:30:01Z"}}`:                                 "8 7 5 4 3 2 1 0",
		`{"CreateTime":{"After":"2026-01-31T10:02:00Z","Before":"2026-01-31T10:04:00Z"}}`: "3 2",
		`{"StartTime":"2026-01-31T10:07:00Z"}`:                                            "8 7", `{"EndTime":"2026-01-31T10:01:00Z"}`: "0",
		`{"FileIds":["1001","1009"]}`: "1", `{"Vids":["1002"],"FileIds":["1001","1002"]}`: "2", `{"Vid":"1003"}`: "3",
		`{"ReviewResults":["notModerated"]}`: all, `{"ReviewResults":["block"]}`: "", `{"StorageRegions":["x"]}`: "", `{"TrtcRoomIds":["1"]}`: "",
		`{"Tags":["体育"],"Names":["%"],"MediaTypes":["mp4"],"Status":["Normal"]}`: "2", `{"Tags":["体育"],"Names":["会"]}`: "",
		`{"Names":[""]}`: all, `{"Text":""}`: all, `{}`: all,
	} {
		a := f.ok(t, vodv, "SearchMedia", body)
		var got []string
		for _, m := range a["MediaInfoSet"].([]any) {
			got = append(got, strings.TrimPrefix(m.(map[string]any)["FileId"].(string), "100"))
		}
		if strings.Join(got, " ") != want || fmt.Sprint(a["TotalCount"]) != fmt.Sprint(len(got)) {
			t.Errorf("%s: %v of %v, want %s", body, got, a["TotalCount"], want)
		}
	}
}

// TestSearchMediaOrder: Sort counts, also where texts are asked for, and pages join.
func TestSearchMediaOrder(t *testing.T) {
	f := serve(t, nil)
	f.add(t, shelf()...)
	var got []string
	for offset := range 5 {
		body := fmt.Sprintf(`{"Text":"clip","Sort":{"Field":"CreateTime","Order":"Asc"},"Offset":%d,"Limit":2}`, 2*offset)
		for _, m := range f.ok(t, vodv, "SearchMedia", body)["MediaInfoSet"].([]any) {
			got = append(got, strings.TrimPrefix(m.(map[string]any)["FileId"].(string), "100"))
		}
	}
	if strings.Join(got, " ") != "0 4 5 6 7 8" {
		t.Error(got)
	}
	for field, code := range map[string]string{
		`"Tags":["` + strings.Repeat("ü", 33) + `"]`: ".Tags", `"Tags":[` + strings.Repeat(`"a",`, 16) + `"a"]`: ".Tags",
		`"SourceTypes":["Nowhere"]`: ".SourceTypes", `"StorageClasses":["COLD"]`: "",
	} {
		f.refused(t, vodv, "SearchMedia", "{"+field+"}", "InvalidParameterValue"+code)
	}
}

// TestDescribeMediaInfosMissing: what does not exist, or is another application's, is named, and is no error.
func TestDescribeMediaInfosMissing(t *testing.T) {
	f := serve(t, nil)
	f.add(t, shelf()...)
	a := f.ok(t, vodv, "DescribeMediaInfos", `{"FileIds":["1009","1002","77","x","1001","1002"],"Filters":["metaData"]}`)
	got := fmt.Sprint(a["NotExistFileIdSet"])
	for _, m := range a["MediaInfoSet"].([]any) {
		info := m.(map[string]any)
		got += fmt.Sprint(" ", info["FileId"], info["BasicInfo"] == nil, info["MetaData"] != nil)
	}
	if got != "[1009 77 x] 1002true true 1001true true" {
		t.Error(got)
	}
}
