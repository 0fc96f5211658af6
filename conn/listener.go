package conn

import "net/netip"

// Listener is a socket in LISTEN and the connections that came in by it.
type Listener struct {
	Row   int32  // of the socket, in the snapshot
	Queue uint32 // connections waiting for accept
	Limit uint32 // of the queue, as listen(2) set it

	// What follows is of the address and port. Sockets that share them
	// (SO_REUSEPORT) have the same figures, those of all of them.
	Shared  int               // how many sockets do, this one included
	ByState [MaxState + 1]int // connections, minisocks included; SYN-RECV are handshakes not finished
}

// Full tells whether the accept queue takes no more: the kernel lets it hold one
// more than its limit (include/net/sock.h, sk_acceptq_is_full).
func (l *Listener) Full() bool { return l.Queue > l.Limit }

// Listeners lists the listeners of a snapshot in their order. A connection
// belongs to the one at its local address, or else to the one at any address.
func Listeners(s *Snapshot) []Listener {
	listeners, at := listening(s)
	if len(listeners) == 0 {
		return nil
	}
	for i := range s.Connections {
		c := &s.Connections[i]
		if c.State == StateListen {
			continue
		}
		if a := at.of(c); a != nil {
			a.byState[min(c.State, MaxState)]++
		}
	}
	for i := range listeners {
		a := at.of(&s.Connections[listeners[i].Row])
		listeners[i].Shared, listeners[i].ByState = a.sockets, a.byState
	}
	return listeners
}

// MarkFullQueues sets QueueFull of the connections in SYN-RECV whose listener
// takes no more, before the snapshot is handed out. Of several sockets that
// share an address, it cannot be told which of them a handshake is for: all must
// be full.
func MarkFullQueues(s *Snapshot) {
	_, at := listening(s)
	for i := range s.Connections {
		c := &s.Connections[i]
		if c.State != StateSynRecv {
			continue
		}
		a := at.of(c)
		c.QueueFull = a != nil && a.full == a.sockets
	}
}

// listenAddress is where a listener listens. A socket of IPv6 at any address
// takes connections of IPv4 too, which are of its family then.
type listenAddress struct {
	netns  uint64
	addr   netip.Addr // the zero Addr for any
	port   uint16
	family Family
}

// listenedAt is what is at one address.
type listenedAt struct {
	sockets, full int
	byState       [MaxState + 1]int
}

type listenedAddresses map[listenAddress]*listenedAt

// listening finds the listeners, and their addresses.
func listening(s *Snapshot) ([]Listener, listenedAddresses) {
	var listeners []Listener
	at := listenedAddresses{}
	for i := range s.Connections {
		c := &s.Connections[i]
		if c.State != StateListen {
			continue
		}
		l := Listener{Row: int32(i), Queue: c.RecvQueue, Limit: c.SendQueue}
		listeners = append(listeners, l)
		key := listenAddressOf(c)
		if at[key] == nil {
			at[key] = &listenedAt{}
		}
		at[key].sockets++
		if l.Full() {
			at[key].full++
		}
	}
	return listeners, at
}

func listenAddressOf(c *Connection) listenAddress {
	a := listenAddress{netns: c.NetNS.Inode, addr: c.Local.Addr(), port: c.Local.Port(), family: c.Family}
	if a.addr.IsUnspecified() {
		a.addr = netip.Addr{}
	}
	return a
}

// of is the address that a connection came in by, nil if nobody listens there.
func (at listenedAddresses) of(c *Connection) *listenedAt {
	key := listenAddressOf(c)
	if a := at[key]; a != nil {
		return a
	}
	key.addr = netip.Addr{}
	return at[key]
}
