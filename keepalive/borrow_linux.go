package keepalive

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
)

// borrowed is a socket behind a duplicate of its owner's descriptor.
type borrowed struct {
	fd       int
	protocol int // IPPROTO_TCP or IPPROTO_MPTCP
}

// errNoOwner: nobody is known to hold the socket.
var errNoOwner = errors.New("no process is known that holds this socket: it belongs to the kernel alone (an orphan), or katop may not read other users' /proc/PID/fd: run as root, or give katop CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH")

// borrow lends the socket of c to use, through the first of its owners that
// lets it, and says which that was. use must not block: while the duplicate is
// there, a close by the owner sends no FIN.
func borrow(c *conn.Connection, use func(borrowed) error) (conn.Owner, error) {
	if len(c.Owners) == 0 {
		return conn.Owner{}, errNoOwner
	}
	failed := ErrGone
	for _, owner := range c.Owners {
		b, err := duplicate(c, owner)
		if err == nil {
			err = use(b)
			_ = unix.Close(b.fd)
			return owner, err
		}
		if !errors.Is(err, ErrGone) {
			failed = err
		}
	}
	return conn.Owner{}, failed
}

// duplicate takes a duplicate of the owner's descriptor if c is behind it.
func duplicate(c *conn.Connection, owner conn.Owner) (borrowed, error) {
	pidfd, err := unix.PidfdOpen(int(owner.PID), 0)
	if err != nil {
		return borrowed{}, refine("pidfd_open", err)
	}
	defer func() { _ = unix.Close(pidfd) }()
	fd, err := unix.PidfdGetfd(pidfd, int(owner.FD), 0)
	if err != nil {
		return borrowed{}, refine("pidfd_getfd", err)
	}
	protocol, err := identify(fd, Target{Cookie: c.Cookie, Inode: c.Inode, PID: owner.PID, FD: owner.FD})
	if err != nil {
		_ = unix.Close(fd)
		return borrowed{}, err
	}
	return borrowed{fd: fd, protocol: protocol}, nil
}

// sameEnds returns ErrGone unless the socket has the addresses of c, as it has
// for as long as it lives: a socket that the kernel has closed has no peer. The
// addresses of an MPTCP socket need not be those of its subflow.
func (b borrowed) sameEnds(c *conn.Connection) error {
	if b.protocol != unix.IPPROTO_TCP {
		return nil
	}
	local, err := unix.Getsockname(b.fd)
	if err != nil || !same(local, c.Local) {
		return ErrGone
	}
	if unpeered(c.State) {
		return nil
	}
	remote, err := unix.Getpeername(b.fd)
	if err != nil || !same(remote, c.Remote) {
		return ErrGone
	}
	return nil
}

// unpeered tells whether a socket in this state is known by its local address
// alone.
func unpeered(s conn.State) bool {
	return s == conn.StateListen || s == conn.StateClose || s == conn.StateSynSent
}

func same(sa unix.Sockaddr, want netip.AddrPort) bool {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)) == want
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port)) == want
	}
	return false
}

// keepalive reads the settings.
func (b borrowed) keepalive() (conn.Keepalive, error) { return readSettings(b.fd, b.protocol) }

func (b borrowed) set(name string, level, option, value int) error {
	if err := unix.SetsockoptInt(b.fd, level, option, value); err != nil {
		return fmt.Errorf("setsockopt %s to %d: %w", name, value, err)
	}
	return nil
}

// info is struct tcp_info. The kernels that have pidfd_getfd fill all that is
// read of it here.
func (b borrowed) info() (*unix.TCPInfo, error) {
	i, err := unix.GetsockoptTCPInfo(b.fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return nil, refine("getsockopt TCP_INFO", err)
	}
	return i, nil
}

// outcomeOf is the outcome of a connection that could not be borrowed or set,
// and the reason in one line.
func outcomeOf(err error) (conn.Outcome, string) {
	if errors.Is(err, ErrGone) {
		return conn.OutcomeGone, "closed, or no longer behind its owner's descriptor"
	}
	return conn.OutcomeRefused, strings.ReplaceAll(err.Error(), "\n", "; ")
}
