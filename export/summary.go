package export

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/katop/katop/conn"
)

// WriteSummary writes a snapshot in numbers as plain text: sections of names
// and values. States and verdicts that no connection is in are left out.
func WriteSummary(w io.Writer, s *conn.Snapshot) error {
	th := conn.DefaultThresholds()
	sum := conn.Summarize(s, &th)
	var p page
	p.section("host")
	p.add("name", orDash(s.Host))
	p.add("kernel", orDash(s.Kernel))
	p.add("at", s.At.Format(time.RFC3339))
	p.section("connections")
	p.add("all", conn.Whole(sum.Total))
	p.counts(stateNames(), sum.ByState[1:])
	p.section("keepalive of ESTABLISHED")
	p.coverage(sum.Coverage)
	p.section("verdicts")
	p.counts(conn.VerdictNames(), sum.ByVerdict[:])
	for i := range s.Namespaces {
		p.namespace(&s.Namespaces[i])
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// page is text in sections, each with names and values side by side.
type page struct{ strings.Builder }

func (p *page) section(title string) {
	if p.Len() > 0 {
		p.WriteByte('\n')
	}
	p.WriteString(strings.ToUpper(conn.Printable(title[:1])) + conn.Printable(title[1:]) + "\n")
}

func (p *page) add(name, value string) {
	fmt.Fprintf(p, "  %-22s %s\n", conn.Printable(name), conn.Printable(value))
}

func (p *page) counts(names []string, counts []int) {
	for i, n := range counts {
		if n > 0 {
			p.add(names[i], conn.Whole(n))
		}
	}
}

func (p *page) coverage(c conn.Coverage) {
	p.add("on", conn.Whole(c.On))
	p.add("off", conn.Whole(c.Off))
	p.add("unknown", conn.Whole(c.Unknown))
	guarded := conn.Whole(c.Guarded)
	if percent, known := c.GuardedPercent(); known {
		guarded += " (" + conn.Percent(percent) + ")"
	}
	p.add("guarded", guarded)
	p.add("unguarded", conn.Whole(c.Unguarded))
}

func (p *page) namespace(ns *conn.Namespace) {
	p.section("network namespace " + namespaceTitle(ns.NetNS))
	p.timeWait(ns)
	if s := &ns.Sockets; s.Known {
		p.add("orphans", conn.Whole(s.Orphan))
		p.add("memory", conn.Whole(s.MemoryPages)+" pages")
	}
	p.sysctls(&ns.Sysctls)
	if !ns.Counters.Known {
		p.add("counters", "not known")
		return
	}
	for _, c := range countersOf(&ns.Counters) {
		p.add(strings.ReplaceAll(c.name, "_", " "), conn.Whole(int(c.total)))
	}
}

// namespaceTitle is the name and the number of a namespace, as far as known.
func namespaceTitle(ns conn.NetNS) string {
	switch {
	case ns.Inode != 0:
		return fmt.Sprintf("%s (%d)", orDash(ns.Name), ns.Inode)
	case ns.Name != "":
		return ns.Name
	}
	return "not known"
}

func (p *page) timeWait(ns *conn.Namespace) {
	switch {
	case !ns.Sockets.Known:
		p.add("TIME-WAIT", "not known")
	case !ns.Sysctls.Known || ns.Sysctls.MaxTimeWait <= 0:
		p.add("TIME-WAIT", conn.Whole(ns.Sockets.TimeWait))
	default:
		p.add("TIME-WAIT", ofLimit(ns.Sockets.TimeWait, ns.Sysctls.MaxTimeWait))
	}
}

func (p *page) sysctls(s *conn.Sysctls) {
	if !s.Known {
		p.add("sysctls", "not known")
		return
	}
	p.add("tcp_keepalive_time", seconds(s.Keepalive.Idle))
	p.add("tcp_keepalive_intvl", seconds(s.Keepalive.Interval))
	p.add("tcp_keepalive_probes", conn.Whole(s.Keepalive.Count))
	p.add("tcp_retries2", conn.Whole(s.Retries2))
	p.add("tcp_fin_timeout", seconds(s.FinTimeout))
	p.add("tcp_tw_reuse", conn.Whole(s.TimeWaitReuse))
	p.add("ip_local_port_range", fmt.Sprintf("%d to %d", s.PortRange[0], s.PortRange[1]))
	p.add("tcp_max_syn_backlog", conn.Whole(s.MaxSynQueue))
	p.add("somaxconn", conn.Whole(s.MaxListen))
}

func seconds(d time.Duration) string { return conn.Whole(int(d/time.Second)) + " s" }

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
