package inetdiag

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"
)

// Family is an address family. An IPv4 connection on an IPv6 socket is of
// FamilyIPv6, with addresses in ::ffff:0:0/96.
type Family uint8

// The families of TCP.
const (
	FamilyIPv4 Family = 2  // AF_INET
	FamilyIPv6 Family = 10 // AF_INET6
)

// String is "IPv4" or "IPv6".
func (f Family) String() string {
	switch f {
	case FamilyIPv4:
		return "IPv4"
	case FamilyIPv6:
		return "IPv6"
	default:
		return fmt.Sprintf("family %d", uint8(f))
	}
}

// check refuses what the kernel would take for a missing module.
func (f Family) check() error {
	if f != FamilyIPv4 && f != FamilyIPv6 {
		return fmt.Errorf("%v is none of TCP: use FamilyIPv4 or FamilyIPv6", f)
	}
	return nil
}

// Extensions is the set of attributes to ask for (idiag_ext): bit n-1 for the
// attribute INET_DIAG_n.
type Extensions uint8

// The attributes that come only when they are asked for.
const (
	ExtInfo       Extensions = 1 << (AttrInfo - 1)
	ExtCongestion Extensions = 1 << (AttrCongestion - 1)
	ExtMemory     Extensions = 1 << (AttrMemory - 1)
)

// Request says which sockets a dump brings, and what of them.
type Request struct {
	Family     Family
	States     uint32 // bit 1<<State for each state wanted; 0 for every state of a connection
	Extensions Extensions
	Filter     *Filter // nil: no filter
}

const (
	sockDiagByFamily netlink.HeaderType = 20 // SOCK_DIAG_BY_FAMILY
	protocolTCP                         = 6  // IPPROTO_TCP
	requestLen                          = 56 // sizeof(struct inet_diag_req_v2)
	attrBytecode                        = 1  // INET_DIAG_REQ_BYTECODE
	noCookie                            = ^uint64(0)
)

// message is the request for a dump.
func (r Request) message() (netlink.Message, error) {
	if err := r.Family.check(); err != nil {
		return netlink.Message{}, err
	}
	code, err := r.Filter.bytecode()
	if err != nil {
		return netlink.Message{}, err
	}
	states := r.States
	if states == 0 {
		states = allStates
	}
	b := appendRequest(nil, r.Family, r.Extensions, states, SocketID{})
	if len(code) > 0 {
		b = appendAttribute(b, attrBytecode, code)
	}
	return newMessage(netlink.Request|netlink.Dump, b), nil
}

// lookupMessage is the request for the one socket that id names.
func lookupMessage(family Family, id SocketID, ext Extensions) (netlink.Message, error) {
	if err := family.check(); err != nil {
		return netlink.Message{}, err
	}
	for _, a := range []netip.Addr{id.Local.Addr(), id.Remote.Addr()} {
		if a.Is4() != (family == FamilyIPv4) {
			return netlink.Message{}, fmt.Errorf("%v is no address of %v", a, family)
		}
	}
	return newMessage(netlink.Request, appendRequest(nil, family, ext, allStates, id)), nil
}

func newMessage(flags netlink.HeaderFlags, data []byte) netlink.Message {
	return netlink.Message{Header: netlink.Header{Type: sockDiagByFamily, Flags: flags}, Data: data}
}

// appendRequest writes struct inet_diag_req_v2 (include/uapi/linux/inet_diag.h).
func appendRequest(b []byte, family Family, ext Extensions, states uint32, id SocketID) []byte {
	b = append(b, uint8(family), protocolTCP, uint8(ext), 0)
	b = binary.NativeEndian.AppendUint32(b, states)
	return appendID(b, id)
}

// appendID writes struct inet_diag_sockid.
func appendID(b []byte, id SocketID) []byte {
	b = binary.BigEndian.AppendUint16(b, id.Local.Port())
	b = binary.BigEndian.AppendUint16(b, id.Remote.Port())
	b = appendAddr(b, id.Local.Addr())
	b = appendAddr(b, id.Remote.Addr())
	b = binary.NativeEndian.AppendUint32(b, id.Interface)
	cookie := id.Cookie
	if cookie == 0 {
		cookie = noCookie
	}
	// The kernel keeps the cookie in two words, the lower one first.
	b = binary.NativeEndian.AppendUint32(b, uint32(cookie))
	return binary.NativeEndian.AppendUint32(b, uint32(cookie>>32))
}

// appendAddr writes an address into the sixteen bytes that either family has.
func appendAddr(b []byte, a netip.Addr) []byte {
	var field [16]byte
	copy(field[:], a.AsSlice())
	return append(b, field[:]...)
}

// appendAttribute writes a netlink attribute whose value is a multiple of four
// bytes long.
func appendAttribute(b []byte, kind uint16, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(attrHeaderLen+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	return append(b, value...)
}
