package conn

// roles tells which side opened a connection. The kernel does not say; ports
// do.
type roles struct {
	listened map[localPort]struct{}
	ranges   map[uint64][2]uint16 // ip_local_port_range, by namespace
}

// localPort is a port of a network namespace.
type localPort struct {
	netns uint64 // inode
	port  uint16
}

func rolesOf(s *Snapshot) roles {
	r := roles{listened: map[localPort]struct{}{}, ranges: map[uint64][2]uint16{}}
	for i := range s.Namespaces {
		if ns := &s.Namespaces[i]; ns.Sysctls.Known {
			r.ranges[ns.NetNS.Inode] = ns.Sysctls.PortRange
		}
	}
	for i := range s.Connections {
		if c := &s.Connections[i]; c.State == StateListen {
			r.listened[localPort{c.NetNS.Inode, c.Local.Port()}] = struct{}{}
		}
	}
	return r
}

// outgoing tells whether this host opened the connection: nobody listens on its
// local port, which is of those that the kernel hands out or, where these are
// not known, the higher of the two.
func (r *roles) outgoing(c *Connection) bool {
	local := c.Local.Port()
	if _, listened := r.listened[localPort{c.NetNS.Inode, local}]; listened {
		return false
	}
	if ports, known := r.ranges[c.NetNS.Inode]; known {
		return ports[0] <= local && local <= ports[1]
	}
	return local > c.Remote.Port()
}

// ports is how many ports the kernel can hand out in a namespace, 0 if that is
// not known.
func (r *roles) ports(netns uint64) int {
	ports, known := r.ranges[netns]
	if !known || ports[1] < ports[0] {
		return 0
	}
	return int(ports[1]) - int(ports[0]) + 1
}
