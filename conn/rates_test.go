package conn

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRatesBetween(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	host := func(after time.Duration, namespaces ...Namespace) *Snapshot {
		return &Snapshot{At: at.Add(after), Namespaces: namespaces}
	}
	ns := func(inode uint64, inUse int, c Counters) Namespace {
		c.Known = true
		return Namespace{NetNS: NetNS{Inode: inode}, Counters: c, Sockets: SocketStat{InUse: inUse, InUse6: 1, Known: true}}
	}
	blind := func(n Namespace) Namespace { n.Counters.Known = false; return n }
	uncounted := func(n Namespace) Namespace { n.Sockets.Known = false; return n }
	rate := func(perSecond float64) Rate { return Rate{PerSecond: perSecond, Known: true} }

	zero := Counters{}
	busy := Counters{KeepaliveProbes: 10, RetransSegs: 20, AbortOnTimeout: 2, ActiveOpens: 30, PassiveOpens: 10}
	rates := HostRates{Probes: rate(5), Retransmissions: rate(10), Aborts: rate(1), Opened: rate(20), Closed: rate(15)}
	for _, tt := range []struct {
		name       string
		prev, next *Snapshot
		want       HostRates
	}{
		{"no earlier snapshot", nil, host(0, ns(1, 0, busy)), HostRates{}},
		{"40 opened, 10 more than before", host(0, ns(1, 5, zero)), host(2*sec, ns(1, 15, busy)), rates},
		{"a second namespace adds", host(0, ns(1, 5, zero), ns(2, 0, busy)), host(4*sec, ns(2, 0, Counters{
			KeepaliveProbes: 20, RetransSegs: 40, AbortOnTimeout: 4, ActiveOpens: 60, PassiveOpens: 20,
		}), ns(1, 25, busy)), rates},
		{"a namespace that was not there before", host(0, ns(1, 5, zero)), host(2*sec, ns(1, 15, busy), ns(2, 9, busy)), rates},
		{"a namespace that went", host(0, ns(1, 5, zero), ns(2, 9, busy)), host(2*sec, ns(1, 15, busy)), rates},
		{"nothing happened", host(0, ns(1, 5, busy)), host(sec, ns(1, 5, busy)), HostRates{rate(0), rate(0), rate(0), rate(0), rate(0)}},
		{"a listener more is not a negative close", host(0, ns(1, 5, busy)), host(sec, ns(1, 6, busy)), HostRates{rate(0), rate(0), rate(0), rate(0), rate(0)}},
		{"counters went backwards", host(0, ns(1, 5, busy)), host(sec, ns(1, 5, zero)), HostRates{}},
		{"one counter went backwards", host(0, ns(1, 5, Counters{RetransSegs: 1})), host(sec, ns(1, 5, Counters{AbortOnTimeout: 3})),
			HostRates{Probes: rate(0), Aborts: rate(3), Opened: rate(0), Closed: rate(0)}},
		{"counters not known before", host(0, blind(ns(1, 5, zero))), host(sec, ns(1, 5, busy)), HostRates{}},
		{"counters not known after", host(0, ns(1, 5, zero)), host(sec, blind(ns(1, 5, busy))), HostRates{}},
		{"sockets not counted", host(0, ns(1, 5, zero)), host(2*sec, uncounted(ns(1, 15, busy))),
			HostRates{Probes: rate(5), Retransmissions: rate(10), Aborts: rate(1), Opened: rate(20)}},
		{"no time has passed", host(0, ns(1, 5, zero)), host(0, ns(1, 5, busy)), HostRates{}},
		{"the clock was set back", host(sec, ns(1, 5, zero)), host(0, ns(1, 5, busy)), HostRates{}},
	} {
		if diff := cmp.Diff(tt.want, RatesBetween(tt.prev, tt.next)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestThroughput(t *testing.T) {
	t.Parallel()
	carried := func(sent, received uint64, known TCPFields) Connection {
		return Connection{Cookie: 1, TCP: TCP{Known: known, BytesSent: sent, BytesReceived: received}}
	}
	const both = TCPBytes | TCPBytesSent
	other := carried(100, 100, both)
	other.Cookie = 2
	for _, tt := range []struct {
		name           string
		prev, next     Connection
		elapsed        time.Duration
		sent, received Rate
	}{
		{"both ways", carried(100, 10, both), carried(300, 15, both), 500 * time.Millisecond, Rate{400, true}, Rate{10, true}},
		{"idle", carried(100, 10, both), carried(100, 10, both), sec, Rate{0, true}, Rate{0, true}},
		{"sent went backwards", carried(100, 10, both), carried(99, 20, both), sec, Rate{}, Rate{10, true}},
		{"received went backwards", carried(100, 10, both), carried(200, 9, both), sec, Rate{100, true}, Rate{}},
		{"an older kernel", carried(0, 10, TCPBytes), carried(0, 20, TCPBytes), sec, Rate{}, Rate{10, true}},
		{"became a minisock", carried(100, 10, both), carried(0, 0, 0), sec, Rate{}, Rate{}},
		{"known only now", carried(0, 0, 0), carried(100, 10, both), sec, Rate{}, Rate{}},
		{"another connection", carried(0, 0, both), other, sec, Rate{}, Rate{}},
		{"no time has passed", carried(0, 0, both), carried(1, 1, both), 0, Rate{}, Rate{}},
	} {
		sent, received := Throughput(&tt.prev, &tt.next, tt.elapsed)
		if sent != tt.sent || received != tt.received {
			t.Errorf("%s: %v and %v, want %v and %v", tt.name, sent, received, tt.sent, tt.received)
		}
	}
}
