//go:build linux

package collector

import (
	"net/netip"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

// everything tells whether the limits leave nothing out.
func everything(limits conn.Narrowing) bool {
	return limits.States == conn.AllStates && len(limits.Clauses) == 0
}

// states turns a set of states into that of the kernel, which keeps the sockets
// of SYN-RECV in two of them.
func states(m conn.StateMask) uint32 {
	if m == conn.AllStates {
		return 0
	}
	s := uint32(m)
	if m.Has(conn.StateSynRecv) {
		s |= 1 << inetdiag.StateNewSynRecv
	}
	return s
}

// maxEndpoints keeps a filter within the 64 KiB that one may take, at some 100
// bytes for an endpoint.
const maxEndpoints = 400

// filter turns the clauses into a filter for the kernel, nil if there are none
// or too many: what it lets through is matched again.
func filter(clauses []conn.Clause) *inetdiag.Filter {
	endpoints := 0
	for _, clause := range clauses {
		endpoints += len(clause.Any)
	}
	if len(clauses) == 0 || endpoints > maxEndpoints {
		return nil
	}
	all := make([]*inetdiag.Filter, 0, len(clauses))
	for _, clause := range clauses {
		alternatives := make([]*inetdiag.Filter, 0, len(clause.Any))
		for _, e := range clause.Any {
			alternatives = append(alternatives, endpoint(e))
		}
		all = append(all, inetdiag.Or(alternatives...))
	}
	return inetdiag.And(all...)
}

func endpoint(e conn.Endpoint) *inetdiag.Filter {
	local := side(e, inetdiag.SourcePorts, inetdiag.SourcePrefix)
	remote := side(e, inetdiag.DestPorts, inetdiag.DestPrefix)
	switch e.Side {
	case conn.LocalSide:
		return local
	case conn.RemoteSide:
		return remote
	default:
		return inetdiag.Or(local, remote)
	}
}

func side(e conn.Endpoint, ports func(lowest, highest uint16) *inetdiag.Filter, prefix func(netip.Prefix) *inetdiag.Filter) *inetdiag.Filter {
	var parts []*inetdiag.Filter
	if !e.AnyPort() {
		parts = append(parts, ports(e.Ports[0], e.Ports[1]))
	}
	if e.Prefix.IsValid() {
		parts = append(parts, prefix(e.Prefix))
	}
	return inetdiag.And(parts...)
}
