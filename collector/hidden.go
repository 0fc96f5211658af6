//go:build linux

package collector

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// hidden gathers what a poll could not see.
type hidden struct {
	ownersErr error // /proc as a whole could not be read
	options   unread
}

// lines says what is hidden, why, and what would show it.
func (h *hidden) lines(conns []conn.Connection, o *owners) []conn.Hidden {
	var lines []conn.Hidden
	if n := ownerless(conns); n > 0 {
		why, need := h.whyOwnerless(o)
		lines = append(lines, conn.Hidden{What: "owners and keepalive options of " + connections(n), Why: why, Need: need})
	}
	options := func(n int, why, need string) {
		if n > 0 {
			lines = append(lines, conn.Hidden{What: "keepalive options of " + connections(n), Why: why, Need: need})
		}
	}
	options(h.options.refused, "the sockets of their processes may not be read (ptrace access)", "run as root, or give katop CAP_SYS_PTRACE")
	options(h.options.unsupported, "this kernel has no pidfd_getfd", "use Linux 5.6 or newer")
	if h.options.err != nil {
		options(h.options.failed, h.options.err.Error(), remedy(h.options.err))
	}
	return lines
}

// ownerless counts the connections that have a process but none to be seen.
func ownerless(conns []conn.Connection) (n int) {
	for i := range conns {
		if conns[i].Inode != 0 && len(conns[i].Owners) == 0 {
			n++
		}
	}
	return n
}

func (h *hidden) whyOwnerless(o *owners) (why, need string) {
	failure := h.ownersErr
	if failure == nil {
		failure = o.failure()
	}
	switch {
	case failure != nil:
		return failure.Error(), remedy(failure)
	case o.refused() && os.Geteuid() == 0:
		return "/proc/PID/fd of some processes may not be read, even by root", needAsRoot
	case o.refused():
		return "/proc/PID/fd of other users' processes may not be read", needRights
	case !o.firstSeen && os.Geteuid() == 0:
		return "/proc does not show the processes of other users (hidepid), even to root", needAsRoot
	case !o.firstSeen:
		return "/proc does not show the processes of other users (hidepid)", needRights
	default:
		return "no process in sight holds them", "run katop in the host's PID namespace, if they are of containers or of its host"
	}
}

// What gives the rights to look into the processes of others.
const (
	needRights = "run as root, or give katop CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
	needAsRoot = "run katop outside of any container or sandbox, with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
)

// remedy is what helps against a failure that no lack of rights is the cause of.
func remedy(err error) string {
	switch {
	case errors.Is(err, unix.EMFILE):
		return "raise ulimit -n"
	case errors.Is(err, unix.ENFILE):
		return "raise the sysctl fs.file-max"
	case errors.Is(err, errNotMounted), errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return "mount procfs at /proc"
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return "let katop read /proc"
	}
	return "the next poll tries again"
}

func connections(n int) string {
	if n == 1 {
		return "1 connection"
	}
	return fmt.Sprintf("%d connections", n)
}
