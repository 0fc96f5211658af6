package keepalive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lockPatience is how long a katop waits for another to be done with the
// journal, which takes that one some milliseconds.
const lockPatience = 5 * time.Second

// lockJournal makes the folder and keeps every other katop from writing until
// unlock is called, or this process ends (flock(2)).
func lockJournal(ctx context.Context, path string) (unlock func(), err error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(folder, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(lockFile(path), os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock(ctx, f, unix.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}

func lockFile(path string) string { return path + ".lock" }

// flock takes the lock, and waits for it no longer than lockPatience or until
// ctx ends: a katop that is stopped must not stop every other.
func flock(ctx context.Context, f *os.File, how int) error {
	end := time.Now().Add(lockPatience)
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case err == unix.EINTR:
			continue
		case err != unix.EWOULDBLOCK:
			return os.NewSyscallError("flock", err)
		case time.Now().After(end):
			return fmt.Errorf("the journal is held by another katop%s: wait for it, or end it", holderOf(f))
		}
		if !pause(ctx, 2*time.Millisecond) {
			return fmt.Errorf("the journal is held by another katop%s: %w", holderOf(f), ctx.Err())
		}
	}
}

// holderOf names the process that has the lock, as far as it is seen
// (proc_locks(5)): its PID is the fifth field, the inode ends the sixth.
func holderOf(f *os.File) string {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return ""
	}
	locks, _ := os.ReadFile("/proc/locks")
	for line := range strings.Lines(string(locks)) {
		fields := strings.Fields(line)
		if len(fields) > 5 && fields[1] == "FLOCK" && strings.HasSuffix(fields[5], fmt.Sprintf(":%d", st.Ino)) {
			return " (PID " + fields[4] + ")"
		}
	}
	return ""
}
