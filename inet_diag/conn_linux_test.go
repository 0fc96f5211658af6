package inetdiag

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestFilterInTheKernel dumps through filters and compares with the whole dump
// sifted in Go.
func TestFilterInTheKernel(t *testing.T) {
	n := newNamespace(t)
	newScene(t, n)
	c := n.dial(t)
	all := collect(t, c, nil)
	for _, tt := range filterCases() {
		t.Run(tt.name, func(t *testing.T) {
			want := make(map[uint64]SocketID)
			for cookie, s := range all {
				if tt.want(s.ID) {
					want[cookie] = s.ID
				}
			}
			got := make(map[uint64]SocketID)
			for cookie, s := range collect(t, c, tt.filter) {
				got[cookie] = s.ID
			}
			if diff := cmp.Diff(want, got, sameAddr); diff != "" {
				t.Errorf("(-sifted in Go +filtered by the kernel):\n%s", diff)
			}
		})
	}
}

func TestDialOwnNamespace(t *testing.T) {
	t.Parallel()
	c, err := Dial(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cookies(t.Context(), c); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestDialNoNamespace(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func() (int, error){
		"no descriptor": func() (int, error) { return 1 << 20, nil },
		"a file":        func() (int, error) { return unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0) },
	} {
		fd, err := open()
		if err != nil {
			t.Fatal(err)
		}
		_, err = Dial(&Config{NetNS: fd})
		if err == nil || !strings.HasPrefix(err.Error(), "open a sock_diag socket: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", name, err)
		}
		_ = unix.Close(fd)
	}
}

// TestConnRecoversFromABrokenDescriptor breaks the netlink socket under the Conn
// and expects one error, and then the namespace's sockets again, although the
// caller's descriptor of the namespace is gone by then.
func TestConnRecoversFromABrokenDescriptor(t *testing.T) {
	n := newNamespace(t)
	newScene(t, n)
	fd, err := unix.Dup(n.fd)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Dial(&Config{NetNS: fd})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := unix.Close(fd); err != nil {
		t.Fatal(err)
	}
	want := len(collect(t, c, nil))

	for _, breakIt := range []func(*netlinkTransport) error{
		func(t *netlinkTransport) error { return t.Close() },
		func(t *netlinkTransport) error { return t.SetReadDeadline(time.Unix(1, 0)) },
	} {
		if err := breakIt(c.transport.(*netlinkTransport)); err != nil {
			t.Fatal(err)
		}
		if _, err := cookies(t.Context(), c); err == nil {
			t.Fatal("no error from a broken socket")
		}
		if got := len(collect(t, c, nil)); got != want {
			t.Errorf("after recovery %d sockets, want %d", got, want)
		}
	}
}

// TestDumpCancelled ends dumps of many datagrams after their first socket, by
// each way there is, and expects the next dump to be whole.
func TestDumpCancelled(t *testing.T) {
	n := newNamespace(t)
	openMany(t, n, 200)
	c := n.dial(t)
	want := len(collect(t, c, nil))
	enough := errors.New("enough")

	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		got := 0
		err := c.Dump(ctx, Request{Family: FamilyIPv4, Extensions: everything}, func(*Socket) error {
			if got++; got == 1 {
				cancel()
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
		if got >= want {
			t.Errorf("a cancelled dump brought all %d sockets", got)
		}

		err = c.Dump(t.Context(), Request{Family: FamilyIPv4, Extensions: everything}, func(*Socket) error { return enough })
		if err != enough {
			t.Errorf("error %v, want %v", err, enough)
		}
		if got := len(collect(t, c, nil)); got != want {
			t.Errorf("next dump: %d sockets, want %d", got, want)
		}
	}
}

// TestReceiveIsWoken: a receive that waits ends when the deadline is set.
func TestReceiveIsWoken(t *testing.T) {
	t.Parallel()
	tr, err := dialer{}.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	wake := time.AfterFunc(50*time.Millisecond, func() { _ = tr.SetReadDeadline(time.Unix(1, 0)) })
	defer wake.Stop()
	if _, _, err := tr.receive(make([]byte, bufferLen)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %v, want os.ErrDeadlineExceeded", err)
	}
}

// TestReceiveTruncated reads a real answer into a buffer that is too small.
func TestReceiveTruncated(t *testing.T) {
	n := newNamespace(t)
	newScene(t, n)
	c := n.dial(t)
	c.buf = make([]byte, 256)
	if _, err := cookies(t.Context(), c); !errors.Is(err, ErrTruncated) {
		t.Errorf("error %v, want ErrTruncated", err)
	}
	c.buf = make([]byte, bufferLen)
	if _, err := cookies(t.Context(), c); err != nil {
		t.Errorf("next dump: %v", err)
	}
}

// TestReceiveTellsTheSender has another netlink socket write to the Conn's.
func TestReceiveTellsTheSender(t *testing.T) {
	t.Parallel()
	tr, err := dialer{}.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	to := &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: tr.(*netlinkTransport).PID()}
	if err := unix.Sendto(fd, socketMessage(66), 0, to); err != nil {
		if errors.Is(err, unix.EPERM) {
			t.Skip("needs CAP_NET_ADMIN: to write to another netlink socket:", err)
		}
		t.Fatal(err)
	}
	n, sender, err := tr.receive(make([]byte, bufferLen))
	if err != nil || n != len(socketMessage(66)) || sender == 0 {
		t.Errorf("got %d bytes from %d, error %v; want %d from a sender that is not the kernel", n, sender, err, len(socketMessage(66)))
	}
}

// TestConnClosesItsDescriptors counts them over many dials and failures.
func TestConnClosesItsDescriptors(t *testing.T) {
	n := newNamespace(t)
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	before := count()
	for range 20 {
		c, err := Dial(&Config{NetNS: n.fd})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _ = cookies(ctx, c)
		_ = c.transport.(*netlinkTransport).SetReadDeadline(time.Unix(1, 0))
		_, _ = cookies(t.Context(), c)
		_, _ = cookies(t.Context(), c)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if after := count(); after > before {
		t.Errorf("%d descriptors more than before", after-before)
	}
}
