//go:build linux

package collector

import (
	"fmt"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// visit calls f for each namespace on a thread that is in it, one after the
// other. Where a namespace cannot be entered, f gets the error. A thread that
// does not find back ends with its goroutine, and no other ever runs on it.
func visit(proc string, readers []*reader, f func(*reader, error)) {
	if len(readers) == 0 {
		return
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		runtime.LockOSThread()
		home, err := unix.Open(filepath.Join(proc, "thread-self/ns/net"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			runtime.UnlockOSThread() // it went nowhere
			for _, r := range readers {
				f(r, fmt.Errorf("open the own network namespace: %w", err))
			}
			return
		}
		defer func() { _ = unix.Close(home) }()
		for _, r := range readers {
			if err := unix.Setns(r.fd, unix.CLONE_NEWNET); err != nil {
				f(r, fmt.Errorf("enter network namespace %s: %w", r.netns.Name, err))
				continue
			}
			f(r, nil)
		}
		if unix.Setns(home, unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
	}()
	<-over
}
