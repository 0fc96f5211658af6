package keepalive_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
	"github.com/katop/katop/lab"
)

// The addresses that a dump shows are those that a descriptor is compared by:
// IPv4, IPv6, and IPv4 on either end of an IPv6 socket.
func TestApplyToWhatADumpShows(t *testing.T) {
	l, _ := scene(t)
	near, err := l.Near.StartActor(lab.ActorOptions{Name: "dials"})
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Far().StartActor(lab.ActorOptions{Name: "serves"})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := far.Listen(netip.AddrPortFrom(netip.IPv6Unspecified(), 7200), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	owned := []*lab.Socket{listener}
	for _, to := range []netip.Addr{lab.FarAddr4, lab.FarAddr6, netip.AddrFrom16(lab.FarAddr4.As16())} {
		dialed, err := near.Dial(netip.AddrPortFrom(to, 7200), lab.Options{})
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := listener.Accept(lab.Options{})
		if err != nil {
			t.Fatal(err)
		}
		owned = append(owned, dialed, accepted)
	}
	shown := make(map[uint64]conn.Connection)
	for _, n := range []*lab.Namespace{l.Near, l.Far()} {
		if err := n.Do(func() error { return dumpInto(t, shown) }); err != nil {
			t.Fatal(err)
		}
	}
	var targets []conn.Connection
	for _, s := range owned {
		c, ok := shown[s.Cookie]
		if !ok {
			t.Fatalf("%v to %v is not in the dump", s.Local, s.Remote)
		}
		c.Owners = []conn.Owner{{PID: int32(s.PID), FD: int32(s.FD)}}
		targets = append(targets, c)
	}
	results, err := controller(t).Apply(t.Context(), targets, general, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"done", "done", "done", "done", "done", "done", "done"}, outcomes(results)); diff != "" {
		t.Errorf("(-want +got)\n%s%+v", diff, results)
	}
}

// dumpInto dumps the namespace of the calling thread.
func dumpInto(t *testing.T, shown map[uint64]conn.Connection) error {
	sockets, err := inetdiag.Dial(nil)
	if err != nil {
		return err
	}
	defer func() { _ = sockets.Close() }()
	for _, family := range []inetdiag.Family{inetdiag.FamilyIPv4, inetdiag.FamilyIPv6} {
		err := sockets.Dump(t.Context(), inetdiag.Request{Family: family}, func(s *inetdiag.Socket) error {
			c := conn.Connection{Cookie: s.ID.Cookie, Inode: s.Inode, Local: s.ID.Local, Remote: s.ID.Remote, State: conn.State(s.State)}
			shown[c.Cookie] = c
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
