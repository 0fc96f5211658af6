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
	listening := ListeningOf(s)
	if len(listening) == 0 {
		return nil
	}
	var listeners []Listener
	for i := range s.Connections {
		c := &s.Connections[i]
		if c.State == StateListen {
			listeners = append(listeners, listenerOf(int32(i), c))
		} else if a, listened := listening.Of(c); listened {
			listening[a].byState[min(c.State, MaxState)]++
		}
	}
	for i := range listeners {
		a, _ := listening.Of(&s.Connections[listeners[i].Row])
		listeners[i].Shared, listeners[i].ByState = listening[a].sockets, listening[a].byState
	}
	return listeners
}

func listenerOf(row int32, c *Connection) Listener {
	return Listener{Row: row, Queue: c.RecvQueue, Limit: c.SendQueue}
}

// MarkFullQueues sets QueueFull of the connections in SYN-RECV whose listener
// takes no more, before the snapshot is handed out. Of several sockets that
// share an address, it cannot be told which of them a handshake is for: all must
// be full.
func MarkFullQueues(s *Snapshot) {
	listening := ListeningOf(s)
	for i := range s.Connections {
		c := &s.Connections[i]
		if c.State != StateSynRecv {
			continue
		}
		a, listened := listening.Of(c)
		c.QueueFull = listened && listening[a].full == listening[a].sockets
	}
}

// ListenAddress is where a listener listens; it can be compared. A socket of
// IPv6 at any address takes connections of IPv4 too, which are of its family
// then.
type ListenAddress struct {
	netns  uint64
	addr   netip.Addr // the zero Addr for any
	port   uint16
	family Family
}

// Listening is where somebody listens.
type Listening map[ListenAddress]*listenedAt

// listenedAt is what is at one address.
type listenedAt struct {
	sockets, full int
	byState       [MaxState + 1]int
}

// ListeningOf finds where the listeners of a snapshot listen.
func ListeningOf(s *Snapshot) Listening {
	listening := Listening{}
	for i := range s.Connections {
		c := &s.Connections[i]
		if c.State != StateListen {
			continue
		}
		a := listenAddressOf(c)
		if listening[a] == nil {
			listening[a] = &listenedAt{}
		}
		listening[a].sockets++
		if l := listenerOf(int32(i), c); l.Full() {
			listening[a].full++
		}
	}
	return listening
}

func listenAddressOf(c *Connection) ListenAddress {
	a := ListenAddress{netns: c.NetNS.Inode, addr: c.Local.Addr(), port: c.Local.Port(), family: c.Family}
	if a.addr.IsUnspecified() {
		a.addr = netip.Addr{}
	}
	return a
}

// Of is the address that a connection came in by, its own or else any at its
// port, and that of a listener itself. It is false where nobody listens.
func (l Listening) Of(c *Connection) (ListenAddress, bool) {
	a := listenAddressOf(c)
	if _, listened := l[a]; listened {
		return a, true
	}
	a.addr = netip.Addr{}
	_, listened := l[a]
	return a, listened
}
