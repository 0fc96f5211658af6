package conn

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNarrow(t *testing.T) {
	t.Parallel()
	at := func(side Side, first, last uint16, prefix string) Endpoint {
		e := Endpoint{Side: side, Ports: [2]uint16{first, last}}
		if prefix != "" {
			e.Prefix = netip.MustParsePrefix(prefix)
		}
		return e
	}
	one := func(any ...Endpoint) []Clause { return []Clause{{Any: any}} }
	established, listen := StateEstablished.Mask(), StateListen.Mask()
	for _, tt := range []struct {
		filter string
		want   Narrowing
	}{
		{"", Narrowing{States: AllStates}},
		{"nginx ka:on silent>5m", Narrowing{States: AllStates}},
		{"state:estab|listen", Narrowing{States: established | listen}},
		{"-state:estab|listen", Narrowing{States: AllStates &^ (established | listen)}},
		{"state:estab|listen -state:listen", Narrowing{States: established}},
		{"state:estab state:listen", Narrowing{}},
		{":443", Narrowing{AllStates, one(at(AnySide, 443, 443, ""))}},
		{"lport:80|8000-8100", Narrowing{AllStates, one(at(LocalSide, 80, 80, ""), at(LocalSide, 8000, 8100, ""))}},
		{"raddr:10.1.2.3", Narrowing{AllStates, one(at(RemoteSide, 0, 65535, "10.1.2.3/32"))}},
		{"raddr:10.1.2.3/8", Narrowing{AllStates, one(at(RemoteSide, 0, 65535, "10.0.0.0/8"))}},
		{"addr:::ffff:10.0.0.0/104", Narrowing{AllStates, one(at(AnySide, 0, 65535, "10.0.0.0/8"))}},
		{"addr:::ffff:0:0/95", Narrowing{AllStates, one(at(AnySide, 0, 65535, "::fffe:0:0/95"))}},
		{"10.1.2.3:80", Narrowing{AllStates, one(at(AnySide, 80, 80, "10.1.2.3/32"))}},
		{"[2001:db8::1]:80", Narrowing{AllStates, one(at(AnySide, 80, 80, "2001:db8::1/128"))}},
		{"-:443 -raddr:10.0.0.0/8", Narrowing{States: AllStates}}, // the negation is left to Match
		{"10.0.0.0/8|nginx", Narrowing{States: AllStates}},        // the kernel knows no nginx
		{"rport:443 raddr:::1 state:estab", Narrowing{established, []Clause{ // both must hold
			{Any: []Endpoint{at(RemoteSide, 443, 443, "")}}, {Any: []Endpoint{at(RemoteSide, 0, 65535, "::1/128")}},
		}}},
	} {
		got := mustParse(t, tt.filter).Narrow()
		if diff := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b Endpoint) bool { return a == b })); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.filter, diff)
		}
	}
}

// TestNarrowLosesNothing: whatever a filter matches satisfies its narrowing, as
// the kernel reads it.
func TestNarrowLosesNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	s := plausible(300, 5)
	matches, dropped := 0, 0
	for range 2000 {
		f := mustParse(t, randomFilter(r))
		narrowing := f.Narrow()
		for i := range s.Connections {
			c := &s.Connections[i]
			kept := satisfies(narrowing, c)
			if !kept {
				dropped++
			}
			if f.Match(c) {
				matches++
				if !kept {
					t.Fatalf("%q matches %v %v %v, which %+v leaves out", f, c.State, c.Local, c.Remote, narrowing)
				}
			}
		}
	}
	if matches < 1000 || dropped < 1000 {
		t.Errorf("%d matches, %d left out: the test proves nothing", matches, dropped)
	}
}

func randomFilter(r *rand.Rand) string {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	var terms []string
	for range 1 + r.IntN(3) {
		var values []string
		head := pick("state:", "port:", "lport:", "rport:", "addr:", "laddr:", "raddr:", "", "ka:")
		for range 1 + r.IntN(3) {
			switch {
			case head == "state:":
				values = append(values, pick("established", "listen", "time-wait", "close-wait", "syn-recv"))
			case head == "ka:":
				values = append(values, pick("on", "off", "unknown"))
			case strings.HasSuffix(head, "port:"):
				values = append(values, pick("80", "443", "5432", "32768-50000", "1-1023"))
			case head == "":
				values = append(values, pick("nginx", "10.0.0.0/9", "java", "2001:db8:1::/48"))
			default:
				values = append(values, pick("10.0.0.0/16", "10.1.0.0/16", "10.0.1.0/24", "2001:db8::/32", "2001:db8:2::/64",
					"::ffff:10.0.0.0/112", "::/0", "0.0.0.0/0", "::ffff:0:0/96", "::fffe:0:0/95", "0.0.0.0"))
			}
		}
		terms = append(terms, pick("", "", "-")+head+strings.Join(values, "|"))
	}
	return strings.Join(terms, " ")
}

// satisfies reads a narrowing as the kernel does: idiag_states, and conditions
// on ports and on the leading bits of addresses, where one of IPv4 also holds
// for the last four bytes of an IPv4-mapped address (net/ipv4/inet_diag.c,
// inet_diag_bc_run).
func satisfies(n Narrowing, c *Connection) bool {
	if n.States&(1<<c.State) == 0 {
		return false
	}
	for _, clause := range n.Clauses {
		held := false
		for _, e := range clause.Any {
			local, remote := kernelHolds(e, c.Local), kernelHolds(e, c.Remote)
			switch e.Side {
			case LocalSide:
				held = held || local
			case RemoteSide:
				held = held || remote
			default:
				held = held || local || remote
			}
		}
		if !held {
			return false
		}
	}
	return true
}

func kernelHolds(e Endpoint, a netip.AddrPort) bool {
	if a.Port() < e.Ports[0] || a.Port() > e.Ports[1] {
		return false
	}
	if e.Prefix == (netip.Prefix{}) {
		return true
	}
	addr, want := a.Addr().AsSlice(), e.Prefix.Addr().AsSlice()
	if len(addr) == 16 && len(want) == 4 && strings.HasPrefix(string(addr), strings.Repeat("\x00", 10)+"\xff\xff") {
		addr = addr[12:]
	}
	if len(addr) != len(want) {
		return false
	}
	for bit := range e.Prefix.Bits() {
		if mask := byte(0x80) >> (bit % 8); (addr[bit/8]^want[bit/8])&mask != 0 {
			return false
		}
	}
	return true
}
