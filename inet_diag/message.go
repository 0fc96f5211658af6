package inetdiag

import (
	"encoding/binary"
	"fmt"
	"syscall"

	"github.com/mdlayher/netlink"
)

// message is a netlink message in the buffer it was read into.
type message struct {
	kind     netlink.HeaderType
	flags    netlink.HeaderFlags
	sequence uint32
	body     []byte
}

const headerLen = 16 // sizeof(struct nlmsghdr)

// nextMessage splits the first message off a datagram.
func nextMessage(b []byte) (m message, rest []byte, err error) {
	if len(b) < headerLen {
		return message{}, nil, fmt.Errorf("%w: %d bytes where a message should begin", ErrMalformed, len(b))
	}
	n := binary.NativeEndian.Uint32(b)
	if n < headerLen || uint64(n) > uint64(len(b)) {
		return message{}, nil, fmt.Errorf("%w: a message of %d bytes where %d are left", ErrMalformed, n, len(b))
	}
	m = message{
		kind:     netlink.HeaderType(binary.NativeEndian.Uint16(b[4:])),
		flags:    netlink.HeaderFlags(binary.NativeEndian.Uint16(b[6:])),
		sequence: binary.NativeEndian.Uint32(b[8:]),
		body:     b[headerLen:n],
	}
	return m, b[min(align(int(n)), len(b)):], nil
}

// errno is the error number that the body of an NLMSG_ERROR or NLMSG_DONE
// begins with; 0 for success.
func (m message) errno() (syscall.Errno, error) {
	if len(m.body) < 4 {
		return 0, fmt.Errorf("%w: an error message of %d bytes", ErrMalformed, len(m.body))
	}
	n := int32(binary.NativeEndian.Uint32(m.body))
	if n > 0 {
		return 0, fmt.Errorf("%w: error number %d is not negative", ErrMalformed, n)
	}
	return syscall.Errno(-n), nil
}

// readDatagram hands the messages that answer request number sequence to read.
func readDatagram(b []byte, sequence uint32, read func(message) (last bool, err error)) (over bool, err error) {
	for len(b) > 0 {
		var m message
		if m, b, err = nextMessage(b); err != nil {
			return false, err
		}
		if m.sequence != sequence || m.kind == netlink.Noop {
			continue
		}
		if m.kind == netlink.Overrun {
			return false, syscall.ENOBUFS
		}
		last, err := read(m)
		if last && err == nil && len(b) > 0 {
			return false, fmt.Errorf("%w: %d bytes after the end", ErrMalformed, len(b))
		}
		if last || err != nil {
			return last, err
		}
	}
	return false, nil
}

func unexpected(m message) error {
	return fmt.Errorf("%w: a message of type %d", ErrMalformed, m.kind)
}
