//go:build linux

package collector

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/inet_diag"
)

// dump reads the sockets of every namespace. Interrupted tells that sockets may
// be missing in one of them, for they came and went or it could not be read this
// time. Expected is about how many they are.
func (c *Collector) dump(ctx context.Context, limits conn.Narrowing, expected int, now time.Time) (conns []conn.Connection, interrupted bool, err error) {
	c.records.begin(expected)
	if limits.States == 0 {
		return nil, false, nil
	}
	conns = c.room(expected)
	for _, r := range c.namespaces.readers {
		before := len(conns)
		var torn bool
		conns, torn, err = c.dumpNamespace(ctx, r, conns, limits, now)
		switch {
		case err != nil && (r.fd == ofThread || !c.namespaces.scope.all() || ctx.Err() != nil):
			return nil, false, fmt.Errorf("cannot read this host's TCP sockets: %w", err)
		case err != nil:
			c.records.retract(before)
			conns, torn = conns[:before], r.dumped // its connections are not gone
		}
		r.failure = err
		r.dumped = r.dumped || err == nil && everything(limits)
		interrupted = interrupted || torn
	}
	return conns, interrupted, nil
}

// dumpNamespace adds the sockets of one namespace, of both families. When they
// come and go meanwhile it tries once more, and then takes what it got.
func (c *Collector) dumpNamespace(ctx context.Context, r *reader, conns []conn.Connection, limits conn.Narrowing, now time.Time) (_ []conn.Connection, interrupted bool, err error) {
	first := len(conns)
	each := func(s *inetdiag.Socket) error {
		// What the first dump of a namespace shows was there before.
		later := !r.dumped && r.fd != ofThread || s.Timer == inetdiag.TimerTimeWait
		known, fresh := c.records.meet(conn.ID{NetNS: r.netns.Inode, Cookie: s.ID.Cookie}, now, later)
		if fresh {
			conns = append(conns, conn.Connection{})
		}
		// Of two appearances in one dump the later one is the newer.
		found := &conns[known.place.row]
		*found = connection(s, r.netns)
		found.Unit = c.units.name(s.CgroupID)
		found.SeenFor, found.SeenOpen = c.records.since(known, now), known.open
		return nil
	}
	four, six := r.families()
	for range 2 {
		c.records.retract(first)
		conns, interrupted = conns[:first], false
		request := inetdiag.Request{Extensions: inetdiag.ExtInfo, States: states(limits.States), Filter: filter(limits.Clauses)}
		for _, family := range []struct {
			name inetdiag.Family
			any  bool
		}{{inetdiag.FamilyIPv4, four}, {inetdiag.FamilyIPv6, six}} {
			if !family.any {
				continue
			}
			request.Family = family.name
			err := r.sockets.Dump(ctx, request, each)
			switch {
			case errors.Is(err, inetdiag.ErrInterrupted):
				interrupted = true
			case err != nil:
				return conns, false, err
			}
		}
		if !interrupted {
			break
		}
	}
	return conns, interrupted, nil
}

// connection translates what the kernel says of a socket.
func connection(s *inetdiag.Socket, ns conn.NetNS) conn.Connection {
	c := conn.Connection{
		NetNS: ns, Cookie: s.ID.Cookie, Local: s.ID.Local, Remote: s.ID.Remote, Interface: s.ID.Interface,
		Family: conn.IPv4, State: state(s.State), Inode: s.Inode, UID: s.UID,
		RecvQueue: s.RQueue, SendQueue: s.WQueue,
	}
	if s.Family == inetdiag.FamilyIPv6 {
		c.Family = conn.IPv6
	}
	c.Timer = conn.Timer{Kind: timerKind(s), Expires: s.Expires, Retries: s.Retrans}
	if c.Timer.Kind == conn.TimerNone {
		c.Timer = conn.Timer{}
	}
	if s.Has(inetdiag.AttrInfo) {
		// The kernel reads tcp_info under the socket's lock, a moment after the rest:
		// counters that have seen a FIN must not stand beside a state that has not.
		c.TCP, c.State = tcp(&s.Info), state(s.Info.State)
	}
	return c
}

// state gives the two states that the kernel keeps to itself the names of those
// that they are a part of.
func state(s uint8) conn.State {
	switch s {
	case inetdiag.StateNewSynRecv:
		return conn.StateSynRecv
	case inetdiag.StateBoundInactive:
		return conn.StateClose
	}
	return conn.State(s)
}

// timerKind tells the FIN timer of an orphan from the keepalive timer: both are
// sk_timer, which the kernel reports as 2.
func timerKind(s *inetdiag.Socket) conn.TimerKind {
	if s.Timer == inetdiag.TimerKeepalive && s.State == inetdiag.StateFinWait2 && s.Inode == 0 {
		return conn.TimerFinWait
	}
	return conn.TimerKind(s.Timer)
}

// tcp takes over the part of tcp_info that a list needs.
func tcp(i *inetdiag.TCPInfo) conn.TCP {
	t := conn.TCP{
		RTT: i.RTT, RTO: i.RTO, LastDataSent: i.LastDataSent, LastDataRecv: i.LastDataRecv, LastAckRecv: i.LastAckRecv,
		RTOTime: i.RTOTime, BytesSent: i.BytesSent, BytesAcked: i.BytesAcked, BytesReceived: i.BytesReceived,
		Unacked: i.Unacked, NotSentBytes: i.NotSentBytes, TotalRetrans: i.TotalRetrans,
		SegsOut: i.SegsOut, SegsIn: i.SegsIn, SendWindow: i.SendWindow, RTORecoveries: i.RTORecoveries,
		Retransmits: i.Retransmits, Probes: i.Probes, Backoff: i.Backoff,
	}
	for _, part := range [...]struct {
		end   int
		field conn.TCPFields
	}{
		{inetdiag.InfoBase, conn.TCPBase},
		{inetdiag.InfoBytes, conn.TCPBytes},
		{inetdiag.InfoSegments, conn.TCPSegments},
		{inetdiag.InfoNotSent, conn.TCPNotSent},
		{inetdiag.InfoBytesSent, conn.TCPBytesSent},
		{inetdiag.InfoSendWindow, conn.TCPSendWindow},
		{inetdiag.InfoRTO, conn.TCPRTOTime},
	} {
		if i.Reaches(part.end) {
			t.Known |= part.field
		}
	}
	return t
}
