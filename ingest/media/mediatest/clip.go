package mediatest

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// Clip makes a file of a test picture and a tone with the real ffmpeg and returns its path. The file name's extension chooses
// the container; args go between the inputs and the file, such as "-t", "4", "-c:v", "libx264", "-c:a", "aac".
func Clip(t testing.TB, name, rate string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	all := []string{"-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=" + rate, "-f", "lavfi", "-i", "sine=f=440:r=48000"}
	Run(t, "ffmpeg", append(append(all, args...), path)...)
	return path
}

// Run runs a program and returns its output. What it writes to standard error, or an exit code other than 0, fails the test.
func Run(t testing.TB, program string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(program, args...)
	var complaint lines
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil || len(complaint) > 0 {
		t.Fatalf("%s %q: %v\n%s", program, args, err, complaint)
	}
	return out
}

// lines keeps the first part of what a program complains of.
type lines []byte

// Write keeps at most 4 KiB.
func (l *lines) Write(b []byte) (int, error) {
	*l = append(*l, b[:min(len(b), 4096-min(len(*l), 4096))]...)
	return len(b), nil
}
