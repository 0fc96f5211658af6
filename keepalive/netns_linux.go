package keepalive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// ErrNoNamespace says that a network namespace is gone, or that nothing that
// katop may look into names it.
var ErrNoNamespace = errors.New("no process and no name under /run/netns leads to its network namespace: it is gone, or seeing it takes root")

// OpenNamespace opens the network namespace with the inode: that of the calling
// thread, of one of the processes pids, one that /run/netns names, or that of
// any process. What was opened is compared, so that a PID that was used again
// leads nowhere else. The caller closes the file, soon: it keeps the namespace.
func OpenNamespace(inode uint64, pids ...int32) (*os.File, error) {
	names := []string{"/proc/thread-self/ns/net"}
	for _, pid := range pids {
		names = append(names, "/proc/"+strconv.Itoa(int(pid))+"/ns/net")
	}
	refused := ErrNoNamespace
	for _, find := range []func() []string{
		func() []string { return names },
		func() []string { return matching("/run/netns/*") },
		func() []string { return matching("/proc/[0-9]*/ns/net") },
	} {
		for _, name := range find() {
			f, err := openIf(name, inode)
			if f != nil {
				return f, nil
			}
			if err != nil {
				refused = err
			}
		}
	}
	return nil, refused
}

func matching(pattern string) []string {
	names, _ := filepath.Glob(pattern) // the pattern is a good one
	return names
}

// openIf opens the file if it is the namespace. The error is about the system,
// not about a file that is gone or may not be looked into.
func openIf(name string, inode uint64) (*os.File, error) {
	var st unix.Stat_t
	if unix.Stat(name, &st) != nil || st.Ino != inode {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open network namespace %d: %w", inode, err)
	}
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || st.Ino != inode {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// within runs do in the network namespace with the inode, on a thread that is
// lent to it if that is not the namespace of the calling one.
func within(inode uint64, pids []int32, do func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own, err := ownNamespace()
	switch {
	case err != nil:
		return err
	case own == inode:
		return do()
	}
	f, err := OpenNamespace(inode, pids...)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	done := make(chan error)
	go func() {
		// A thread that does not come home ends with its goroutine. The main thread
		// would be parked instead, and keep the namespace for as long as katop runs.
		runtime.LockOSThread()
		home, err := visit(f, do)
		if home {
			runtime.UnlockOSThread()
		}
		done <- err
	}()
	return <-done
}

// visit runs do in a network namespace, and tells whether the calling thread is
// in its own again.
func visit(namespace *os.File, do func() error) (home bool, err error) {
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return true, fmt.Errorf("open the own network namespace: %w", err)
	}
	defer func() { _ = own.Close() }()
	if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
		return true, fmt.Errorf("enter network namespace %s: %w", namespace.Name(), err)
	}
	err = do()
	return unix.Setns(int(own.Fd()), unix.CLONE_NEWNET) == nil, err
}

// ownNamespace is the inode of the network namespace of the calling thread.
func ownNamespace() (uint64, error) {
	var st unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &st); err != nil {
		return 0, fmt.Errorf("find the own network namespace: %w", err)
	}
	return st.Ino, nil
}
