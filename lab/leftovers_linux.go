package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// removeLeftovers removes the namespaces of labs whose process has ended
// without closing them, with every process still living there.
func removeLeftovers() error {
	paths, err := filepath.Glob(filepath.Join(mountDir, namePrefix+"*"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		pid, ok := maker(filepath.Base(path))
		if !ok || !errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			continue
		}
		if err := killInhabitants(path); err != nil {
			return err
		}
		err := unmount(path)
		if errors.Is(err, unix.EBUSY) {
			continue // somebody has mounted over it: all that is left is a name
		}
		if err != nil {
			return fmt.Errorf("removing what a killed process left: %w", err)
		}
	}
	return nil
}

// killInhabitants kills every process in the network namespace that is mounted
// at path: those that outlived the ones that started them.
func killInhabitants(path string) error {
	namespace, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // another process has removed it
	}
	if err != nil {
		return err
	}
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		home, err := os.Stat(filepath.Join(dir, "ns/net"))
		if err != nil || !os.SameFile(home, namespace) {
			continue // the process has ended, or lives elsewhere
		}
		if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("killing process %d that a lab left: %w", pid, err)
		}
	}
	return nil
}
