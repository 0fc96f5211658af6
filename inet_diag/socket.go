package inetdiag

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// SocketID names a socket (struct inet_diag_sockid). IPv4-mapped addresses of
// an IPv6 socket stay mapped.
type SocketID struct {
	Local     netip.AddrPort
	Remote    netip.AddrPort // the zero address with port 0 for LISTEN
	Interface uint32         // index of the interface the socket is bound to; 0: none
	Cookie    uint64         // SO_COOKIE; in a Lookup 0 stands for any
}

// Socket is one TCP socket as the kernel describes it (struct inet_diag_msg)
// with the attributes that came. An attribute that did not come is zero: ask
// Has before using one.
type Socket struct {
	ID      SocketID
	Expires time.Duration // until Timer fires

	// Info is known if Has(AttrInfo). Minisocks (SYN-RECV, TIME-WAIT) have none.
	Info       TCPInfo
	Memory     Memory // Has(AttrMemory)
	Congestion string // congestion control algorithm; Has(AttrCongestion)
	CgroupID   uint64 // inode of the cgroup v2 folder; Has(AttrCgroupID), 5.8 and later
	Mark       uint32 // SO_MARK; Has(AttrMark), with CAP_NET_ADMIN only

	RQueue uint32 // bytes not read yet; for LISTEN connections waiting for accept
	WQueue uint32 // bytes not acknowledged; for LISTEN the limit of the accept queue
	UID    uint32
	Inode  uint32 // 0 for minisocks, orphans, and connections that wait for accept

	attributes uint32 // bit 1<<Attribute for each that came
	Family     Family
	State      uint8 // StateEstablished and so on, as the kernel has it
	Timer      uint8 // TimerNone and so on
	Retrans    uint8 // retransmissions, or probes sent and not answered, by Timer
	Shutdown   uint8 // RCV_SHUTDOWN 1, SEND_SHUTDOWN 2; Has(AttrShutdown)
}

// Has tells whether the kernel sent the attribute a of this socket, whole.
func (s *Socket) Has(a Attribute) bool { return s.attributes&(1<<a) != 0 }

const socketLen = 72 // sizeof(struct inet_diag_msg)

// decoder turns messages into sockets. It keeps the congestion names that it
// has met, so that they are not made anew for every socket.
type decoder struct {
	names map[string]string
}

// decode fills s from the body of a SOCK_DIAG_BY_FAMILY message. It keeps
// nothing of b.
func (d *decoder) decode(s *Socket, b []byte) error {
	if len(b) < socketLen {
		return fmt.Errorf("%w: a socket of %d bytes, fewer than %d", ErrMalformed, len(b), socketLen)
	}
	*s = Socket{
		Family:  Family(b[0]),
		State:   b[1],
		Timer:   b[2],
		Retrans: b[3],
		Expires: expires(binary.NativeEndian.Uint32(b[52:])),
		RQueue:  binary.NativeEndian.Uint32(b[56:]),
		WQueue:  binary.NativeEndian.Uint32(b[60:]),
		UID:     binary.NativeEndian.Uint32(b[64:]),
		Inode:   binary.NativeEndian.Uint32(b[68:]),
	}
	if err := s.ID.decode(s.Family, b[4:52]); err != nil {
		return err
	}
	return d.attributes(s, b[socketLen:])
}

// decode reads struct inet_diag_sockid. The family alone decides how many of
// the bytes are the address: "::" is no IPv4 address.
func (id *SocketID) decode(f Family, b []byte) error {
	var local, remote netip.Addr
	switch f {
	case FamilyIPv4:
		local, remote = netip.AddrFrom4([4]byte(b[4:8])), netip.AddrFrom4([4]byte(b[20:24]))
	case FamilyIPv6:
		local, remote = netip.AddrFrom16([16]byte(b[4:20])), netip.AddrFrom16([16]byte(b[20:36]))
	default:
		return fmt.Errorf("%w: a socket of %v", ErrMalformed, f)
	}
	id.Local = netip.AddrPortFrom(local, binary.BigEndian.Uint16(b[0:]))
	id.Remote = netip.AddrPortFrom(remote, binary.BigEndian.Uint16(b[2:]))
	id.Interface = binary.NativeEndian.Uint32(b[36:])
	id.Cookie = uint64(binary.NativeEndian.Uint32(b[44:]))<<32 | uint64(binary.NativeEndian.Uint32(b[40:]))
	return nil
}

// expires reads idiag_expires. A timer that is overdue comes as a negative
// number from kernels that do not cut it at zero.
func expires(milliseconds uint32) time.Duration {
	return time.Duration(max(0, int32(milliseconds))) * time.Millisecond
}
