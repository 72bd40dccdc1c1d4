package api_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"aircheck/server/api"
	"aircheck/vod"
)

// withParts gives the catalogue what keeps covers and other parts.
func withParts(a *api.API) {
	next := vod.FileID(9000)
	in := &vod.Intake{
		Store: a.Catalog.Store, Storages: a.Catalog.Storages, Log: a.Log, NewID: func() vod.FileID { next++; return next },
	}
	a.Catalog.Parts = &vod.Parts{Store: a.Catalog.Store, Intake: in}
}

func aPicture(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 2))); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// media describes one file.
func (f *fixture) media(t *testing.T, id, filters string) map[string]any {
	t.Helper()
	all := f.ok(t, vodv, "DescribeMediaInfos", `{"FileIds":["`+id+`"],"Filters":`+filters+`}`)["MediaInfoSet"].([]any)
	if len(all) != 1 {
		t.Fatal(all)
	}
	return all[0].(map[string]any)
}

func TestModifyMediaInfo(t *testing.T) {
	f := serve(t, withParts)
	f.add(t, asset(1))
	modify := func(body string) map[string]any {
		t.Helper()
		return f.ok(t, vodv, "ModifyMediaInfo", `{"FileId":"1001",`+body+`}`)
	}
	sameJSON(t, modify(`"Name":"Best of","Description":"two\nlines","ExpireTime":"2099-01-02T03:04:05+08:00","AddTags":["a","b","a"],
		"AddKeyFrameDescs":[{"TimeOffset":7.5,"Content":"later"},{"TimeOffset":0,"Content":"first"}]`)["CoverUrl"], `""`)
	b := f.media(t, "1001", `["basicInfo","keyFrameDescInfo"]`)
	basic := b["BasicInfo"].(map[string]any)
	for field, want := range map[string]string{
		"Name": `"Best of"`, "Description": `"two\nlines"`, "ExpireTime": `"2099-01-01T19:04:05Z"`, "TagSet": `["a","b"]`,
		"MediaUrl": `"` + f.http.URL + `/vod/1001/Best%20of.mp4"`,
	} {
		sameJSON(t, basic[field], want)
	}
	sameJSON(t, b["KeyFrameDescInfo"], `{"KeyFrameDescSet":[{"TimeOffset":0,"Content":"first"},{"TimeOffset":7.5,"Content":"later"}]}`)
	// A request that names nothing changes nothing; what is empty is removed, or is never.
	modify(`"SubAppId":0`)
	modify(`"Description":"","ExpireTime":"9999-12-31T23:59:59Z","AddTags":["c"],"DeleteTags":["a","none"],
		"AddKeyFrameDescs":[{"TimeOffset":7.5,"Content":"new"}],"DeleteKeyFrameDescs":[0,3]`)
	b = f.media(t, "1001", `["basicInfo","keyFrameDescInfo"]`)
	basic = b["BasicInfo"].(map[string]any)
	for field, want := range map[string]string{
		"Name": `"Best of"`, "Description": `""`, "ExpireTime": `"9999-12-31T23:59:59Z"`, "TagSet": `["b","c"]`,
	} {
		sameJSON(t, basic[field], want)
	}
	sameJSON(t, b["KeyFrameDescInfo"], `{"KeyFrameDescSet":[{"TimeOffset":7.5,"Content":"new"}]}`)
	modify(`"ClearTags":1,"ClearKeyFrameDescs":1`)
	b = f.media(t, "1001", `["basicInfo","keyFrameDescInfo"]`)
	sameJSON(t, b["BasicInfo"].(map[string]any)["TagSet"], `[]`)
	sameJSON(t, b["KeyFrameDescInfo"], `null`)
}

func TestModifyMediaInfoRefusals(t *testing.T) {
	f := serve(t, withParts)
	f.add(t, asset(1))
	long := func(n int) string { return strings.Repeat("字", n) }
	list := func(n int, each string) string {
		var out []string
		for i := range n {
			out = append(out, strings.ReplaceAll(each, "#", fmt.Sprint(i)))
		}
		return "[" + strings.Join(out, ",") + "]"
	}
	const frame = `{"TimeOffset":#,"Content":"x"}`
	f.ok(t, vodv, "ModifyMediaInfo", `{"FileId":"1001","Name":"`+long(64)+`","Description":"`+long(128)+`","AddTags":`+list(16, `"#`+long(30)+`"`)+
		`,"AddKeyFrameDescs":`+list(100, `{"TimeOffset":#,"Content":"`+long(128)+`"}`)+`}`)
	before, _ := json.Marshal(f.media(t, "1001", `[]`))
	for _, c := range []struct{ fields, code string }{
		{`"Name":"` + long(65) + `"`, "InvalidParameterValue.Name"},
		{`"Name":"a\nb"`, "InvalidParameterValue.Name"},
		{`"Description":"` + long(129) + `"`, "InvalidParameterValue.Description"},
		{`"ExpireTime":"tomorrow"`, "InvalidParameterValue.ExpireTime"},
		{`"ExpireTime":"2020-01-01T00:00:00Z"`, "InvalidParameterValue.ExpireTime"},
		{`"AddTags":["x"],"ClearTags":1`, "InvalidParameterValue.AddTagsAndClearTagsConflict"},
		{`"AddTags":["x","y"],"DeleteTags":["y"]`, "InvalidParameterValue.AddTagsAndDeleteTagsConflict"},
		{`"AddTags":["` + long(33) + `"]`, "InvalidParameterValue.TagTooLong"},
		{`"AddTags":[""]`, "InvalidParameterValue.TagTooLong"},
		{`"AddTags":["seventeen"]`, "LimitExceeded.TagCountReachMax"},
		{`"AddKeyFrameDescs":` + list(1, frame) + `,"ClearKeyFrameDescs":1`, "InvalidParameterValue.AddKeyFrameDescsAndClearKeyFrameDescsConflict"},
		{`"AddKeyFrameDescs":` + list(3, frame) + `,"DeleteKeyFrameDescs":[2.0001]`, "InvalidParameterValue.AddKeyFrameDescsAndDeleteKeyFrameDescsConflict"},
		{`"AddKeyFrameDescs":[{"TimeOffset":1,"Content":"` + long(129) + `"}]`, "InvalidParameterValue.KeyFrameDescContentTooLong"},
		{`"AddKeyFrameDescs":[{"TimeOffset":1,"Content":""}]`, "InvalidParameterValue.KeyFrameDescContentTooLong"},
		{`"AddKeyFrameDescs":[{"TimeOffset":100,"Content":"x"}]`, "LimitExceeded.KeyFrameDescCountReachMax"},
		{`"AddKeyFrameDescs":[{"TimeOffset":-1,"Content":"x"}]`, "InvalidParameterValue"},
		{`"AddKeyFrameDescs":[{"TimeOffset":1e300,"Content":"x"}]`, "InvalidParameterValue"},
		{`"CoverData":"?"`, "InvalidParameterValue.ImageDecodeError"},
		{`"CoverData":"aGVsbG8="`, "InvalidParameterValue.ImageDecodeError"},
		{`"CoverData":"` + strings.Repeat("A", 8<<20) + `"`, "InvalidParameterValue.ImageDecodeError"},
		{`"AddSubtitles":[{"Name":"x"}]`, "InvalidParameterValue"},
		// Nothing of it is done if not all can be.
		{`"Name":"other","CoverData":"` + aPicture(t) + `","AddTags":["seventeen"]`, "LimitExceeded.TagCountReachMax"},
		{`"SubAppId":5,"Name":"x"`, "ResourceNotFound.FileNotExist"},
	} {
		f.refused(t, vodv, "ModifyMediaInfo", `{"FileId":"1001",`+c.fields+`}`, c.code)
	}
	f.refused(t, vodv, "ModifyMediaInfo", `{"FileId":"7","Name":"x"}`, "ResourceNotFound.FileNotExist")
	f.refused(t, vodv, "ModifyMediaInfo", `{"Name":"x"}`, "MissingParameter")
	if after, _ := json.Marshal(f.media(t, "1001", `[]`)); string(after) != string(before) {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
	f.api.Catalog.Parts.Intake.Room = func(string) error { return vod.ErrNoRoom }
	f.refused(t, vodv, "ModifyMediaInfo", `{"FileId":"1001","CoverData":"`+aPicture(t)+`"}`, "InternalError.UploadCoverImageError")
}

// TestModifyMediaInfoRecording: what is said of a file that is being recorded holds when it is finished.
func TestModifyMediaInfoRecording(t *testing.T) {
	f := serve(t, withParts)
	f.record(t, recording(1))
	id := recording(1).ID.String()
	cover := f.ok(t, vodv, "ModifyMediaInfo", `{"FileId":"`+id+`","Name":"n","Description":"d","ExpireTime":"2099-01-01T00:00:00Z","AddTags":["t"],
		"AddKeyFrameDescs":[{"TimeOffset":1,"Content":"k"}],"CoverData":"data:image/png;base64,`+aPicture(t)+`"}`)["CoverUrl"].(string)
	done := asset(1)
	done.ID = recording(1).ID
	done.Name, done.ExpireTime = "as the recorder says", at(9)
	f.add(t, done)
	m := f.media(t, id, `["basicInfo","keyFrameDescInfo"]`)
	b := m["BasicInfo"].(map[string]any)
	for field, want := range map[string]string{
		"Name": `"n"`, "Description": `"d"`, "ExpireTime": `"2099-01-01T00:00:00Z"`, "TagSet": `["t"]`, "CoverUrl": `"` + cover + `"`,
		"Status": `"Normal"`, "StoragePath": `"` + id + `"`,
	} {
		sameJSON(t, b[field], want)
	}
	sameJSON(t, m["KeyFrameDescInfo"], `{"KeyFrameDescSet":[{"TimeOffset":1,"Content":"k"}]}`)
}

func TestForbidMediaDistribution(t *testing.T) {
	f := serve(t, nil)
	f.add(t, asset(1), asset(2))
	got := f.ok(t, vodv, "ForbidMediaDistribution", `{"FileIds":["1001","7","x"],"Operation":"forbid"}`)
	sameJSON(t, got["NotExistFileIdSet"], `["7","x"]`)
	status := func(id string) any { return f.media(t, id, `["basicInfo"]`)["BasicInfo"].(map[string]any)["Status"] }
	if status("1001") != "Forbidden" || status("1002") != "Normal" {
		t.Error(status("1001"), status("1002"))
	}
	f.ok(t, vodv, "ForbidMediaDistribution", `{"FileIds":["1001"],"Operation":"recover"}`)
	if status("1001") != "Normal" {
		t.Error(status("1001"))
	}
	many := strings.TrimSuffix(strings.Repeat(`"1",`, 21), ",")
	f.refused(t, vodv, "ForbidMediaDistribution", `{"FileIds":[`+many+`],"Operation":"forbid"}`, "InvalidParameterValue.FileIdsTooMany")
	f.refused(t, vodv, "ForbidMediaDistribution", `{"FileIds":["1001"],"Operation":"hide"}`, "InvalidParameterValue.Operation")
	f.refused(t, vodv, "ForbidMediaDistribution", `{"FileIds":[],"Operation":"forbid"}`, "InvalidParameter")
}

// TestMediaBlocks shows every kind of part in its block, and nowhere else.
func TestMediaBlocks(t *testing.T) {
	f := serve(t, withParts)
	f.add(t, asset(1))
	found, err := f.api.Catalog.Get(t.Context(), []vod.FileID{1001})
	if err != nil {
		t.Fatal(err)
	}
	parts := f.api.Catalog.Parts
	names := map[string]string{}
	add := func(name string, p vod.Part, meta any) {
		t.Helper()
		if p.Meta, err = json.Marshal(meta); err != nil {
			t.Fatal(err)
		}
		n, err := parts.Begin(t.Context(), found[0], p, "bin")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(n.File, "12345"); err != nil {
			t.Fatal(err)
		}
		made, err := parts.Commit(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		names[name] = f.http.URL + vod.PartPath(1001, made[0].Name())
	}
	add("transcode", vod.Part{Kind: vod.PartTranscode, Definition: 100010}, vod.TranscodeMeta{
		Container: "mp4", Duration: 4 * time.Second, MD5: "abc", Tracks: []vod.Track{{Kind: "audio", Codec: "aac", SampleRate: 44100, Bytes: 4}},
	})
	add("animated", vod.Part{Kind: vod.PartAnimated, Definition: 20000}, vod.AnimatedMeta{
		Container: "gif", Width: 3, Height: 2, Bitrate: 9, Start: time.Second, End: 2500 * time.Millisecond,
	})
	add("sample", vod.Part{Kind: vod.PartSampleSnapshot, Definition: 10}, vod.PictureMeta{SampleType: "Percent", Interval: 10})
	add("sprite", vod.Part{Kind: vod.PartSprite, Definition: 11}, vod.SpriteMeta{Width: 142, Height: 80, Count: 17})
	add("vtt", vod.Part{Kind: vod.PartWebVTT, Definition: 11}, nil)
	add("snapshot", vod.Part{Kind: vod.PartSnapshot, Definition: 12}, vod.PictureMeta{At: 1500 * time.Millisecond})
	add("adaptive", vod.Part{Kind: vod.PartAdaptive, Definition: 13}, vod.AdaptiveMeta{
		Package: "hls", SubStreams: []vod.SubStream{{Kind: "video", Width: 640, Height: 360, Size: 5}},
	})
	m := f.media(t, "1001", `[]`)
	set := m["TranscodeInfo"].(map[string]any)["TranscodeSet"].([]any)
	if len(set) != 2 || set[0].(map[string]any)["Definition"].(json.Number) != "0" {
		t.Fatal(set)
	}
	sameJSON(t, set[1], `{"Url":"`+names["transcode"]+`","Definition":100010,"Bitrate":10,"Height":0,"Width":0,"Size":5,"Duration":4,"Md5":"abc",
		"Container":"mp4","VideoStreamSet":[],"AudioStreamSet":[{"Bitrate":8,"SamplingRate":44100,"Codec":"aac"}],
		"DigitalWatermarkType":"None","CopyRightWatermarkText":"","BlindWatermarkDefinition":0,"FileId":""}`)
	for block, want := range map[string]string{
		"AnimatedGraphicsInfo": `{"AnimatedGraphicsSet":[{"Url":"` + names["animated"] + `","Definition":20000,"Container":"gif","Height":2,"Width":3,
			"Bitrate":9,"Size":5,"Md5":"","StartTimeOffset":1,"EndTimeOffset":2.5}]}`,
		"SampleSnapshotInfo": `{"SampleSnapshotSet":[{"Definition":10,"SampleType":"Percent","Interval":10,"ImageUrlSet":["` + names["sample"] + `"],
			"WaterMarkDefinition":[]}]}`,
		"ImageSpriteInfo": `{"ImageSpriteSet":[{"Definition":11,"Height":80,"Width":142,"TotalCount":17,"ImageUrlSet":["` + names["sprite"] + `"],
			"WebVttUrl":"` + names["vtt"] + `"}]}`,
		"SnapshotByTimeOffsetInfo": `{"SnapshotByTimeOffsetSet":[{"Definition":12,"PicInfoSet":[{"TimeOffset":1500,"Url":"` + names["snapshot"] + `",
			"WaterMarkDefinition":[]}]}]}`,
		"AdaptiveDynamicStreamingInfo": `{"AdaptiveDynamicStreamingSet":[{"Definition":13,"Package":"hls","DrmType":"","Url":"` + names["adaptive"] + `",
			"Size":5,"DigitalWatermarkType":"None","SubStreamSet":[{"Type":"video","Width":640,"Height":360,"Size":5}],
			"CopyRightWatermarkText":"","BlindWatermarkDefinition":0,"SubtitleSet":[],"DefaultSubtitleId":"","DrmEncryptType":""}]}`,
	} {
		sameJSON(t, m[block], want)
		filter := strings.ToLower(block[:1]) + block[1:]
		for other, value := range f.media(t, "1001", `["`+filter+`"]`) {
			if (value != nil) != (other == block || other == "FileId") {
				t.Errorf("with %s, %s is %v", filter, other, value)
			}
		}
	}
	// Without the file itself, what was made of it is left.
	f.ok(t, vodv, "DeleteMedia", `{"FileId":"1001","DeleteParts":[{"Type":"OriginalFiles"}]}`)
	m = f.media(t, "1001", `[]`)
	sameJSON(t, m["BasicInfo"].(map[string]any)["MediaUrl"], `""`)
	if set := m["TranscodeInfo"].(map[string]any)["TranscodeSet"].([]any); len(set) != 1 {
		t.Error(set)
	}
	f.refused(t, vodv, "DeleteMedia", `{"FileId":"1001","DeleteParts":[{"Type":"Subtitles"}]}`, "InvalidParameterValue")
	f.ok(t, vodv, "DeleteMedia", `{"FileId":"1001","DeleteParts":[{"Type":"TranscodeFiles","Definition":100010},{"Type":"AdaptiveDynamicStreamingFiles"}]}`)
	f.refused(t, vodv, "DeleteMedia", `{"FileId":"1001"}`, "ResourceNotFound")
}
