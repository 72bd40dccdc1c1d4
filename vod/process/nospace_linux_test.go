package process_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aircheck/recorder/mp4"
	"aircheck/vod/process"
	"aircheck/vod/task"
)

// TestNoSpace: that the disk is full is no fault of the file, and nothing that another try would change.
func TestNoSpace(t *testing.T) {
	l := newLibrary(t)
	a := l.add(t, 1, mp4.Format{}, film(t, "h264"), nil)
	dir := t.TempDir()
	l.Runner.Path = filepath.Join(dir, "ffmpeg")
	script := "#!/bin/sh\necho run >> " + filepath.Join(dir, "runs") + "\necho 'av_interleaved_write_frame(): No space left on device' >&2\nexit 1\n"
	must(t, os.WriteFile(l.Runner.Path, []byte(script), 0o700))
	out, err := l.run(t, a.ID, process.Flow{Transcodes: []process.Transcode{{Definition: 10}}})
	must(t, err)
	if s := out.Steps[0]; s.Status != process.Failed || s.Code != task.CodeInternal || !strings.Contains(s.Message, "No space left") {
		t.Errorf("%+v", s)
	}
	runs, err := os.ReadFile(filepath.Join(dir, "runs"))
	must(t, err)
	if n := strings.Count(string(runs), "run"); n != 1 {
		t.Errorf("tried %d times", n)
	}
}
