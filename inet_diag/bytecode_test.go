package inetdiag

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// predicate says of a socket in Go what a Filter is to say in the kernel.
type predicate func(SocketID) bool

// filterCase is a condition said twice.
type filterCase struct {
	name   string
	filter *Filter
	want   predicate
}

func sourceIn(lowest, highest uint16) predicate {
	return func(id SocketID) bool { return id.Local.Port() >= lowest && id.Local.Port() <= highest }
}

func destIn(lowest, highest uint16) predicate {
	return func(id SocketID) bool { return id.Remote.Port() >= lowest && id.Remote.Port() <= highest }
}

func sourceWithin(p netip.Prefix) predicate {
	return func(id SocketID) bool { return within(p, id.Local.Addr()) }
}

func destWithin(p netip.Prefix) predicate {
	return func(id SocketID) bool { return within(p, id.Remote.Addr()) }
}

// within compares bit by bit: netip.Prefix.Contains knows no IPv4-mapped ones.
func within(p netip.Prefix, a netip.Addr) bool {
	if !p.IsValid() {
		return false
	}
	if p.Addr().Is4() {
		a = a.Unmap()
	}
	if p.Addr().Is4() != a.Is4() {
		return false
	}
	x, y := p.Addr().AsSlice(), a.AsSlice()
	for i := range p.Bits() {
		if (x[i/8]^y[i/8])&(0x80>>(i%8)) != 0 {
			return false
		}
	}
	return true
}

func filterCases() []filterCase {
	prefix := netip.MustParsePrefix
	all := func(SocketID) bool { return true }
	none := func(SocketID) bool { return false }
	neither := func(a, b predicate) predicate { return func(id SocketID) bool { return !a(id) && !b(id) } }
	either := func(a, b predicate) predicate { return func(id SocketID) bool { return a(id) || b(id) } }
	both := func(a, b predicate) predicate { return func(id SocketID) bool { return a(id) && b(id) } }
	server := sourceIn(7001, 7001)
	client := destIn(7001, 7001)
	mapped := netip.PrefixFrom(netip.MustParseAddr("::ffff:192.0.2.0"), 120)
	cases := []filterCase{
		{"nil", nil, all},
		{"zero", &Filter{}, all},
		{"and of nothing", And(), all},
		{"or of nothing", Or(), none},
		{"not nothing", Not(nil), none},
		{"or with all", Or(SourcePort(1), nil), all},
		{"source port", SourcePort(7001), server},
		{"dest port", DestPort(7001), client},
		{"source ports", SourcePorts(7002, 7004), sourceIn(7002, 7004)},
		{"dest ports", DestPorts(7002, 7004), destIn(7002, 7004)},
		{"all ports", SourcePorts(0, 65535), all},
		{"no ports", SourcePorts(5, 4), none},
		{"listeners have port 0", DestPort(0), destIn(0, 0)},
		{"either port", Or(SourcePort(7001), DestPort(7001)), either(server, client)},
		{"neither port", Not(Or(SourcePort(7001), DestPort(7001))), neither(server, client)},
		{"both not", And(Not(SourcePort(7001)), Not(DestPort(7001))), neither(server, client)},
		{"not not", Not(Not(SourcePort(7001))), server},
		{"port and address", And(SourcePrefix(prefix("192.0.2.2/32")), SourcePort(7003)), both(sourceWithin(prefix("192.0.2.2/32")), sourceIn(7003, 7003))},
		{"three levels", Or(And(Or(SourcePort(7001), SourcePort(7002)), Not(SourcePrefix(prefix("192.0.2.0/24")))), DestPort(7009)),
			either(both(sourceIn(7001, 7002), func(id SocketID) bool { return !within(prefix("192.0.2.0/24"), id.Local.Addr()) }), destIn(7009, 7009))},
		{"invalid prefix", SourcePrefix(netip.Prefix{}), none},
	}
	for _, p := range []netip.Prefix{
		prefix("192.0.2.1/32"), prefix("192.0.2.2/32"), prefix("192.0.2.0/30"), prefix("192.0.0.0/15"), prefix("198.51.100.0/24"), prefix("0.0.0.0/0"),
		prefix("2001:db8::1/128"), prefix("2001:db8::/32"), prefix("2001:db8::2/127"), prefix("::/0"), prefix("::/128"), prefix("::ffff:0:0/96"), mapped,
	} {
		cases = append(cases,
			filterCase{"source " + p.String(), SourcePrefix(p), sourceWithin(p)},
			filterCase{"dest " + p.String(), DestPrefix(p), destWithin(p)})
	}
	return cases
}

// sampleIDs are sockets of both families.
func sampleIDs() []SocketID {
	var ids []SocketID
	for _, pair := range [][2]string{
		{"192.0.2.1", "192.0.2.2"}, {"192.0.2.2", "192.0.2.1"}, {"192.0.2.2", "0.0.0.0"}, {"198.51.100.7", "192.0.3.1"},
		{"2001:db8::1", "2001:db8::2"}, {"2001:db8::2", "2001:db8::1"}, {"::", "::"}, {"2001:db9::", "fe80::1"},
		{"::ffff:192.0.2.2", "::ffff:192.0.2.1"}, {"::ffff:192.0.2.1", "::ffff:198.51.100.1"},
	} {
		for _, source := range []uint16{0, 1, 7001, 7002, 7003, 7004, 65535} {
			for _, dest := range []uint16{0, 7001, 7003, 7009, 40000} {
				ids = append(ids, SocketID{
					Local:  netip.AddrPortFrom(netip.MustParseAddr(pair[0]), source),
					Remote: netip.AddrPortFrom(netip.MustParseAddr(pair[1]), dest),
				})
			}
		}
	}
	return ids
}

func TestBytecode(t *testing.T) {
	t.Parallel()
	for _, tt := range filterCases() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, err := tt.filter.bytecode()
			if err != nil {
				t.Fatal(err)
			}
			checkBytecode(t, code, tt.want)
		})
	}
}

// TestBytecodeOfRandomTrees pairs random trees of conditions with the same in Go.
func TestBytecodeOfRandomTrees(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		f, want := randomFilter(r, 4)
		code, err := f.bytecode()
		if err != nil {
			t.Fatal(err)
		}
		checkBytecode(t, code, want)
	}
}

func randomFilter(r *rand.Rand, depth int) (*Filter, predicate) {
	kind := r.IntN(5)
	if depth == 0 {
		kind = 4
	}
	switch kind {
	case 0:
		f, p := randomFilter(r, depth-1)
		return Not(f), func(id SocketID) bool { return !p(id) }
	case 1, 2, 3:
		filters := make([]*Filter, r.IntN(4))
		predicates := make([]predicate, len(filters))
		for i := range filters {
			filters[i], predicates[i] = randomFilter(r, depth-1)
		}
		any := kind == 1
		p := func(id SocketID) bool {
			for _, p := range predicates {
				if p(id) == any {
					return any
				}
			}
			return !any
		}
		if any {
			return Or(filters...), p
		}
		return And(filters...), p
	default:
		cases := filterCases()
		c := cases[r.IntN(len(cases))]
		return c.filter, c.want
	}
}

func checkBytecode(t *testing.T, code []byte, want predicate) {
	t.Helper()
	if err := audit(code); err != nil {
		t.Fatalf("%x: the kernel would refuse it: %v", code, err)
	}
	for _, id := range sampleIDs() {
		if got := run(code, id); got != want(id) {
			t.Errorf("%v to %v: got %v, want %v of %x", id.Local, id.Remote, got, want(id), code)
		}
	}
}

// run does what inet_diag_bc_run does, for the operations that are used
// (net/ipv4/inet_diag.c).
func run(code []byte, id SocketID) bool {
	at := 0
	for at < len(code) {
		op := code[at:]
		yes := false
		switch op[0] {
		case opSourceGE:
			yes = id.Local.Port() >= binary.NativeEndian.Uint16(op[6:])
		case opSourceLE:
			yes = id.Local.Port() <= binary.NativeEndian.Uint16(op[6:])
		case opDestGE:
			yes = id.Remote.Port() >= binary.NativeEndian.Uint16(op[6:])
		case opDestLE:
			yes = id.Remote.Port() <= binary.NativeEndian.Uint16(op[6:])
		case opSourceHost:
			yes = runHost(op, id.Local.Addr())
		case opDestHost:
			yes = runHost(op, id.Remote.Addr())
		}
		if yes {
			at += int(op[1])
		} else {
			at += int(binary.NativeEndian.Uint16(op[2:]))
		}
	}
	return at == len(code)
}

func runHost(op []byte, a netip.Addr) bool {
	bits := int(op[5])
	if Family(op[4]) == FamilyIPv4 {
		want := netip.AddrFrom4([4]byte(op[12:16]))
		return within(netip.PrefixFrom(want, bits), a)
	}
	if a.Is4() {
		return false
	}
	return within(netip.PrefixFrom(netip.AddrFrom16([16]byte(op[12:28])), bits), a)
}

// audit does what inet_diag_bc_audit does, for the operations that are used.
func audit(code []byte) error {
	starts := map[int]bool{len(code): true}
	left := len(code)
	for at := 0; left > 0; left = len(code) - at {
		op := code[at:]
		if left < opLen {
			return errors.New("half an operation")
		}
		least := map[uint8]int{opJump: 4, opSourceGE: 8, opSourceLE: 8, opDestGE: 8, opDestLE: 8, opSourceHost: 12, opDestHost: 12}[op[0]]
		if least == 12 && left >= 12 {
			least += map[Family]int{FamilyIPv4: 4, FamilyIPv6: 16}[Family(op[4])]
		}
		yes, no := int(op[1]), int(binary.NativeEndian.Uint16(op[2:]))
		switch {
		case least == 0 || left < least:
			return fmt.Errorf("operation %d at %d", op[0], at)
		case yes < least || yes > left+4 || yes%4 != 0:
			return fmt.Errorf("yes %d at %d", yes, at)
		case no < least || no > left+4 || no%4 != 0:
			return fmt.Errorf("no %d at %d", no, at)
		}
		starts[at] = true
		at += yes
	}
	if left != 0 {
		return errors.New("it runs past its end")
	}
	for at := 0; at < len(code); at += int(code[at+1]) {
		if to := at + int(binary.NativeEndian.Uint16(code[at+2:])); to <= len(code) && !starts[to] {
			return fmt.Errorf("no at %d leads into the middle of an operation", at)
		}
	}
	return nil
}

// TestBytecodeLayout has one program written out by hand after struct
// inet_diag_bc_op and inet_diag_hostcond: sport >= 80 and dst 192.0.2.0/24.
func TestBytecodeLayout(t *testing.T) {
	t.Parallel()
	code, err := And(portCondition(opSourceGE, 80), DestPrefix(netip.MustParsePrefix("192.0.2.0/24"))).bytecode()
	if err != nil {
		t.Fatal(err)
	}
	u16 := binary.NativeEndian.AppendUint16
	want := u16([]byte{2, 8}, 8+16+4)
	want = u16(append(want, 0, 0), 80)
	want = u16(append(want, 8, 16), 16+4)
	want = append(want, 2, 24, 0, 0, 255, 255, 255, 255, 192, 0, 2, 0)
	if diff := cmp.Diff(want, code); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBytecodeTooLong(t *testing.T) {
	t.Parallel()
	parts := make([]*Filter, 1<<12)
	for i := range parts {
		parts[i] = SourcePort(uint16(i))
	}
	if _, err := And(parts[:4095]...).bytecode(); err != nil {
		t.Errorf("65520 bytes: %v", err)
	}
	_, err := Or(parts...).bytecode()
	if err == nil || !strings.Contains(err.Error(), "use fewer conditions") {
		t.Errorf("error %v, want advice", err)
	}
	err = dialFake(t, &fakeTransport{}).Dump(t.Context(), Request{Family: FamilyIPv4, Filter: Or(parts...)}, nil)
	if err == nil || !strings.HasPrefix(err.Error(), "dump IPv4 TCP sockets: the filter takes 81916 bytes") {
		t.Errorf("error %v, want it to say what is too long", err)
	}
}
