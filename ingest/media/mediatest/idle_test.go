package mediatest

import (
	"os"
	"testing"
	"time"
)

// TestIdle: who waits for a timer is idle, unless the whole process has to wait for a processor meanwhile; who computes is not.
func TestIdle(t *testing.T) {
	const long = 300 * time.Millisecond
	for waited := time.Duration(0); waited < long/2; {
		idle := Idle()
		<-time.After(long)
		waited = idle()
	}
	if _, err := os.Stat("/proc/self/schedstat"); err != nil {
		return
	}
	idle := Idle()
	for begun := time.Now(); time.Since(begun) < long; {
	}
	if waited := idle(); waited > long/3 {
		t.Errorf("idle for %s while it computed", waited)
	}
}
