package export

import (
	"net/netip"
	"slices"
	"time"

	"github.com/katop/katop/conn"
)

// burning is s with a client that burns through the ports of one namespace, and
// one in a namespace of which no port range is known.
func burning(s *conn.Snapshot) *conn.Snapshot {
	small := conn.NetNS{Inode: 4026532999, Name: hostile}
	told := *s
	told.Namespaces = append(slices.Clone(s.Namespaces), conn.Namespace{
		NetNS:   small,
		Sysctls: conn.Sysctls{Known: true, PortRange: [2]uint16{40000, 40009}, MaxTimeWait: 16},
		Sockets: conn.SocketStat{Known: true, TimeWait: 9},
	})
	told.Connections = slices.Clone(s.Connections)
	add := func(ns conn.NetNS, local, remote string, port uint16, left time.Duration) {
		told.Connections = append(told.Connections, conn.Connection{
			NetNS: ns, Family: conn.IPv4, State: conn.StateTimeWait,
			Local: netip.AddrPortFrom(netip.MustParseAddr(local), port), Remote: netip.MustParseAddrPort(remote),
			Timer: conn.Timer{Kind: conn.TimerTimeWait, Expires: left},
		})
	}
	for port := range uint16(8) {
		add(small, "10.0.0.5", "10.0.9.4:9092", 40000+port, 55*time.Second)
	}
	add(conn.NetNS{Inode: 4026532301}, "10.0.0.6", "10.0.9.5:80", 50000, 20*time.Second)
	orphan := told.Connections[len(told.Connections)-2]
	orphan.State, orphan.Remote = conn.StateFinWait2, netip.MustParseAddrPort("10.0.9.6:80")
	told.Connections = append(told.Connections, orphan)
	return &told
}
