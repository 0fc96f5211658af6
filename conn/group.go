package conn

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"
)

// GroupBy says what the connections of one group have in common.
type GroupBy uint8

// The kinds of groups.
const (
	ByProcess   GroupBy = iota // a PID
	ByUnit                     // a systemd unit or container
	ByPeer                     // a remote address, IPv4-mapped ones as IPv4
	ByLocalPort                // a local port
)

var groupByNames = [...]string{"process", "unit", "peer", "port"}

// String is "process", "unit", "peer" or "port".
func (g GroupBy) String() string { return groupByNames[min(g, ByLocalPort)] }

// GroupKey identifies a group from snapshot to snapshot. The zero value is the
// group of the connections that have no process, unit or peer, or none that is
// known.
type GroupKey struct {
	Unit string
	Peer netip.Addr
	PID  int32
	Port uint16
}

// Group is some connections of a snapshot, in numbers.
type Group struct {
	Key           GroupKey
	Title         string  // "postgres/8121", "app.service", "10.0.3.17", ":443"; not made harmless yet
	Members       []int32 // in the order in which they were given
	ByState       [MaxState + 1]int
	Coverage      Coverage
	WorstSilence  time.Duration // the longest Connection.SilentFor
	SilenceKnown  bool          // of one member at least
	WorstSeverity Severity
}

func (g *Group) add(c *Connection, row int32, severity Severity) {
	g.Members = append(g.Members, row)
	g.ByState[min(c.State, MaxState)]++
	if c.State == StateEstablished {
		g.Coverage.add(&c.Keepalive)
	}
	if silent, known := c.SilentFor(); known {
		g.WorstSilence, g.SilenceKnown = max(g.WorstSilence, silent), true
	}
	g.WorstSeverity = max(g.WorstSeverity, severity)
}

// title names the group that c is the first member of. The owner is the one
// that the key speaks of.
func (g GroupBy) title(c *Connection, owner Owner) string {
	switch g {
	case ByProcess:
		if owner.PID == 0 {
			return "no process known"
		}
		return fmt.Sprintf("%s/%d", owner.Name, owner.PID)
	case ByUnit:
		if c.Unit == "" {
			return "no unit known"
		}
		return c.Unit
	case ByPeer:
		if c.State == StateListen {
			return "no peer"
		}
		return c.Remote.Addr().Unmap().String()
	}
	return ":" + strconv.Itoa(int(c.Local.Port()))
}

// key is the group of c; the owner is one of c's, or the zero Owner.
func (g GroupBy) key(c *Connection, owner Owner) GroupKey {
	switch {
	case g == ByProcess:
		return GroupKey{PID: owner.PID}
	case g == ByUnit:
		return GroupKey{Unit: c.Unit}
	case g == ByPeer && c.State == StateListen:
		return GroupKey{}
	case g == ByPeer:
		return GroupKey{Peer: c.Remote.Addr().Unmap()}
	}
	return GroupKey{Port: c.Local.Port()}
}
