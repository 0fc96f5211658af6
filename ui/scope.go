package ui

import (
	"net/netip"

	"github.com/katop/katop/conn"
)

// scope narrows a list of connections to those of one thing. The zero scope
// holds everything.
type scope struct {
	kind        scopeKind
	pid         int32
	listener    conn.ListenAddress
	destination conn.Destination
	service     servicePort
	finding     findingID
}

type scopeKind uint8

const (
	scopeAll         scopeKind = iota
	scopeProcess               // that a process holds
	scopeListener              // that came in by an address, and who listens there
	scopeDestination           // towards a destination: they share the ports of this host
	scopeService               // in TIME-WAIT at a local port
	scopeFinding               // that a finding is about, as long as it is
)

// servicePort is a local port of a network namespace.
type servicePort struct {
	netns uint64 // inode
	port  uint16
}

// within tells which connections of the intake a scope holds.
func (in *intake) within(s scope) func(row int32, c *conn.Connection) bool {
	switch s.kind {
	case scopeProcess:
		return func(_ int32, c *conn.Connection) bool { return holds(s.pid, c) }
	case scopeListener:
		listening := in.listening()
		return func(_ int32, c *conn.Connection) bool {
			at, listened := listening.Of(c)
			return listened && at == s.listener
		}
	case scopeDestination:
		return func(_ int32, c *conn.Connection) bool { return destinationOf(c) == s.destination }
	case scopeService:
		return func(_ int32, c *conn.Connection) bool {
			return c.State == conn.StateTimeWait && serviceOf(c) == s.service
		}
	case scopeFinding:
		members := in.members(s.finding)
		return func(row int32, _ *conn.Connection) bool { return members[row] }
	}
	return func(int32, *conn.Connection) bool { return true }
}

func holds(pid int32, c *conn.Connection) bool {
	for i := range c.Owners {
		if c.Owners[i].PID == pid {
			return true
		}
	}
	return false
}

func destinationOf(c *conn.Connection) conn.Destination {
	return conn.Destination{
		NetNS: c.NetNS.Inode, Local: c.Local.Addr().Unmap(),
		Remote: netip.AddrPortFrom(c.Remote.Addr().Unmap(), c.Remote.Port()),
	}
}

func serviceOf(c *conn.Connection) servicePort {
	return servicePort{c.NetNS.Inode, c.Local.Port()}
}

// members are the rows of a finding; of one that is gone there are none.
func (in *intake) members(id findingID) []bool {
	members := make([]bool, len(in.snapshot.Connections))
	findings := in.findings()
	for i := range findings {
		if idOfFinding(&findings[i]) != id {
			continue
		}
		for _, row := range findings[i].Members {
			members[row] = true
		}
	}
	return members
}
