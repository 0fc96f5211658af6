package inetdiag

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestDialErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		errno   syscall.Errno
		kind    error
		message string
	}{
		{syscall.EPROTONOSUPPORT, ErrUnsupported, "modprobe inet_diag"},
		{syscall.EAFNOSUPPORT, ErrUnsupported, "CONFIG_INET_DIAG"},
		{syscall.EPERM, os.ErrPermission, "CAP_SYS_ADMIN"},
		{syscall.EACCES, os.ErrPermission, "AF_NETLINK"},
		{syscall.EMFILE, syscall.EMFILE, "too many open files"},
	} {
		err := dialError(os.NewSyscallError("socket", tt.errno))
		if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.message) || !strings.HasPrefix(err.Error(), "open a sock_diag socket: ") {
			t.Errorf("%v: error %q, want of kind %v with %q", tt.errno, err, tt.kind, tt.message)
		}
	}
}
