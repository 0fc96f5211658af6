package conn

import (
	"fmt"
	"strconv"
	"strings"
)

// The findings about what wears the host out, and about its settings.

func (v *survey) ports(a *advisor) []Finding {
	var found []Finding
	uses := TimeWaitsOf(v.snapshot).Destinations
	for i := range uses {
		use := &uses[i]
		percent, known := use.Percent()
		if !known || use.Reusable || percent < float64(v.thresholds.PortsWarning) {
			continue
		}
		f := Finding{
			Kind: FindingPorts, Severity: SeverityWarning,
			Title: fmt.Sprintf("TIME-WAIT: %.0f %% of the ports towards %s are used", percent, use.Destination.Remote),
			Advice: "HTTP keep-alive and pools keep one connection for many requests: then few are opened and few are closed. " +
				"It has nothing but the name in common with TCP keepalive.",
			Filter: "state:time-wait laddr:" + use.Destination.Local.String() + " raddr:" + use.Destination.Remote.String(),
		}
		if in, runsOut := use.ExhaustedIn(); runsOut {
			f.Title += ", exhausted in " + Spoken(in)
		}
		f.Title += "; this host closes first: reuse connections (HTTP keep-alive, pooling)"
		if percent >= float64(v.thresholds.PortsCritical) {
			f.Severity = SeverityCritical
		}
		var program string
		f.Members, program = v.towards(use.Destination)
		f.Remedies = a.reuse(program)
		found = append(found, f)
	}
	return found
}

// towards are the rows in TIME-WAIT towards a destination, and the program that
// has connections there: those in TIME-WAIT have no owner any more.
func (v *survey) towards(d Destination) (rows []int32, name string) {
	var living party
	for i := range v.snapshot.Connections {
		c := &v.snapshot.Connections[i]
		switch {
		case c.State == StateListen || destinationOf(c) != d:
		case c.State == StateTimeWait:
			rows = append(rows, int32(i))
		default:
			living.add(c, int32(i), SeverityOK)
		}
	}
	return rows, living.mostly()
}

func (v *survey) overProbing(a *advisor) []Finding {
	p := &v.hasty
	if p.probes < v.thresholds.OverProbing {
		return nil
	}
	short := secondsOf(v.thresholds.ShortIdle)
	filter := "ka:on idle<" + strconv.Itoa(int(v.thresholds.ShortIdle.Seconds()))
	return []Finding{{
		Kind: FindingOverProbing, Severity: p.severity, Members: p.members, Filter: filter,
		Title: fmt.Sprintf("over-probing: %.0f probes/s from intervals under %s", p.probes, short),
		Advice: "A healthy connection that is quiet is probed once every idle time (TCP_KEEPIDLE), so that sets the price. " +
			"Who must know within seconds fares better with a heartbeat of the application, which also finds a program that hangs.",
		Remedies: a.times(service{program: p.mostly()}, filter),
	}}
}

func (v *survey) kernelDefaults(a *advisor) []Finding {
	var names []string
	defaults := kernelDefaults()
	for i := range v.snapshot.Namespaces {
		ns := &v.snapshot.Namespaces[i]
		if ns.Sysctls.Known && ns.Sysctls.Keepalive == defaults {
			names = append(names, ns.NetNS.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	f := Finding{
		Kind: FindingKernelDefaults, Severity: SeverityNotice, Members: v.defaults.members,
		Title: fmt.Sprintf("kernel defaults %s in %s", defaults, howMany(len(names), "namespace")),
		Advice: "Every program that turns keepalive on without times of its own finds a dead peer after " +
			Spoken(defaults.DetectsIn(0)) + ". The sysctls turn keepalive on for nobody.",
		Remedies: a.sysctls(names),
	}
	if len(f.Members) > 0 {
		f.Filter = strings.Join([]string{"ka:on", "idle=" + strconv.Itoa(int(defaults.Idle.Seconds()))}, " ")
	}
	return []Finding{f}
}
