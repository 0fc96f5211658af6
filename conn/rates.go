package conn

import "time"

// Rate is how often something happened per second, between two snapshots.
type Rate struct {
	PerSecond float64
	Known     bool
}

// HostRates is what the kernel did between two snapshots, over all network
// namespaces that both have counters of. A rate is not known if one of those
// counters went backwards, as it does where a namespace was made anew.
type HostRates struct {
	Probes          Rate // keepalive probes sent
	Retransmissions Rate // segments
	Aborts          Rate // connections given up after retransmission, keepalive or user timeout
	Opened          Rate // connections opened from either side, failed attempts included
	Closed          Rate // connections that left the table; one in TIME-WAIT has
}

// RatesBetween computes the host's rates. Everything is unknown without an
// earlier snapshot (nil).
func RatesBetween(prev, next *Snapshot) HostRates {
	if prev == nil {
		return HostRates{}
	}
	spans := namespaceSpans(prev.Namespaces, next.Namespaces)
	elapsed := next.At.Sub(prev.At)
	rate := func(of func(*Counters) uint64) Rate {
		total, ok := spans.growth(of)
		return perSecond(total, elapsed, ok)
	}
	opens := func(c *Counters) uint64 { return c.ActiveOpens + c.PassiveOpens }
	closed, ok := spans.closed(opens)
	return HostRates{
		Probes:          rate(func(c *Counters) uint64 { return c.KeepaliveProbes }),
		Retransmissions: rate(func(c *Counters) uint64 { return c.RetransSegs }),
		Aborts:          rate(func(c *Counters) uint64 { return c.AbortOnTimeout }),
		Opened:          rate(opens),
		Closed:          perSecond(closed, elapsed, ok),
	}
}

// Throughput is what a connection carried between two snapshots, in bytes of
// payload per second, retransmissions included on the sending side. It is not
// known for different connections, for minisocks, or where a count went
// backwards.
func Throughput(prev, next *Connection, elapsed time.Duration) (sent, received Rate) {
	if prev.ID() != next.ID() {
		return Rate{}, Rate{}
	}
	has := func(p TCPFields) bool { return prev.TCP.Has(p) && next.TCP.Has(p) }
	s, grew := growth(prev.TCP.BytesSent, next.TCP.BytesSent)
	sent = perSecond(s, elapsed, grew && has(TCPBytesSent))
	r, grew := growth(prev.TCP.BytesReceived, next.TCP.BytesReceived)
	received = perSecond(r, elapsed, grew && has(TCPBytes))
	return sent, received
}

// spans are the namespaces of two snapshots.
type spans []span

type span struct{ prev, next *Namespace }

func namespaceSpans(prev, next []Namespace) spans {
	before := make(map[uint64]*Namespace, len(prev))
	for i := range prev {
		if prev[i].Counters.Known {
			before[prev[i].NetNS.Inode] = &prev[i]
		}
	}
	var both spans
	for i := range next {
		if p, ok := before[next[i].NetNS.Inode]; ok && next[i].Counters.Known {
			both = append(both, span{prev: p, next: &next[i]})
		}
	}
	return both
}

// growth is by how much a counter grew in all of them.
func (s spans) growth(of func(*Counters) uint64) (uint64, bool) {
	var total uint64
	for _, ns := range s {
		grown, ok := growth(of(&ns.prev.Counters), of(&ns.next.Counters))
		if !ok {
			return 0, false
		}
		total += grown
	}
	return total, len(s) > 0
}

// closed is what was opened and is not there any more: the kernel has no
// counter of closed connections. SocketStat.InUse counts listeners too, which
// come and go without being opened; more listeners can hide a few closures.
func (s spans) closed(opens func(*Counters) uint64) (uint64, bool) {
	opened, ok := s.growth(opens)
	more := 0
	for _, ns := range s {
		before, after := &ns.prev.Sockets, &ns.next.Sockets
		if !before.Known || !after.Known {
			return 0, false
		}
		more += after.InUse + after.InUse6 - before.InUse - before.InUse6
	}
	return uint64(max(0, int64(opened)-int64(more))), ok
}

func growth(before, after uint64) (uint64, bool) { return after - before, after >= before }

func perSecond(n uint64, elapsed time.Duration, known bool) Rate {
	if !known || elapsed <= 0 {
		return Rate{}
	}
	return Rate{PerSecond: float64(n) / elapsed.Seconds(), Known: true}
}
