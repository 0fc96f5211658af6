package lab

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// goOnThread starts f on an operating system thread of its own, which ends with
// f: whatever namespace f enters, no other goroutine ever runs in it.
func goOnThread(f func()) {
	started := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() {
			// The main thread cannot end, and /proc/self shows its namespace.
			// It stays occupied until f has found another one.
			goOnThread(f)
			runtime.UnlockOSThread()
			close(started)
			return
		}
		close(started)
		f()
	}()
	<-started
}

// onThread runs f as goOnThread does and waits for it.
func onThread(f func() error) error {
	done := make(chan error, 1)
	goOnThread(func() { done <- f() })
	return <-done
}
