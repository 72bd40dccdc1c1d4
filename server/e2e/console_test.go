package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// strangeName is a name that a publisher chose, and how the console shows it.
type strangeName struct {
	Name  string `json:"name"`
	Shown string `json:"shown"`
}

// strangeNames are of all that could break a page: markup, quotes, marks that turn text around, and as long as a name may be.
func strangeNames() []strangeName {
	const markup = `<img src=x onerror="pwned=1">'&lt;`
	long := "long-" + strings.Repeat("x", 250)
	return []strangeName{
		{markup, markup},
		{"turned-\u202etfel", `turned-\u202etfel`},
		{long, long[:40]},
	}
}

// consoleInput is what node/console/main.mjs is told.
type consoleInput struct {
	URL      string        `json:"url"`
	Password string        `json:"password"`
	Key      string        `json:"key"` // of the API: SecretId:SecretKey
	Out      string        `json:"out"` // empty: no pictures are kept
	Live     string        `json:"live"`
	Strange  []strangeName `json:"strange"`
	// Receiver answers callbacks, Refuses does not take them.
	Receiver         string `json:"receiver"`
	Refuses          string `json:"refuses"`
	CallbackTemplate int64  `json:"callbackTemplate"`
	FileID           string `json:"fileId"`
	// RecordTemplate makes MP4 and HLS of the app shows, of which MP4 and HLS are the files, those that were recorded first in front.
	RecordTemplate int64    `json:"recordTemplate"`
	MP4            []string `json:"mp4"`
	HLS            []string `json:"hls"`
}

// post calls an action with the plain key pair, for what the console shows to be there.
func (s *instance) post(version, action string, params map[string]any, into any) {
	s.t.Helper()
	body, err := json.Marshal(params)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, "http://"+s.http+"/", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.SetBasicAuth(s.id, s.key)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-TC-Action", action)
	r.Header.Set("X-TC-Version", version)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Response json.RawMessage }
	var failed struct {
		Error *struct{ Code, Message string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal(answer.Response, &failed); err != nil || failed.Error != nil {
		s.t.Fatalf("%s: %v, %+v", action, err, failed.Error)
	}
	if into != nil {
		if err := json.Unmarshal(answer.Response, into); err != nil {
			s.t.Fatal(err)
		}
	}
}

// receivers are one that takes callbacks, with an answer that would break a page that took it for markup, and one that does not.
func receivers(t *testing.T) (takes, refuses string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Receiver", `<img src=x onerror="pwned=1">`)
		if r.URL.Path == "/refuses" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, `{"code":0,"message":"<script>pwned=1</script>"}`)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/takes", s.URL + "/refuses"
}

// playFor pushes a clip over and over until the test ends.
func (s *instance) playFor(clip, name string) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	args := []string{"-hide_banner", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", clip, "-c", "copy", "-f", "flv"}
	// The name is given apart: an address would have to escape it.
	args = append(args, "-rtmp_app", "live", "-rtmp_playpath", name, "rtmp://"+s.rtmp+"/live")
	cmd := exec.CommandContext(ctx, "ffmpeg", args...)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { cancel(); _ = cmd.Wait() })
}

// recordShows records a stream twice, as MP4 and HLS.
func (s *instance) recordShows(in *consoleInput) {
	s.t.Helper()
	const live, vod = "2018-08-01", "2018-07-17"
	on := map[string]any{"Enable": 1, "StorageTime": 30 * 86400}
	var made struct{ TemplateID int64 }
	s.post(live, "CreateLiveRecordTemplate", map[string]any{"TemplateName": "shows", "Description": "Kept for <i>30 days</i>", "Mp4Param": on, "HlsParam": on}, &made)
	in.RecordTemplate = made.TemplateID
	s.post(live, "CreateLiveRecordRule", map[string]any{"DomainName": "localhost", "AppName": "shows", "TemplateId": made.TemplateID}, nil)
	for n := 1; n <= 2; n++ {
		if err := s.push(clip(s.t, 6), "shows/morning", true); err != nil {
			s.t.Fatal(err)
		}
		eventually(s.t, "files of the show", func() bool {
			var found struct {
				MediaInfoSet []struct {
					FileID    string
					BasicInfo struct{ Type, Status string }
				}
			}
			s.post(vod, "SearchMedia", map[string]any{"StreamIds": []string{"morning"}, "Sort": map[string]any{"Field": "CreateTime", "Order": "Asc"}}, &found)
			in.MP4, in.HLS = nil, nil
			for _, f := range found.MediaInfoSet {
				switch {
				case f.BasicInfo.Status != "Normal":
				case f.BasicInfo.Type == "mp4":
					in.MP4 = append(in.MP4, f.FileID)
				case f.BasicInfo.Type == "hls":
					in.HLS = append(in.HLS, f.FileID)
				}
			}
			return len(in.MP4) == n && len(in.HLS) == n
		})
	}
}

// prepare makes what the pages are to show: streams of all kinds of names, a file, callbacks that arrive and some that do not.
func (s *instance) prepare(in *consoleInput) {
	s.t.Helper()
	const live, vod = "2018-08-01", "2018-07-17"
	in.Receiver, in.Refuses = receivers(s.t)
	var made struct{ TemplateID int64 }
	s.post(live, "CreateLiveCallbackTemplate", map[string]any{
		"TemplateName": "newsroom", "Description": "<b>What the newsroom hears</b>", "CallbackKey": callbackKey,
		"StreamBeginNotifyUrl": in.Receiver, "StreamEndNotifyUrl": in.Refuses, "RecordNotifyUrl": in.Receiver,
	}, &made)
	in.CallbackTemplate = made.TemplateID
	s.post(live, "CreateLiveCallbackRule", map[string]any{"DomainName": "localhost", "AppName": "live", "TemplateId": made.TemplateID}, nil)
	short := clip(s.t, 2)
	if err := s.push(short, "live/finished", false); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "a file", func() bool {
		var found struct{ MediaInfoSet []struct{ FileID string } }
		s.post(vod, "SearchMedia", map[string]any{"StreamIds": []string{"finished"}}, &found)
		if len(found.MediaInfoSet) > 0 {
			in.FileID = found.MediaInfoSet[0].FileID
		}
		return in.FileID != ""
	})
	s.recordShows(in)
	s.playFor(short, in.Live)
	for _, n := range in.Strange {
		s.playFor(short, n.Name)
	}
	eventually(s.t, "all streams", func() bool { return s.online() == 1+len(in.Strange) })
}

// TestConsole looks at every page of the console in a browser. CONSOLE_SCREENSHOTS names a folder that keeps what it saw, CONSOLE_PAGES is a
// regular expression of the pages that it looks at.
func TestConsole(t *testing.T) {
	t.Parallel()
	installNode(t)
	s := start(t, "AIRCHECK_CATALOG_COVER=true")
	if _, page := s.get("/console/"); !bytes.Contains(page, []byte("/console/assets/")) {
		t.Fatalf("the program has no console in it; run make build with Node.js 20.19 or later: %s", page)
	}
	in := consoleInput{URL: "http://" + s.http, Key: s.id + ":" + s.key, Out: os.Getenv("CONSOLE_SCREENSHOTS"), Live: "evening-show", Strange: strangeNames()}
	in.Password = s.await("the console's password, shown this once; aircheck password makes another").text("password")
	s.prepare(&in)

	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", filepath.Join("node", "console", "main.mjs"))
	cmd.Env = append(os.Environ(), "INPUT="+string(text))
	cmd.WaitDelay = time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := heard(t, out)
	if err := cmd.Wait(); err != nil || !done {
		t.Errorf("node/console/main.mjs: %v, done %v\n%s", err, done, stderr.String())
	}
}

// heard reports what main.mjs finds, and whether it came to its end.
func heard(t *testing.T, out io.Reader) (done bool) {
	t.Helper()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l struct {
			Finding, Note string
			Done          bool
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Errorf("not understood: %s", lines.Text())
			continue
		}
		done = done || l.Done
		if l.Finding != "" {
			t.Error(l.Finding)
		}
		if l.Note != "" {
			t.Log(l.Note)
		}
	}
	return done
}
