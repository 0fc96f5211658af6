package conn

// roles tells of each connection of a snapshot, by its row, whether this host
// opened it. The kernel does not say; ports do.
type roles []bool

// netnsPort is a port, local or remote, as one network namespace sees it: the
// namespace's inode, which has 32 bits (include/linux/ns_common.h), and the port.
type netnsPort uint64

func portIn(netns uint64, port uint16) netnsPort { return netnsPort(netns<<16 | uint64(port)) }

// flowPorts are the two ports of a connection.
type flowPorts struct{ local, remote netnsPort }

// rolesOf holds for a service's every local port that is listened on. A listener
// may have gone, and its connections be there still; and a port that the kernel
// does not hand out may be a client's that bound it. So of what is left, the port
// that more connections share is the service's, since its clients each have
// another. Where that is even, the two ports themselves decide.
func rolesOf(s *Snapshot) roles {
	outgoing := make(roles, len(s.Connections))
	flows, listened := flowsOf(s)
	ranges := portRanges(s)
	here, there := make(map[netnsPort]int32, len(flows)/4), map[netnsPort]int32{}
	var open []int32 // rows that no listener decides
	for row, f := range flows {
		if _, service := listened[f.local]; service {
			continue
		}
		here[f.local]++
		there[f.remote]++
		open = append(open, int32(row))
	}
	for _, row := range open {
		f := flows[row]
		own, others := here[f.local], there[f.remote]
		ports, known := ranges[uint64(f.local>>16)]
		outgoing[row] = own < others || own == others && looksOpened(uint16(f.local), uint16(f.remote), ports, known)
	}
	return outgoing
}

// looksOpened tells by two ports alone whether this host has opened a connection:
// from a port that the kernel hands out, unless only the peer's may be such a
// one; from one of those that bindresvport(3) and the kernel's NFS take; else from
// the higher one.
func looksOpened(local, remote uint16, ports [2]uint16, known bool) bool {
	const firstReserved, lastReserved = 512, 1023
	switch {
	case !known:
		return local > remote
	case ports[0] <= local && local <= ports[1]:
		return true
	case remote >= ports[0]:
		return false
	case firstReserved <= local && local <= lastReserved:
		return true
	}
	return local > remote
}

// flowsOf gathers what roles are told by, so that nobody goes over a hundred
// thousand connections thrice.
func flowsOf(s *Snapshot) (flows []flowPorts, listened map[netnsPort]struct{}) {
	flows, listened = make([]flowPorts, len(s.Connections)), map[netnsPort]struct{}{}
	for i := range s.Connections {
		c := &s.Connections[i]
		flows[i] = flowPorts{portIn(c.NetNS.Inode, c.Local.Port()), portIn(c.NetNS.Inode, c.Remote.Port())}
		if c.State == StateListen {
			listened[flows[i].local] = struct{}{}
		}
	}
	return flows, listened
}

// portRanges are the ip_local_port_range of the namespaces of which it is known.
func portRanges(s *Snapshot) map[uint64][2]uint16 {
	ranges := map[uint64][2]uint16{}
	for i := range s.Namespaces {
		if ns := &s.Namespaces[i]; ns.Sysctls.Known {
			ranges[ns.NetNS.Inode] = ns.Sysctls.PortRange
		}
	}
	return ranges
}
