package e2e

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	live "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/live/v20180801"
)

const callbackKey = "hush-hush"

// callbackBody is what of a callback these tests look at.
type callbackBody struct {
	EventType   int    `json:"event_type"`
	EventID     string `json:"event_id"`
	T           int64  `json:"t"`
	Sign        string `json:"sign"`
	App         string `json:"app"`
	AppName     string `json:"appname"`
	StreamID    string `json:"stream_id"`
	FileID      string `json:"file_id"`
	FileFormat  string `json:"file_format"`
	Duration    int64  `json:"duration"`
	FileSize    int64  `json:"file_size"`
	VideoURL    string `json:"video_url"`
	CallbackExt string `json:"callback_ext"`
}

// verify checks both signatures as a receiver would.
func (b callbackBody) verify(t *testing.T, header http.Header, text []byte) {
	t.Helper()
	sum := md5.Sum([]byte(callbackKey + fmt.Sprint(b.T)))
	if b.Sign != hex.EncodeToString(sum[:]) || b.T <= time.Now().Unix() {
		t.Errorf("sign %q, t %d", b.Sign, b.T)
	}
	mac := hmac.New(sha256.New, []byte(callbackKey))
	mac.Write(text)
	if header.Get("X-Aircheck-Signature") != hex.EncodeToString(mac.Sum(nil)) || header.Get("X-Aircheck-Event-Id") != b.EventID {
		t.Errorf("headers %v", header)
	}
}

// listen receives callbacks at an address, which may be of a receiver that was closed before.
func listen(t *testing.T, address string) (url string, came chan callbackBody, closed func()) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	came = make(chan callbackBody, 100)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		var b callbackBody
		if err != nil || json.Unmarshal(text, &b) != nil {
			t.Errorf("%v: %s", err, text)
		}
		b.verify(t, r.Header, text)
		_, _ = io.WriteString(w, `{"code":0}`)
		came <- b
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	closed = func() { _ = s.Close(); <-done }
	t.Cleanup(closed)
	return "http://" + l.Addr().String(), came, closed
}

func next(t *testing.T, came chan callbackBody) callbackBody {
	t.Helper()
	select {
	case b := <-came:
		return b
	case <-time.After(patience):
		t.Fatal("no callback came")
		return callbackBody{}
	}
}

// callbacksTo makes a template and a rule that send what is recorded of app live.
func (s *instance) callbacksTo(url string) {
	s.t.Helper()
	r := live.NewCreateLiveCallbackTemplateRequest()
	r.TemplateName, r.RecordNotifyUrl, r.CallbackKey = common.StringPtr("t"), &url, common.StringPtr(callbackKey)
	made, err := s.live(calls[0]).CreateLiveCallbackTemplate(r)
	if err != nil {
		s.t.Fatal(err)
	}
	rule := live.NewCreateLiveCallbackRuleRequest()
	rule.DomainName, rule.AppName, rule.TemplateId = common.StringPtr("localhost"), common.StringPtr("live"), made.Response.TemplateId
	if _, err := s.live(calls[0]).CreateLiveCallbackRule(rule); err != nil {
		s.t.Fatal(err)
	}
	listed, err := s.live(calls[0]).DescribeLiveCallbackTemplates(live.NewDescribeLiveCallbackTemplatesRequest())
	if err != nil {
		s.t.Fatal(err)
	}
	if all := listed.Response.Templates; len(all) != 1 || *all[0].RecordNotifyUrl != url || *all[0].CallbackKey != callbackKey {
		s.t.Errorf("templates: %+v", all)
	}
}

func TestCallbackTellsOfAFile(t *testing.T) {
	s := start(t)
	url, came, _ := listen(t, "127.0.0.1:0")
	s.callbacksTo(url)
	if err := s.push(clip(t, 2), "live/show?user=1", false); err != nil {
		t.Fatal(err)
	}
	formats := map[string]bool{}
	for range 2 { // the first template's: MP4 and HLS
		b := next(t, came)
		formats[b.FileFormat] = true
		if b.EventType != 100 || b.App != "localhost" || b.AppName != "live" || b.StreamID != "show" || b.Duration != 2 || b.FileSize < 1000 ||
			b.CallbackExt != `{"video_codec":"h264","resolution":"320x180"}` {
			t.Errorf("got %+v", b)
		}
		path, ok := strings.CutPrefix(b.VideoURL, "http://"+s.http)
		if answer, _ := s.get(path); !ok || answer.StatusCode != http.StatusOK || !strings.Contains(path, b.FileID) {
			t.Errorf("%s: %s", b.VideoURL, answer.Status)
		}
	}
	if len(formats) != 2 || !formats["mp4"] || !formats["hls"] {
		t.Errorf("formats %v", formats)
	}
}

// TestCallbackSurvivesAKill: a receiver that is down while a server is killed is told by the next one.
func TestCallbackSurvivesAKill(t *testing.T) {
	data := t.TempDir()
	first := startIn(t, data, "AIRCHECK_CALLBACKS_INTERVAL=1s")
	url, _, closed := listen(t, "127.0.0.1:0")
	closed()
	first.callbacksTo(url)
	if err := first.push(clip(t, 1), "live/show", false); err != nil {
		t.Fatal(err)
	}
	first.await("callback not delivered", "state", "pending")
	first.kill()
	second := startIn(t, data, "AIRCHECK_CALLBACKS_INTERVAL=1s")
	_, came, _ := listen(t, strings.TrimPrefix(url, "http://"))
	seen := map[string]bool{}
	for len(seen) < 2 {
		b := next(t, came)
		seen[b.EventID] = true
		if !strings.HasPrefix(b.VideoURL, "http://"+second.http+"/") {
			t.Errorf("got %+v", b)
		}
	}
}
