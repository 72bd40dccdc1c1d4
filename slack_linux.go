package main

import (
	"log/slog"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// timerSlack is how late, in ns, the kernel may wake a thread, so that it can wake several at once. It is also how late a timer
	// may fire.
	timerSlack = 4_000_000
	// startedAgain is in the environment of a program that has been: a thread with real-time priority never has any slack.
	startedAgain = "_AIRCHECK_STARTED_AGAIN"
)

// coarsenTimers makes wake-ups rare that need not be exact. While anything runs, the Go runtime's monitor wakes every 20 µs, which with
// the usual slack of 50 µs costs a sixth of what recording does. A thread's slack is inherited by those it starts, and the monitor is
// started before any of our code: so the program starts itself again, as the same process, with the slack set. Where that fails it
// goes on as it is.
func coarsenTimers(log *slog.Logger) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if _, again := os.LookupEnv(startedAgain); again {
		_ = os.Unsetenv(startedAgain)
		return
	}
	if slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0); err != nil || slack >= timerSlack {
		return
	}
	path, err := os.Executable()
	if err == nil {
		err = unix.Prctl(unix.PR_SET_TIMERSLACK, timerSlack, 0, 0, 0)
	}
	if err == nil {
		err = syscall.Exec(path, os.Args, append(os.Environ(), startedAgain+"=1"))
	}
	log.Warn("timers are more exact than they need be, which costs processor time", "error", err)
}
