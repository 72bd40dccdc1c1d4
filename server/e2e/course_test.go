package e2e

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// readiness is the answer of /readyz.
type readiness struct {
	Ready      bool
	Problems   []string
	Recordings int
	Storage    struct {
		State       string
		Free, Total int64
		Floor, Warn int64
	}
}

func (s *instance) readiness() (r readiness) {
	s.t.Helper()
	answer, body := s.get("/readyz")
	if err := json.Unmarshal(body, &r); err != nil || r.Ready != (answer.StatusCode == http.StatusOK) {
		s.t.Fatalf("/readyz: %s, %v: %s", answer.Status, err, body)
	}
	return r
}

func (s *instance) awaitState(state string) readiness {
	s.t.Helper()
	var r readiness
	eventually(s.t, "the storage to be "+state, func() bool { r = s.readiness(); return r.Storage.State == state })
	return r
}

// course is how a recording went.
type course struct {
	Status, Type, MediaURL string
	Reason                 string
	Recovered              bool
	Gaps                   []struct {
		Units  int
		Reason string
	}
}

// courses returns how the recordings of a stream in a format went, oldest first.
func (s *instance) courses(stream string, f format) []course {
	s.t.Helper()
	q := url.Values{"Action": {"SearchMedia"}, "Version": {"2018-07-17"}, "StreamIds.0": {stream}, "Limit": {"100"}}
	basic := base64.StdEncoding.EncodeToString([]byte(s.id + ":" + s.key))
	_, body := s.get("/?"+q.Encode(), "Authorization", "Basic "+basic)
	var answer struct {
		Response struct {
			Error        *struct{ Message string }
			MediaInfoSet []struct {
				FileID     string `json:"FileId"`
				BasicInfo  struct{ Status, Type, MediaURL string }
				RecordInfo struct {
					Reason    string
					Recovered bool
					GapSet    []struct {
						Units  int
						Reason string
					}
				}
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Response.Error != nil {
		s.t.Fatalf("SearchMedia: %v: %s", err, body)
	}
	all := answer.Response.MediaInfoSet
	slices.Reverse(all) // the newest comes first
	var out []course
	for _, m := range all {
		c := course{
			Status: m.BasicInfo.Status, Type: m.BasicInfo.Type, MediaURL: m.BasicInfo.MediaURL,
			Reason: m.RecordInfo.Reason, Recovered: m.RecordInfo.Recovered, Gaps: m.RecordInfo.GapSet,
		}
		if strings.HasPrefix(c.MediaURL, "/") {
			c.MediaURL = "http://" + s.http + c.MediaURL
		}
		if strings.HasSuffix(c.MediaURL, f.ext) {
			out = append(out, c)
		}
	}
	return out
}

// accounted demands of every format that each packet of the source is in a recording or counted in a gap, and that one of the
// recordings ended for that reason. It returns how many packets are in gaps.
func (s *instance) accounted(stream, source, reason string) int {
	s.t.Helper()
	missing := 0
	for _, f := range formats() {
		want := 0
		for _, list := range f.packets(s.t, source) {
			want += len(list)
		}
		recorded, lost := 0, 0
		var reasons []string
		for _, c := range s.courses(stream, f) {
			if c.Status != "Normal" {
				s.t.Errorf("%s: a recording is %s", f.name, c.Status)
			}
			for _, list := range f.packets(s.t, c.MediaURL) {
				recorded += len(list)
			}
			for _, g := range c.Gaps {
				lost += g.Units
			}
			reasons = append(reasons, c.Reason)
		}
		s.t.Logf("%s: %d packets of %d, %d in gaps, ended by %v", f.name, recorded, want, lost, reasons)
		// A recorder that is too slow loses what came, not only what its format would have taken of it.
		if recorded+lost < want || recorded+lost > want && (!f.soundOnly || lost == 0) {
			s.t.Errorf("%s: %d packets recorded and %d in gaps, %d were pushed", f.name, recorded, lost, want)
		}
		if !slices.Contains(reasons, reason) || !slices.Contains(reasons, "stream_end") {
			s.t.Errorf("%s: ended by %v", f.name, reasons)
		}
		missing += lost
	}
	return missing
}

// pushing pushes a clip in real time; the function returned waits for its end.
func (s *instance) pushing(source, path string) (wait func()) {
	s.t.Helper()
	done := make(chan error, 1)
	go func() { done <- s.push(source, path, true) }()
	return func() {
		s.t.Helper()
		if err := <-done; err != nil {
			s.t.Errorf("push: %v", err)
		}
	}
}

// finished waits until nothing is recorded or finished any more.
func (s *instance) finished() {
	s.t.Helper()
	eventually(s.t, "all files to be finished", func() bool { return s.readiness().Recordings == 0 && openFiles(s) == 0 })
}
