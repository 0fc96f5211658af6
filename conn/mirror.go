package conn

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"time"
)

// MirrorChecker looks for the other ends of connections whose peer is on this
// host. It keeps its memory between polls, so it must not be used by two
// goroutines at once. The zero MirrorChecker is ready.
//
// An ESTABLISHED connection is half-open for certain (RFC 9293, section 3.5.1)
// when its reverse 4-tuple was missing in two whole snapshots one after the
// other, and nothing else can explain that:
//
//   - A mirror in any state counts as there: SYN-RECV, TIME-WAIT and the closing
//     states included.
//   - A snapshot that was interrupted or narrowed is no evidence. What is
//     certain already stays so in it: a lost end never comes back.
//   - Address translation and proxies put other addresses into the mirror. So
//     the plain mirror must have been seen once in the connection's life. Where
//     it was not, the peer must be a loopback address, which never leaves the
//     namespace, in a namespace without translation.
//   - In that second case the peer's end must have existed: bytes went over the
//     connection, or it has been silent for longer than a SYN cookie lives.
//     Behind a full accept queue a peer answers the handshake with a cookie
//     alone, and makes its end of the first data (net/ipv4/syncookies.c).
//   - Several namespaces may use the same addresses. The mirror is looked for in
//     the one namespace in which what is sent to the peer's address arrives, and
//     what that sends back must arrive where the connection is.
//   - That namespace must still be one of those that are read, unless all of them
//     are.
type MirrorChecker struct {
	mirrors roll[mirror]
	wanted  map[uint64]*memo[mirror] // those whose mirror has to be looked for, by the hash of its 4-tuple
	seed    maphash.Seed             // of the hashes, so that nobody can make two of them equal
}

// Locality is what is known of the addresses of a host. A nil function knows
// nothing: it stands for the answer that proves nothing.
type Locality struct {
	// Home tells in which network namespace arrives what another one sends to an
	// address: in that itself if the address is assigned there, or else in the only
	// one that has it. It is false where none has it, or several do. It is not asked
	// for loopback addresses.
	Home func(from uint64, a netip.Addr) (netns uint64, ok bool)
	// Plain tells whether no address translation can be in play in a network
	// namespace, given by its inode: what is sent to 127.0.0.1:80 arrives there.
	Plain func(netns uint64) bool
}

// home is that of an address, as Locality.Home has it.
func (l *Locality) home(from uint64, a netip.Addr) (netns uint64, ok bool) {
	switch a = a.Unmap(); {
	case a.IsLoopback():
		return from, true
	case l.Home == nil:
		return 0, false
	}
	return l.Home(from, a)
}

// mirrorOf is the namespace in which the other end of a connection must be: what
// is sent to it arrives there, and what it sends back arrives here.
func (l *Locality) mirrorOf(c *Connection) (netns uint64, ok bool) {
	there, ok := l.home(c.NetNS.Inode, c.Remote.Addr())
	if !ok {
		return 0, false
	}
	back, ok := l.home(there, c.Local.Addr())
	return there, ok && back == c.NetNS.Inode
}

// mirror is what is remembered of one connection's other end.
type mirror struct {
	ends   uint64        // hash of the connection's own 4-tuple: a socket can be connected anew
	netns  uint64        // in which the other end is, if it is
	twin   *memo[mirror] // the other end, where that is watched, too
	lacks  uint8         // whole snapshots in a row that had the connection alone; lacksCertain at most
	doubts uint8         // the same, where translation may explain it
	seen   bool          // in any snapshot
	found  bool          // in the present snapshot
}

const (
	// lacksCertain is how often the mirror must be missing.
	lacksCertain = 2
	// synCookieLife is TCP_SYNCOOKIE_VALID (include/net/tcp.h).
	synCookieLife = 2 * time.Minute
)

// manyWanted is beyond what is looked for from poll to poll: only at the first one
// are those of all connections.
const manyWanted = 1000

// Check sets MirrorGone of the connections that have lost their other end, and
// MirrorUnproven of those of which that cannot be told, which it adds to Hidden
// in a line. It must be called once for every snapshot, before that is handed out.
func (m *MirrorChecker) Check(s *Snapshot, where Locality) {
	m.meet(s, where)
	m.lookFor(s)
	unproven := 0
	for i, e := range m.mirrors.here {
		if e == nil {
			continue
		}
		c := &s.Connections[i]
		switch {
		case e.of.found:
			e.of.lacks, e.of.doubts = 0, 0
		case !s.Whole():
		case e.of.proves(s, c, where):
			e.of.lacks = min(e.of.lacks+1, lacksCertain)
		case e.of.translated(c, where):
			e.of.doubts = min(e.of.doubts+1, lacksCertain)
		}
		c.MirrorGone = e.of.lacks >= lacksCertain
		c.MirrorUnproven = !c.MirrorGone && e.of.doubts >= lacksCertain
		if c.MirrorUnproven {
			unproven++
		}
		if !e.of.found && !c.MirrorGone && (e.of.lacks > 0 || e.of.doubts == 1 || !s.Whole()) {
			s.MirrorsPending++
		}
	}
	if unproven > 0 {
		s.Hidden = append(s.Hidden, Hidden{
			What: "half-open state of " + HowMany(unproven, "connection"),
			Why:  "NAT may be in play in their network namespace (connection tracking, IPVS)",
			Need: "run katop while both ends are there",
		})
	}
}

// meet notes the connections whose peer is on this host.
func (m *MirrorChecker) meet(s *Snapshot, where Locality) {
	if m.wanted == nil {
		m.wanted, m.seed = make(map[uint64]*memo[mirror]), maphash.MakeSeed()
	}
	m.mirrors.follow(s)
	for i, e := range m.mirrors.here {
		c := &s.Connections[i]
		if c.State != StateEstablished {
			m.mirrors.here[i] = nil
			continue
		}
		if e != nil {
			if e.of.ends == m.hash(c.NetNS.Inode, c.Local, c.Remote) {
				continue
			}
			m.mirrors.here[i], e.poll = nil, 0 // it is nobody's twin any more
		}
		if there, ok := where.mirrorOf(c); ok {
			m.mirrors.add(i, c.ID(), mirror{ends: m.hash(c.NetNS.Inode, c.Local, c.Remote), netns: there})
		}
	}
}

// hash stands for a 4-tuple of a network namespace.
func (m *MirrorChecker) hash(netns uint64, local, remote netip.AddrPort) uint64 {
	t := tupleOf(netns, local, remote)
	return maphash.Bytes(m.seed, t[:])
}

// lookFor finds the mirrors. Where both ends are watched and were once found to
// be each other's, it is enough that the other one is there.
func (m *MirrorChecker) lookFor(s *Snapshot) {
	if len(m.wanted) > manyWanted {
		m.wanted = make(map[uint64]*memo[mirror]) // it would stay as large
	}
	clear(m.wanted)
	for i, e := range m.mirrors.here {
		if e == nil {
			continue
		}
		e.of.found = e.of.twin != nil && e.of.twin.poll == m.mirrors.poll
		if !e.of.found {
			e.of.twin = nil
			m.want(&s.Connections[i], e)
		}
	}
	if len(m.wanted) == 0 {
		return
	}
	for i := range s.Connections {
		c, twin := &s.Connections[i], m.mirrors.here[i]
		if c.State == StateListen {
			continue
		}
		ends := m.hash(c.NetNS.Inode, c.Local, c.Remote)
		if e := m.wanted[ends]; e != nil {
			e.of.found, e.of.seen, e.of.twin = true, true, twin
		}
	}
}

// want has the mirror of a connection looked for.
func (m *MirrorChecker) want(c *Connection, e *memo[mirror]) {
	reverse := m.hash(e.of.netns, c.Remote, c.Local)
	if other := m.wanted[reverse]; other != nil {
		// Two of the same addresses: whose mirror is it?
		other.of.found, e.of.found = true, true
		return
	}
	m.wanted[reverse] = e
}

// proves tells whether it means anything that the mirror is missing.
func (m *mirror) proves(s *Snapshot, c *Connection, where Locality) bool {
	if m.seen {
		return s.reads(m.netns)
	}
	return c.Remote.Addr().Unmap().IsLoopback() && where.Plain != nil && where.Plain(c.NetNS.Inode) && c.peerHadIt()
}

// translated tells whether the mirror may be missing for no other reason than
// that somebody has translated its addresses.
func (m *mirror) translated(c *Connection, where Locality) bool {
	return !m.seen && c.Remote.Addr().Unmap().IsLoopback() && where.Plain != nil && !where.Plain(c.NetNS.Inode) && c.peerHadIt()
}

// peerHadIt tells whether the peer must have had an end of its own.
func (c *Connection) peerHadIt() bool {
	if !c.TCP.Has(TCPBase | TCPBytes) {
		return false
	}
	// tcpi_bytes_acked counts the SYN of who opened the connection.
	silent, ok := c.SilentFor()
	return c.TCP.BytesReceived > 0 || c.TCP.BytesAcked > 1 || ok && silent > synCookieLife
}

// tuple is a 4-tuple of a network namespace, without pointers, which makes it
// quick to look up: local and remote address, both ports, and the namespace.
type tuple [2*16 + 2*2 + 8]byte

func tupleOf(netns uint64, local, remote netip.AddrPort) tuple {
	var t tuple
	from, to := local.Addr().As16(), remote.Addr().As16()
	copy(t[0:], from[:])
	copy(t[16:], to[:])
	binary.BigEndian.PutUint16(t[32:], local.Port())
	binary.BigEndian.PutUint16(t[34:], remote.Port())
	binary.BigEndian.PutUint64(t[36:], netns)
	return t
}
