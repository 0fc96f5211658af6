package conn

import (
	"net/netip"
	"time"
)

// timeWaitLen is how long a socket stays in TIME-WAIT (include/net/tcp.h,
// TCP_TIMEWAIT_LEN). Linux does not let anybody change it.
const timeWaitLen = time.Minute

// timeWaitLast is how long it stays there at most. The kernel's timer wheel
// rounds a minute up (kernel/time/timer.c, LVL_GRAN): 60.8 to 61.7 s were measured
// at HZ=250.
const timeWaitLast = 62 * time.Second

// timeWaitWindow is the time over which rates are taken. How long a socket has
// been in TIME-WAIT shows in its timer, so that one snapshot is enough.
const timeWaitWindow = 10 * time.Second

// TimeWaits is what is in TIME-WAIT. That is always on the side that closed
// first: this host.
type TimeWaits struct {
	Use          []TimeWaitUse  // of the limit, by network namespace
	Destinations []PortUse      // of connections that this host opened, the fullest first
	Services     []ServiceWaits // of connections that others opened, the most first
}

// Flow is a number of sockets in TIME-WAIT and how it changes.
type Flow struct {
	Count int
	Fresh int // came in the last ten seconds
	Going int // go in the next ten seconds
}

// CreatedPerSecond is how many come.
func (f Flow) CreatedPerSecond() float64 { return float64(f.Fresh) / timeWaitWindow.Seconds() }

// growth is by how many a second there are more.
func (f Flow) growth() float64 { return float64(f.Fresh-f.Going) / timeWaitWindow.Seconds() }

// Destination is where this host opens connections to. Between the same two
// addresses and the same remote port each needs a local port of its own.
type Destination struct {
	NetNS  uint64 // inode
	Local  netip.Addr
	Remote netip.AddrPort
}

// PortUse is how many of the ephemeral ports are taken towards a destination.
// One is told of as soon as a connection to it is in TIME-WAIT, or when those
// that are open take a tenth of the ports.
type PortUse struct {
	Destination Destination
	TimeWait    Flow
	Bound       Flow // those in TIME-WAIT whose port is not of the range: a program has bound it
	Taken       int  // ports of the range, whatever the state of the connection; of all ports where it is not known
	Ports       int  // there are, by ip_local_port_range; 0: not known
	// Reusable tells that the kernel takes ports back from TIME-WAIT after a
	// second (tcp_tw_reuse), if both sides use timestamps: then only those that are
	// open can use them up.
	Reusable bool
}

// ServiceWaits is what the connections to a local port have left in TIME-WAIT.
// They take no ports of this host.
type ServiceWaits struct {
	NetNS    uint64 // inode
	Port     uint16
	TimeWait Flow
}

// Held is how many ports the kernel cannot hand out: those that are taken, but
// for what it takes back.
func (p *PortUse) Held() int {
	if p.Reusable {
		return p.Taken - p.waiting().Count
	}
	return p.Taken
}

// waiting are those in TIME-WAIT that take a port of the range.
func (p *PortUse) waiting() Flow {
	return Flow{p.TimeWait.Count - p.Bound.Count, p.TimeWait.Fresh - p.Bound.Fresh, p.TimeWait.Going - p.Bound.Going}
}

// Waits tells whether most of the ports that are held are so by TIME-WAIT, not by
// connections that are open.
func (p *PortUse) Waits() bool { return !p.Reusable && 2*p.waiting().Count >= p.Taken }

// Percent is the share of the ports that is held, 0 to 100.
func (p *PortUse) Percent() (float64, bool) {
	if p.Ports == 0 {
		return 0, false
	}
	return 100 * float64(p.Held()) / float64(p.Ports), true
}

// ExhaustedIn is the time until no port is left, if things go on as they do. It
// does not exist where they do not run out: at a steady rate TIME-WAIT levels
// off after a minute.
func (p *PortUse) ExhaustedIn() (time.Duration, bool) {
	free := p.Ports - p.Held()
	switch {
	case p.Ports == 0:
		return 0, false
	case free <= 0:
		return 0, true
	case p.Reusable:
		return 0, false
	}
	waiting := p.waiting()
	level := float64(p.Taken-waiting.Count) + waiting.CreatedPerSecond()*timeWaitLast.Seconds()
	growth := waiting.growth()
	if level < float64(p.Ports) || growth <= 0 {
		return 0, false
	}
	return time.Duration(float64(free) / growth * float64(time.Second)), true
}
