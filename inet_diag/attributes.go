package inetdiag

import (
	"encoding/binary"
	"fmt"
)

// Attribute is the type of an attribute of a reply (INET_DIAG_*).
type Attribute uint8

// The attributes that a Socket holds.
const (
	AttrInfo       Attribute = 2  // INET_DIAG_INFO: struct tcp_info
	AttrCongestion Attribute = 4  // INET_DIAG_CONG
	AttrMemory     Attribute = 7  // INET_DIAG_SKMEMINFO
	AttrShutdown   Attribute = 8  // INET_DIAG_SHUTDOWN
	AttrMark       Attribute = 15 // INET_DIAG_MARK
	AttrCgroupID   Attribute = 21 // INET_DIAG_CGROUP_ID
)

// Memory is what INET_DIAG_SKMEMINFO says, in bytes
// (include/uapi/linux/sock_diag.h, SK_MEMINFO_*).
type Memory struct {
	RecvAlloc    uint32 // SK_MEMINFO_RMEM_ALLOC
	RecvBuffer   uint32 // SK_MEMINFO_RCVBUF
	SendAlloc    uint32 // SK_MEMINFO_WMEM_ALLOC
	SendBuffer   uint32 // SK_MEMINFO_SNDBUF
	ForwardAlloc uint32 // SK_MEMINFO_FWD_ALLOC
	SendQueued   uint32 // SK_MEMINFO_WMEM_QUEUED
	Optional     uint32 // SK_MEMINFO_OPTMEM
	Backlog      uint32 // SK_MEMINFO_BACKLOG
	Drops        uint32 // SK_MEMINFO_DROPS: packets, not bytes
}

const (
	attrHeaderLen = 4      // NLA_HDRLEN
	attrTypeMask  = 0x3fff // NLA_TYPE_MASK: without NLA_F_NESTED and NLA_F_NET_BYTEORDER
	memoryLen     = 36     // SK_MEMINFO_VARS words
)

// attributes walks the attributes in place. It passes over those it does not
// know: kernels add new ones.
func (d *decoder) attributes(s *Socket, b []byte) error {
	for len(b) > 0 {
		if len(b) < attrHeaderLen {
			return fmt.Errorf("%w: %d bytes after the last attribute", ErrMalformed, len(b))
		}
		n := int(binary.NativeEndian.Uint16(b))
		kind := binary.NativeEndian.Uint16(b[2:]) & attrTypeMask
		if n < attrHeaderLen || n > len(b) {
			return fmt.Errorf("%w: attribute %d of %d bytes where %d are left", ErrMalformed, kind, n, len(b))
		}
		if d.attribute(s, kind, b[attrHeaderLen:n]) {
			s.attributes |= 1 << kind
		}
		b = b[min(align(n), len(b)):]
	}
	return nil
}

// attribute takes one attribute over and tells whether it came whole.
func (d *decoder) attribute(s *Socket, kind uint16, value []byte) bool {
	switch Attribute(kind) {
	case AttrInfo:
		return s.Info.decode(value)
	case AttrCongestion:
		s.Congestion = d.name(value)
		return true
	case AttrMemory:
		return s.Memory.decode(value)
	case AttrShutdown:
		if len(value) < 1 {
			return false
		}
		s.Shutdown = value[0]
		return true
	case AttrMark:
		if len(value) < 4 {
			return false
		}
		s.Mark = binary.NativeEndian.Uint32(value)
		return true
	case AttrCgroupID:
		if len(value) < 8 {
			return false
		}
		s.CgroupID = binary.NativeEndian.Uint64(value)
		return true
	}
	return false
}

// decode reads the array of SK_MEMINFO_VARS words. Kernels before 4.7 send
// fewer: then nothing is taken, rather than a part shown as zero.
func (m *Memory) decode(b []byte) bool {
	if len(b) < memoryLen {
		return false
	}
	word := func(i int) uint32 { return binary.NativeEndian.Uint32(b[4*i:]) }
	*m = Memory{
		RecvAlloc: word(0), RecvBuffer: word(1),
		SendAlloc: word(2), SendBuffer: word(3),
		ForwardAlloc: word(4), SendQueued: word(5),
		Optional: word(6), Backlog: word(7), Drops: word(8),
	}
	return true
}

// name is the string of a NUL-terminated value. There are only as many as the
// kernel has congestion control algorithms.
func (d *decoder) name(value []byte) string {
	for i, c := range value {
		if c == 0 {
			value = value[:i]
			break
		}
	}
	if s, ok := d.names[string(value)]; ok {
		return s
	}
	if d.names == nil {
		d.names = make(map[string]string)
	}
	s := string(value)
	d.names[s] = s
	return s
}

// align rounds n up to the four bytes to which netlink aligns messages and
// attributes (NLMSG_ALIGNTO, NLA_ALIGNTO).
func align(n int) int { return (n + 3) &^ 3 }
