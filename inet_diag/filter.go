package inetdiag

import "net/netip"

// Filter is a condition on sockets that the kernel applies while it dumps. It
// is built from the functions of this package and never changes. A nil Filter
// matches every socket.
type Filter struct{ expression }

// expression is one node of the condition, which compiles itself (bytecode.go).
type expression interface {
	size() int
	compile(code []byte, miss int) []byte
}

// And matches what all of parts match; without parts, every socket.
func And(parts ...*Filter) *Filter { return &Filter{and(parts)} }

// Or matches what any of parts matches; without parts, no socket.
func Or(parts ...*Filter) *Filter { return &Filter{or(parts)} }

// Not matches what part does not.
func Not(part *Filter) *Filter { return &Filter{not{part}} }

// SourcePort matches the local port.
func SourcePort(port uint16) *Filter { return SourcePorts(port, port) }

// SourcePorts matches local ports from lowest to highest, both included.
func SourcePorts(lowest, highest uint16) *Filter {
	return And(portCondition(opSourceGE, lowest), portCondition(opSourceLE, highest))
}

// DestPort matches the remote port. That of LISTEN is 0.
func DestPort(port uint16) *Filter { return DestPorts(port, port) }

// DestPorts matches remote ports from lowest to highest, both included.
func DestPorts(lowest, highest uint16) *Filter {
	return And(portCondition(opDestGE, lowest), portCondition(opDestLE, highest))
}

// SourcePrefix matches the local address. An IPv4 prefix matches IPv4-mapped
// addresses of IPv6 sockets too; an IPv6 prefix matches IPv6 sockets only. An
// invalid prefix matches nothing.
func SourcePrefix(p netip.Prefix) *Filter { return prefixCondition(opSourceHost, p) }

// DestPrefix matches the remote address as SourcePrefix does the local one.
func DestPrefix(p netip.Prefix) *Filter { return prefixCondition(opDestHost, p) }
