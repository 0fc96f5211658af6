package conn

import "net/netip"

// Narrowing is what the kernel can test of a filter while it dumps. It is a
// conjunction: every connection that the filter matches satisfies it, and often
// more do.
type Narrowing struct {
	States  StateMask // AllStates: no limit; 0: nothing can match
	Clauses []Clause  // all of them hold
}

// Clause is a list of endpoints of which one matches.
type Clause struct {
	Any []Endpoint
}

// Side is one end of a connection, or either.
type Side uint8

// The sides.
const (
	AnySide Side = iota
	LocalSide
	RemoteSide
)

// Endpoint is a set of addresses and ports on one side of a connection. Both
// must match at the same side.
type Endpoint struct {
	Side   Side
	Ports  [2]uint16    // the first and the last
	Prefix netip.Prefix // the zero Prefix: any address; an IPv4 prefix stands for the IPv4-mapped IPv6 addresses too
}

var allPorts = [2]uint16{0, 65535}

// AnyPort tells whether the endpoint says nothing about ports.
func (e Endpoint) AnyPort() bool { return e.Ports == allPorts }

// Match tells whether the endpoint is one of c's.
func (e Endpoint) Match(c *Connection) bool {
	return e.Side != RemoteSide && e.holds(c.Local) || e.Side != LocalSide && e.holds(c.Remote)
}

func (e Endpoint) holds(a netip.AddrPort) bool {
	if a.Port() < e.Ports[0] || a.Port() > e.Ports[1] {
		return false
	}
	if !e.Prefix.IsValid() {
		return true
	}
	return e.Prefix.Contains(a.Addr()) || e.Prefix.Contains(a.Addr().Unmap())
}

// Narrow says what the kernel can test of the filter. A negated term counts
// only if it is about states: their complement is exact.
func (f *Filter) Narrow() Narrowing {
	n := Narrowing{States: AllStates}
	if f == nil {
		return n
	}
	for i := range f.terms {
		t := &f.terms[i]
		if states := t.states(); t.negated {
			n.States &^= states
		} else if states != 0 {
			n.States &= states
		}
		if endpoints := t.endpoints(); endpoints != nil && !t.negated {
			n.Clauses = append(n.Clauses, Clause{Any: endpoints})
		}
	}
	return n
}

// states are those in which the term, leaving negation aside, holds; 0 if it
// does not depend on the state alone.
func (t *term) states() StateMask {
	var states StateMask
	for i := range t.any {
		if t.any[i].states == 0 {
			return 0
		}
		states |= t.any[i].states
	}
	return states
}

// endpoints are those for which the term, leaving negation aside, holds; nil if
// it does not depend on endpoints alone.
func (t *term) endpoints() []Endpoint {
	endpoints := make([]Endpoint, 0, len(t.any))
	for i := range t.any {
		if t.any[i].endpoint == nil {
			return nil
		}
		endpoints = append(endpoints, *t.any[i].endpoint)
	}
	return endpoints
}
