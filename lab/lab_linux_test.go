package lab_test

import (
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/katop/katop/lab"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		play(role)
		return
	}
	lab.Main()
	os.Exit(m.Run())
}

// quick is found dead three seconds after it was last heard.
var quick = lab.Options{Keepalive: lab.Keepalive{On: true, Idle: time.Second, Interval: time.Second, Count: 2}}

// ample is far longer than anything takes that is waited for.
const ample = 15 * time.Second

var (
	far4 = netip.AddrPortFrom(lab.FarAddr4, 7000)
	far6 = netip.AddrPortFrom(lab.FarAddr6, 7000)
)

func needLab(t *testing.T) {
	t.Helper()
	if err := lab.Supported(); err != nil {
		t.Skip(err)
	}
}

func newLab(t *testing.T) *lab.Lab {
	t.Helper()
	needLab(t)
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, l.Close()) })
	return l
}

func newSolo(t *testing.T) *lab.Namespace {
	t.Helper()
	needLab(t)
	n, err := lab.Solo()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, n.Close()) })
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newActor(t *testing.T, n *lab.Namespace) *lab.Actor {
	t.Helper()
	a, err := n.StartActor(lab.ActorOptions{})
	must(t, err)
	return a
}

// ends are an actor at Near and one at Far, with a listener on each of far4 and
// far6.
type ends struct {
	near, far *lab.Actor
	listener  map[netip.AddrPort]*lab.Socket
}

func newEnds(t *testing.T, l *lab.Lab) ends {
	t.Helper()
	e := ends{near: newActor(t, l.Near), far: newActor(t, l.Far()), listener: make(map[netip.AddrPort]*lab.Socket)}
	for _, addr := range []netip.AddrPort{far4, far6} {
		s, err := e.far.Listen(addr, lab.Options{V6Only: true})
		must(t, err)
		e.listener[addr] = s
	}
	return e
}

// dial makes one connection to far4 or far6.
func (e ends) dial(t *testing.T, addr netip.AddrPort, o lab.Options) (near, far *lab.Socket) {
	t.Helper()
	near, err := e.near.Dial(addr, o)
	must(t, err)
	far, err = e.listener[addr].Accept(lab.Options{})
	must(t, err)
	return near, far
}

// wantFlow sends from one socket to the other and back.
func wantFlow(t *testing.T, a, b *lab.Socket) {
	t.Helper()
	for _, way := range [][2]*lab.Socket{{a, b}, {b, a}} {
		if _, err := way[0].Send(10); err != nil {
			t.Fatal(err)
		}
		if n, err := way[1].Receive(10); n != 10 || err != nil {
			t.Fatalf("%s received %d bytes of 10 from %s: %v", way[1].Local, n, way[0].Local, err)
		}
	}
}

func TestNamespacesSeparate(t *testing.T) {
	t.Parallel()
	l, solo := newLab(t), newSolo(t)
	host, err := os.Stat("/proc/self/ns/net")
	must(t, err)
	seen := map[string]bool{}
	for _, n := range []*lab.Namespace{l.Near, l.Router, l.Far(), solo} {
		st, err := os.Stat(n.Path())
		must(t, err)
		if os.SameFile(host, st) {
			t.Errorf("%s is the namespace of this process", n.Name())
		}
		var inside string
		must(t, n.Do(func() (err error) {
			inside, err = os.Readlink("/proc/thread-self/ns/net")
			return err
		}))
		if seen[inside] {
			t.Errorf("%s is no namespace of its own", n.Name())
		}
		seen[inside] = true
	}
	now, err := os.Stat("/proc/self/ns/net")
	must(t, err)
	if !os.SameFile(host, now) {
		t.Error("the process has left its namespace")
	}
}

// All labs have the same addresses: connections of one must not reach another.
func TestLabsSideBySide(t *testing.T) {
	t.Parallel()
	one, two := newEnds(t, newLab(t)), newEnds(t, newLab(t))
	for _, addr := range []netip.AddrPort{far4, far6} {
		a, b := one.dial(t, addr, quick)
		c, d := two.dial(t, addr, quick)
		wantFlow(t, a, b)
		wantFlow(t, c, d)
	}
}

func TestSoloLoopback(t *testing.T) {
	t.Parallel()
	a := newActor(t, newSolo(t))
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0"} {
		listener, err := a.Listen(netip.MustParseAddrPort(addr), lab.Options{})
		must(t, err)
		client, err := a.Dial(listener.Local, lab.Options{})
		must(t, err)
		server, err := listener.Accept(lab.Options{})
		must(t, err)
		wantFlow(t, client, server)
	}
}

func TestSetSysctl(t *testing.T) {
	t.Parallel()
	n := newSolo(t)
	const name, path = "net.ipv4.tcp_keepalive_time", "/proc/sys/net/ipv4/tcp_keepalive_time"
	host, err := os.ReadFile(path)
	must(t, err)
	must(t, n.SetSysctl(name, "4321"))
	var inside []byte
	must(t, n.Do(func() (err error) {
		inside, err = os.ReadFile(path)
		return err
	}))
	if got := string(inside); got != "4321\n" {
		t.Errorf("tcp_keepalive_time in the namespace is %q, want 4321", got)
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != string(host) {
		t.Errorf("tcp_keepalive_time of the host is %q, was %q (%v)", now, host, err)
	}
	if err := n.SetSysctl("net.ipv4.no_such_thing", "1"); err == nil {
		t.Error("a sysctl that does not exist was set")
	}
}

func unread(t *testing.T, s *lab.Socket) int {
	t.Helper()
	n, _, err := s.Queues()
	must(t, err)
	return n
}
