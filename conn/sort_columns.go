package conn

import (
	"cmp"
	"net/netip"
	"strings"
	"time"
)

// sortColumn says how to find what a connection is sorted by; one of the
// functions is set. A false second result means that it is not known.
type sortColumn struct {
	name      func(*Connection) (named, bool)
	address   func(*Connection) (netip.AddrPort, bool)
	number    func(*Connection) (int64, bool)
	judgement func(Judgement) int64
}

// named is a thing that has a name, or only a number.
type named struct {
	name   string
	number uint64
}

func (n named) compare(other named) int {
	return cmp.Or(strings.Compare(n.name, other.name), cmp.Compare(n.number, other.number))
}

var sortColumns = [SortReceived + 1]sortColumn{
	SortProcess: {name: func(c *Connection) (named, bool) {
		owner, ok := c.Owner()
		return named{owner.Name, uint64(owner.PID)}, ok
	}},
	SortPID: {number: func(c *Connection) (int64, bool) {
		owner, ok := c.Owner()
		return int64(owner.PID), ok
	}},
	SortUser:  {name: func(c *Connection) (named, bool) { return named{c.User, uint64(c.UID)}, c.UserKnown() }},
	SortUnit:  {name: func(c *Connection) (named, bool) { return named{name: c.Unit}, c.Unit != "" }},
	SortNetNS: {name: func(c *Connection) (named, bool) { return named{c.NetNS.Name, c.NetNS.Inode}, true }},
	SortState: {number: func(c *Connection) (int64, bool) { return int64(c.State), true }},
	SortLocal: {address: func(c *Connection) (netip.AddrPort, bool) { return unmapped(c.Local), true }},
	SortRemote: {address: func(c *Connection) (netip.AddrPort, bool) {
		return unmapped(c.Remote), c.State != StateListen
	}},
	SortSilent:    {number: nanoseconds((*Connection).SilentFor)},
	SortKeepalive: {number: keepaliveRank},
	SortTimer: {number: func(c *Connection) (int64, bool) {
		return int64(c.Timer.Expires), c.Timer.Kind != TimerNone
	}},
	SortUnanswered: {number: count((*Connection).Unanswered)},
	SortLeft:       {number: count((*Connection).Left)},
	SortDiesIn:     {number: nanoseconds((*Connection).DiesIn)},
	SortNextProbe:  {number: nanoseconds((*Connection).NextProbe)},
	SortDetects:    {number: nanoseconds((*Connection).DetectsIn)},
	SortVerdict:    {judgement: Judgement.rank},
	SortRTT:        {number: nanoseconds((*Connection).RTT)},
	SortRetrans:    {number: count((*Connection).Retransmitted)},
	SortRecvQueue:  {number: func(c *Connection) (int64, bool) { return int64(c.RecvQueue), true }},
	SortSendQueue:  {number: func(c *Connection) (int64, bool) { return int64(c.SendQueue), true }},
	SortAge:        {number: nanoseconds((*Connection).Age)},
	SortSent: {number: func(c *Connection) (int64, bool) {
		return int64(c.TCP.BytesSent), c.TCP.Has(TCPBytesSent)
	}},
	SortReceived: {number: func(c *Connection) (int64, bool) {
		return int64(c.TCP.BytesReceived), c.TCP.Has(TCPBytes)
	}},
}

func nanoseconds(of func(*Connection) (time.Duration, bool)) func(*Connection) (int64, bool) {
	return func(c *Connection) (int64, bool) {
		d, known := of(c)
		return int64(d), known
	}
}

func count(of func(*Connection) (int, bool)) func(*Connection) (int64, bool) {
	return func(c *Connection) (int64, bool) {
		n, known := of(c)
		return int64(n), known
	}
}

// unmapped is a without the prefix of an IPv4-mapped address, which the screen
// does not show either.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// keepaliveRank puts off before on, and the longer idle time behind the
// shorter; on with unknown parameters stands between.
func keepaliveRank(c *Connection) (int64, bool) {
	idle, known := c.KeepIdle()
	switch {
	case known:
		return 2 + int64(idle), true
	case c.Keepalive.State == KeepaliveOn:
		return 1, true
	}
	return 0, c.Keepalive.State == KeepaliveOff
}

// rank orders judgements by severity; of equally severe ones the verdict that
// is looked for first is the higher.
func (j Judgement) rank() int64 {
	const steps = int64(maxVerdict) + 1
	if j.Verdict == VerdictOK {
		return int64(j.Severity) * steps
	}
	return int64(j.Severity)*steps + steps - int64(j.Verdict)
}
