package keepalive_test

import (
	"errors"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/keepalive"
)

// Not parallel: it counts the descriptors of the process.
func TestReadLeavesNothingOpen(t *testing.T) {
	one := target(t, tcpSocket(t))
	other := one
	other.Cookie++
	before := openDescriptors(t)
	read(t, t.Context(), one, other, keepalive.Target{PID: one.PID, FD: 1 << 20}, one)
	if after := openDescriptors(t); after != before {
		t.Errorf("%d descriptors open after Read, %d before", after, before)
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// The error that waits for the owner of a socket is still there after Read.
func TestReadLeavesTheError(t *testing.T) {
	t.Parallel()
	fd := socket(t, unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK)
	closed := closedPort(t)
	err := unix.Connect(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: closed})
	if !errors.Is(err, unix.EINPROGRESS) {
		t.Skipf("connect to a closed port said %v at once", err)
	}
	if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 5000); err != nil {
		t.Fatal(err)
	}
	if got := read(t, t.Context(), target(t, fd))[0]; got.Err != nil {
		t.Error(got.Err)
	}
	if errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); err != nil || unix.Errno(errno) != unix.ECONNREFUSED {
		t.Errorf("SO_ERROR after Read is %v, %v; want ECONNREFUSED", unix.Errno(errno), err)
	}
}

func closedPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
