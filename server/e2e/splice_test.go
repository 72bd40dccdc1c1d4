package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	live "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/live/v20180801"
)

// spliceWindow is the FlowContinueDuration of these tests, in seconds.
const spliceWindow = 8

// spliced is a recording as the catalogue tells of it.
type spliced struct {
	FileID    string `json:"FileId"`
	BasicInfo struct {
		Status string
		Media  string `json:"MediaUrl"`
	}
	MetaData   struct{ Duration float64 }
	RecordInfo struct {
		Reason string
		GapSet []struct {
			At, Length float64
			Reason     string
		}
	}
}

// splicedIn returns the recordings of a stream with that extension, oldest first.
func (s *instance) splicedIn(stream, ext string) []spliced {
	s.t.Helper()
	q := url.Values{"Action": {"SearchMedia"}, "Version": {"2018-07-17"}, "StreamIds.0": {stream}, "Limit": {"100"}}
	basic := base64.StdEncoding.EncodeToString([]byte(s.id + ":" + s.key))
	_, body := s.get("/?"+q.Encode(), "Authorization", "Basic "+basic)
	var answer struct {
		Response struct {
			Error        *struct{ Message string }
			MediaInfoSet []spliced
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Response.Error != nil {
		s.t.Fatalf("SearchMedia: %v: %s", err, body)
	}
	out := slices.DeleteFunc(answer.Response.MediaInfoSet, func(m spliced) bool { return path.Ext(m.BasicInfo.Media) != ext })
	slices.Reverse(out) // the newest comes first
	for i := range out {
		if strings.HasPrefix(out[i].BasicInfo.Media, "/") {
			out[i].BasicInfo.Media = "http://" + s.http + out[i].BasicInfo.Media
		}
	}
	return out
}

// spliceEverything has a stream recorded as HLS and MP4 that wait for it.
func (s *instance) spliceEverything(stream string) {
	s.t.Helper()
	r := live.NewCreateLiveRecordTemplateRequest()
	r.TemplateName = common.StringPtr("splice" + stream)
	r.HlsParam, r.Mp4Param = recordParam(60), recordParam(600)
	r.HlsSpecialParam = &live.HlsSpecialParam{FlowContinueDuration: common.Uint64Ptr(spliceWindow)}
	answer, err := s.live(calls[0]).CreateLiveRecordTemplate(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.createRule("localhost", "live", stream, *answer.Response.TemplateId)
}

// startSplicing runs a server whose MP4 files wait for their publishers, too.
func startSplicing(t *testing.T, data string) *instance {
	t.Helper()
	return startIn(t, data, fmt.Sprintf("AIRCHECK_RECORDER_MP4_SPLICE=%ds", spliceWindow))
}

// awaitSpliced waits for a stream's n recordings to be finished.
func (s *instance) awaitSpliced(stream, ext string, n int) []spliced {
	s.t.Helper()
	var found []spliced
	eventually(s.t, fmt.Sprintf("%d finished %s files of %s", n, ext, stream), func() bool {
		finished := openFiles(s) == 0 // before the catalogue is asked: its answer then has what finishing changed
		found = s.splicedIn(stream, ext)
		return finished && len(found) >= n
	})
	if len(found) != n {
		s.t.Fatalf("%s: %d %s files, want %d", stream, len(found), ext, n)
	}
	for _, f := range found {
		if f.BasicInfo.Status != "Normal" {
			s.t.Errorf("%s: a file is %s", stream, f.BasicInfo.Status)
		}
	}
	return found
}

// holds checks that the recordings have the packets of the sources, one behind the other; of the first so many may be missing at its end.
func (s *instance) holds(found []spliced, sources []string, missing int) {
	s.t.Helper()
	got, want := map[string][]packet{}, map[string][]packet{}
	for _, f := range found {
		for kind, list := range units(s.t, f.BasicInfo.Media) {
			got[kind] = append(got[kind], list...)
		}
	}
	for _, source := range sources {
		for kind, list := range units(s.t, source) {
			want[kind] = append(want[kind], list...)
		}
	}
	for kind, w := range want {
		g, lost := got[kind], 0
		for _, p := range w {
			if len(g) > 0 && g[0].Hash == p.Hash {
				g = g[1:]
			} else {
				lost++
			}
		}
		if len(g) > 0 || lost > missing {
			s.t.Errorf("%d %s packets of %d are missing, %d are others", lost, kind, len(w), len(g))
		}
	}
}

// hasGap checks the one gap of a recording.
func hasGap(t *testing.T, f spliced, at, shortest float64) {
	t.Helper()
	gaps := f.RecordInfo.GapSet
	if len(gaps) != 1 || gaps[0].Reason != "the publisher was away" ||
		gaps[0].At < at-1.5 || gaps[0].At > at+0.5 || gaps[0].Length < shortest || gaps[0].Length > spliceWindow+2 {
		t.Errorf("%s: gaps %+v, want one at %v of %v or more", f.BasicInfo.Media, gaps, at, shortest)
	}
}

// TestSpliceAcrossPushes: a publisher drops and returns, the same or otherwise.
func TestSpliceAcrossPushes(t *testing.T) {
	for name, c := range map[string]struct {
		then     []string
		hls, mp4 int
	}{
		"the same":           {nil, 1, 1},
		"another resolution": {[]string{"-s", "480x272"}, 1, 2},
		"without sound":      {[]string{"-an"}, 1, 2},
		"another rate":       {[]string{"-r", "15"}, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startSplicing(t, t.TempDir())
			s.spliceEverything("show")
			sources := []string{clip(t, 3), clip(t, 4, c.then...)}
			for _, source := range sources {
				if err := s.push(source, "live/show", true); err != nil {
					t.Fatal(err)
				}
			}
			found := s.splicedIn("show", ".m3u8")
			if len(found) != c.hls || found[0].BasicInfo.Status != "Recording" {
				t.Errorf("while it waits: %+v", found)
			}
			// It plays meanwhile: all that was pushed is in the playlist.
			_, text := s.get(strings.TrimPrefix(found[0].BasicInfo.Media, "http://"+s.http))
			if n := strings.Count(string(text), "#EXTINF"); n != 2 || strings.Count(string(text), "#EXT-X-DISCONTINUITY\n") != 1 {
				t.Errorf("the playlist meanwhile:\n%s", text)
			}
			found = s.awaitSpliced("show", ".m3u8", c.hls)
			s.holds(found, sources, 0)
			hasGap(t, found[0], 3, 0)
			found = s.awaitSpliced("show", ".mp4", c.mp4)
			s.holds(found, sources, 0)
			if c.mp4 == 1 {
				hasGap(t, found[0], 3, 0)
				framesDecode(t, found[0].BasicInfo.Media, 175)
			}
		})
	}
}

// TestSpliceTooLate: who returns after the window begins another recording.
func TestSpliceTooLate(t *testing.T) {
	t.Parallel()
	s := startSplicing(t, t.TempDir())
	s.spliceEverything("late")
	source := clip(t, 3)
	for n := range 2 {
		if err := s.push(source, "live/late", true); err != nil {
			t.Fatal(err)
		}
		for _, ext := range []string{".m3u8", ".mp4"} {
			for _, f := range s.awaitSpliced("late", ext, n+1) {
				if len(f.RecordInfo.GapSet) != 0 || f.RecordInfo.Reason != "stream_end" {
					t.Errorf("%+v", f)
				}
			}
		}
	}
	s.holds(s.splicedIn("late", ".m3u8"), []string{source, source}, 0)
	s.holds(s.splicedIn("late", ".mp4"), []string{source, source}, 0)
}

// TestSpliceAcrossRestarts: the server is stopped or killed, twice, and the publisher goes on each time.
func TestSpliceAcrossRestarts(t *testing.T) {
	for name, c := range map[string]struct {
		end func(s *instance)
	}{
		"stopped": {func(s *instance) { s.stop() }},
		"killed":  {(*instance).kill},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			source, last := clip(t, 20), clip(t, 3)
			s := startSplicing(t, data)
			s.spliceEverything("go")
			var begun []time.Time
			for range 2 {
				push := s.pusher(source, "live/go", true)
				if err := push.Start(); err != nil {
					t.Fatal(err)
				}
				begun = append(begun, time.Now())
				before := openBytes(s)
				eventually(t, "four seconds of media", func() bool { return openBytes(s) > before && time.Since(begun[len(begun)-1]) > 4*time.Second })
				c.end(s)
				_ = push.Process.Kill()
				_ = push.Wait()
				s = startSplicing(t, data)
			}
			if err := s.push(last, "live/go", true); err != nil {
				t.Fatal(err)
			}
			for _, ext := range []string{".m3u8", ".mp4"} {
				found := s.awaitSpliced("go", ext, 1)
				if gaps := found[0].RecordInfo.GapSet; len(gaps) != 2 {
					t.Errorf("%s: gaps %+v, want two", ext, gaps)
				}
				got := units(t, found[0].BasicInfo.Media)
				want, end := units(t, source), units(t, last)
				for kind, g := range got {
					// Twice the beginning of the source, and all of the last push.
					first := runs(g, want[kind])
					if second := runs(g[first:], want[kind]); first < 60 || second < 60 || runs(g[first+second:], end[kind]) != len(g)-first-second ||
						len(g)-first-second != len(end[kind]) {
						t.Errorf("%s: %s: %d packets, of which %d and %d are the source's beginning", ext, kind, len(g), first, second)
					}
				}
			}
			file := s.splicedIn("go", ".mp4")[0].BasicInfo.Media
			framesDecode(t, file, len(packets(t, file)["video"]))
		})
	}
}

// framesDecode checks that so many pictures can be decoded, and that nothing is wrong with any of them.
func framesDecode(t *testing.T, from string, want int) {
	t.Helper()
	text := run(t, "ffprobe", "-v", "error", "-err_detect", "explode", "-count_frames", "-select_streams", "v",
		"-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", from)
	if got := strings.TrimSpace(text); got != fmt.Sprint(want) {
		t.Errorf("%s: %s pictures decode, want %d", from, got, want)
	}
}

// runs counts how many packets are the first of a list.
func runs(got, want []packet) (n int) {
	for n < len(got) && n < len(want) && got[n].Hash == want[n].Hash {
		n++
	}
	return n
}
