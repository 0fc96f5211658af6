package keepalive

import "errors"

// Target is one socket, named by a descriptor that holds it. The descriptor may
// mean another socket by the time it is read, so the cookie decides. Behind the
// descriptor of an MPTCP socket there are TCP sockets with cookies of their own
// and the inode of the MPTCP socket (net/mptcp/subflow.c,
// mptcp_subflow_create_socket): there the inode decides.
type Target struct {
	Cookie uint64 // SO_COOKIE, idiag_cookie of the dump
	Inode  uint32 // idiag_inode of the dump
	PID    int32
	FD     int32 // in the process PID
}

// The errors of one target.
var (
	// ErrGone: the descriptor is closed or is another socket now, or the
	// process has exited.
	ErrGone = errors.New("socket is no longer behind this descriptor")

	// ErrRefused: the process may not be looked into. It takes the right of a
	// ptrace attach (ptrace(2), PTRACE_MODE_ATTACH_REALCREDS).
	ErrRefused = errors.New("reading another process's socket options is not permitted: run as root, or give katop CAP_SYS_PTRACE (a process of one's own is refused by kernel.yama.ptrace_scope)")

	// ErrUnsupported: the kernel has no pidfd_getfd.
	ErrUnsupported = errors.New("reading another process's socket options needs pidfd_getfd: Linux 5.6 or newer")
)
