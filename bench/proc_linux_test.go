package main

import (
	"os"
	"os/exec"
	"testing"
)

// TestCPUTime compares with what the system charged for children that were waited for.
func TestCPUTime(t *testing.T) {
	before, err := cpuTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	after, err := cpuTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(); after-before < used-2*tick {
		t.Errorf("the child used %v, %v are accounted for", used, after-before)
	}
}
