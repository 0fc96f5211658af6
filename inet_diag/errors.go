package inetdiag

import (
	"errors"
	"fmt"
	"syscall"
)

// The kinds of errors, to be told apart with errors.Is. Errors of the kernel
// that are none of these wrap their syscall.Errno.
var (
	// ErrInterrupted: sockets came and went during the dump (NLM_F_DUMP_INTR), so
	// some may be missing or stand in it twice. The dump was read to its end;
	// another one may fare better.
	ErrInterrupted = errors.New("interrupted by changes: try again")

	// ErrUnsupported: this system does not answer sock_diag for TCP.
	ErrUnsupported = errors.New("sock_diag is not available")

	// ErrNotFound: there is no such socket (any more).
	ErrNotFound = errors.New("no such socket")

	// ErrMalformed: a reply that is not as the kernel's headers have it.
	ErrMalformed = errors.New("malformed reply")

	// ErrTruncated: a reply longer than the buffer (MSG_TRUNC).
	ErrTruncated = errors.New("reply cut off by the buffer")
)

// dialError is the error of opening the socket.
func dialError(err error) error {
	switch {
	case errors.Is(err, syscall.EPROTONOSUPPORT), errors.Is(err, syscall.EAFNOSUPPORT):
		return fmt.Errorf("open a sock_diag socket: %w: use a kernel with CONFIG_INET_DIAG, or load it with modprobe inet_diag", ErrUnsupported)
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return fmt.Errorf("open a sock_diag socket: %w: allow AF_NETLINK sockets, and CAP_SYS_ADMIN for another network namespace", err)
	default:
		return fmt.Errorf("open a sock_diag socket: %w", err)
	}
}

// dumpError is the error that the kernel answered a dump with. ENOENT says that
// no handler is registered (net/core/sock_diag.c, net/ipv4/inet_diag.c).
func dumpError(errno syscall.Errno) error {
	switch errno {
	case syscall.ENOENT, syscall.EPROTONOSUPPORT, syscall.EAFNOSUPPORT, syscall.EOPNOTSUPP:
		return fmt.Errorf("%w: the kernel has no tcp_diag: load it with modprobe tcp_diag", ErrUnsupported)
	default:
		return errno
	}
}

// lookupError is the error that the kernel answered a lookup with. A missing
// handler is told by ENOENT too: a dump tells the two apart.
func lookupError(errno syscall.Errno) error {
	if errno == syscall.ENOENT {
		return ErrNotFound
	}
	return dumpError(errno)
}
