package conn

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The findings about what wears the host out, and about its settings.

// hasty are the connections that are probed more often than anybody needs.
type hasty struct {
	party
	probes     float64 // a second, while nothing else is sent on any of them
	unanswered bool    // some have probes out, and are probed at their interval
}

// add takes a connection in if the time in force is shorter than short: the
// interval while probes are unanswered, the idle time else.
func (h *hasty) add(c *Connection, row int32, idle, short time.Duration) {
	every, probed := idle, false
	if n, _ := c.Unanswered(); n > 0 && c.Keepalive.ParamsKnown() {
		every, probed = c.Keepalive.Params.Interval, true
	}
	if every <= 0 || every >= short {
		return
	}
	h.party.add(c, row, SeverityNotice)
	h.probes += 1 / every.Seconds()
	h.unanswered = h.unanswered || probed && idle >= short
}

func (v *survey) overProbing(a *advisor) []Finding {
	p := &v.hasty
	if p.probes < v.thresholds.OverProbing {
		return nil
	}
	short := secondsOf(v.thresholds.ShortIdle)
	filter := "ka:on idle<" + strconv.Itoa(int(v.thresholds.ShortIdle.Seconds()))
	if p.unanswered {
		filter = "ka:on" // there is no term for the interval
	}
	remedies := a.times(service{program: v.mostly(p.members), outgoing: v.allOutgoing(&p.party)}, p.members, filter)
	if p.unanswered {
		remedies = remedies[1:] // katop's own would change others, too
	}
	return []Finding{{
		Kind: FindingOverProbing, Severity: p.severity, Members: p.members, Filter: filter,
		Title: fmt.Sprintf("over-probing: %.0f probes/s from idle times or intervals under %s", p.probes, short),
		Advice: "A healthy connection that is quiet is probed once every idle time (TCP_KEEPIDLE), so that sets the price; " +
			"one whose probes go unanswered once every interval (TCP_KEEPINTVL). " +
			"Who must know within seconds fares better with a heartbeat of the application, which also finds a program that hangs.",
		Remedies: remedies,
	}}
}

func (v *survey) kernelDefaults(a *advisor) []Finding {
	var namespaces []NetNS
	defaults := kernelDefaults()
	for i := range v.snapshot.Namespaces {
		ns := &v.snapshot.Namespaces[i]
		if ns.Sysctls.Known && ns.Sysctls.Keepalive == defaults {
			namespaces = append(namespaces, ns.NetNS)
		}
	}
	if len(namespaces) == 0 {
		return nil
	}
	f := Finding{
		Kind: FindingKernelDefaults, Severity: SeverityNotice, Members: v.defaults.members,
		Title: fmt.Sprintf("kernel defaults %s in %s", defaults, HowMany(len(namespaces), "namespace")),
		Advice: "Every program that turns keepalive on without times of its own finds a dead peer after " +
			Spoken(defaults.DetectsIn(0)) + ". The sysctls turn keepalive on for nobody.",
		Remedies: a.kernel(namespaces),
	}
	if len(f.Members) > 0 {
		f.Filter = strings.Join([]string{"ka:on", "idle=" + strconv.Itoa(int(defaults.Idle.Seconds()))}, " ")
	}
	return []Finding{f}
}
