package conn

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// openTowards is a program with so many connections to 10.0.9.4:9092, and so many
// sockets in TIME-WAIT there.
func openTowards(open, waiting int) []Connection {
	conns := fault(open, "java", "10.0.0.5:32000", "10.0.9.4:9092", func(int, *Connection) {})
	for i := range waiting {
		c := end(hostNS, uint64(50_000+i), StateTimeWait, fmt.Sprintf("10.0.0.5:%d", 32000+open+i), "10.0.9.4:9092")
		c.Timer, c.TCP, c.Inode = Timer{Kind: TimerTimeWait, Expires: 30 * sec}, TCP{}, 0
		conns = append(conns, c)
	}
	return conns
}

func onHostOf(conns []Connection, sysctls Sysctls) *Snapshot {
	s := onHost(conns)
	s.Namespaces[0].Sysctls = sysctls
	return s
}

// TestPortsFinding holds who is said to fill the ports, and that connections that
// are open count in spite of tcp_tw_reuse.
func TestPortsFinding(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		open, waiting int
		reuse         int
		title         string // its beginning; "" if nothing is found
		members       int
	}{
		{"TIME-WAIT alone", 0, 700, 0, "TIME-WAIT: 70 % of the ports", 700},
		{"TIME-WAIT for the most part", 300, 400, 0, "TIME-WAIT: 70 % of the ports", 400},
		{"open for the most part", 400, 300, 0, "open connections: 70 % of the ports", 400},
		{"open alone", 990, 0, 0, "open connections: 99 % of the ports", 990},
		{"open, where TIME-WAIT is taken back", 700, 300, 1, "open connections: 70 % of the ports", 700},
		{"all of them open", 1000, 0, 1, "open connections: 100 % of the ports towards 10.0.9.4:9092 are used, exhausted;", 1000},
		{"TIME-WAIT that is taken back", 100, 900, 1, "", 0},
		{"half of them open", 500, 0, 0, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := onHostOf(openTowards(tt.open, tt.waiting), Sysctls{PortRange: [2]uint16{32000, 32999}, TimeWaitReuse: tt.reuse, Known: true})
			of := found(t, FindingPorts, s)
			if len(of) == 0 && tt.title == "" {
				return
			}
			if len(of) != 1 || !strings.HasPrefix(of[0].Title, tt.title) || tt.title == "" || len(of[0].Members) != tt.members {
				t.Fatalf("found %+v; want %q, %d connections", of, tt.title, tt.members)
			}
			checkFilter(t, s, &of[0])
			closes, reuses := strings.Contains(of[0].Title, "closes first"), strings.Contains(of[0].text(), "tcp_tw_reuse=1")
			if waits := strings.HasPrefix(tt.title, "TIME-WAIT"); closes != waits || reuses != waits {
				t.Errorf("closes first %v, tcp_tw_reuse %v; want %v:\n%s", closes, reuses, waits, of[0].text())
			}
		})
	}
}

// TestDestinationsWithoutTimeWait holds that those are listed that open
// connections take many ports towards, and no others.
func TestDestinationsWithoutTimeWait(t *testing.T) {
	t.Parallel()
	conns := openTowards(990, 0)
	for i := range 5000 { // a crawler, and more destinations than are told apart
		c := end(hostNS, uint64(2000+i), StateEstablished, "10.0.0.5:1", "10.0.0.2:443")
		c.Local = netip.AddrPortFrom(c.Local.Addr(), uint16(32000+i%1000))
		c.Remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18, byte(i / 250), byte(i % 250)}), 443)
		conns = append(conns, c)
	}
	s := onHostOf(conns, Sysctls{PortRange: [2]uint16{32000, 32999}, Known: true})
	uses := TimeWaitsOf(s).Destinations
	if len(uses) != 1 || uses[0].Taken != 990 || uses[0].TimeWait.Count != 0 || uses[0].Destination.Remote.Port() != 9092 {
		t.Errorf("%+v, want 990 ports towards :9092 alone", uses)
	}
	s.Namespaces[0].Sysctls.Known = false
	if uses := TimeWaitsOf(s).Destinations; len(uses) != 0 {
		t.Errorf("%+v, where it is not known how many ports there are", uses)
	}
}

// TestCrowdsSpread holds that destinations do not fall on each other, whose
// addresses or ports follow one another.
func TestCrowdsSpread(t *testing.T) {
	t.Parallel()
	for _, remote := range []func(i int) netip.AddrPort{
		func(i int) netip.AddrPort {
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 443)
		},
		func(i int) netip.AddrPort {
			return netip.AddrPortFrom(netip.MustParseAddr("10.0.9.4"), uint16(i))
		},
		func(i int) netip.AddrPort {
			return netip.AddrPortFrom(netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 5: byte(i >> 8), 7: byte(i), 15: 1}), 443)
		},
	} {
		var n crowds
		for i := range 40_000 {
			n[crowdOf(&Connection{Remote: remote(i)})]++
		}
		if most := slices.Max(n[:]); most > 200 {
			t.Errorf("%d of 40000 destinations such as %v have one number", most, remote(1))
		}
	}
}
