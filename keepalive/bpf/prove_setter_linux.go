package bpf

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// proofs is with how many sockets a Setter is proved.
const proofs = 2

// prove looks at sockets of this process and compares. The first says what a
// jiffy is, too. They listen, since iter/tcp meets none that are closed: on
// loopback, for the time of one pass.
func (s *Setter) prove() error {
	var want []Seen
	for i := range proofs {
		fd, err := ownListener(i == 0)
		if err == nil {
			defer func() { _ = unix.Close(fd) }()
			var w Seen
			w, err = witnessSeen(fd)
			want = append(want, w)
		}
		if err != nil {
			return fmt.Errorf("%w: no socket to try it on: %w", ErrUntrue, err)
		}
	}
	return s.compare(want)
}

// compare holds what a look gives against want, of which the first has the odd
// options.
func (s *Setter) compare(want []Seen) error {
	s.decoder.hz = 1 // times come in jiffies
	var cookies []uint64
	for i := range want {
		cookies = append(cookies, want[i].Cookie)
	}
	got, err := s.lookOnly(cookies)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUntrue, err)
	}
	hz, err := hzOf(got[want[0].Cookie].Before)
	if err != nil {
		return err
	}
	for i, w := range want {
		g := got[w.Cookie]
		g.Before, g.as = inSeconds(g.Before, hz), decided{}
		if g != w {
			return fmt.Errorf("%w: own listener %d reads %+v, and is %+v", ErrUntrue, i, g, w)
		}
	}
	s.decoder.hz = hz
	return nil
}

// lookOnly looks at these sockets and, if they listen, at few others: iter/tcp
// begins with listeners, and the kernel goes no further than it has to for what
// a read asks for (kernel/bpf/bpf_iter.c, bpf_seq_read).
func (s *Setter) lookOnly(cookies []uint64) (map[uint64]Seen, error) {
	if err := s.tell(cookies); err != nil {
		return nil, err
	}
	out, err := s.link.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	records := make([]byte, len(cookies)*seenLen)
	if _, err := io.ReadFull(out, records); err != nil {
		return nil, fmt.Errorf("read own listeners: %w", err)
	}
	met := make(map[uint64]Seen)
	for record := range slices.Chunk(records, seenLen) {
		var seen Seen
		s.decoder.parseSeen(record, &seen)
		met[seen.Cookie] = seen
	}
	return met, s.Forget()
}

// ownListener makes a listener on loopback, whether that is up or not.
func ownListener(odd bool) (int, error) {
	fd, err := ownSocket(unix.IPPROTO_TCP)
	if err != nil {
		return -1, err
	}
	if odd {
		err = setOdd(fd)
	}
	if err == nil {
		err = os.NewSyscallError("setsockopt IP_FREEBIND", unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_FREEBIND, 1))
	}
	if err == nil {
		err = os.NewSyscallError("bind", bindToLoopback(fd))
	}
	if err == nil {
		err = os.NewSyscallError("listen", unix.Listen(fd, 1))
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func bindToLoopback(fd int) error {
	err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	if err == unix.EINVAL || err == unix.EAFNOSUPPORT { // it is of IPv6
		err = unix.Bind(fd, &unix.SockaddrInet6{Addr: netip.IPv6Loopback().As16()})
	}
	return err
}

// witnessSeen is an own listener without the program's help.
func witnessSeen(fd int) (seen Seen, err error) {
	seen.State = unix.BPF_TCP_LISTEN
	if seen.Cookie, err = unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE); err != nil {
		return seen, os.NewSyscallError("getsockopt SO_COOKIE", err)
	}
	at, err := unix.Getsockname(fd)
	if err != nil {
		return seen, os.NewSyscallError("getsockname", err)
	}
	switch at := at.(type) {
	case *unix.SockaddrInet4:
		seen.Local, seen.Remote = netip.AddrPortFrom(netip.AddrFrom4(at.Addr), uint16(at.Port)), netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	case *unix.SockaddrInet6:
		seen.Local, seen.Remote = netip.AddrPortFrom(netip.AddrFrom16(at.Addr), uint16(at.Port)), netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
	}
	seen.Before, err = optionsNow(fd)
	return seen, err
}
