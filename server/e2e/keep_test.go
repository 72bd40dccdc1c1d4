package e2e

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	vod "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/vod/v20180717"
)

// stored lists the files below the recordings' folder but those of the recorder's own.
func (s *instance) stored() (out []string) {
	s.t.Helper()
	root := filepath.Join(s.data, "recordings")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch name, _ := filepath.Rel(root, path); {
		case err != nil && !os.IsNotExist(err):
			return err
		case err != nil || name == ".aircheck-storage":
		case d.IsDir() && name == ".open":
			return filepath.SkipDir
		case !d.IsDir():
			out = append(out, name)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// described asks for one file; nil if it does not exist.
func (s *instance) described(c *vod.Client, id string) *vod.MediaInfo {
	s.t.Helper()
	r := vod.NewDescribeMediaInfosRequest()
	r.FileIds = []*string{&id}
	a, err := c.DescribeMediaInfos(r)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(a.Response.MediaInfoSet) == 0 {
		return nil
	}
	return a.Response.MediaInfoSet[0]
}

// TestKeep says things of a file that is being recorded, by the official SDK: they hold when it is finished, and after a crash. Then the file
// is forbidden, allowed, and deleted, and nothing of it is left.
func TestKeep(t *testing.T) {
	s := start(t)
	s.createRule("localhost", "live", "show", s.createTemplate("all", 0, 3600))
	wait := s.pushing(clip(t, 4), "live/show")
	eventually(t, "the recording", func() bool { return len(s.searchStream("show")) == 1 })
	c := s.vod(calls[0])
	id := *s.searchStream("show")[0].FileId
	oldAddress := *s.searchStream("show")[0].BasicInfo.MediaUrl

	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 36))); err != nil {
		t.Fatal(err)
	}
	r := vod.NewModifyMediaInfoRequest()
	r.FileId, r.Name, r.Description = &id, common.StringPtr("Final: 决赛"), common.StringPtr("the match")
	r.ExpireTime, r.AddTags = common.StringPtr("2099-01-01T00:00:00Z"), common.StringPtrs([]string{"sport", "体育"})
	r.AddKeyFrameDescs = []*vod.MediaKeyFrameDescItem{{TimeOffset: common.Float64Ptr(1.5), Content: common.StringPtr("goal")}}
	r.CoverData = common.StringPtr(base64.StdEncoding.EncodeToString(picture.Bytes()))
	a, err := c.ModifyMediaInfo(r)
	if err != nil {
		t.Fatal(err)
	}
	cover := *a.Response.CoverUrl
	wait()
	var m *vod.MediaInfo
	finished := func() bool { m = s.described(c, id); return m != nil && *m.BasicInfo.Status == "Normal" }
	eventually(t, "the finished file", finished)
	s.kill()
	data := s.data
	s = startIn(t, data)
	c = s.vod(calls[0])
	eventually(t, "the file after the crash", finished)
	b := m.BasicInfo
	if *b.Name != "Final: 决赛" || *b.Description != "the match" || *b.ExpireTime != "2099-01-01T00:00:00Z" || len(b.TagSet) != 2 ||
		pathOf(t, *b.CoverUrl) != pathOf(t, cover) || len(m.KeyFrameDescInfo.KeyFrameDescSet) != 1 || len(m.TranscodeInfo.TranscodeSet) != 1 {
		t.Errorf("%+v", m)
	}
	if answer, body := s.get(pathOf(t, cover)); answer.StatusCode != http.StatusOK || !bytes.Equal(body, picture.Bytes()) ||
		answer.Header.Get("Content-Type") != "image/png" {
		t.Error("the cover:", answer.Status, answer.Header)
	}
	play := func(address string, want int) {
		t.Helper()
		if answer, body := s.get(pathOf(t, address)); answer.StatusCode != want {
			t.Errorf("%s: %s %.100s", address, answer.Status, body)
		}
	}
	play(*b.MediaUrl, http.StatusOK)
	play(oldAddress, http.StatusOK)

	forbid := vod.NewForbidMediaDistributionRequest()
	forbid.FileIds, forbid.Operation = common.StringPtrs([]string{id, "7"}), common.StringPtr("forbid")
	answer, err := c.ForbidMediaDistribution(forbid)
	if err != nil || len(answer.Response.NotExistFileIdSet) != 1 {
		t.Fatal(answer, err)
	}
	play(*b.MediaUrl, http.StatusForbidden)
	play(cover, http.StatusForbidden)
	forbid.Operation = common.StringPtr("recover")
	if _, err := c.ForbidMediaDistribution(forbid); err != nil {
		t.Fatal(err)
	}
	play(*b.MediaUrl, http.StatusOK)
	if got := strings.Join(s.stored(), " "); !strings.Contains(got, ".parts/"+id+"/cover-") {
		t.Error(got)
	}
	remove := vod.NewDeleteMediaRequest()
	remove.FileId = &id
	remove.DeleteParts = []*vod.MediaDeleteItem{{Type: common.StringPtr("TranscodeFiles"), Definition: common.Int64Ptr(0)}}
	if _, err := c.DeleteMedia(remove); err != nil || s.described(c, id) == nil {
		t.Error("transcodes, of which there are none:", err)
	}
	remove.DeleteParts = nil
	if _, err := c.DeleteMedia(remove); err != nil {
		t.Fatal(err)
	}
	again := vod.NewDeleteMediaRequest() // by another method: the same call would have the same answer
	again.FileId = &id
	_, err = s.vod(calls[1]).DeleteMedia(again)
	wantCode(t, err, "ResourceNotFound")
	play(*b.MediaUrl, http.StatusNotFound)
	eventually(t, "nothing to be left", func() bool { return len(s.stored()) == 0 })
}
