package inetdiag

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The ports of the sockets that scene opens.
const (
	portKeepalive  = 7001
	portIPv6       = 7002
	portMapped     = 7003
	portHalfClosed = 7004
	portTimeWait   = 7005
	portOrphan     = 7006
	portDeferred   = 7007
	portFull       = 7008
	portZeroWindow = 7009
)

// scene is a set of sockets in every state that loopback can show.
type scene struct{ fds []int }

// newScene opens the sockets in n: pairs whose client is 192.0.2.1 or
// 2001:db8::1 and whose server listens on 192.0.2.2 or 2001:db8::2.
func newScene(tb testing.TB, n *namespace) *scene {
	tb.Helper()
	s := &scene{}
	tb.Cleanup(func() { s.close(s.fds...) })
	for name, open := range map[string]func() error{
		"keepalive": s.keepalive, "IPv6": s.ipv6, "IPv4-mapped": s.mapped,
		"half-closed": s.halfClosed, "TIME-WAIT": s.timeWait, "orphan": s.orphan,
		"SYN-RECV": s.deferred, "SYN-SENT": s.full, "zero window": s.zeroWindow,
	} {
		if err := n.do(open); err != nil {
			tb.Fatalf("open the sockets of %s: %v", name, err)
		}
	}
	settle()
	return s
}

// settle lets the loopback's last segments and delayed ACKs pass.
func settle() { time.Sleep(300 * time.Millisecond) }

// keepalive is an established pair of which the client has keepalive on.
func (s *scene) keepalive() error {
	client, _, err := s.pair(client4, netip.AddrPortFrom(server4, portKeepalive), unix.AF_INET)
	return errors.Join(err,
		unix.SetsockoptInt(client, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1),
		unix.SetsockoptInt(client, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 600),
		unix.SetsockoptInt(client, unix.SOL_SOCKET, unix.SO_MARK, 42))
}

func (s *scene) ipv6() error {
	_, _, err := s.pair(client6, netip.AddrPortFrom(server6, portIPv6), unix.AF_INET6)
	return err
}

// mapped is IPv4 whose server end is an IPv6 socket.
func (s *scene) mapped() error {
	_, _, err := s.pair(client4, netip.AddrPortFrom(server4, portMapped), unix.AF_INET6)
	return err
}

// halfClosed is FIN-WAIT-2 with an owner, and CLOSE-WAIT.
func (s *scene) halfClosed() error {
	client, _, err := s.pair(client4, netip.AddrPortFrom(server4, portHalfClosed), unix.AF_INET)
	return errors.Join(err, unix.Shutdown(client, unix.SHUT_WR))
}

func (s *scene) timeWait() error {
	client, server, err := s.pair(client4, netip.AddrPortFrom(server4, portTimeWait), unix.AF_INET)
	s.close(client)
	time.Sleep(10 * time.Millisecond)
	s.close(server)
	return err
}

// orphan is the minisock of FIN-WAIT-2, and CLOSE-WAIT.
func (s *scene) orphan() error {
	client, _, err := s.pair(client4, netip.AddrPortFrom(server4, portOrphan), unix.AF_INET)
	s.close(client)
	return err
}

// deferred is SYN-RECV: the listener waits for data before it opens.
func (s *scene) deferred() error {
	to := netip.AddrPortFrom(server4, portDeferred)
	l, err := s.listen(to, unix.AF_INET, 1)
	if err != nil {
		return err
	}
	if err := unix.SetsockoptInt(l, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 60); err != nil {
		return err
	}
	_, err = s.connect(client4, to)
	return err
}

// full is SYN-SENT: the accept queue, for one, is full.
func (s *scene) full() error {
	to := netip.AddrPortFrom(server4, portFull)
	if _, err := s.listen(to, unix.AF_INET, 0); err != nil {
		return err
	}
	if _, err := s.connect(client4, to); err != nil {
		return err
	}
	fd, err := s.socket(client4, unix.SOCK_NONBLOCK)
	if err != nil {
		return err
	}
	if err := unix.Connect(fd, sockaddr(to)); err != unix.EINPROGRESS {
		return fmt.Errorf("connect to a full listener: %w", err)
	}
	return nil
}

// zeroWindow is a client that has filled the window of a server that reads
// nothing.
func (s *scene) zeroWindow() error {
	client, _, err := s.pair(client4, netip.AddrPortFrom(server4, portZeroWindow), unix.AF_INET)
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(client, true); err != nil {
		return err
	}
	b := make([]byte, 64<<10)
	for {
		_, err := unix.Write(client, b)
		if err == unix.EAGAIN {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// pair is a connection from an address to a listener of the family, with both
// ends.
func (s *scene) pair(from netip.Addr, to netip.AddrPort, family int) (client, server int, err error) {
	l, err := s.listen(to, family, 8)
	if err != nil {
		return -1, -1, err
	}
	if client, err = s.connect(from, to); err != nil {
		return -1, -1, err
	}
	server, _, err = unix.Accept4(l, unix.SOCK_CLOEXEC)
	if err != nil {
		return client, -1, os.NewSyscallError("accept", err)
	}
	s.fds = append(s.fds, server)
	return client, server, nil
}

func (s *scene) connect(from netip.Addr, to netip.AddrPort) (int, error) {
	fd, err := s.socket(from, 0)
	if err != nil {
		return -1, err
	}
	return fd, os.NewSyscallError("connect", unix.Connect(fd, sockaddr(to)))
}

// socket is bound to the address from.
func (s *scene) socket(from netip.Addr, flags int) (int, error) {
	family := unix.AF_INET
	if from.Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|flags, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	s.fds = append(s.fds, fd)
	if err := unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, "reno"); err != nil {
		return -1, os.NewSyscallError("setsockopt TCP_CONGESTION", err)
	}
	return fd, os.NewSyscallError("bind", unix.Bind(fd, sockaddr(netip.AddrPortFrom(from, 0))))
}

// listen opens a listener of the family at an address, or at :: for an IPv6
// listener at an IPv4 address.
func (s *scene) listen(at netip.AddrPort, family, backlog int) (int, error) {
	if family == unix.AF_INET6 && at.Addr().Is4() {
		at = netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port())
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	s.fds = append(s.fds, fd)
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
		unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, "reno"))
	if err != nil {
		return -1, err
	}
	if err := unix.Bind(fd, sockaddr(at)); err != nil {
		return -1, os.NewSyscallError("bind", err)
	}
	return fd, os.NewSyscallError("listen", unix.Listen(fd, backlog))
}

// close closes descriptors once.
func (s *scene) close(fds ...int) {
	for _, fd := range fds {
		for i, open := range s.fds {
			if open == fd {
				_ = unix.Close(fd)
				s.fds = append(s.fds[:i:i], s.fds[i+1:]...)
				break
			}
		}
	}
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}
