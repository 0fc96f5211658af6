package inetdiag

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// The addresses of a test's namespace, all on its loopback interface
// (RFC 5737, RFC 3849).
var (
	client4 = netip.MustParseAddr("192.0.2.1")
	server4 = netip.MustParseAddr("192.0.2.2")
	client6 = netip.MustParseAddr("2001:db8::1")
	server6 = netip.MustParseAddr("2001:db8::2")
)

// namespace is a fresh network namespace and the one thread that lives in it.
type namespace struct {
	fd    int
	calls chan func()
}

// newNamespace makes a network namespace that goes away with the test. It skips
// the test where that is not allowed.
func newNamespace(tb testing.TB) *namespace {
	tb.Helper()
	n := &namespace{calls: make(chan func())}
	entered := make(chan error)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// Never unlocked: the thread ends with the goroutine, and its namespace too.
		runtime.LockOSThread()
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			n.fd, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		}
		entered <- err
		if err != nil {
			return
		}
		for call := range n.calls {
			call()
		}
	}()
	if err := <-entered; err != nil {
		if errors.Is(err, unix.EPERM) {
			tb.Skip("needs root: a network namespace of its own:", err)
		}
		tb.Fatalf("make a network namespace: %v", err)
	}
	tb.Cleanup(func() {
		close(n.calls)
		<-ended
		if err := unix.Close(n.fd); err != nil {
			tb.Errorf("close the namespace: %v", err)
		}
	})
	if err := n.configure(); err != nil {
		tb.Fatalf("configure the network namespace: %v", err)
	}
	return n
}

// do runs f on the thread in the namespace.
func (n *namespace) do(f func() error) error {
	result := make(chan error)
	n.calls <- func() { result <- f() }
	return <-result
}

// dial opens a Conn into the namespace from outside.
func (n *namespace) dial(tb testing.TB) *Conn {
	tb.Helper()
	c, err := Dial(&Config{NetNS: n.fd})
	if err != nil {
		tb.Fatalf("dial: %v", err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return c
}

const loopback = 1 // the index of lo in every namespace

// configure sets lo up and gives it the test's addresses (rtnetlink(7)).
func (n *namespace) configure() error {
	c, err := netlink.Dial(unix.NETLINK_ROUTE, &netlink.Config{NetNS: n.fd})
	if err != nil {
		return err
	}
	defer c.Close()
	up := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(up[4:], loopback)
	binary.NativeEndian.PutUint32(up[8:], unix.IFF_UP)
	binary.NativeEndian.PutUint32(up[12:], unix.IFF_UP)
	if err := acknowledged(c, unix.RTM_NEWLINK, 0, up); err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	for _, a := range []netip.Addr{client4, server4, client6, server6} {
		family := uint8(unix.AF_INET)
		if a.Is6() {
			family = unix.AF_INET6
		}
		address := []byte{family, uint8(a.BitLen()), unix.IFA_F_NODAD, unix.RT_SCOPE_UNIVERSE}
		address = binary.NativeEndian.AppendUint32(address, loopback)
		attributes := netlink.NewAttributeEncoder()
		attributes.Bytes(unix.IFA_LOCAL, a.AsSlice())
		b, err := attributes.Encode()
		if err != nil {
			return err
		}
		if err := acknowledged(c, unix.RTM_NEWADDR, netlink.Create, append(address, b...)); err != nil {
			return fmt.Errorf("add address %v: %w", a, err)
		}
	}
	return n.do(awaitIPv6)
}

// awaitIPv6 waits until the IPv6 addresses serve: the kernel sets up their
// routes a moment after it acknowledged them (net/ipv6/addrconf.c,
// addrconf_dad_work).
func awaitIPv6() (err error) {
	for range 500 {
		if err = tryIPv6(); err == nil {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("IPv6 addresses do not serve: %w", err)
}

// tryIPv6 sends a datagram each way. Loopback delivers before sendto returns.
func tryIPv6() error {
	for _, way := range [][2]netip.Addr{{client6, server6}, {server6, client6}} {
		if err := sendIPv6(way[0], way[1]); err != nil {
			return err
		}
	}
	return nil
}

func sendIPv6(from, to netip.Addr) error {
	in, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(in)
	out, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(out)
	at := sockaddr(netip.AddrPortFrom(to, portKeepalive))
	if err := errors.Join(unix.Bind(in, at), unix.Bind(out, sockaddr(netip.AddrPortFrom(from, 0)))); err != nil {
		return err
	}
	if err := unix.Sendto(out, []byte("x"), 0, at); err != nil {
		return err
	}
	_, _, err = unix.Recvfrom(in, make([]byte, 1), unix.MSG_DONTWAIT)
	return err
}

func acknowledged(c *netlink.Conn, kind netlink.HeaderType, flags netlink.HeaderFlags, data []byte) error {
	_, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: kind, Flags: netlink.Request | netlink.Acknowledge | flags},
		Data:   data,
	})
	return err
}
