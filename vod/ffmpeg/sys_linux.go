package ffmpeg

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const supported = true

// The lowest priorities there are: of processors, and of the disk (class idle: only what others leave).
const (
	niceLowest     = 19
	ioprioWhoGroup = 2
	ioprioIdle     = 3 << 13
	clockTicks     = 100 // of /proc/PID/stat per second; on Linux this is 100 for all programs
	maxFiles       = 256
	statFieldUTime = 11 // counted behind the name
)

// humble lowers the priority of all threads of a process group, which those inherit that come later.
func humble(group int) {
	_ = unix.Setpriority(unix.PRIO_PGRP, group, niceLowest)
	_, _, _ = unix.Syscall(unix.SYS_IOPRIO_SET, ioprioWhoGroup, uintptr(group), ioprioIdle)
}

// attributes: a process group of its own, so that all of it can be killed, and an end with the thread that started it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

// limit sets a process's limits.
func limit(pid int, cpu time.Duration, memory, output int64) error {
	seconds := uint64(max(1, cpu/time.Second))
	for _, l := range []struct {
		resource   int
		soft, hard uint64
	}{
		{unix.RLIMIT_CPU, seconds, seconds + 1},
		{unix.RLIMIT_AS, uint64(memory), uint64(memory)},
		{unix.RLIMIT_FSIZE, uint64(output), uint64(output)},
		{unix.RLIMIT_NOFILE, maxFiles, maxFiles},
		{unix.RLIMIT_CORE, 0, 0},
	} {
		err := unix.Prlimit(pid, l.resource, &unix.Rlimit{Cur: l.soft, Max: l.hard}, nil)
		if err != nil && err != unix.ESRCH { //nolint:errorlint // a bare errno; it may have ended already
			return fmt.Errorf("set its limits: %w", err)
		}
	}
	return nil
}

// cpuTime is how much time of processors a process has used; 0 if that cannot be said.
func cpuTime(pid int) time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, ok := bytes.Cut(text, []byte(") "))
	fields := bytes.Fields(rest)
	if !ok || len(fields) < statFieldUTime+2 {
		return 0
	}
	user, _ := strconv.ParseInt(string(fields[statFieldUTime]), 10, 64)
	system, _ := strconv.ParseInt(string(fields[statFieldUTime+1]), 10, 64)
	return time.Duration(user+system) * time.Second / clockTicks
}

// limitReached says which limit ended a process; empty if none did.
func limitReached(s *os.ProcessState, cpu time.Duration) string {
	status, ok := s.Sys().(syscall.WaitStatus)
	if !ok {
		return ""
	}
	used, limit := s.UserTime()+s.SystemTime(), max(time.Second, cpu.Truncate(time.Second))
	switch {
	case used >= limit, toldToEnd(status) && used >= limit/2:
		return fmt.Sprintf("it used %v of processors", cpu)
	case status.Signaled() && status.Signal() == syscall.SIGXFSZ:
		return "a file became larger than it may"
	}
	return ""
}

// toldToEnd reports whether a process ended at a signal as the kernel sends it at RLIMIT_CPU. The time used does not tell by itself: the kernel
// compares the limit with ticks of its clock, each counted for whoever runs at that moment, and in the end reports what was used in truth.
func toldToEnd(status syscall.WaitStatus) bool {
	const ffmpegTold = 255 // its exit status after a signal it could take
	return status.ExitStatus() == ffmpegTold || status.Signaled() && (status.Signal() == syscall.SIGXCPU || status.Signal() == syscall.SIGKILL)
}
