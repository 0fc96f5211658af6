package inetdiag

import (
	"encoding/binary"
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// multicastBuffer is what may wait to be read, in bytes as the kernel accounts
// for them: some thousand sockets, so that a program with as many connections
// may end at once. Without CAP_NET_ADMIN net.core.rmem_max limits it.
const multicastBuffer = 8 << 20

// subscribe opens a netlink socket in both groups.
func (d dialer) subscribe() (feed, error) {
	t, err := d.open()
	if err != nil {
		return nil, err
	}
	err = t.SetReadBuffer(multicastBuffer)
	for _, group := range []uint32{groupTCPDestroy, groupTCP6Destroy} {
		err = errors.Join(err, t.JoinGroup(group))
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// dropped reads SK_MEMINFO_DROPS of SO_MEMINFO (Linux 4.12): ENOBUFS says that
// messages were dropped, and not how many (net/netlink/af_netlink.c,
// netlink_overrun).
func (t *netlinkTransport) dropped() (n uint64, err error) {
	control := t.raw.Control(func(fd uintptr) {
		var b [memoryLen]byte
		length := uint32(len(b))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&length)), 0)
		if errno != 0 {
			err = os.NewSyscallError("getsockopt SO_MEMINFO", errno)
			return
		}
		n = uint64(binary.NativeEndian.Uint32(b[memoryLen-4:]))
	})
	return n, errors.Join(control, err)
}
