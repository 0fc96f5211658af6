package conn

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSort gives, for every key, connections in rising order of it; "-" stands
// before those of which it is not known.
func TestSort(t *testing.T) {
	t.Parallel()
	live := func(change func(*Connection)) Connection {
		c := Connection{State: StateEstablished, Inode: 1, TCP: TCP{Known: TCPBase | TCPBytes | TCPBytesSent, BytesSent: 1}}
		change(&c)
		return c
	}
	owner := func(name string, pid int32) Connection {
		return live(func(c *Connection) { c.Owners = []Owner{{PID: pid, Name: name}} })
	}
	at := func(state State, local, remote string) Connection {
		return Connection{State: state, Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote)}
	}
	guarded := func(idle, silent time.Duration, unanswered uint8) Connection {
		return established(Params{Idle: idle, Interval: 10 * sec, Count: 4}, 0, silent, Timer{Kind: TimerKeepalive, Expires: 5 * sec, Retries: unanswered})
	}
	timewait := Connection{State: StateTimeWait, Timer: Timer{Kind: TimerTimeWait, Expires: sec}}
	off := live(func(c *Connection) { c.Keepalive = Keepalive{State: KeepaliveOff, Source: SourceRead} })
	inferred := live(func(c *Connection) { c.Keepalive = Keepalive{State: KeepaliveOn, Source: SourceInferred} })
	tcp := func(info TCP) Connection { return Connection{State: StateEstablished, TCP: info} }

	for key, tt := range map[SortKey]struct{ known, unknown []Connection }{
		SortProcess: {[]Connection{owner("a", 9), owner("b", 2), owner("b", 10)}, []Connection{timewait}},
		SortPID:     {[]Connection{owner("b", 2), owner("a", 9), owner("b", 10)}, []Connection{timewait}},
		SortUser: {[]Connection{
			live(func(c *Connection) { c.UID = 7 }), live(func(c *Connection) { c.UID = 10 }),
			live(func(c *Connection) { c.User = "alice" }), live(func(c *Connection) { c.User = "bob" }),
		}, []Connection{timewait}},
		SortUnit: {[]Connection{live(func(c *Connection) { c.Unit = "a" }), live(func(c *Connection) { c.Unit = "b" })}, []Connection{timewait}},
		SortNetNS: {[]Connection{
			live(func(c *Connection) { c.NetNS.Inode = 9 }), live(func(c *Connection) { c.NetNS.Inode = 10 }),
			live(func(c *Connection) { c.NetNS.Name = "host" }),
		}, nil},
		SortState: {[]Connection{{State: StateEstablished}, {State: StateTimeWait}, {State: StateListen}}, nil},
		SortLocal: {[]Connection{
			at(StateEstablished, "9.0.0.1:80", "1.1.1.1:1"), at(StateEstablished, "10.0.0.1:9", "1.1.1.1:1"),
			at(StateEstablished, "[::ffff:10.0.0.1]:80", "1.1.1.1:1"), at(StateEstablished, "10.0.0.1:443", "1.1.1.1:1"),
			at(StateListen, "[::]:1", "[::]:0"), at(StateEstablished, "[2001:db8::9]:1", "[::1]:1"), at(StateEstablished, "[2001:db8::10]:1", "[::1]:1"),
		}, nil},
		SortRemote: {
			[]Connection{at(StateEstablished, "1.1.1.1:1", "9.0.0.1:80"), at(StateEstablished, "1.1.1.1:1", "10.0.0.1:9")},
			[]Connection{at(StateListen, "1.1.1.1:1", "0.0.0.0:0")},
		},
		SortSilent:    {[]Connection{guarded(sec, 2*sec, 0), guarded(sec, 10*sec, 0)}, []Connection{timewait}},
		SortKeepalive: {[]Connection{off, inferred, guarded(60*sec, 0, 0), guarded(300*sec, 0, 0)}, []Connection{timewait}},
		SortTimer: {[]Connection{
			timewait, guarded(sec, sec, 0), live(func(c *Connection) { c.Timer = Timer{Kind: TimerRetransmit, Expires: 9 * sec} }),
		}, []Connection{off}},
		SortUnanswered: {[]Connection{guarded(sec, sec, 0), guarded(sec, sec, 2), guarded(sec, sec, 10)}, []Connection{off, timewait}},
		SortLeft:       {[]Connection{guarded(sec, sec, 3), guarded(sec, sec, 1), guarded(sec, sec, 0)}, []Connection{off}},
		SortDiesIn:     {[]Connection{guarded(sec, sec, 3), guarded(sec, sec, 1)}, []Connection{guarded(sec, sec, 0), off}},
		SortNextProbe:  {[]Connection{guarded(60*sec, 50*sec, 0), guarded(300*sec, 50*sec, 0)}, []Connection{off}},
		SortDetects:    {[]Connection{guarded(60*sec, 0, 0), guarded(300*sec, 0, 0), off}, []Connection{inferred, timewait}},
		SortVerdict: {[]Connection{
			guarded(300*sec, sec, 0), guarded(900*sec, sec, 0), off, // ok, slow-guard, unguarded
			guarded(300*sec, 400*sec, 1), // probing, a warning
			live(func(c *Connection) { c.Timer = Timer{Kind: TimerRetransmit, Retries: 9} }), guarded(60*sec, 99*sec, 3), // stalled and probing, critical
		}, nil},
		SortRTT: {[]Connection{tcp(TCP{Known: TCPBase, RTT: 9}), tcp(TCP{Known: TCPBase, RTT: 10})}, []Connection{timewait, tcp(TCP{Known: TCPBase})}},
		SortRetrans: {
			[]Connection{tcp(TCP{Known: TCPBase}), tcp(TCP{Known: TCPBase, TotalRetrans: 9}), tcp(TCP{Known: TCPBase, TotalRetrans: 10})},
			[]Connection{timewait, {State: StateListen, TCP: TCP{Known: TCPBase}}},
		},
		SortRecvQueue: {[]Connection{{RecvQueue: 0}, {RecvQueue: 9}, {RecvQueue: 10, State: StateListen}}, nil},
		SortSendQueue: {[]Connection{{SendQueue: 0}, {SendQueue: 9}, {SendQueue: 10}}, nil},
		SortAge:       {[]Connection{{SeenOpen: true, SeenFor: 9 * sec}, {SeenOpen: true, SeenFor: 10 * sec}}, []Connection{{SeenFor: sec}}},
		SortSent: {
			[]Connection{tcp(TCP{Known: TCPBytesSent, BytesSent: 9}), tcp(TCP{Known: TCPBytesSent, BytesSent: 10})},
			[]Connection{tcp(TCP{Known: TCPBase, BytesSent: 5})},
		},
		SortReceived: {
			[]Connection{tcp(TCP{Known: TCPBytes, BytesReceived: 9}), tcp(TCP{Known: TCPBytes, BytesReceived: 10})},
			[]Connection{tcp(TCP{Known: TCPBase, BytesReceived: 5})},
		},
	} {
		rising := slices.Concat(tt.known, tt.unknown)
		slices.Reverse(tt.known)
		falling := slices.Concat(tt.known, tt.unknown)
		for descending, conns := range map[bool][]Connection{false: rising, true: falling} {
			checkSort(t, key, descending, conns)
		}
	}
}

// checkSort shuffles connections that are in order and sorts them. Those of
// which the key is not known stand by their cookies.
func checkSort(t *testing.T, key SortKey, descending bool, conns []Connection) {
	t.Helper()
	for i := range conns {
		conns[i].Cookie = uint64(i)
	}
	want := allRows(&Snapshot{Connections: conns})
	order := slices.Clone(want)
	r := rand.New(rand.NewPCG(7, 7))
	sorter := NewSorter(DefaultThresholds())
	for range 5 {
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		sorter.Sort(conns, order, key, descending)
		if diff := cmp.Diff(want, order); diff != "" {
			t.Errorf("%s, descending %v (-want +got):\n%s", key, descending, diff)
			return
		}
	}
}

func TestSortTies(t *testing.T) {
	t.Parallel()
	conns := []Connection{
		{State: StateEstablished, NetNS: NetNS{Inode: 2}, Cookie: 1},
		{State: StateEstablished, NetNS: NetNS{Inode: 1}, Cookie: 10},
		{State: StateEstablished, NetNS: NetNS{Inode: 1}, Cookie: 9},
		{State: StateEstablished, NetNS: NetNS{Inode: 1}, Cookie: 9}, // stands there twice
	}
	for _, descending := range []bool{false, true} {
		order := []int32{3, 0, 2, 1}
		NewSorter(DefaultThresholds()).Sort(conns, order, SortState, descending)
		if diff := cmp.Diff([]int32{2, 3, 1, 0}, order); diff != "" {
			t.Errorf("descending %v (-want +got):\n%s", descending, diff)
		}
	}
}

// TestSortIsTotal sorts a whole snapshot by every key from two beginnings: the
// result is the same and holds every row once. A part is sorted as a part.
func TestSortIsTotal(t *testing.T) {
	t.Parallel()
	s := plausible(2000, 6)
	sorter := NewSorter(DefaultThresholds())
	for key := SortProcess; key <= SortReceived; key++ {
		one, other := allRows(s), allRows(s)
		slices.Reverse(other)
		sorter.Sort(s.Connections, one, key, true)
		sorter.Sort(s.Connections, other, key, true)
		if !slices.Equal(one, other) {
			t.Errorf("%s: the order depends on the order before", key)
		}
		slices.Sort(other)
		if !slices.Equal(other, allRows(s)) {
			t.Errorf("%s: rows were lost", key)
		}
		part := slices.Clone(one[500:600])
		slices.Sort(part)
		sorter.Sort(s.Connections, part, key, true)
		if !slices.Equal(part, one[500:600]) {
			t.Errorf("%s: a part sorts differently from the whole", key)
		}
	}
}

func TestSortReusesItsMemory(t *testing.T) {
	s := plausible(1000, 7)
	sorter, order := NewSorter(DefaultThresholds()), allRows(s)
	for key := SortProcess; key <= SortReceived; key++ {
		sorter.Sort(s.Connections, order, key, false)
	}
	for key := SortProcess; key <= SortReceived; key++ {
		if n := testing.AllocsPerRun(5, func() { sorter.Sort(s.Connections, order, key, false) }); n > 2 {
			t.Errorf("%s: %v allocations for %d rows", key, n, len(order))
		}
	}
}

// TestSortForgets: the scratch memory must not keep an old snapshot's names
// alive.
func TestSortForgets(t *testing.T) {
	t.Parallel()
	s := plausible(100, 9)
	sorter := NewSorter(DefaultThresholds())
	sorter.Sort(s.Connections, allRows(s), SortProcess, false)
	for _, memory := range [][]entry[named]{sorter.names.entries, sorter.names.strays} {
		for _, e := range memory[:cap(memory)] {
			if e.key.name != "" {
				t.Fatalf("%q is still there", e.key.name)
			}
		}
	}
}

func TestSortKeys(t *testing.T) {
	t.Parallel()
	names := SortKeys()
	if len(names) != int(SortReceived)+1 {
		t.Errorf("%d names", len(names))
	}
	for i, name := range names {
		k, err := ParseSortKey(name)
		if err != nil || k != SortKey(i) || k.String() != name {
			t.Errorf("%q reads as %v, %v", name, k, err)
		}
	}
	if k, err := ParseSortKey("Dies-In"); err != nil || k != SortDiesIn {
		t.Errorf("capitals: %v, %v", k, err)
	}
	_, err := ParseSortKey("slient")
	want := `unknown sort key "slient": did you mean "silent"? There are process, pid, user, unit, netns, state, local, remote, ` +
		`silent, keepalive, timer, unanswered, left, dies-in, next-probe, detects, verdict, rtt, retrans, recvq, sendq, age, sent, received`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
