package rtmp

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// hangups tells when publishers have closed their connections, so that a recording need not wait for the next tick to be finished. It
// is an epoll set that wakes for nothing else: data arrives without a word.
type hangups struct {
	set    *os.File
	fd     int
	wait   syscall.RawConn
	notify func(fds []int)
	work   sync.WaitGroup
}

// newHangups starts a goroutine that calls notify, until close. The slice is valid during the call.
func newHangups(notify func(fds []int)) (*hangups, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err == nil {
		err = unix.SetNonblock(fd, true) // Go's poller, which waits for the set, takes no others
	}
	if err != nil {
		return nil, fmt.Errorf("watch for closed connections: %w", err)
	}
	h := &hangups{set: os.NewFile(uintptr(fd), "hangups"), fd: fd, notify: notify}
	if h.wait, err = h.set.SyscallConn(); err != nil {
		return nil, errors.Join(fmt.Errorf("watch for closed connections: %w", err), h.set.Close())
	}
	h.work.Go(h.run)
	return h, nil
}

func (h *hangups) run() {
	var events [64]unix.EpollEvent
	var fds []int
	for {
		n := 0
		var failed error
		err := h.wait.Read(func(fd uintptr) bool {
			for n, failed = unix.EpollWait(int(fd), events[:], 0); errors.Is(failed, unix.EINTR); {
				n, failed = unix.EpollWait(int(fd), events[:], 0)
			}
			return n > 0 || failed != nil
		})
		if err != nil || failed != nil {
			return // closed; ticks remain
		}
		fds = fds[:0]
		for _, e := range events[:n] {
			fds = append(fds, int(e.Fd))
		}
		h.notify(fds)
	}
}

// add watches a socket until its peer has closed or remove is called. Best effort: the next tick finds out as well.
func (h *hangups) add(fd int) {
	if h != nil {
		e := unix.EpollEvent{Events: unix.EPOLLRDHUP | unix.EPOLLONESHOT, Fd: int32(fd)}
		_ = unix.EpollCtl(h.fd, unix.EPOLL_CTL_ADD, fd, &e)
	}
}

func (h *hangups) remove(fd int) {
	if h != nil {
		_ = unix.EpollCtl(h.fd, unix.EPOLL_CTL_DEL, fd, nil)
	}
}

func (h *hangups) close() {
	if h != nil {
		_ = h.set.Close()
		h.work.Wait()
	}
}
