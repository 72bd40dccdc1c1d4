package e2e

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	live "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/live/v20180801"
	vod "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/vod/v20180717"
)

// call is how an SDK user talks to a server: request method and signature.
type call struct{ method, sign string }

var calls = []call{
	{"POST", "TC3-HMAC-SHA256"},
	{"GET", "TC3-HMAC-SHA256"},
	{"POST", "HmacSHA1"},
	{"GET", "HmacSHA1"},
	{"POST", "HmacSHA256"},
	{"GET", "HmacSHA256"},
}

func (s *instance) profile(c call) *profile.ClientProfile {
	p := profile.NewClientProfile()
	p.HttpProfile.Endpoint = s.http
	p.HttpProfile.Scheme = "HTTP"
	p.HttpProfile.ReqMethod = c.method
	p.SignMethod = c.sign
	return p
}

func (s *instance) live(c call) *live.Client {
	s.t.Helper()
	client, err := live.NewClient(common.NewCredential(s.id, s.key), "", s.profile(c))
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

func (s *instance) vod(c call) *vod.Client {
	s.t.Helper()
	client, err := vod.NewClient(common.NewCredential(s.id, s.key), "", s.profile(c))
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

func recordParam(interval int64) *live.RecordParam {
	if interval == 0 {
		return nil
	}
	return &live.RecordParam{Enable: common.Int64Ptr(1), RecordInterval: &interval}
}

// createTemplate makes a template with FLV and MP4 files of that many seconds; 0 leaves a format out.
func (s *instance) createTemplate(name string, flv, mp4 int64) int64 {
	s.t.Helper()
	r := live.NewCreateLiveRecordTemplateRequest()
	r.TemplateName = &name
	r.FlvParam, r.Mp4Param = recordParam(flv), recordParam(mp4)
	answer, err := s.live(calls[0]).CreateLiveRecordTemplate(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return *answer.Response.TemplateId
}

func (s *instance) createRule(domain, app, stream string, template int64) {
	s.t.Helper()
	r := live.NewCreateLiveRecordRuleRequest()
	r.DomainName, r.AppName, r.StreamName, r.TemplateId = &domain, &app, &stream, &template
	if _, err := s.live(calls[0]).CreateLiveRecordRule(r); err != nil {
		s.t.Fatal(err)
	}
}

func (s *instance) searchStream(stream string) []*vod.MediaInfo {
	s.t.Helper()
	r := vod.NewSearchMediaRequest()
	r.StreamIds = []*string{&stream}
	answer, err := s.vod(calls[0]).SearchMedia(r)
	if err != nil {
		s.t.Fatal(err)
	}
	if n := len(answer.Response.MediaInfoSet); uint64(n) != *answer.Response.TotalCount {
		s.t.Errorf("SearchMedia: TotalCount %d with %d assets", *answer.Response.TotalCount, n)
	}
	return answer.Response.MediaInfoSet
}

func (s *instance) online() int {
	s.t.Helper()
	answer, err := s.live(calls[0]).DescribeLiveStreamOnlineList(live.NewDescribeLiveStreamOnlineListRequest())
	if err != nil {
		s.t.Fatal(err)
	}
	return len(answer.Response.OnlineInfo)
}

// openBytes is the size of all files being recorded.
func openBytes(s *instance) int64 {
	var n int64
	_ = filepath.WalkDir(filepath.Join(s.data, "recordings", ".open"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // not there yet, or just renamed
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var e *sdkerrors.TencentCloudSDKError
	if !errors.As(err, &e) || e.GetCode() != code {
		t.Errorf("got %v, want the code %s", err, code)
		return
	}
	if e.GetRequestId() == "" || e.GetMessage() == "" {
		t.Errorf("the error has request id %q and message %q", e.GetRequestId(), e.GetMessage())
	}
}

// TestSDKInEverySignature runs the life of a template, a rule and an asset through every way an SDK can call.
func TestSDKInEverySignature(t *testing.T) {
	s := start(t)
	source := clip(t, 1)
	for i, c := range calls {
		t.Run(c.method+" "+c.sign, func(t *testing.T) {
			client := s.live(c)
			name, stream := "sdk 测试", "show"+string(rune('a'+i))
			bad := live.NewCreateLiveRecordTemplateRequest()
			bad.TemplateName = &name // a blank is not allowed
			if _, err := client.CreateLiveRecordTemplate(bad); err == nil {
				t.Error("a template name with a blank was accepted")
			}
			name = "测试-" + stream
			create := live.NewCreateLiveRecordTemplateRequest()
			create.TemplateName = &name
			create.Mp4Param, create.FlvParam = recordParam(3600), recordParam(300)
			created, err := client.CreateLiveRecordTemplate(create)
			if err != nil {
				t.Fatal(err)
			}
			id := *created.Response.TemplateId

			describe := live.NewDescribeLiveRecordTemplateRequest()
			describe.TemplateId = &id
			described, err := client.DescribeLiveRecordTemplate(describe)
			if err != nil {
				t.Fatal(err)
			}
			got := described.Response.Template
			if *got.TemplateName != name || *got.Mp4Param.RecordInterval != 3600 || *got.Mp4Param.Enable != 1 ||
				*got.HlsParam.Enable != 0 {
				t.Errorf("the template came back as %+v", got)
			}

			domain, app := "localhost", "live"
			rule := live.NewCreateLiveRecordRuleRequest()
			rule.DomainName, rule.AppName, rule.StreamName, rule.TemplateId = &domain, &app, &stream, &id
			if _, err := client.CreateLiveRecordRule(rule); err != nil {
				t.Fatal(err)
			}
			again := live.NewCreateLiveRecordRuleRequest()
			again.DomainName, again.AppName, again.StreamName, again.TemplateId = &domain, &app, &stream, &id
			if c.sign == "TC3-HMAC-SHA256" && c.method == "POST" {
				// With the same second and body the signature is the same: this is the first answer repeated, no second rule.
				_, _ = client.CreateLiveRecordRule(again)
			}

			if err := s.push(source, "live/"+stream, false); err != nil {
				t.Fatal(err)
			}
			vodClient := s.vod(c)
			var found []*vod.MediaInfo
			eventually(t, "two assets", func() bool {
				search := vod.NewSearchMediaRequest()
				search.StreamId = &stream
				search.Sort = &vod.SortBy{Field: common.StringPtr("CreateTime"), Order: common.StringPtr("Desc")}
				answer, err := vodClient.SearchMedia(search)
				if err != nil {
					t.Fatal(err)
				}
				found = answer.Response.MediaInfoSet
				return len(found) == 2 && *found[0].BasicInfo.Status == "Normal" && *found[1].BasicInfo.Status == "Normal"
			})

			info := vod.NewDescribeMediaInfosRequest()
			info.FileIds = []*string{found[0].FileId, common.StringPtr("12345")}
			infos, err := vodClient.DescribeMediaInfos(info)
			if err != nil {
				t.Fatal(err)
			}
			if len(infos.Response.MediaInfoSet) != 1 || len(infos.Response.NotExistFileIdSet) != 1 {
				t.Errorf("DescribeMediaInfos: %d found, %d missing", len(infos.Response.MediaInfoSet), len(infos.Response.NotExistFileIdSet))
			}
			meta := infos.Response.MediaInfoSet[0].MetaData
			if *meta.Width != 320 || *meta.Height != 180 || *meta.Duration < 0.9 || *meta.Duration > 1.2 {
				t.Errorf("metadata: %dx%d, %.3f s", *meta.Width, *meta.Height, *meta.Duration)
			}

			for _, m := range found {
				remove := vod.NewDeleteMediaRequest()
				remove.FileId = m.FileId
				if _, err := vodClient.DeleteMedia(remove); err != nil {
					t.Fatal(err)
				}
			}
			if left := s.searchStream(stream); len(left) != 0 {
				t.Errorf("%d assets left after deleting them", len(left))
			}
			for _, f := range append(s.files(".mp4"), s.files(".flv")...) {
				if strings.Contains(f, "/"+stream+"/") {
					t.Errorf("%s is still there", f)
				}
			}

			inUse := live.NewDeleteLiveRecordTemplateRequest()
			inUse.TemplateId = &id
			_, err = client.DeleteLiveRecordTemplate(inUse)
			wantCode(t, err, "FailedOperation.ConfInUsed")
			unbind := live.NewDeleteLiveRecordRuleRequest()
			unbind.DomainName, unbind.AppName, unbind.StreamName = &domain, &app, &stream
			if _, err := client.DeleteLiveRecordRule(unbind); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestWrongKeysAreRefused(t *testing.T) {
	s := start(t)
	for _, c := range calls {
		client, err := live.NewClient(common.NewCredential(s.id, "wrong"), "", s.profile(c))
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.DescribeLiveRecordTemplates(live.NewDescribeLiveRecordTemplatesRequest())
		wantCode(t, err, "AuthFailure.SignatureFailure")
		client, err = live.NewClient(common.NewCredential("AKIDnobody", "wrong"), "", s.profile(c))
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.DescribeLiveRecordTemplates(live.NewDescribeLiveRecordTemplatesRequest())
		wantCode(t, err, "AuthFailure.SecretIdNotFound")
	}
}

func TestPushKeys(t *testing.T) {
	s := start(t, "AIRCHECK_PUSH_AUTH=always")
	source := clip(t, 1)
	if err := s.push(source, "live/guarded", false); err == nil {
		t.Error("a push without a key was let in")
	}
	if err := s.push(source, "live/guarded?txSecret=00000000000000000000000000000000&txTime=7fffffff", false); err == nil {
		t.Error("a push with a wrong key was let in")
	}
	cmd := s.command("url", "live/guarded")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	i := strings.Index(string(out), "guarded?")
	if i < 0 {
		t.Fatalf("aircheck url printed no key:\n%s", out)
	}
	key := strings.Fields(string(out)[i:])[0]
	key = strings.Trim(key, `'"`)
	if err := s.push(source, "live/"+key, false); err != nil {
		t.Errorf("the address from aircheck url: %v", err)
	}
	s.awaitFiles(".mp4", 1)
	pair, err := os.ReadFile(filepath.Join(s.data, "secrets", "api_key"))
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimPrefix(strings.Split(strings.Split(key, "txSecret=")[1], "&")[0], "=")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.log {
		for _, v := range l {
			if text, ok := v.(string); ok && (strings.Contains(text, secret) || strings.Contains(text, strings.Split(strings.TrimSpace(string(pair)), ":")[1])) {
				t.Errorf("the log has a secret: %v", l)
			}
		}
	}
}

func TestConsoleAndHealth(t *testing.T) {
	s := start(t)
	for _, path := range []string{"/healthz", "/readyz", "/console/", "/"} {
		if answer, _ := s.get(path); answer.StatusCode != http.StatusOK {
			t.Errorf("GET %s: %s", path, answer.Status)
		}
	}
	if answer, _ := s.get("/?Action=DescribeLiveRecordTemplates&Version=2018-08-01"); answer.StatusCode != http.StatusOK ||
		answer.Header.Get("Content-Type") != "application/json" {
		t.Errorf("an unsigned call: %s, %s", answer.Status, answer.Header.Get("Content-Type"))
	}
}
