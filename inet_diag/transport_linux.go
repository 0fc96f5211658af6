package inetdiag

import (
	"errors"
	"os"
	"syscall"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// netlinkTransport is a netlink connection whose replies are read in place:
// netlink.Conn gathers all messages of a dump before it returns, which costs
// three times as much.
type netlinkTransport struct {
	*netlink.Conn
	raw  syscall.RawConn
	read func(fd uintptr) (done bool) // made once, so that a read allocates no closure

	buf    []byte
	n      int
	sender unix.Sockaddr
	err    error
}

// dialer opens transports in the namespace of cfg. It keeps a descriptor of its
// own of that namespace, to be able to open another after an error.
type dialer struct{ namespace *os.File }

func newDialer(cfg *Config) (dialer, error) {
	if cfg == nil || cfg.NetNS == 0 {
		return dialer{}, nil
	}
	fd, err := unix.FcntlInt(uintptr(cfg.NetNS), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return dialer{}, os.NewSyscallError("duplicate the network namespace's descriptor", err)
	}
	return dialer{os.NewFile(uintptr(fd), "netns")}, nil
}

func (d dialer) Close() error {
	if d.namespace == nil {
		return nil
	}
	return d.namespace.Close()
}

func (d dialer) dial() (transport, error) {
	t, err := d.open()
	if err != nil {
		return nil, err
	}
	return t, nil
}

func (d dialer) open() (*netlinkTransport, error) {
	var cfg netlink.Config
	if d.namespace != nil {
		cfg.NetNS = int(d.namespace.Fd())
	}
	c, err := netlink.Dial(unix.NETLINK_SOCK_DIAG, &cfg)
	if err != nil {
		return nil, err
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	t := &netlinkTransport{Conn: c, raw: raw}
	t.read = t.recvfrom
	return t, nil
}

// receive reads one datagram into b. MSG_TRUNC makes recvfrom(2) return the
// datagram's own length, even where b is shorter.
func (t *netlinkTransport) receive(b []byte) (n int, sender uint32, err error) {
	t.buf = b
	if err := t.raw.Read(t.read); err != nil {
		return 0, 0, err
	}
	if t.err != nil {
		return 0, 0, os.NewSyscallError("recvfrom", t.err)
	}
	if t.n > len(b) {
		return 0, 0, ErrTruncated
	}
	from, ok := t.sender.(*unix.SockaddrNetlink)
	if !ok {
		return 0, 0, ErrMalformed
	}
	return t.n, from.Pid, nil
}

func (t *netlinkTransport) recvfrom(fd uintptr) (done bool) {
	for {
		t.n, t.sender, t.err = unix.Recvfrom(int(fd), t.buf, unix.MSG_DONTWAIT|unix.MSG_TRUNC)
		if t.err != unix.EINTR {
			return t.err != unix.EAGAIN
		}
	}
}
