package conn

import (
	"net/netip"
	"testing"
	"time"
)

const hostNS, podNS = 4026531840, 4026532001

// end is one end of a connection, by its addresses.
func end(netns, cookie uint64, s State, local, remote string) Connection {
	c := Connection{
		NetNS: NetNS{Inode: netns}, Cookie: cookie, State: s, Family: IPv4, Inode: 1,
		Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote),
		TCP: TCP{Known: TCPBase | TCPBytes, BytesReceived: 10, BytesAcked: 11, LastAckRecv: sec},
	}
	if c.Local.Addr().Is6() {
		c.Family = IPv6
	}
	return c
}

// whole is a snapshot of the host's namespace.
func whole(conns ...Connection) *Snapshot {
	return &Snapshot{Namespaces: []Namespace{{NetNS: NetNS{Inode: hostNS}}}, Connections: conns}
}

func TestMirrorChecker(t *testing.T) {
	t.Parallel()
	const here, there = "127.0.0.1:40000", "127.0.0.1:7001"
	client := end(hostNS, 1, StateEstablished, here, there)
	server := end(hostNS, 2, StateEstablished, there, here)
	with := func(c Connection, change func(*Connection)) Connection { change(&c); return c }
	in := func(s State) Connection { return with(server, func(c *Connection) { c.State = s }) }
	minisock := func(s State) Connection { return with(in(s), func(c *Connection) { c.TCP, c.Inode = TCP{}, 0 }) }
	silentSince := func(d time.Duration) Connection {
		return with(client, func(c *Connection) { c.TCP = TCP{Known: TCPBase | TCPBytes, BytesAcked: 1, LastAckRecv: d} })
	}
	interrupted := func(s *Snapshot) *Snapshot { s.Interrupted = true; return s }
	narrowed := func(s *Snapshot) *Snapshot { s.Narrowed = true; return s }
	everywhere := func(s *Snapshot) *Snapshot { s.AllNamespaces = true; return s }
	also := func(s *Snapshot, netns uint64) *Snapshot {
		s.Namespaces = append(s.Namespaces, Namespace{NetNS: NetNS{Inode: netns}})
		return s
	}
	lan := end(hostNS, 1, StateEstablished, "10.0.0.1:40000", "10.0.0.2:80")
	pod := end(podNS, 2, StateEstablished, "10.0.0.2:80", "10.0.0.1:40000")

	plain := Locality{Plain: func(netns uint64) bool { return netns == hostNS }}
	translated := Locality{Plain: func(uint64) bool { return false }}
	local := Locality{Home: func(from uint64, a netip.Addr) (uint64, bool) {
		switch a.String() {
		case "10.0.0.1":
			return hostNS, true
		case "10.0.0.2":
			return podNS, true
		}
		return 0, false
	}}
	// A third namespace has the address of the host, too.
	ambiguous := Locality{Home: func(from uint64, a netip.Addr) (uint64, bool) {
		switch a.String() {
		case "10.0.0.1":
			return from, from == hostNS || from == 7
		case "10.0.0.2":
			return podNS, true
		}
		return 0, false
	}}
	third := with(lan, func(c *Connection) { c.NetNS.Inode, c.Cookie = 7, 3 })

	for _, tt := range []struct {
		name  string
		where Locality
		polls []*Snapshot
		want  string // of connection 1, one letter a poll: "." not gone, "!" gone
	}{
		{"both ends there", plain, []*Snapshot{whole(client, server), whole(server, client), whole(client, server)}, "..."},
		{"gone, twice in a row", translated, []*Snapshot{whole(client, server), whole(client), whole(client), whole(client)}, "..!!"},
		{"missed once by a dump", plain, []*Snapshot{whole(client, server), whole(client), whole(client, server), whole(client)}, "...."},
		{"the end in SYN-RECV", plain, []*Snapshot{whole(client, minisock(StateSynRecv)), whole(client, minisock(StateSynRecv))}, ".."},
		{"the end in FIN-WAIT-1", plain, []*Snapshot{whole(client, in(StateFinWait1)), whole(client, in(StateFinWait1))}, ".."},
		{"the end in TIME-WAIT", plain, []*Snapshot{whole(client, server), whole(client, minisock(StateTimeWait)), whole(client, minisock(StateTimeWait))}, "..."},
		{"the end in LAST-ACK", plain, []*Snapshot{whole(client, in(StateLastAck)), whole(client, in(StateLastAck))}, ".."},
		{"not ESTABLISHED itself", plain, []*Snapshot{
			whole(client, server),
			whole(with(client, func(c *Connection) { c.State = StateCloseWait })),
			whole(with(client, func(c *Connection) { c.State = StateCloseWait })),
		}, "..."},
		{"a listener is no mirror", plain, []*Snapshot{whole(client, in(StateListen)), whole(client, in(StateListen))}, ".!"},
		{"never seen, no translation: katop came late", plain, []*Snapshot{whole(client), whole(client)}, ".!"},
		{"never seen, translation in play", translated, []*Snapshot{whole(client), whole(client), whole(client)}, "..."},
		{"never seen, nothing known of translation", Locality{}, []*Snapshot{whole(client), whole(client), whole(client)}, "..."},
		{"never seen, no bytes yet: behind a SYN cookie perhaps", plain, []*Snapshot{whole(silentSince(sec)), whole(silentSince(2 * sec)), whole(silentSince(3 * sec))}, "..."},
		{"never seen, no bytes, longer than a cookie lives", plain, []*Snapshot{whole(silentSince(time.Hour)), whole(silentSince(time.Hour))}, ".!"},
		{"never seen, without tcp_info", plain, []*Snapshot{whole(with(client, func(c *Connection) { c.TCP = TCP{} })), whole(with(client, func(c *Connection) { c.TCP = TCP{} }))}, ".."},
		{"redirected to another port: never a plain mirror", translated, []*Snapshot{
			whole(client, end(hostNS, 2, StateEstablished, "127.0.0.1:15001", here)),
			whole(client, end(hostNS, 2, StateEstablished, "127.0.0.1:15001", here)),
			whole(client),
		}, "..."},
		{"interrupted dumps are no evidence", plain, []*Snapshot{whole(client, server), interrupted(whole(client)), whole(client), interrupted(whole(client))}, "...."},
		{"narrowed dumps are no evidence", plain, []*Snapshot{whole(client, server), narrowed(whole(client)), narrowed(whole(client))}, "..."},
		{"certain stays certain in a narrowed dump", plain, []*Snapshot{whole(client, server), whole(client), whole(client), narrowed(whole(client))}, "..!!"},
		{"a dump that has the mirror is evidence even if interrupted", plain, []*Snapshot{whole(client, server), whole(client), interrupted(whole(client, server)), whole(client)}, "...."},
		{"loopback of another namespace is not the mirror", plain, []*Snapshot{
			whole(client, with(server, func(c *Connection) { c.NetNS.Inode = podNS })),
			whole(client, with(server, func(c *Connection) { c.NetNS.Inode = podNS })),
		}, ".!"},
		{"IPv4-mapped on one side", plain, []*Snapshot{
			whole(client, end(hostNS, 2, StateEstablished, "[::ffff:127.0.0.1]:7001", "[::ffff:127.0.0.1]:40000")),
			whole(client, end(hostNS, 2, StateEstablished, "[::ffff:127.0.0.1]:7001", "[::ffff:127.0.0.1]:40000")),
		}, ".."},
		{"IPv4-mapped itself", plain, []*Snapshot{
			whole(end(hostNS, 1, StateEstablished, "[::ffff:127.0.0.1]:40000", "[::ffff:127.0.0.1]:7001"), server),
			whole(end(hostNS, 1, StateEstablished, "[::ffff:127.0.0.1]:40000", "[::ffff:127.0.0.1]:7001")),
			whole(end(hostNS, 1, StateEstablished, "[::ffff:127.0.0.1]:40000", "[::ffff:127.0.0.1]:7001")),
		}, "..!"},
		{"IPv6 loopback", plain, []*Snapshot{
			whole(end(hostNS, 1, StateEstablished, "[::1]:40000", "[::1]:7001")),
			whole(end(hostNS, 1, StateEstablished, "[::1]:40000", "[::1]:7001")),
		}, ".!"},
		{"connected to itself", plain, []*Snapshot{
			whole(end(hostNS, 1, StateEstablished, here, here)), whole(end(hostNS, 1, StateEstablished, here, here)),
		}, ".."},
		{"a peer elsewhere", local, []*Snapshot{
			whole(end(hostNS, 1, StateEstablished, "10.0.0.1:40000", "192.0.2.7:80")),
			whole(end(hostNS, 1, StateEstablished, "10.0.0.1:40000", "192.0.2.7:80")),
		}, ".."},
		{"a local address, never seen: another host may have it too", local, []*Snapshot{whole(lan), whole(lan), whole(lan)}, "..."},
		{"a local address, seen once", local, []*Snapshot{everywhere(whole(lan, pod)), everywhere(whole(lan)), everywhere(whole(lan))}, "..!"},
		{"its namespace is not read any more", local, []*Snapshot{also(whole(lan, pod), podNS), whole(lan), whole(lan), whole(lan)}, "...."},
		{"its namespace is read still", local, []*Snapshot{also(whole(lan, pod), podNS), also(whole(lan), podNS), also(whole(lan), podNS)}, "..!"},
		{"two namespaces with the same addresses", ambiguous, []*Snapshot{
			everywhere(whole(lan, pod, third)), everywhere(whole(lan, third)), everywhere(whole(lan, third)),
		}, "..."},
		{"what looks like its mirror is that of another with the same addresses", ambiguous, []*Snapshot{
			everywhere(whole(lan, pod)), everywhere(whole(lan)), everywhere(whole(lan)),
		}, "..."},
		{"an equal connection in a third namespace is not the mirror", local, []*Snapshot{
			everywhere(whole(lan, pod)),
			everywhere(whole(lan, with(pod, func(c *Connection) { c.NetNS.Inode, c.Cookie = 7, 3 }))),
			everywhere(whole(lan, with(pod, func(c *Connection) { c.NetNS.Inode, c.Cookie = 7, 3 }))),
		}, "..!"},
		{"it stands in the dump twice", plain, []*Snapshot{whole(client, server), whole(client, client), whole(client, server)}, "..."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var m MirrorChecker
			got := ""
			for _, s := range tt.polls {
				s := *s
				m.Check(&s, tt.where)
				letter := "."
				for i := range s.Connections {
					switch c := &s.Connections[i]; {
					case !c.MirrorGone:
					case c.Cookie == 1:
						letter = "!"
					default:
						t.Errorf("%v of cookie %d is called gone", c.State, c.Cookie)
					}
				}
				got += letter
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestMirrorCheckerForgets holds that memory is bounded by what is there.
func TestMirrorCheckerForgets(t *testing.T) {
	t.Parallel()
	var m MirrorChecker
	for i := range uint64(100) {
		m.Check(whole(end(hostNS, i+1, StateEstablished, "127.0.0.1:40000", "127.0.0.1:7001")), Locality{})
	}
	if n := m.mirrors.len(); n != 1 {
		t.Errorf("remembers %d connections, want the one that is there", n)
	}
	for i := range uint64(200) {
		s := whole(end(hostNS, i+1000, StateEstablished, "127.0.0.1:40000", "127.0.0.1:7001"))
		s.Narrowed = true
		m.Check(s, Locality{})
	}
	if n := m.mirrors.len(); n > rollPatience+1 {
		t.Errorf("remembers %d connections while narrowed, want %d at most", n, rollPatience+1)
	}
}

// pairs is a snapshot of n ends on loopback, all of them with their mirrors.
func pairs(n int) *Snapshot {
	s := whole()
	for i := range n / 2 {
		port := uint16(1024 + i%60_000)
		a := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, byte(i / 60_000), 1}), port)
		b := netip.MustParseAddrPort("127.0.0.1:443")
		for j, local := range []netip.AddrPort{a, b} {
			c := end(hostNS, uint64(2*i+j+1), StateEstablished, "127.0.0.1:1", "127.0.0.1:2")
			c.Local, c.Remote = local, []netip.AddrPort{b, a}[j]
			s.Connections = append(s.Connections, c)
		}
	}
	return s
}

// TestMirrorConnectedAnew holds that a socket that is disconnected and connected
// anew has another end from then on.
func TestMirrorConnectedAnew(t *testing.T) {
	t.Parallel()
	var m MirrorChecker
	client := end(hostNS, 1, StateEstablished, "127.0.0.1:40000", "127.0.0.1:7001")
	server := end(hostNS, 2, StateEstablished, "127.0.0.1:7001", "127.0.0.1:40000")
	anew := end(hostNS, 1, StateEstablished, "127.0.0.1:40001", "127.0.0.1:7002")
	for i, tt := range []struct {
		conns []Connection
		gone  uint64 // cookie
	}{
		{[]Connection{client, server}, 0},
		{[]Connection{client, server}, 0},
		{[]Connection{anew, server}, 0},
		{[]Connection{anew, server}, server.Cookie},
	} {
		s := whole(tt.conns...)
		m.Check(s, Locality{})
		for _, c := range s.Connections {
			if c.MirrorGone != (c.Cookie == tt.gone) {
				t.Errorf("poll %d: mirror of %d gone: %v", i, c.Cookie, c.MirrorGone)
			}
		}
	}
}

// TestMirrorOfMany holds that nobody among many is wronged while they come and
// go, in any order.
func TestMirrorOfMany(t *testing.T) {
	t.Parallel()
	var m MirrorChecker
	all := pairs(10_000)
	for poll := range 20 {
		s := whole()
		for i := 0; i+1 < len(all.Connections); i += 2 {
			if (i/2+poll)%3 != 0 { // both ends come and go together
				s.Connections = append(s.Connections, all.Connections[i+1], all.Connections[i])
			}
		}
		m.Check(s, Locality{Plain: func(uint64) bool { return true }})
		for i := range s.Connections {
			if s.Connections[i].MirrorGone {
				t.Fatalf("poll %d: %v is called gone", poll, s.Connections[i].Local)
			}
		}
	}
}
