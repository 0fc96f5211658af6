package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// open makes a socket in the family of addr that does not block, and sets its
// options.
func open(addr netip.AddrPort, o Options) (fd int, err error) {
	family := unix.AF_INET6
	if addr.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, err
	}
	err = setOptions(fd, o)
	if err == nil && family == unix.AF_INET6 {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, toInt(o.V6Only))
	}
	if err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}

func setOptions(fd int, o Options) error {
	if err := setKeepalive(fd, o.Keepalive); err != nil {
		return err
	}
	return setNonZero(fd, []option{
		{"SO_RCVBUF", unix.SOL_SOCKET, unix.SO_RCVBUF, o.RecvBuffer},
		{"SO_SNDBUF", unix.SOL_SOCKET, unix.SO_SNDBUF, o.SendBuffer},
		{"TCP_LINGER2", unix.IPPROTO_TCP, unix.TCP_LINGER2, int(o.FinTimeout / time.Second)},
	})
}

func setKeepalive(fd int, k Keepalive) error {
	if err := setNonZero(fd, []option{
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(k.Idle / time.Second)},
		{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(k.Interval / time.Second)},
		{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, k.Count},
		{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(k.UserTimeout / time.Millisecond)},
	}); err != nil {
		return err
	}
	// Last, because it starts the timer with what is set by then.
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, toInt(k.On))
}

type option struct {
	name         string
	level, value int
	to           int
}

func setNonZero(fd int, options []option) error {
	for _, o := range options {
		if o.to == 0 {
			continue
		}
		if err := unix.SetsockoptInt(fd, o.level, o.value, o.to); err != nil {
			return fmt.Errorf("setting %s to %d: %w", o.name, o.to, err)
		}
	}
	return nil
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// describe reads a socket as its owner sees it. dialed is its remote address if
// the kernel does not name one.
func describe(fd int, dialed netip.AddrPort) (Socket, error) {
	s := Socket{FD: fd}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return s, err
	}
	s.Inode = uint32(st.Ino)
	var err error
	if s.Cookie, err = unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE); err != nil {
		return s, err
	}
	local, err := unix.Getsockname(fd)
	if err != nil {
		return s, err
	}
	s.Local = addrPort(local)
	remote, err := unix.Getpeername(fd)
	switch {
	case err == nil:
		s.Remote = addrPort(remote)
	case dialed.IsValid():
		s.Remote = dialed
	case s.Local.Addr().Is4():
		s.Remote = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	default:
		s.Remote = netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
	}
	s.Keepalive, err = readKeepalive(fd)
	return s, err
}

func readKeepalive(fd int) (k Keepalive, err error) {
	read := func(level, name int) int {
		value, e := unix.GetsockoptInt(fd, level, name)
		err = errors.Join(err, e)
		return value
	}
	k.On = read(unix.SOL_SOCKET, unix.SO_KEEPALIVE) != 0
	k.Idle = time.Duration(read(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE)) * time.Second
	k.Interval = time.Duration(read(unix.IPPROTO_TCP, unix.TCP_KEEPINTVL)) * time.Second
	k.Count = read(unix.IPPROTO_TCP, unix.TCP_KEEPCNT)
	k.UserTimeout = time.Duration(read(unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)) * time.Millisecond
	return k, err
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	}
	return netip.AddrPort{}
}
