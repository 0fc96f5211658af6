//go:build linux

package collector

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

// hidden gathers what a poll could not see.
type hidden struct {
	ownersErr error // /proc as a whole could not be read
	ownerless int   // connections that have a process but none to be seen
	options   unread
}

// lines says what is hidden, why, and what would show it.
func (h *hidden) lines(o *owners) []conn.Hidden {
	var lines []conn.Hidden
	if h.ownerless > 0 {
		why, need, _ := h.whyOwnerless(o)
		lines = append(lines, conn.Hidden{What: "owners and keepalive options of " + connections(h.ownerless), Why: why, Need: need})
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

// ownerless counts the connections that have a process but none to be seen. A
// descriptor that is closed between the dump and the look at /proc leaves such a
// one, too, for a moment: where nothing is certain to hide owners, those count
// that had none in the poll before either. The first poll has no other before
// it, and asks the kernel once more.
func (c *Collector) ownerless(ctx context.Context, h *hidden, conns []conn.Connection, limits conn.Narrowing) (n int) {
	_, _, certain := h.whyOwnerless(c.inspector.owners)
	fresh := map[uint64]map[uint32]struct{}{} // inodes of sockets, by that of their namespace
	for i := range conns {
		s := &conns[i]
		switch {
		case s.Inode == 0 || len(s.Owners) > 0:
		case certain || c.inspector.owners.lacking(s.Inode):
			n++
		case c.inspector.owners.update == 1:
			if fresh[s.NetNS.Inode] == nil {
				fresh[s.NetNS.Inode] = map[uint32]struct{}{}
			}
			fresh[s.NetNS.Inode][s.Inode] = struct{}{}
		}
	}
	for _, r := range c.namespaces.readers {
		if inodes := fresh[r.netns.Inode]; len(inodes) > 0 {
			n += remaining(ctx, r, inodes, limits)
		}
	}
	return n
}

// remaining counts the sockets that the kernel still has in a namespace: all of
// them, if it does not tell.
func remaining(ctx context.Context, r *reader, inodes map[uint32]struct{}, limits conn.Narrowing) (n int) {
	all := len(inodes)
	each := func(s *inetdiag.Socket) error {
		if _, asked := inodes[s.Inode]; asked {
			delete(inodes, s.Inode)
			n++
		}
		return nil
	}
	request := inetdiag.Request{States: states(limits.States), Filter: filter(limits.Clauses)}
	for _, request.Family = range []inetdiag.Family{inetdiag.FamilyIPv4, inetdiag.FamilyIPv6} {
		if err := r.sockets.Dump(ctx, request, each); err != nil {
			return all
		}
	}
	return n
}

// whyOwnerless tells what hides owners, and whether that is certain: it would
// hide some in any case.
func (h *hidden) whyOwnerless(o *owners) (why, need string, certain bool) {
	failure := h.ownersErr
	if failure == nil {
		failure = o.failure()
	}
	switch {
	case failure != nil:
		return failure.Error(), remedy(failure), true
	case o.refused() && os.Geteuid() == 0:
		return "/proc/PID/fd of some processes may not be read, even by root", needAsRoot, false
	case o.refused():
		return "/proc/PID/fd of other users' processes may not be read", needRights, true
	case !o.firstSeen && os.Geteuid() == 0:
		return "/proc does not show the processes of other users (hidepid), even to root", needAsRoot, true
	case !o.firstSeen:
		return "/proc does not show the processes of other users (hidepid)", needRights, true
	default:
		return "no process in sight holds them", "run katop in the host's PID namespace, if they are of containers or of its host; the kernel's own sockets (NFS) have none", false
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
