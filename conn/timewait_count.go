package conn

import (
	"cmp"
	"slices"
)

// TimeWaitsOf counts what is in TIME-WAIT, and which ports are taken.
func TimeWaitsOf(s *Snapshot) TimeWaits { return countTimeWaits(s, rolesOf(s)) }

func countTimeWaits(s *Snapshot, r roles) TimeWaits {
	t := timeWaitCounter{
		ranges:       portRanges(s),
		reuse:        map[uint64]int{},
		destinations: map[Destination]*PortUse{},
		services:     map[netnsPort]*ServiceWaits{},
	}
	for i := range s.Namespaces {
		t.reuse[s.Namespaces[i].NetNS.Inode] = s.Namespaces[i].Sysctls.TimeWaitReuse
	}
	uses := timeWaitUses(s.Namespaces)
	for i := range s.Connections {
		switch c := &s.Connections[i]; {
		case c.State == StateTimeWait:
			t.wait(c, r[i])
		case c.State == StateFinWait2 && c.Minisock():
			at := slices.IndexFunc(uses, func(use TimeWaitUse) bool { return use.NetNS.Inode == c.NetNS.Inode })
			if at >= 0 {
				uses[at].FinWait2++
			}
		}
	}
	crowds := crowdsOf(s, r)
	for i := range s.Connections {
		if c := &s.Connections[i]; r[i] {
			t.take(c, crowds[crowdOf(c)])
		}
	}
	return TimeWaits{Use: uses, Destinations: t.fullest(), Services: t.most()}
}

type timeWaitCounter struct {
	ranges       map[uint64][2]uint16 // ip_local_port_range, by namespace
	reuse        map[uint64]int       // tcp_tw_reuse, by namespace
	destinations map[Destination]*PortUse
	services     map[netnsPort]*ServiceWaits
}

func destinationOf(c *Connection) Destination {
	return Destination{NetNS: c.NetNS.Inode, Local: c.Local.Addr().Unmap(), Remote: unmapped(c.Remote)}
}

// wait counts a socket in TIME-WAIT.
func (t *timeWaitCounter) wait(c *Connection, outgoing bool) {
	if outgoing {
		use := t.use(destinationOf(c))
		use.TimeWait.add(c)
		if !t.ofRange(c) {
			use.Bound.add(c)
		}
		return
	}
	key := portIn(c.NetNS.Inode, c.Local.Port())
	service := t.services[key]
	if service == nil {
		service = &ServiceWaits{NetNS: c.NetNS.Inode, Port: c.Local.Port()}
		t.services[key] = service
	}
	service.TimeWait.add(c)
}

// ofRange tells whether the local port is one that the kernel hands out, as far as
// these are known.
func (t *timeWaitCounter) ofRange(c *Connection) bool {
	ports, known := t.ranges[c.NetNS.Inode]
	return !known || ports[0] <= c.Local.Port() && c.Local.Port() <= ports[1]
}

// ports is how many the kernel can hand out in a namespace, 0 if that is not
// known.
func (t *timeWaitCounter) ports(netns uint64) int {
	ports, known := t.ranges[netns]
	if !known || ports[1] < ports[0] {
		return 0
	}
	return int(ports[1]) - int(ports[0]) + 1
}

// reusable follows tcp_tw_reuse: 1 is everywhere, 2 is on loopback
// (net/ipv4/tcp_ipv4.c, tcp_twsk_unique).
func (t *timeWaitCounter) reusable(d *Destination) bool {
	reuse := t.reuse[d.NetNS]
	return reuse == 1 || reuse == 2 && d.Remote.Addr().IsLoopback()
}

// use is what is counted of a destination.
func (t *timeWaitCounter) use(d Destination) *PortUse {
	use := t.destinations[d]
	if use == nil {
		use = &PortUse{Destination: d, Ports: t.ports(d.NetNS), Reusable: t.reusable(&d)}
		t.destinations[d] = use
	}
	return use
}

// take counts the port that a connection holds towards a destination of which
// something is in TIME-WAIT, or to which there may be many.
func (t *timeWaitCounter) take(c *Connection, crowd int32) {
	if !t.ofRange(c) {
		return
	}
	if fills(int(crowd), t.ports(c.NetNS.Inode)) {
		t.use(destinationOf(c)).Taken++
	} else if use := t.destinations[destinationOf(c)]; use != nil {
		use.Taken++
	}
}

// fills tells whether so many connections take a tenth of the ports.
func fills(n, ports int) bool { return ports > 0 && 10*n >= ports }

func (f *Flow) add(c *Connection) {
	f.Count++
	if c.Timer.Expires > timeWaitLen-timeWaitWindow {
		f.Fresh++
	}
	if c.Timer.Expires <= timeWaitWindow {
		f.Going++
	}
}

// fullest are the destinations by their share of the ports, those last of which
// it is not known. A crowd may turn out to go to several, none of them full.
func (t *timeWaitCounter) fullest() []PortUse {
	uses := make([]PortUse, 0, len(t.destinations))
	for _, use := range t.destinations {
		if use.TimeWait.Count > 0 || fills(use.Taken, use.Ports) {
			uses = append(uses, *use)
		}
	}
	slices.SortFunc(uses, func(a, b PortUse) int {
		return cmp.Or(
			unknownLast(&a, &b),
			cmp.Compare(b.Held()*max(1, a.Ports), a.Held()*max(1, b.Ports)),
			a.Destination.Remote.Compare(b.Destination.Remote),
			a.Destination.Local.Compare(b.Destination.Local),
			cmp.Compare(a.Destination.NetNS, b.Destination.NetNS),
		)
	})
	return uses
}

func unknownLast(a, b *PortUse) int {
	switch {
	case a.Ports > 0 && b.Ports == 0:
		return -1
	case a.Ports == 0 && b.Ports > 0:
		return 1
	}
	return 0
}

func (t *timeWaitCounter) most() []ServiceWaits {
	services := make([]ServiceWaits, 0, len(t.services))
	for _, service := range t.services {
		services = append(services, *service)
	}
	slices.SortFunc(services, func(a, b ServiceWaits) int {
		return cmp.Or(
			cmp.Compare(b.TimeWait.Count, a.TimeWait.Count),
			cmp.Compare(a.Port, b.Port),
			cmp.Compare(a.NetNS, b.NetNS),
		)
	})
	return services
}
