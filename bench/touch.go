package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// maxTouch bounds how much memory is touched before anything is measured, in bytes.
const maxTouch = 12 << 30

// touch has a process use much memory once. In a virtual machine the first use of a page is charged to the process that touches it, and
// can cost more than everything that is measured here.
func touch(ctx context.Context) error {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return err
	}
	available, err := parseMeminfo(string(b), "MemAvailable")
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, touchArg, fmt.Sprint(min(maxTouch, available/2)))
	detach(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("touch memory: %w\n%s", err, out)
	}
	return nil
}

// parseMeminfo finds a line of /proc/meminfo, in bytes.
func parseMeminfo(s, name string) (int64, error) {
	for line := range strings.Lines(s) {
		key, value, _ := strings.Cut(line, ":")
		if key != name {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		return n << 10, err
	}
	return 0, fmt.Errorf("/proc/meminfo has no %s", name)
}

// touchMain is the main function of the process that touches memory.
func touchMain(size string) error {
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 {
		return errors.New("touch: bad size")
	}
	b := make([]byte, n)
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
	return nil
}
