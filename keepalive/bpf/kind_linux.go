package bpf

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// kindOf says of which kind an error of loading is.
func kindOf(err error) error {
	var refused *ebpf.VerifierError
	switch {
	case errors.Is(err, unix.EPERM) && !capable():
		return ErrNotPermitted
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%w: katop has these rights, so a security module, seccomp, kernel lockdown or a user namespace forbids it", ErrNotPermitted)
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%w: it has no BTF (CONFIG_DEBUG_INFO_BTF)", ErrUnsupported)
	case errors.Is(err, unix.ENOSYS):
		return fmt.Errorf("%w: it has no bpf(2) (CONFIG_BPF_SYSCALL)", ErrUnsupported)
	case errors.As(err, &refused):
		return fmt.Errorf("%w: it refuses the program: %w", ErrUnsupported, refused)
	}
	return fmt.Errorf("%w: %w", ErrUnsupported, err)
}

// capable tells whether this process has CAP_BPF and CAP_PERFMON, or
// CAP_SYS_ADMIN, which has both in it (capabilities(7)).
func capable() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return false
	}
	has := func(c int) bool { return sets[c/32].Effective&(1<<(c%32)) != 0 }
	return has(unix.CAP_SYS_ADMIN) || has(unix.CAP_BPF) && has(unix.CAP_PERFMON)
}
