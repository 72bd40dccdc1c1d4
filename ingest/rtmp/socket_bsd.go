//go:build unix && !linux

package rtmp

import "time"

// setUserTimeout does nothing: only Linux has TCP_USER_TIMEOUT. The idle timeout remains.
func setUserTimeout(int, time.Duration) {}

// widen leaves the receive window to the kernel.
func widen(int, int) {}
