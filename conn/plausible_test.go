package conn

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"
)

// plausible makes a snapshot of n connections such as a busy server has. The
// same n and seed make the same snapshot.
func plausible(n int, seed uint64) *Snapshot {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	s := &Snapshot{
		At:          time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Connections: make([]Connection, n),
		Namespaces:  []Namespace{{NetNS: NetNS{Inode: 4026531840, Name: "host"}}},
	}
	for i := range s.Connections {
		s.Connections[i] = plausibleConnection(r, uint64(i))
	}
	return s
}

func plausibleConnection(r *rand.Rand, cookie uint64) Connection {
	programs := []string{"nginx", "postgres", "java", "redis-server", "python3", "sshd", "my app"}
	program := r.IntN(len(programs))
	states := []State{
		StateEstablished, StateEstablished, StateEstablished, StateEstablished, StateTimeWait, StateCloseWait,
		StateListen, StateSynSent, StateSynRecv, StateFinWait2,
	}
	c := Connection{
		NetNS:     NetNS{Inode: 4026531840 + uint64(r.IntN(2)), Name: "host"},
		Cookie:    cookie + 1,
		State:     states[r.IntN(len(states))],
		Family:    IPv4,
		Local:     plausibleAddress(r, []uint16{80, 443, 5432, 6379, 8080}),
		Remote:    plausibleAddress(r, nil),
		Inode:     uint32(cookie) + 1000,
		UID:       uint32(program * 100),
		User:      programs[program],
		Unit:      programs[program] + ".service",
		Owners:    []Owner{{PID: int32(1000 + r.IntN(50)), FD: 7, Name: programs[program]}},
		RecvQueue: uint32(max(0, r.IntN(200)-180)),
		SendQueue: uint32(max(0, r.IntN(2000)-1800)),
		SeenFor:   time.Duration(r.Int64N(int64(time.Hour))),
		SeenOpen:  r.IntN(3) == 0,
	}
	if c.Local.Addr().Is6() {
		c.Family = IPv6
	}
	switch c.State {
	case StateListen:
		c.Remote = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	case StateTimeWait, StateSynRecv:
		c.Inode, c.UID, c.User, c.Owners, c.Unit = 0, 0, "", nil, ""
		c.Timer = Timer{Kind: TimerTimeWait, Expires: time.Minute}
		return c
	}
	plausibleTimes(r, &c)
	if r.IntN(20) == 0 {
		c.Owners, c.Unit = nil, "" // may not be read
	}
	return c
}

func plausibleTimes(r *rand.Rand, c *Connection) {
	c.TCP = TCP{
		Known:         TCPBase | TCPBytes | TCPSegments | TCPNotSent | TCPBytesSent,
		RTT:           time.Duration(r.IntN(200_000)) * time.Microsecond,
		LastDataRecv:  time.Duration(r.IntN(3_600_000)) * time.Millisecond,
		LastAckRecv:   time.Duration(r.IntN(3_600_000)) * time.Millisecond,
		BytesSent:     r.Uint64N(1 << 30),
		BytesReceived: r.Uint64N(1 << 30),
		TotalRetrans:  uint32(max(0, r.IntN(100)-90)),
	}
	switch r.IntN(4) {
	case 0:
		c.Keepalive = Keepalive{State: KeepaliveOff, Source: SourceRead}
	case 1:
		c.Timer = Timer{Kind: TimerRetransmit, Expires: time.Duration(r.IntN(1000)) * time.Millisecond, Retries: uint8(r.IntN(7))}
	default:
		c.Timer = Timer{Kind: TimerKeepalive, Expires: time.Duration(r.IntN(300)) * time.Second, Retries: uint8(max(0, r.IntN(20)-17))}
		c.Keepalive = Keepalive{
			State: KeepaliveOn, Source: SourceRead,
			Params: Params{Idle: time.Duration(60+60*r.IntN(10)) * time.Second, Interval: 30 * time.Second, Count: 3},
		}
	}
}

func plausibleAddress(r *rand.Rand, ports []uint16) netip.AddrPort {
	port := uint16(32768 + r.IntN(28000))
	if len(ports) > 0 && r.IntN(4) > 0 {
		port = ports[r.IntN(len(ports))]
	}
	v4 := [4]byte{10, byte(r.IntN(2)), byte(r.IntN(3)), byte(r.IntN(250))}
	addr := netip.AddrFrom4(v4)
	switch r.IntN(4) {
	case 0:
		addr = netip.AddrFrom16(addr.As16()) // IPv4-mapped
	case 1:
		addr = netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::%x", r.IntN(3), r.IntN(1000)))
	}
	return netip.AddrPortFrom(addr, port)
}

// allRows is the order in which a snapshot's connections stand.
func allRows(s *Snapshot) []int32 {
	rows := make([]int32, len(s.Connections))
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}
