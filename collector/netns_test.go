//go:build linux

package collector_test

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// twin is a socket of a namespace as its holder describes it.
type twin struct {
	NetNS         string
	State         conn.State
	Local, Remote netip.AddrPort
	FD            int32
	Idle          time.Duration // of its keepalive; 0: off
}

// settle opens, in a namespace, the sockets that all the others have too: a
// listener and both ends of a connection, at the same addresses. Only the idle
// time of keepalive differs.
func settle(t *testing.T, n *lab.Namespace, idle time.Duration) map[conn.ID]twin {
	t.Helper()
	truth := make(map[conn.ID]twin)
	// note describes a socket. The test holds it as long as the file lives.
	note := func(fd int, state conn.State, local, remote string, idle time.Duration) error {
		cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
		if err == nil && idle > 0 {
			err = errors.Join(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1),
				unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(idle.Seconds())))
		}
		truth[conn.ID{NetNS: n.Inode(), Cookie: cookie}] = twin{
			NetNS: n.Name(), State: state, FD: int32(fd), Idle: idle,
			Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote),
		}
		t.Cleanup(func() { _ = unix.Close(fd) })
		return err
	}
	const server, client = "127.0.0.1:8080", "127.0.0.1:40000"
	at := func(text string) unix.Sockaddr {
		a := netip.MustParseAddrPort(text)
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	err := n.Do(func() error {
		listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if err := errors.Join(unix.Bind(listener, at(server)), unix.Listen(listener, 8)); err != nil {
			return err
		}
		dialed, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if err := errors.Join(unix.Bind(dialed, at(client)), unix.Connect(dialed, at(server))); err != nil {
			return err
		}
		accepted, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		if err != nil {
			return err
		}
		return errors.Join(
			note(listener, conn.StateListen, server, "0.0.0.0:0", 0),
			note(dialed, conn.StateEstablished, client, server, idle),
			note(accepted, conn.StateEstablished, server, client, 0),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	return truth
}

// everywhere is a Collector of every namespace.
func everywhere(t testing.TB) *collector.Collector {
	t.Helper()
	c, err := collector.New(collector.Options{NetNS: collector.AllNetNS})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func solos(t testing.TB, n int) []*lab.Namespace {
	t.Helper()
	if err := lab.Supported(); err != nil {
		t.Skip(err)
	}
	all := make([]*lab.Namespace, n)
	for i := range all {
		var err error
		if all[i], err = lab.Solo(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := all[i].Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return all
}

// Sixty namespaces have the same addresses. Each connection is seen once, in its
// own, with its own cookie, descriptor and keepalive.
func TestEqualAddresses(t *testing.T) {
	truth := make(map[conn.ID]twin)
	inodes := make(map[uint64]bool)
	for i, n := range solos(t, 60) {
		inodes[n.Inode()] = true
		for id, s := range settle(t, n, time.Duration(1000+i)*time.Second) {
			truth[id] = s
		}
	}
	c := everywhere(t)
	for poll := range 3 {
		s, err := c.Poll(t.Context(), conn.Want{AllOptions: true})
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[conn.ID]twin)
		for i := range s.Connections {
			c := &s.Connections[i]
			if !inodes[c.NetNS.Inode] {
				continue // somebody else's
			}
			if _, twice := got[c.ID()]; twice {
				t.Errorf("poll %d: %v stands there twice", poll, c.ID())
			}
			if c.MirrorGone {
				t.Errorf("poll %d: the mirror of %v in %s is called gone", poll, c.Local, c.NetNS.Name)
			}
			found := twin{NetNS: c.NetNS.Name, State: c.State, Local: c.Local, Remote: c.Remote}
			if len(c.Owners) == 1 && c.Owners[0].PID == int32(os.Getpid()) {
				found.FD = c.Owners[0].FD
			}
			if c.Keepalive.State == conn.KeepaliveOn {
				found.Idle = c.Keepalive.Params.Idle
			}
			got[c.ID()] = found
		}
		if diff := cmp.Diff(truth, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
			t.Errorf("poll %d (-want +got)\n%s", poll, diff)
		}
		for i := range s.Events {
			if e := &s.Events[i]; inodes[e.Connection.NetNS.Inode] {
				t.Errorf("poll %d: event %v of %v, want none", poll, e.Kind, e.Connection.Local)
			}
		}
	}
	// One of them in full, through a connection into its namespace.
	for id, want := range truth {
		d, err := c.Detail(t.Context(), id)
		if err != nil || d.Connection.Local != want.Local || d.Connection.NetNS.Name != want.NetNS || d.Connection.Cookie != id.Cookie {
			t.Errorf("detail of %v: %+v, error %v; want %+v", id, d.Connection, err, want)
		}
		break
	}
}

// A namespace with neither process nor socket is known by its name, and its
// settings are its own.
func TestNamedWithoutProcess(t *testing.T) {
	n := solos(t, 1)[0]
	if err := n.SetSysctl("net.ipv4.tcp_keepalive_time", "4711"); err != nil {
		t.Fatal(err)
	}
	s, err := everywhere(t).Poll(t.Context(), conn.Want{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(s.Namespaces, func(ns conn.Namespace) bool { return ns.NetNS.Inode == n.Inode() })
	if i < 0 {
		t.Fatalf("namespace %s is not among %v", n.Name(), s.Namespaces)
	}
	got := s.Namespaces[i]
	if got.NetNS.Name != n.Name() || got.Path != n.Path() || got.Sysctls.Keepalive.Idle != 4711*time.Second || !got.Counters.Known {
		t.Errorf("%+v, want %s at %s with 4711 s", got, n.Name(), n.Path())
	}
	if s.Namespaces[0].Sysctls.Keepalive.Idle == 4711*time.Second {
		t.Error("the own namespace has the settings of another")
	}
}

// A namespace without a name is called after a process in it.
func TestNamedByProcess(t *testing.T) {
	needLab(t)
	cmd := exec.Command("sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNET, Pdeathsig: unix.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Skip("needs sleep(1): ", err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	pid := strconv.Itoa(cmd.Process.Pid)
	inode := inodeOfNamespace(t, pid)
	c, err := collector.New(collector.Options{NetNS: pid})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, c)
	s, err := c.Poll(t.Context(), conn.Want{})
	if err != nil {
		t.Fatal(err)
	}
	// Until execve(2) has been, the process goes by the name of the test.
	want := conn.NetNS{Inode: inode, Name: "/" + pid}
	if len(s.Namespaces) != 1 || s.Namespaces[0].NetNS.Inode != want.Inode || !strings.HasSuffix(s.Namespaces[0].NetNS.Name, want.Name) {
		t.Errorf("namespaces %v, want %v alone", s.Namespaces, want)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if s, err := c.Poll(t.Context(), conn.Want{}); err == nil || !strings.Contains(err.Error(), "is gone") {
		t.Errorf("polling what is gone: %v, error %v; want an error that says so", s, err)
	}
}

func inodeOfNamespace(t *testing.T, pid string) uint64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat("/proc/"+pid+"/ns/net", &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

// A namespace can be chosen by its name; one that is not there is an error that
// names those that are.
func TestChosenByName(t *testing.T) {
	n := solos(t, 2)
	truth := settle(t, n[0], 0)
	settle(t, n[1], 0)
	c, err := collector.New(collector.Options{NetNS: n[0].Name()})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, c)
	s, err := c.Poll(t.Context(), conn.Want{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Connections {
		if _, there := truth[s.Connections[i].ID()]; !there {
			t.Errorf("%v of %s is shown", s.Connections[i].Local, s.Connections[i].NetNS.Name)
		}
	}
	if len(s.Connections) != len(truth) || len(s.Namespaces) != 1 || s.AllNamespaces || len(s.Hidden) != 0 {
		t.Errorf("%d connections of %d namespaces, hidden %v; want %d of 1", len(s.Connections), len(s.Namespaces), s.Hidden, len(truth))
	}
	_, err = collector.New(collector.Options{NetNS: "katop-none\x1b[2J"})
	if err == nil || !strings.Contains(err.Error(), n[1].Name()) || strings.ContainsAny(err.Error(), "\n\x1b") {
		t.Errorf("error %v, want one line with %s among others", err, n[1].Name())
	}
}
