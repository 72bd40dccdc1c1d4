package mediatest

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Idle begins to measure for how long this process waits for something other than a processor. The function that it returns tells how
// long that was so far: what a test may hold code to that must not wait, however busy the machine is. Where the system does not tell of
// its scheduling, all the time counts.
func Idle() func() time.Duration {
	begun, busy := time.Now(), scheduled()
	return func() time.Duration { return time.Since(begun) - (scheduled() - busy) }
}

// scheduled returns how long the threads of this process have run or could have run, together; 0 where that is not known.
func scheduled() time.Duration {
	names, _ := filepath.Glob("/proc/self/task/*/schedstat")
	var sum time.Duration
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the thread is gone
		}
		var ran, waited time.Duration // nanoseconds
		if _, err := fmt.Sscan(string(text), &ran, &waited); err == nil {
			sum += ran + waited
		}
	}
	return sum
}
