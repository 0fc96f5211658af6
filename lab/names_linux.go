package lab

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mountDir is where ip-netns(8) keeps named namespaces.
const mountDir = "/run/netns"

// namePrefix begins the name of every namespace of a lab.
const namePrefix = "katop-lab-"

// newPrefix is the beginning of the names of one lab: katop-lab-PID-RANDOM-.
func newPrefix() (string, error) {
	if os.Getenv(actorVariable) != "" {
		return "", errors.New("an actor may not build a lab: call lab.Main first thing in main or TestMain")
	}
	return fmt.Sprintf("%s%d-%s-", namePrefix, os.Getpid(), strings.ToLower(rand.Text()[:6])), nil
}

// maker is the PID in the name of a namespace.
func maker(name string) (pid int, ok bool) {
	rest, ok := strings.CutPrefix(name, namePrefix)
	if !ok {
		return 0, false
	}
	digits, _, ok := strings.Cut(rest, "-")
	if !ok {
		return 0, false
	}
	pid, err := strconv.Atoi(digits)
	return pid, err == nil && pid > 0
}

// shareMountDir makes mountDir a mount point of its own whose mounts are shared,
// exactly as `ip netns add` does unless it is one already. Were it left to ip,
// that would mount the directory over the names of the labs that are open, and
// they could not be removed any more.
func shareMountDir() error {
	if err := os.MkdirAll(mountDir, 0o755); err != nil {
		return err
	}
	dir, err := os.Open(mountDir)
	if err != nil {
		return err
	}
	defer dir.Close() // and with it goes the lock, which ip takes as well
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("locking %s: %w", mountDir, err)
	}
	share := func() error { return unix.Mount("", mountDir, "none", unix.MS_SHARED|unix.MS_REC, "") }
	err = share()
	if errors.Is(err, unix.EINVAL) { // it is no mount point yet
		if err := unix.Mount(mountDir, mountDir, "none", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("making %s a mount point: %w", mountDir, err)
		}
		err = share()
	}
	if err != nil {
		return fmt.Errorf("sharing the mounts in %s: %w", mountDir, err)
	}
	return nil
}

// unmount removes a name from mountDir. It is no error if it is gone already.
func unmount(path string) error {
	err := unix.Unmount(path, unix.MNT_DETACH)
	if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmounting %s: %w", path, err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing the name of a network namespace: %w", err)
	}
	return nil
}
