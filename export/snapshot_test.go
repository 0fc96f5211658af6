package export

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/katop/katop/conn"
)

// hostNS is the namespace of most connections here.
var hostNS = conn.NetNS{Inode: 4026531840, Name: "host"}

// hostile is a process name that tries everything: an escape sequence, a C1
// control, a change of direction, a quote, a line break and broken UTF-8.
const hostile = "=x\x1b]0;t\x07\u009b\u202e\"\\\n\xff<é漢"

// sample has a connection of every kind that is written differently.
func sample() *conn.Snapshot {
	return &conn.Snapshot{
		At:          time.Date(2024, 11, 20, 10, 30, 0, 123456789, time.UTC),
		Host:        "web-01",
		Kernel:      "6.18.0",
		Connections: []conn.Connection{designExample(), probing(), userTimeout5s(), unguarded(), hidden(), listener(), timeWait(), synSent(), outlandish()},
	}
}

func inOrder(s *conn.Snapshot) []int32 {
	order := make([]int32, len(s.Connections))
	for i := range order {
		order[i] = int32(i)
	}
	return order
}

// designExample is the connection by which the documentation explains the JSON.
func designExample() conn.Connection {
	return conn.Connection{
		NetNS: hostNS, Family: conn.IPv4, State: conn.StateEstablished, Cookie: 113656, Inode: 250179, User: "root",
		Local: netip.MustParseAddrPort("10.9.0.1:37604"), Remote: netip.MustParseAddrPort("10.9.0.2:7000"),
		Owners: []conn.Owner{{PID: 4242, FD: 3, Name: "python3"}}, Unit: "app.service",
		Timer: conn.Timer{Kind: conn.TimerKeepalive, Expires: 2092 * time.Millisecond},
		Keepalive: conn.Keepalive{
			State: conn.KeepaliveOn, Source: conn.SourceRead,
			Params: conn.Params{Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 4},
		},
		TCP: conn.TCP{
			Known: allFields, RTT: 49 * time.Microsecond,
			LastDataSent: 2908 * time.Millisecond, LastDataRecv: 2908 * time.Millisecond, LastAckRecv: 2908 * time.Millisecond,
			BytesSent: 10, BytesAcked: 10, BytesReceived: 12,
		},
	}
}

const allFields = conn.TCPBase | conn.TCPBytes | conn.TCPSegments | conn.TCPNotSent | conn.TCPBytesSent | conn.TCPSendWindow | conn.TCPRTOTime

// probing has three owners and two of its three probes unanswered.
func probing() conn.Connection {
	c := designExample()
	c.Local, c.Remote = netip.MustParseAddrPort("10.0.0.5:5432"), netip.MustParseAddrPort("10.0.3.17:51544")
	c.Owners = []conn.Owner{{PID: 8121, FD: 9, Name: "postgres"}, {PID: 8122, FD: 9, Name: "postgres"}, {PID: 8123, FD: 9, Name: "postgres"}}
	c.RemoteName, c.User, c.UID, c.Unit = "app.internal", "", 70, "postgresql.service"
	c.Keepalive.Params = conn.Params{Idle: 300 * time.Second, Interval: 30 * time.Second, Count: 3}
	c.Timer = conn.Timer{Kind: conn.TimerKeepalive, Expires: 18 * time.Second, Retries: 2}
	c.TCP.LastAckRecv, c.TCP.LastDataRecv = 372*time.Second, 380*time.Second
	c.TCP.Probes, c.TCP.TotalRetrans = 2, 7
	c.SeenOpen, c.SeenFor = true, time.Hour
	return c
}

// userTimeout5s dies of TCP_USER_TIMEOUT while data waits for an ACK.
func userTimeout5s() conn.Connection {
	c := designExample()
	c.Local, c.Remote = netip.MustParseAddrPort("[2001:db8::1]:443"), netip.MustParseAddrPort("[fe80::2%eth0]:50000")
	c.Family = conn.IPv6
	c.Keepalive.UserTimeout = 5 * time.Second
	c.Timer = conn.Timer{Kind: conn.TimerRetransmit, Expires: 1600 * time.Millisecond, Retries: 3}
	c.TCP.Retransmits, c.TCP.Backoff, c.TCP.Unacked, c.TCP.NotSentBytes = 3, 3, 2, 1448
	c.TCP.RTORecoveries, c.TCP.RTOTime = 1, 1500*time.Millisecond
	c.SendQueue, c.RecvQueue = 2896, 17
	return c
}

// unguarded has keepalive off, never received data and is in a namespace
// without a name.
func unguarded() conn.Connection {
	c := designExample()
	c.NetNS = conn.NetNS{Inode: 4026532301}
	c.Local, c.Remote = netip.MustParseAddrPort("[::ffff:10.0.0.5]:41022"), netip.MustParseAddrPort("[::ffff:10.0.9.4]:9092")
	c.Family = conn.IPv6
	c.Keepalive = conn.Keepalive{State: conn.KeepaliveOff, Source: conn.SourceRead}
	c.Timer = conn.Timer{}
	c.TCP.BytesReceived, c.TCP.LastDataRecv, c.TCP.LastAckRecv = 0, 1000*time.Hour, 2467*time.Second
	return c
}

// hidden belongs to a process that may not be looked at, on an old kernel.
func hidden() conn.Connection {
	c := designExample()
	c.Owners, c.Unit, c.User, c.UID = nil, "", "www-data", 33
	c.Keepalive = conn.InferKeepalive(c.State, c.Timer)
	c.TCP.Known = conn.TCPBase
	c.TCP.RTT = 0
	return c
}

func listener() conn.Connection {
	return conn.Connection{
		NetNS: hostNS, Family: conn.IPv6, State: conn.StateListen, Cookie: 7, Inode: 31337, User: "root",
		Local: netip.MustParseAddrPort("[::]:22"), Remote: netip.MustParseAddrPort("[::]:0"),
		Owners: []conn.Owner{{PID: 1, FD: 60, Name: "systemd"}, {PID: 777, FD: 3, Name: "sshd"}}, Unit: "ssh.service",
		RecvQueue: 1, SendQueue: 4096, TCP: conn.TCP{Known: allFields, Unacked: 1},
	}
}

func timeWait() conn.Connection {
	return conn.Connection{
		NetNS: hostNS, Family: conn.IPv4, State: conn.StateTimeWait, Cookie: 99,
		Local: netip.MustParseAddrPort("127.0.0.1:80"), Remote: netip.MustParseAddrPort("127.0.0.1:50123"),
		Timer: conn.Timer{Kind: conn.TimerTimeWait, Expires: 41500 * time.Millisecond},
	}
}

func synSent() conn.Connection {
	c := designExample()
	c.State = conn.StateSynSent
	c.Remote = netip.MustParseAddrPort("192.0.2.1:81")
	c.Timer = conn.Timer{Kind: conn.TimerRetransmit, Expires: 700 * time.Millisecond, Retries: 1}
	c.TCP = conn.TCP{Known: allFields, LastDataSent: 900 * time.Hour, LastDataRecv: 900 * time.Hour, LastAckRecv: 900 * time.Hour, Unacked: 1, Retransmits: 1, Backoff: 1}
	return c
}

// outlandish has names that would do harm on a terminal or in a spreadsheet.
func outlandish() conn.Connection {
	c := designExample()
	c.NetNS.Name, c.Unit, c.User, c.RemoteName = "=1+1", hostile, "@root", "\u2066a,b\u2069"
	c.Owners = []conn.Owner{{PID: 5, FD: 6, Name: hostile}}
	return c
}

// many is a snapshot of n connections.
func many(n int) *conn.Snapshot {
	s := sample()
	kinds := s.Connections
	s.Connections = make([]conn.Connection, n)
	for i := range s.Connections {
		s.Connections[i] = kinds[i%len(kinds)]
		s.Connections[i].Cookie = uint64(i)
		s.Connections[i].Owners = []conn.Owner{{PID: int32(i), FD: 4, Name: fmt.Sprint("worker", i%100)}}
	}
	return s
}
