package conn

import (
	"encoding/binary"
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
//   - The namespace in which the mirror was seen must still be one of those that
//     are read, unless all of them are.
type MirrorChecker struct {
	known  map[ID]*mirror
	wanted map[tuple]*mirror // of the present snapshot, by the 4-tuple to be found
	rows   []mirrorRow
	poll   uint64
}

// Locality is what is known of the addresses of a host. A nil function knows
// nothing: it stands for the answer that proves nothing.
type Locality struct {
	// Local tells whether an address is assigned to an interface of a network
	// namespace that was read. Loopback addresses need not be among them.
	Local func(netip.Addr) bool
	// Plain tells whether no address translation can be in play in a network
	// namespace, given by its inode: what is sent to 127.0.0.1:80 arrives there.
	Plain func(netns uint64) bool
}

// mirror is what is remembered of one connection's other end.
type mirror struct {
	netns uint64 // in which it was last seen, 0: never
	poll  uint64 // the last that had the connection
	lacks int    // whole snapshots in a row that had the connection alone
	found bool   // in the present snapshot
}

type mirrorRow struct {
	row    int32
	mirror *mirror
}

const (
	// lacksCertain is how often the mirror must be missing.
	lacksCertain = 2
	// synCookieLife is TCP_SYNCOOKIE_VALID (include/net/tcp.h).
	synCookieLife = 2 * time.Minute
	// mirrorPatience is for how many polls a connection is remembered that a
	// snapshot lacks although it may be there.
	mirrorPatience = 64
)

// Check sets MirrorGone of the connections that have lost their other end. It
// must be called once for every snapshot, before that is handed out.
func (m *MirrorChecker) Check(s *Snapshot, where Locality) {
	m.begin()
	for i := range s.Connections {
		c := &s.Connections[i]
		if c.State == StateEstablished {
			m.want(c, int32(i), where)
		}
	}
	if len(m.wanted) > 0 {
		m.find(s)
	}
	for _, r := range m.rows {
		c := &s.Connections[r.row]
		switch {
		case r.mirror.found:
			r.mirror.lacks = 0
		case s.Whole() && r.mirror.proves(s, c, where):
			r.mirror.lacks++
		}
		c.MirrorGone = r.mirror.lacks >= lacksCertain
	}
	m.forget(s.Whole())
}

func (m *MirrorChecker) begin() {
	if m.known == nil {
		m.known, m.wanted = map[ID]*mirror{}, map[tuple]*mirror{}
	}
	m.poll++
	m.rows = m.rows[:0]
	clear(m.wanted)
}

// want notes a connection whose peer is on this host.
func (m *MirrorChecker) want(c *Connection, row int32, where Locality) {
	remote := c.Remote.Addr().Unmap()
	known := m.known[c.ID()]
	if known == nil {
		local := remote.IsLoopback() || where.Local != nil && where.Local(remote)
		if !local {
			return
		}
		known = &mirror{}
		m.known[c.ID()] = known
	}
	if known.poll == m.poll {
		return // a double in the dump
	}
	known.poll, known.found = m.poll, false
	m.rows = append(m.rows, mirrorRow{row: row, mirror: known})
	reverse := tupleOf(c.NetNS.Inode, c.Remote, c.Local)
	if twin := m.wanted[reverse]; twin != nil {
		// Two namespaces use the same addresses: whose mirror is it?
		twin.found, known.found = true, true
		return
	}
	m.wanted[reverse] = known
}

// find marks those that are wanted and there.
func (m *MirrorChecker) find(s *Snapshot) {
	for i := range s.Connections {
		c := &s.Connections[i]
		if c.State == StateListen {
			continue
		}
		if mirror := m.wanted[tupleOf(c.NetNS.Inode, c.Local, c.Remote)]; mirror != nil {
			mirror.found, mirror.netns = true, c.NetNS.Inode
		}
	}
}

// proves tells whether it means anything that the mirror is missing.
func (m *mirror) proves(s *Snapshot, c *Connection, where Locality) bool {
	if m.netns != 0 {
		return s.reads(m.netns)
	}
	return c.Remote.Addr().Unmap().IsLoopback() && where.Plain != nil && where.Plain(c.NetNS.Inode) && c.peerHadIt()
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

// forget drops the connections that are gone.
func (m *MirrorChecker) forget(whole bool) {
	if len(m.known) == len(m.rows) {
		return
	}
	patience := uint64(mirrorPatience)
	if whole {
		patience = 0
	}
	for id, known := range m.known {
		if known.poll+patience < m.poll {
			delete(m.known, id)
		}
	}
}

// tuple is a 4-tuple without pointers, which makes it quick to look up: local
// and remote address, both ports, and for loopback addresses the namespace.
type tuple [2*16 + 2*2 + 8]byte

func tupleOf(netns uint64, local, remote netip.AddrPort) tuple {
	var t tuple
	from, to := local.Addr().As16(), remote.Addr().As16()
	copy(t[0:], from[:])
	copy(t[16:], to[:])
	binary.BigEndian.PutUint16(t[32:], local.Port())
	binary.BigEndian.PutUint16(t[34:], remote.Port())
	if remote.Addr().Unmap().IsLoopback() || local.Addr().Unmap().IsLoopback() {
		binary.BigEndian.PutUint64(t[36:], netns)
	}
	return t
}
