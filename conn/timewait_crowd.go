package conn

import "encoding/binary"

// crowds counts the connections that this host opened by a hash of where to: a
// count of each destination would be a map as large as the snapshot, for the few
// that many connections go to. Several may share a number, so that it is too
// large rather than too small.
type crowds [1 << crowdBits]int32

const crowdBits = 12

func crowdsOf(s *Snapshot, r roles) *crowds {
	var n crowds
	for i := range s.Connections {
		if r[i] {
			n[crowdOf(&s.Connections[i])]++
		}
	}
	return &n
}

// crowdOf hashes a remote address and port: multiplication by 2^64 over the golden
// ratio, of which the upper bits are mixed best.
func crowdOf(c *Connection) int {
	const golden = 0x9e3779b97f4a7c15
	a := c.Remote.Addr().As16()
	h := (binary.LittleEndian.Uint64(a[:8])*golden ^ binary.LittleEndian.Uint64(a[8:])) * golden
	return int((h ^ uint64(c.Remote.Port())) * golden >> (64 - crowdBits))
}
