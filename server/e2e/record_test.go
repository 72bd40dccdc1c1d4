package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

func TestPushIsRecordedWithNothingConfigured(t *testing.T) {
	s := start(t)
	source := clip(t, 5)
	if err := s.push(source, "live/show", false); err != nil {
		t.Fatal(err)
	}
	file := s.awaitFiles(".mp4", 1)[0]
	samePackets(t, packets(t, source), packets(t, file))
	decodes(t, file)
	if !strings.Contains(file, "/localhost/live/show/") {
		t.Errorf("the file lies at %s", file)
	}

	eventually(t, "MP4 and HLS in the catalogue", func() bool { return len(s.searchStream("show")) == 2 })
	media := s.searchStream("show")
	if *media[0].BasicInfo.Type != "mp4" {
		media = media[1:]
	}
	path := strings.TrimPrefix(*media[0].BasicInfo.MediaUrl, "http://"+s.http)
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	answer, body := s.get(path)
	if answer.StatusCode != http.StatusOK || !bytes.Equal(body, want) || answer.Header.Get("Content-Type") != "video/mp4" {
		t.Errorf("play: %s, %d bytes of %s, want the file's %d", answer.Status, len(body), answer.Header.Get("Content-Type"), len(want))
	}
	answer, body = s.get(path, "Range", "bytes=100-199")
	if answer.StatusCode != http.StatusPartialContent || !bytes.Equal(body, want[100:200]) {
		t.Errorf("play a range: %s, %d bytes", answer.Status, len(body))
	}
}

func TestShortPushesLeaveFiles(t *testing.T) {
	s := start(t)
	for i, more := range [][]string{nil, {"-an"}, {"-vn"}} {
		source := clip(t, 1, more...)
		if err := s.push(source, fmt.Sprintf("live/short%d", i), true); err != nil {
			t.Fatal(err)
		}
		files := s.awaitFiles(".mp4", i+1)
		for _, f := range files {
			if strings.Contains(f, fmt.Sprintf("/short%d/", i)) {
				samePackets(t, packets(t, source), packets(t, f))
			}
		}
	}
}

func TestFilesAreCutWithoutLoss(t *testing.T) {
	s := start(t)
	s.recordEverything("long", 60)
	source := clip(t, 150)
	if err := s.push(source, "live/long", false); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d packets compared", s.pushedIs("long", source, 3))
}

func TestTemplateWithoutFormatRecordsNothing(t *testing.T) {
	s := start(t)
	id := s.createTemplate("norecord", 0, 0)
	s.createRule("localhost", "", "quiet", id)
	if err := s.push(clip(t, 1), "live/quiet", false); err != nil {
		t.Fatal(err)
	}
	if err := s.push(clip(t, 1), "live/loud", false); err != nil {
		t.Fatal(err)
	}
	files := s.awaitFiles(".mp4", 1)
	if len(files) != 1 || !strings.Contains(files[0], "/loud/") {
		t.Errorf("recorded: %v", files)
	}
}

func TestTwoDomainsWithOneNameAreLiveAtOnce(t *testing.T) {
	s := start(t, "AIRCHECK_DOMAINS_NAMES=[one.example, two.example]")
	id := s.createTemplate("both", 0, 1800)
	for _, domain := range []string{"one.example", "two.example"} {
		s.createRule(domain, "", "", id)
	}
	source := clip(t, 5)
	push := func(domain string) chan error {
		done := make(chan error, 1)
		go func() { done <- s.push(source, "live/same?vhost="+domain, true) }()
		return done
	}
	one, two := push("one.example"), push("two.example")
	eventually(t, "both streams live", func() bool { return s.online() == 2 })
	for _, done := range []chan error{one, two} {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range s.awaitFiles(".mp4", 2) {
		samePackets(t, packets(t, source), packets(t, f))
	}
}

func TestTimestampsBeyondTheExtendedLimit(t *testing.T) {
	s := start(t)
	source := clip(t, 5)
	for i, offset := range []string{"16775", "20000", "4294964"} {
		args := []string{
			"-hide_banner", "-loglevel", "error", "-i", source, "-c", "copy", "-output_ts_offset", offset, "-f", "flv",
			fmt.Sprintf("rtmp://%s/live/late%d", s.rtmp, i),
		}
		run(t, "ffmpeg", args...)
	}
	for _, f := range s.awaitFiles(".mp4", 3) {
		samePackets(t, packets(t, source), packets(t, f))
	}
}

func TestStopFinishesWhatIsBeingRecorded(t *testing.T) {
	data := t.TempDir()
	s := startIn(t, data)
	cmd := s.pusher(clip(t, 30), "live/running", true)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "three seconds of media", func() bool { return openBytes(s) > 60_000 })
	if took := s.stop(); took > 10*time.Second {
		t.Errorf("stopping took %s", took)
	}
	_ = cmd.Wait() // ends with an error: its server is gone
	file := s.awaitFiles(".mp4", 1)[0]
	decodes(t, file)
	again := startIn(t, data)
	if n := len(again.searchStream("running")); n != 2 {
		t.Errorf("%d assets after a stop, want MP4 and HLS", n)
	}
}

func TestKilledServerFinishesItsRecordingsAtTheNextStart(t *testing.T) {
	data := t.TempDir()
	s := startIn(t, data)
	id := s.createTemplate("both", 60, 60)
	s.createRule("localhost", "live", "victim", id)
	source := clip(t, 30)
	cmd := s.pusher(source, "live/victim", true)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "some media", func() bool { return openBytes(s) > 100_000 })
	s.kill()
	_ = cmd.Wait() // ends with an error: its server is gone
	again := startIn(t, data)
	eventually(t, "recovered recordings", func() bool { return len(again.searchStream("victim")) == 2 })
	want := packets(t, source)
	for _, ext := range []string{".flv", ".mp4"} {
		file := again.awaitFiles(ext, 1)[0]
		got := packets(t, file)
		if len(got["video"]) < 25 {
			t.Errorf("%s: %d video packets recovered", ext, len(got["video"]))
		}
		for kind := range want {
			want[kind] = want[kind][:max(len(got[kind]), 0)]
		}
		samePackets(t, want, got)
		decodes(t, file)
		want = packets(t, source)
	}
	again.stop()
	third := startIn(t, data)
	if n := len(third.searchStream("victim")); n != 2 {
		t.Errorf("%d assets after one more start, want 2", n)
	}
}
