package lab

import (
	"net/netip"
	"time"
)

// Keepalive is what setsockopt sets and getsockopt says about a socket.
type Keepalive struct {
	On          bool          // SO_KEEPALIVE
	Idle        time.Duration // TCP_KEEPIDLE, whole seconds
	Interval    time.Duration // TCP_KEEPINTVL, whole seconds
	Count       int           // TCP_KEEPCNT
	UserTimeout time.Duration // TCP_USER_TIMEOUT, whole milliseconds; 0: none
}

// Options are set on a socket before it connects or listens. SO_KEEPALIVE is
// always set, on or off; of the rest what is zero is left as the kernel has it.
type Options struct {
	Keepalive  Keepalive
	Bind       netip.AddrPort // local address and port of a connection; port 0: any
	V6Only     bool           // IPV6_V6ONLY of an IPv6 socket
	Backlog    int            // of a listener; 0: as many as net.core.somaxconn allows
	RecvBuffer int            // SO_RCVBUF, bytes; the kernel doubles it
	SendBuffer int            // SO_SNDBUF, bytes; the kernel doubles it
	FinTimeout time.Duration  // TCP_LINGER2, whole seconds: how long an orphan stays in FIN-WAIT-2
}
