package ui

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/katop/katop/conn"
)

// burn lets the ports run out.
func (s *screen) burn() {
	s.now = s.now.Add(time.Second)
	s.source.snapshot = burnt(s.now)
	s.send(tickMsg{s.model.ticking})
}

// endings lets some connections end, each in its own way.
func (s *screen) endings() {
	s.poll(48*time.Second, func(c *conn.Connection) bool {
		switch c.Remote.Port() {
		case 51544, 8080, 50001: // with probes unanswered, in CLOSE-WAIT, and for whatever reason
			return false
		}
		return c.Cookie != 107 // retransmitting
	})
	s.poll(time.Second, func(c *conn.Connection) bool { return c.Cookie != 107 && c.Remote.Port() != 51544 })
}

// busy lets connections carry bytes, send some again and lose probes for a few
// minutes.
func (s *screen) busy() {
	for i := range uint64(25) {
		s.poll(courseStep, func(c *conn.Connection) bool {
			c.TCP.BytesSent += i * i * 4000
			c.TCP.TotalRetrans += uint32(i * i / 2)
			if c.Remote.Port() == 51544 {
				c.Timer.Retries = uint8(i % 3)
			}
			return c.Cookie != 106 || i%5 > 1
		})
	}
}

// calm is a host with nothing to say about.
func (s *screen) calm() {
	s.now = s.now.Add(time.Second)
	next := night(s.now)
	next.Connections = nil
	next.Namespaces[0].Sysctls.Keepalive = conn.Profiles()[0].Params
	s.source.snapshot = next
	s.send(tickMsg{s.model.ticking})
}

// crowd opens most of the ports towards a destination, and closes none.
func (s *screen) crowd() {
	s.now = s.now.Add(time.Second)
	next := night(s.now)
	next.Namespaces[0].Sysctls.PortRange = [2]uint16{33000, 33999}
	for i := range 950 {
		c := next.Connections[3]
		c.Cookie, c.Owners = 20000+uint64(i), []conn.Owner{{PID: 2210, FD: 61, Name: "java"}}
		c.Local, c.Remote = netip.AddrPortFrom(c.Local.Addr(), 33000+uint16(i)), netip.MustParseAddrPort("10.0.9.9:9092")
		next.Connections = append(next.Connections, c)
	}
	s.source.snapshot = next
	s.send(tickMsg{s.model.ticking})
}

// orphan leaves nothing in TIME-WAIT but the stub of one in FIN-WAIT-2.
func (s *screen) orphan() {
	s.poll(time.Second, func(c *conn.Connection) bool {
		if c.State == conn.StateFinWait2 {
			c.Timer.Kind = conn.TimerTimeWait
		}
		return c.State != conn.StateTimeWait
	})
}

// burnt is a night in which a program burns through its ports.
func burnt(at time.Time) *conn.Snapshot {
	s := night(at)
	wait := func(local uint16, remote string, left time.Duration) {
		s.Connections = append(s.Connections, conn.Connection{
			NetNS: s.Namespaces[0].NetNS, Cookie: 10000 + uint64(len(s.Connections)), State: conn.StateTimeWait, Family: conn.IPv4,
			Local: netip.AddrPortFrom(netip.MustParseAddr("10.0.0.5"), local), Remote: netip.MustParseAddrPort(remote),
			Timer: conn.Timer{Kind: conn.TimerTimeWait, Expires: left},
		})
	}
	for i := range 850 {
		wait(33000+uint16(i), "10.0.9.4:9092", time.Minute-time.Duration(i)*56*time.Millisecond)
	}
	for i := range 40 {
		wait(443, fmt.Sprintf("198.51.100.%d:%d", i, 40000+i), time.Duration(i)*1200*time.Millisecond)
	}
	s.Namespaces[0].Sockets.TimeWait, s.Namespaces[0].Sysctls.PortRange = 891, [2]uint16{33000, 33999}
	return s
}
