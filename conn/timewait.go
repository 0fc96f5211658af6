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
type PortUse struct {
	Destination Destination
	TimeWait    Flow
	Taken       int // ports, whatever the state of the connection
	Ports       int // there are, by ip_local_port_range; 0: not known
	// Reusable tells that the kernel takes ports back from TIME-WAIT after a
	// second (tcp_tw_reuse), if both sides use timestamps: then it does not run out.
	Reusable bool
}

// ServiceWaits is what the connections to a local port have left in TIME-WAIT.
// They take no ports of this host.
type ServiceWaits struct {
	NetNS    uint64 // inode
	Port     uint16
	TimeWait Flow
}

// Percent is the share of the ports that is taken, 0 to 100.
func (p *PortUse) Percent() (float64, bool) {
	if p.Ports == 0 {
		return 0, false
	}
	return 100 * float64(p.Taken) / float64(p.Ports), true
}

// ExhaustedIn is the time until no port is left, if things go on as they do. It
// does not exist where they do not run out: at a steady rate TIME-WAIT levels
// off after a minute.
func (p *PortUse) ExhaustedIn() (time.Duration, bool) {
	if p.Ports == 0 || p.Reusable {
		return 0, false
	}
	free := p.Ports - p.Taken
	if free <= 0 {
		return 0, true
	}
	level := float64(p.Taken-p.TimeWait.Count) + p.TimeWait.CreatedPerSecond()*timeWaitLast.Seconds()
	growth := p.TimeWait.growth()
	if level < float64(p.Ports) || growth <= 0 {
		return 0, false
	}
	return time.Duration(float64(free) / growth * float64(time.Second)), true
}
