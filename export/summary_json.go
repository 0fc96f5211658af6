package export

import (
	"io"
	"strconv"
	"time"

	"github.com/katop/katop/conn"
)

// WriteSummaryJSON writes a snapshot in numbers as one object. The sysctls have
// their own names and units; what could not be read is null.
func WriteSummaryJSON(w io.Writer, s *conn.Snapshot) error {
	e := newEncoder()
	sum := conn.Summarize(s, &e.thresholds)
	e.buf = append(e.buf, '{')
	e.head(s)
	e.textIf("kernel", s.Kernel)
	e.int("connections", int64(sum.Total))
	e.counts("states", stateNames(), sum.ByState[1:])
	e.counts("verdicts", conn.VerdictNames(), sum.ByVerdict[:])
	e.counts("severities", conn.SeverityNames(), sum.BySeverity[:])
	e.coverage(sum.Coverage)
	e.timeWait(sum.TimeWait)
	e.key("namespaces")
	e.buf = append(e.buf, '[')
	for i := range s.Namespaces {
		e.namespace(&s.Namespaces[i])
	}
	e.buf = append(e.buf, "]}\n"...)
	return e.end(w)
}

// stateNames are the names of the states from the first on.
func stateNames() []string {
	var names []string
	for state := conn.StateEstablished; state <= conn.MaxState; state++ {
		names = append(names, state.String())
	}
	return names
}

func (e *encoder) counts(name string, of []string, counts []int) {
	e.open(name)
	for i, n := range counts {
		e.int(of[i], int64(n))
	}
	e.close()
}

func (e *encoder) coverage(c conn.Coverage) {
	e.open("keepalive")
	e.int("on", int64(c.On))
	e.int("off", int64(c.Off))
	e.int("unknown", int64(c.Unknown))
	e.int("guarded", int64(c.Guarded))
	e.int("unguarded", int64(c.Unguarded))
	percent, known := c.GuardedPercent()
	e.tenthsIf(known, "guarded_percent", percent)
	e.close()
}

func (e *encoder) timeWait(t conn.TimeWaitUse) {
	if !t.Known {
		e.null("time_wait")
		return
	}
	e.open("time_wait")
	e.netns(t.NetNS)
	e.int("count", int64(t.Count))
	e.int("limit", int64(t.Limit))
	e.close()
}

func (e *encoder) namespace(ns *conn.Namespace) {
	e.next()
	e.buf = append(e.buf, '{')
	e.netns(ns.NetNS)
	e.sysctls(&ns.Sysctls)
	e.sockets(&ns.Sockets)
	e.counters(&ns.Counters)
	e.close()
}

func (e *encoder) sysctls(s *conn.Sysctls) {
	if !s.Known {
		e.null("sysctls")
		return
	}
	e.open("sysctls")
	e.durationIf(true, "tcp_keepalive_time", s.Keepalive.Idle, time.Second)
	e.durationIf(true, "tcp_keepalive_intvl", s.Keepalive.Interval, time.Second)
	e.int("tcp_keepalive_probes", int64(s.Keepalive.Count))
	e.int("tcp_retries2", int64(s.Retries2))
	e.durationIf(true, "tcp_fin_timeout", s.FinTimeout, time.Second)
	e.int("tcp_max_tw_buckets", int64(s.MaxTimeWait))
	e.int("tcp_tw_reuse", int64(s.TimeWaitReuse))
	e.key("ip_local_port_range")
	e.buf = append(e.buf, '[')
	e.buf = strconv.AppendUint(e.buf, uint64(s.PortRange[0]), 10)
	e.buf = append(e.buf, ',')
	e.buf = strconv.AppendUint(e.buf, uint64(s.PortRange[1]), 10)
	e.buf = append(e.buf, ']')
	e.int("tcp_max_syn_backlog", int64(s.MaxSynQueue))
	e.int("somaxconn", int64(s.MaxListen))
	e.close()
}

func (e *encoder) sockets(s *conn.SocketStat) {
	if !s.Known {
		e.null("sockets")
		return
	}
	e.open("sockets")
	e.int("inuse", int64(s.InUse))
	e.int("inuse6", int64(s.InUse6))
	e.int("orphan", int64(s.Orphan))
	e.int("time_wait", int64(s.TimeWait))
	e.int("alloc", int64(s.Alloc))
	e.int("memory_pages", int64(s.MemoryPages))
	e.close()
}

func (e *encoder) counters(c *conn.Counters) {
	if !c.Known {
		e.null("counters")
		return
	}
	e.open("counters")
	for _, counter := range countersOf(c) {
		e.uint(counter.name, counter.total)
	}
	e.close()
}

// counter is one running total of the kernel.
type counter struct {
	name  string
	total uint64
}

func countersOf(c *conn.Counters) []counter {
	return []counter{
		{"keepalive_probes", c.KeepaliveProbes},
		{"abort_on_timeout", c.AbortOnTimeout},
		{"retrans_segs", c.RetransSegs},
		{"listen_overflows", c.ListenOverflows},
		{"listen_drops", c.ListenDrops},
		{"active_opens", c.ActiveOpens},
		{"passive_opens", c.PassiveOpens},
		{"estab_resets", c.EstabResets},
		{"time_waits", c.TimeWaits},
		{"time_wait_overflows", c.TimeWaitOverflows},
	}
}
