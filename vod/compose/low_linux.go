package compose

import (
	"runtime"
	"syscall"
)

const (
	nice = 10
	// Of ioprio_set(2): this thread, best effort, the lowest level.
	ioprioWhoProcess = 1
	ioprioLowest     = 2<<13 | 7
)

// background runs f on a thread of its own with a low priority, which ends with it.
func background[T any](f func() (T, error)) (out T, err error) {
	done := make(chan struct{})
	var panicked any
	go func() {
		defer close(done)
		defer func() { panicked = recover() }()
		runtime.LockOSThread() // and never unlocked: the thread must not be used for anything else
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), nice)
		_, _, _ = syscall.Syscall(syscall.SYS_IOPRIO_SET, ioprioWhoProcess, 0, ioprioLowest)
		out, err = f()
	}()
	<-done
	if panicked != nil {
		panic(panicked) // where the caller has somebody who takes it
	}
	return out, err
}
