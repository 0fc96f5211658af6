//go:build linux

package collector_test

import (
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// burden is what the process holds beside what the foreign namespaces of a
// snapshot take: two netlink sockets each, their dialers' and the reader's
// descriptor, and the goroutine that hears.
func burden(t *testing.T, s *conn.Snapshot) (descriptors, goroutines int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	foreign := len(s.Namespaces) - 1
	return len(entries) - 5*foreign, runtime.NumGoroutine() - foreign
}

// A namespace that nobody else holds is let go with the poll that finds it so:
// the interface at the other end of its cable goes too.
func TestDeadNamespaceIsNotKept(t *testing.T) {
	l := newLab(t)
	c := everywhere(t)
	poll := func() *conn.Snapshot {
		t.Helper()
		s, err := c.Poll(t.Context(), conn.Want{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if !slices.ContainsFunc(poll().Namespaces, func(n conn.Namespace) bool { return n.NetNS.Inode == l.Near.Inode() }) {
		t.Fatal("the namespace is not read")
	}
	if err := l.Near.Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond) // it would go meanwhile if nobody held it
	if !cabled(l) {
		t.Fatal("nobody held the namespace: the test proves nothing")
	}
	if s := poll(); slices.ContainsFunc(s.Namespaces, func(n conn.Namespace) bool { return n.NetNS.Inode == l.Near.Inode() }) {
		t.Error("the namespace is read although nobody holds it")
	}
	for end := time.Now().Add(20 * time.Second); cabled(l); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the namespace lives on")
		}
	}
}

// Nor is it kept while nobody polls, as a frozen monitor does.
func TestDeadNamespaceIsNotKeptWithoutPolls(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	c := everywhere(t)
	if _, err := c.Poll(t.Context(), conn.Want{}); err != nil {
		t.Fatal(err)
	}
	if err := l.Near.Close(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); cabled(l); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the namespace lives on")
		}
	}
}

// cabled tells whether the router has an interface to Near, which goes with that.
func cabled(l *lab.Lab) bool {
	err := l.Router.Do(func() error { _, err := net.InterfaceByName("near"); return err })
	return err == nil
}

// Namespaces come and go; descriptors and goroutines stay as they were.
func TestNamespacesComeAndGo(t *testing.T) {
	const rounds, each = 6, 5
	solos(t, 0)
	c := everywhere(t)
	poll := func() *conn.Snapshot {
		t.Helper()
		s, err := c.Poll(t.Context(), conn.Want{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	poll() // the second loads the fast path
	descriptors, goroutines := burden(t, poll())
	for round := range rounds {
		var inodes []uint64
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			for _, n := range solos(t, each) {
				settle(t, n, 0)
				inodes = append(inodes, n.Inode())
			}
			s := poll()
			for _, inode := range inodes {
				seen := 0
				for i := range s.Connections {
					if s.Connections[i].NetNS.Inode == inode {
						seen++
					}
				}
				if seen != 3 {
					t.Errorf("%d connections in namespace %d, want 3", seen, inode)
				}
			}
		})
		s := poll()
		for i := range s.Namespaces {
			if slices.Contains(inodes, s.Namespaces[i].NetNS.Inode) {
				t.Errorf("namespace %v is read although it is gone", s.Namespaces[i].NetNS)
			}
		}
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			fds, routines := burden(t, poll())
			if fds == descriptors && routines == goroutines {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("round %d: %d descriptors and %d goroutines, want %d and %d", round, fds, routines, descriptors, goroutines)
			}
		}
	}
}

// The other end of a connection is found in the namespace that it is in. When
// that goes without a word the connection is half-open for certain, and none
// beside it.
func TestMirrorInAnotherNamespace(t *testing.T) {
	l := newLab(t)
	// Labs of other processes have the addresses of this one. Two that are its own
	// are at home in one namespace only.
	own := func(second byte) netip.Addr {
		return netip.AddrFrom4([4]byte{10, second, byte(os.Getpid() >> 8), byte(os.Getpid())})
	}
	near, far := own(77), own(78)
	if err := l.AddAddresses(near, far); err != nil {
		t.Fatal(err)
	}
	server, err := startActor(t, l.Far(), "server").Listen(netip.AddrPortFrom(far, 7000), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	client := startActor(t, l.Near, "client")
	dialed, err := client.Dial(server.Local, lab.Options{Bind: netip.AddrPortFrom(near, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Accept(lab.Options{}); err != nil {
		t.Fatal(err)
	}
	local, err := client.Listen(netip.AddrPortFrom(lab.NearAddr4, 7000), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Dial(local.Local, lab.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := local.Accept(lab.Options{}); err != nil {
		t.Fatal(err)
	}
	c := everywhere(t)
	gone := func() (cookies []uint64) {
		t.Helper()
		s, err := c.Poll(t.Context(), conn.Want{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Connections {
			if c := &s.Connections[i]; c.MirrorGone && (c.NetNS.Inode == l.Near.Inode() || c.NetNS.Inode == l.Far().Inode()) {
				cookies = append(cookies, c.Cookie)
			}
		}
		return cookies
	}
	for range 3 {
		if cookies := gone(); cookies != nil {
			t.Errorf("mirrors of %v are called gone, want none", cookies)
		}
	}
	if err := l.Reboot(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		cookies := gone()
		if slices.Equal(cookies, []uint64{dialed.Cookie}) {
			return
		}
		if cookies != nil || time.Now().After(end) {
			t.Fatalf("mirrors of %v are called gone, want that of %d alone", cookies, dialed.Cookie)
		}
	}
}
