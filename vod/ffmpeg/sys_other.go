//go:build !linux

package ffmpeg

import (
	"os"
	"syscall"
	"time"
)

// Elsewhere a child could neither be limited nor be kept from outliving the server: ffmpeg is not used.
const supported = false

func humble(int) {}

func attributes() *syscall.SysProcAttr { return nil }

func killGroup(int) {}

func limit(int, time.Duration, int64, int64) error { return nil }

func cpuTime(int) time.Duration { return 0 }

func limitReached(*os.ProcessState, time.Duration) string { return "" }
