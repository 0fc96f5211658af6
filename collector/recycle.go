//go:build linux

package collector

import "github.com/katop/katop/conn"

// spare is memory of snapshots that were handed back.
type spare struct {
	conns []conn.Connection
	rows  []int32
}

// Recycle takes back a snapshot that Poll has handed out and nobody refers to any
// more, nor to its connections: a later Poll fills their memory again. At 50,000
// connections that is 20 MB a poll. It may be called beside a Poll. The last
// snapshot is kept, for Detail.
func (c *Collector) Recycle(s *conn.Snapshot) {
	c.looking.Lock() // a Detail may be looking through it still
	defer c.looking.Unlock()
	if last := c.last.Load(); last != nil && !sameMemory(last.Connections, s.Connections) {
		c.spare = spare{s.Connections, s.Before}
	}
}

// sameMemory tells whether two lists begin at one address: a snapshot may come
// back as a copy.
func sameMemory(a, b []conn.Connection) bool {
	return cap(a) > 0 && cap(b) > 0 && &a[:1][0] == &b[:1][0]
}

// room is memory for a dump of about as many connections as are expected:
// that of a snapshot that was handed back, if it serves. It does not if the last
// snapshot is not whole: the chronicle then compares with an older one, which may
// be just that.
func (c *Collector) room(expected int) []conn.Connection {
	c.looking.Lock()
	defer c.looking.Unlock()
	conns := c.spare.conns
	c.spare.conns = nil
	if shown := c.last.Load(); shown == nil || !shown.Whole() {
		conns = nil
	}
	return fitting(conns, expected)
}

// roomForRows is the same for Snapshot.Before.
func (c *Collector) roomForRows(expected int) []int32 {
	c.looking.Lock()
	defer c.looking.Unlock()
	rows := c.spare.rows
	c.spare.rows = nil
	return fitting(rows, expected)
}

// fitting is the spare memory if it has the size that is expected, or new one.
func fitting[E any](spare []E, expected int) []E {
	if cap(spare) == 0 || cap(spare) < expected || cap(spare) > 2*expected+roomToSpare {
		return make([]E, 0, expected+expected/32+roomToSpare)
	}
	return spare[:0]
}

// roomToSpare is for connections that come between two polls.
const roomToSpare = 64
