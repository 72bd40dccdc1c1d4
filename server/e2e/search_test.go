package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	vod "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/vod/v20180717"
)

// TestFindRecordings: recordings are found by the SDK through one character of their names on, while they are being written into the search
// index and afterwards.
func TestFindRecordings(t *testing.T) {
	s := start(t)
	s.createRule("localhost", "live", "", s.createTemplate("all", 0, 1800))
	source := clip(t, 2)
	streams := []string{"会议", "Concert"}
	for _, stream := range streams {
		if err := s.push(source, "live/"+stream, false); err != nil {
			t.Fatal(err)
		}
		eventually(t, stream, func() bool { return len(s.searchStream(stream)) == 1 && openFiles(s) == 0 })
	}
	for _, c := range []struct {
		text, sort string
		want       []string
	}{
		{"会", "Desc", streams[:1]},
		{"会议", "Desc", streams[:1]},
		{"议会", "Desc", nil},
		{"ONCER", "Desc", streams[1:]},
		{"%", "Desc", nil},
		{"", "Asc", streams},
		{"", "Desc", []string{"Concert", "会议"}},
	} {
		r := vod.NewSearchMediaRequest()
		r.Categories = common.StringPtrs([]string{"Video"})
		r.Names = common.StringPtrs([]string{c.text})
		r.Sort = &vod.SortBy{Field: common.StringPtr("CreateTime"), Order: common.StringPtr(c.sort)}
		answer, err := s.vod(calls[0]).SearchMedia(r)
		if err != nil {
			t.Fatal(c, err)
		}
		var got []string
		for _, m := range answer.Response.MediaInfoSet {
			got = append(got, streams[slices.IndexFunc(streams, func(name string) bool { return strings.Contains(*m.BasicInfo.Name, name) })])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
