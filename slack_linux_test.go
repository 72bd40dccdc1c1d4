package main

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestCoarsenTimers: the program starts itself again once, with its arguments and environment, and has the slack then.
func TestCoarsenTimers(t *testing.T) {
	const told = "TEST_OF_TIMER_SLACK"
	if os.Getenv(told) != "" {
		coarsenTimers(slog.Default())
		slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
		_, marked := os.LookupEnv(startedAgain)
		fmt.Println("slack", slack, err, len(os.Args), marked)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestCoarsenTimers$")
	cmd.Env = append(os.Environ(), told+"=1")
	out, err := cmd.CombinedOutput()
	if want := fmt.Sprintln("slack", timerSlack, "<nil>", 2, false); err != nil || strings.Count(string(out), want) != 1 {
		t.Errorf("%v\n%swant %s", err, out, want)
	}
}
