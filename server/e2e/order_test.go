package e2e

import (
	"crypto/sha256"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	vod "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/vod/v20180717"
)

// placedParam is RecordParam with what this version of the SDK does not know.
type placedParam struct {
	Enable      *int64  `json:"Enable,omitempty" name:"Enable"`
	VodSubAppID *int64  `json:"VodSubAppId,omitempty" name:"VodSubAppId"`
	ClassID     *int64  `json:"ClassId,omitempty" name:"ClassId"`
	StorageMode *string `json:"StorageMode,omitempty" name:"StorageMode"`
}

type placedTemplate struct {
	*tchttp.BaseRequest
	TemplateName *string      `json:"TemplateName,omitempty" name:"TemplateName"`
	Mp4Param     *placedParam `json:"Mp4Param,omitempty" name:"Mp4Param"`
	FlvParam     *placedParam `json:"FlvParam,omitempty" name:"FlvParam"`
}

type placedAnswer struct {
	*tchttp.BaseResponse
	Response struct {
		TemplateID int64 `json:"TemplateId"`
	}
}

type storageClassRequest struct {
	*tchttp.BaseRequest
	FileIDs      []*string `json:"FileIds,omitempty" name:"FileIds"`
	StorageClass *string   `json:"StorageClass,omitempty" name:"StorageClass"`
	SubAppID     *uint64   `json:"SubAppId,omitempty" name:"SubAppId"`
}

type storageClassAnswer struct {
	*tchttp.BaseResponse
	Response struct {
		TaskID string `json:"TaskId"`
	}
}

// moveTo asks for files to be moved to a storage class.
func (s *instance) moveTo(app uint64, class string, ids ...*string) (task string, err error) {
	q := &storageClassRequest{BaseRequest: &tchttp.BaseRequest{}, FileIDs: ids, StorageClass: &class, SubAppID: &app}
	q.Init().WithApiInfo("vod", "2018-07-17", "ModifyMediaStorageClass")
	r := &storageClassAnswer{BaseResponse: &tchttp.BaseResponse{}}
	err = s.vod(calls[0]).Send(q, r)
	return r.Response.TaskID, err
}

// inApp lists the files of an application.
func (s *instance) inApp(app uint64) []*vod.MediaInfo {
	s.t.Helper()
	q := vod.NewSearchMediaRequest()
	q.SubAppId = &app
	answer, err := s.vod(calls[0]).SearchMedia(q)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.Response.MediaInfoSet
}

// storedFiles lists the media in a storage folder, without pictures made of them.
func storedFiles(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".aircheck") && filepath.Ext(path) != ".jpg" {
			name, _ := filepath.Rel(dir, path)
			out = append(out, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestOrder: a template sends its files to a class of a sub-application, which has a folder of its own; a kill amid a move to the other storage
// class leaves one file and one row, and the move is done after the next start.
func TestOrder(t *testing.T) {
	t.Parallel()
	data, ia := t.TempDir(), filepath.Join(t.TempDir(), "ia")
	recordings := filepath.Join(data, "recordings")
	s := startIn(t, data, "AIRCHECK_STORAGE_IA_DIR="+ia, "AIRCHECK_STORAGE_MOVE_RATE=64KiB")
	c := s.vod(calls[0])
	create := vod.NewCreateSubAppIdRequest()
	create.Name = common.StringPtr("news")
	made, err := c.CreateSubAppId(create)
	if err != nil {
		t.Fatal(err)
	}
	app := *made.Response.SubAppId
	parent := int64(-1)
	for _, name := range []string{"Sport", "Tennis"} {
		q := vod.NewCreateClassRequest()
		q.ParentId, q.ClassName, q.SubAppId = common.Int64Ptr(parent), common.StringPtr(name), &app
		answer, err := c.CreateClass(q)
		if err != nil {
			t.Fatal(err)
		}
		parent = int64(*answer.Response.ClassId)
	}
	q := &placedTemplate{BaseRequest: &tchttp.BaseRequest{}, TemplateName: common.StringPtr("placed"), Mp4Param: &placedParam{
		Enable: common.Int64Ptr(1), VodSubAppID: common.Int64Ptr(int64(app)), ClassID: &parent,
	}}
	q.Init().WithApiInfo("live", "2018-08-01", "CreateLiveRecordTemplate")
	r := &placedAnswer{BaseResponse: &tchttp.BaseResponse{}}
	if err := s.live(calls[0]).Send(q, r); err != nil {
		t.Fatal(err)
	}
	s.createRule("localhost", "live", "show", r.Response.TemplateID)
	if err := s.push(clip(t, 20), "live/show", false); err != nil {
		t.Fatal(err)
	}
	var file *vod.MediaInfo
	eventually(t, "the recording", func() bool {
		found := s.inApp(app)
		if len(found) == 1 && *found[0].BasicInfo.Status == "Normal" {
			file = found[0]
		}
		return file != nil
	})
	if b := file.BasicInfo; *b.ClassName != "Tennis" || *b.ClassPath != "Sport - Tennis" || *b.ClassId != parent {
		t.Errorf("it is in the class %s, %s", *b.ClassName, *b.ClassPath)
	}
	if got := storedFiles(t, recordings); len(got) != 1 || !strings.HasPrefix(got[0], "app@"+strconv.FormatUint(app, 10)+"/localhost/live/show/") {
		t.Fatalf("the recordings are %q", got)
	}
	if len(s.inApp(0)) != 0 {
		t.Error("it is in the primary application")
	}
	address := "/" + strings.SplitN(*file.BasicInfo.MediaUrl, "/", 4)[3]
	_, media := s.get(address)

	_, err = s.moveTo(app, "STANDARD", file.FileId)
	wantCode(t, err, "InvalidParameterValue.UnsupportedTransition")
	_, err = s.moveTo(app+1, "STANDARD_IA", file.FileId)
	wantCode(t, err, "InvalidParameterValue")
	task, err := s.moveTo(app, "STANDARD_IA", file.FileId)
	if err != nil || task == "" {
		t.Fatal(task, err)
	}
	eventually(t, "the move to be under way", func() bool { return len(storedFiles(t, ia)) == 1 })
	s.kill()
	if got := storedFiles(t, recordings); len(got) != 1 {
		t.Fatalf("the recordings are %q in the middle of a move", got)
	}

	s = startIn(t, data, "AIRCHECK_STORAGE_IA_DIR="+ia)
	eventually(t, "the move to be done", func() bool {
		return *s.inApp(app)[0].BasicInfo.StorageClass == "STANDARD_IA" && len(storedFiles(t, recordings)) == 0
	})
	eventually(t, "what the kill left to be removed", func() bool { return len(storedFiles(t, ia)) == 1 })
	if got := storedFiles(t, ia); !strings.HasPrefix(got[0], "app@") {
		t.Errorf("the other folder holds %q", got)
	}
	if answer, body := s.get(address); sha256.Sum256(body) != sha256.Sum256(media) {
		t.Errorf("what was moved is played as %d bytes instead of %d: %s", len(body), len(media), answer.Status)
	}
	stored := vod.NewDescribeStorageDataRequest()
	stored.SubAppId = &app
	sums, err := s.vod(calls[0]).DescribeStorageData(stored)
	if err != nil || *sums.Response.MediaCount != 1 || *sums.Response.InfrequentStorage < uint64(len(media)) || *sums.Response.StandardStorage >= uint64(len(media)) {
		t.Errorf("stored is %+v, %v", sums.Response, err)
	}
	s.refuseChanges(app, file, address)
}

// refuseChanges switches an application off: nothing in it is played or changed.
func (s *instance) refuseChanges(app uint64, file *vod.MediaInfo, address string) {
	s.t.Helper()
	c := s.vod(calls[0])
	status := vod.NewModifySubAppIdStatusRequest()
	status.SubAppId, status.Status = &app, common.StringPtr("Off")
	if _, err := c.ModifySubAppIdStatus(status); err != nil {
		s.t.Fatal(err)
	}
	remove := vod.NewDeleteMediaRequest()
	remove.FileId, remove.SubAppId = file.FileId, &app
	_, err := c.DeleteMedia(remove)
	wantCode(s.t, err, "FailedOperation.InvalidVodUser")
	if answer, _ := s.get(address); answer.StatusCode != 403 {
		s.t.Errorf("a file of an application that is off is played: %s", answer.Status)
	}
}
