package inetdiag

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sameAddr compares addresses as ==, which tells an IPv4-mapped one from IPv4.
var sameAddr = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmp.AllowUnexported(Socket{}),
}

func TestDecodeSocket(t *testing.T) {
	t.Parallel()
	var got Socket
	if err := new(decoder).decode(&got, socketBody(1<<40|7)); err != nil {
		t.Fatal(err)
	}
	want := Socket{
		ID: SocketID{
			Local:     netip.MustParseAddrPort("192.0.2.1:40000"),
			Remote:    netip.MustParseAddrPort("192.0.2.2:443"),
			Interface: 3,
			Cookie:    1<<40 | 7,
		},
		Family: FamilyIPv4, State: StateEstablished, Timer: TimerKeepalive, Retrans: 2,
		Expires: 2092 * time.Millisecond, RQueue: 1, WQueue: 2, UID: 1000, Inode: 250179,
	}
	if diff := cmp.Diff(want, got, sameAddr); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestFamilyDecides: the bytes of an address do not tell its family.
func TestFamilyDecides(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		family Family
		addr   string
	}{
		{FamilyIPv4, "0.0.0.0"},
		{FamilyIPv4, "192.0.2.1"},
		{FamilyIPv6, "::"},
		{FamilyIPv6, "::1"},
		{FamilyIPv6, "c000:201::"},
		{FamilyIPv6, "::ffff:192.0.2.1"},
	} {
		want := netip.AddrPortFrom(netip.MustParseAddr(tt.addr), 443)
		b := appendID(nil, SocketID{Local: want, Remote: want})
		var id SocketID
		if err := id.decode(tt.family, b); err != nil {
			t.Fatal(err)
		}
		if id.Local != want || id.Remote != want {
			t.Errorf("%v %s: got %v and %v", tt.family, tt.addr, id.Local, id.Remote)
		}
	}
}

func TestExpires(t *testing.T) {
	t.Parallel()
	for ms, want := range map[uint32]time.Duration{
		0:             0,
		1:             time.Millisecond,
		7_200_000:     2 * time.Hour,
		1<<31 - 1:     (1<<31 - 1) * time.Millisecond,
		^uint32(0):    0, // a millisecond overdue
		^uint32(4999): 0,
	} {
		if got := expires(ms); got != want {
			t.Errorf("%d: got %v, want %v", ms, got, want)
		}
	}
}

// TestDecodeForgets: nothing of the socket before stays behind.
func TestDecodeForgets(t *testing.T) {
	t.Parallel()
	var d decoder
	var got, want Socket
	for _, name := range []string{"established-keepalive", "time-wait"} {
		if err := d.decode(&got, captureBody(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := new(decoder).decode(&want, captureBody(t, "time-wait")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, sameAddr); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDecodeKeepsNothing: the buffer is used again while the socket lives on.
func TestDecodeKeepsNothing(t *testing.T) {
	t.Parallel()
	b := captureBody(t, "established-keepalive")
	var d decoder
	var got, want Socket
	if err := d.decode(&got, b); err != nil {
		t.Fatal(err)
	}
	want = got
	want.Congestion = "reno"
	clear(b)
	if diff := cmp.Diff(want, got, sameAddr); diff != "" {
		t.Errorf("after the buffer changed (-want +got):\n%s", diff)
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	for _, name := range []string{"established-keepalive", "established-ipv6", "time-wait", "listen"} {
		b := captureBody(t, name)
		var d decoder
		var s Socket
		n := testing.AllocsPerRun(100, func() {
			if err := d.decode(&s, b); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
