//go:build linux

package collector

import (
	"fmt"
	"os"

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
		options(h.options.failed, h.options.err.Error(), "the next poll tries again")
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
	switch {
	case h.ownersErr != nil:
		return h.ownersErr.Error(), "mount procfs at /proc and let katop read it"
	case o.refused() && os.Geteuid() == 0:
		return "/proc/PID/fd of some processes may not be read, even by root", "run katop outside of any container or sandbox, with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
	case o.refused():
		return "/proc/PID/fd of other users' processes may not be read", "run as root, or give katop CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
	case !o.firstSeen:
		return "/proc does not show the processes of other users (hidepid)", "run as root, or in the group that /proc is mounted with (gid=)"
	default:
		return "no process in sight holds them", "run katop in the host's PID namespace, if they are of containers or of its host"
	}
}

func connections(n int) string {
	if n == 1 {
		return "1 connection"
	}
	return fmt.Sprintf("%d connections", n)
}
