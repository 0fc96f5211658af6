package lab

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
)

// Expectation is one TCP socket that is there to be seen, by what its owner
// said of it.
type Expectation struct {
	Scene  string // what was done, in a few words
	NetNS  uint64 // inode of the namespace that the socket is in
	State  string // as RFC 9293 writes it: "FIN-WAIT-1"
	Timer  string // "none", "retransmit", "keepalive", "time-wait", "zero-window"; "fin-wait" for an orphan in FIN-WAIT-2
	Local  netip.AddrPort
	Remote netip.AddrPort // unspecified, with port 0, for LISTEN
	Inode  uint32         // 0 for minisocks and orphans
	Cookie uint64         // SO_COOKIE; 0 where nobody could ask: minisocks
	PID    int            // of the owner; 0 for minisocks and orphans
	FD     int            // of the owner; -1 for minisocks and orphans
	// Keepalive is what the owner's getsockopt said; nil for minisocks and
	// orphans.
	Keepalive *Keepalive
}

// String names the expectation in a message.
func (e Expectation) String() string {
	return fmt.Sprintf("%s: %s %s -> %s", e.Scene, e.State, e.Local, e.Remote)
}

// The kernel's numbers of states (include/net/tcp_states.h) and timers
// (net/ipv4/inet_diag.c, inet_sk_diag_fill).
var (
	stateNames = [...]string{
		1: "ESTABLISHED", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
		"CLOSE", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING",
	}
	timerNames = [...]string{"none", "retransmit", "keepalive", "time-wait", "zero-window", "delayed-ack"}
)

// met tells whether one of the sockets is the expected one, in its state and
// with its timer.
func (e Expectation) met(sockets []*netlink.Socket) bool {
	for _, s := range sockets {
		if int(s.State) >= len(stateNames) || int(s.Timer) >= len(timerNames) {
			continue
		}
		timer := timerNames[s.Timer]
		if timer == "keepalive" && e.Timer == "fin-wait" {
			timer = "fin-wait" // one number for both: sk_timer
		}
		if socketAddr(s.ID.Source, s.ID.SourcePort) == unmapped(e.Local) &&
			socketAddr(s.ID.Destination, s.ID.DestinationPort) == unmapped(e.Remote) &&
			stateNames[s.State] == e.State && timer == e.Timer {
			return true
		}
	}
	return false
}

func socketAddr(ip net.IP, port uint16) netip.AddrPort {
	a, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(a.Unmap(), port)
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// awaitAll waits until the kernel shows all that is expected in a namespace.
func (n *Namespace) awaitAll(expected ...Expectation) error {
	end := time.Now().Add(patience)
	for {
		sockets, err := n.dump()
		if err != nil {
			return err
		}
		i := 0
		for i < len(expected) && (expected[i].NetNS != n.inode || expected[i].met(sockets)) {
			i++
		}
		switch {
		case i == len(expected):
			return nil
		case time.Now().After(end):
			return fmt.Errorf("%s did not come about with timer %s in %v", expected[i], expected[i].Timer, patience)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
