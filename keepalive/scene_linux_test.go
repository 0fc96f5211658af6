package keepalive_test

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/lab"
)

// controller has a journal of its own.
func controller(t testing.TB) *keepalive.Controller {
	t.Helper()
	return keepalive.New(keepalive.Options{Journal: filepath.Join(t.TempDir(), "katop", "journal.jsonl")})
}

// connection is the socket of an actor as a snapshot shows it.
func connection(s *lab.Socket) conn.Connection {
	c := conn.Connection{
		Cookie: s.Cookie, Inode: s.Inode, Local: s.Local, Remote: s.Remote,
		Family: conn.IPv4, State: conn.StateEstablished,
		Owners: []conn.Owner{{PID: int32(s.PID), FD: int32(s.FD), Name: "actor"}},
	}
	if s.Local.Addr().Is6() {
		c.Family = conn.IPv6
	}
	if s.Remote.Port() == 0 {
		c.State = conn.StateListen
	}
	return c
}

// ofSelf is a socket of this process as a snapshot shows it.
func ofSelf(t testing.TB, fd int) conn.Connection {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	one := target(t, fd)
	c := conn.Connection{
		Cookie: one.Cookie, Inode: uint32(st.Ino), Family: conn.IPv4, State: conn.StateEstablished,
		Owners: []conn.Owner{{PID: one.PID, FD: one.FD, Name: "test"}},
	}
	local, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	c.Local = addrPort(local)
	if remote, err := unix.Getpeername(fd); err == nil {
		c.Remote = addrPort(remote)
	} else {
		c.State = conn.StateListen
	}
	return c
}

func addrPort(sa unix.Sockaddr) netip.AddrPort {
	in := sa.(*unix.SockaddrInet4)
	return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), uint16(in.Port))
}

// loopback makes n connections on loopback and returns both ends of each.
func loopback(t testing.TB, n int) (dialed, accepted []int) {
	t.Helper()
	listener := socket(t, unix.AF_INET, unix.SOCK_STREAM)
	if err := unix.Bind(listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(listener, 16); err != nil {
		t.Fatal(err)
	}
	at, err := unix.Getsockname(listener)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		fd := tcpSocket(t)
		if err := unix.Connect(fd, at); err != nil {
			t.Fatal(err)
		}
		peer, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		closeAtEnd(t, peer)
		dialed, accepted = append(dialed, fd), append(accepted, peer)
	}
	return dialed, accepted
}

// settingsOf is what the socket's own getsockopt says.
func settingsOf(t testing.TB, fd int) lab.Keepalive {
	t.Helper()
	value := func(level, option int) int {
		n, err := unix.GetsockoptInt(fd, level, option)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return lab.Keepalive{
		On:          value(unix.SOL_SOCKET, unix.SO_KEEPALIVE) != 0,
		Idle:        time.Duration(value(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE)) * time.Second,
		Interval:    time.Duration(value(unix.IPPROTO_TCP, unix.TCP_KEEPINTVL)) * time.Second,
		Count:       value(unix.IPPROTO_TCP, unix.TCP_KEEPCNT),
		UserTimeout: time.Duration(value(unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)) * time.Millisecond,
	}
}

// ends is a connection between two machines of a lab.
type ends struct {
	lab       *lab.Lab
	near, far *lab.Socket
}

// scene is a lab with a listener in Far that an actor in Near has dialed once
// for each of the options.
func scene(t testing.TB, options ...lab.Options) (*lab.Lab, []ends) {
	t.Helper()
	if err := lab.Supported(); err != nil {
		t.Skip(err)
	}
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	near, err := l.Near.StartActor(lab.ActorOptions{Name: "near"})
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Far().StartActor(lab.ActorOptions{Name: "far"})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := far.Listen(netip.AddrPortFrom(lab.FarAddr4, 7000), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var made []ends
	for _, o := range options {
		s, err := near.Dial(listener.Local, o)
		if err != nil {
			t.Fatal(err)
		}
		peer, err := listener.Accept(lab.Options{})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, ends{l, s, peer})
	}
	return l, made
}

// described is what the owner's getsockopt says now.
func described(t *testing.T, s *lab.Socket) lab.Keepalive {
	t.Helper()
	now, err := s.Describe()
	if err != nil {
		t.Fatal(err)
	}
	return now.Keepalive
}

func outcomes(results []conn.Result) []string {
	var names []string
	for _, r := range results {
		names = append(names, r.Outcome.String())
	}
	return names
}

// sleepPast waits until a connection that was just used has been silent for
// longer than the second that a probe needs.
func sleepPast() { time.Sleep(1100 * time.Millisecond) }

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func journalOf(t testing.TB, folder string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
