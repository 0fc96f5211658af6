package conn

import "fmt"

// The finding about destinations towards which the ports run out.

func (v *survey) ports(a *advisor) []Finding {
	var found []Finding
	uses := countTimeWaits(v.snapshot, v.roles).Destinations
	for i := range uses {
		if percent, known := uses[i].Percent(); known && percent >= float64(v.thresholds.PortsWarning) {
			found = append(found, v.fullPorts(a, &uses[i], percent))
		}
	}
	return found
}

// fullPorts is about one destination, of which the number of ports is known.
func (v *survey) fullPorts(a *advisor, use *PortUse, percent float64) Finding {
	d := use.Destination
	ns := v.snapshot.namespace(d.NetNS)
	f := Finding{
		Kind: FindingPorts, Severity: SeverityWarning,
		Filter: "laddr:" + d.Local.String() + " raddr:" + d.Remote.String(),
	}
	if percent >= float64(v.thresholds.PortsCritical) {
		f.Severity = SeverityCritical
	}
	whose := ""
	if len(v.snapshot.Namespaces) > 1 {
		name := namespaceWord(ns.NetNS)
		whose = " of " + name
		f.Filter += " netns:" + name
	}
	f.Title = fmt.Sprintf("%.0f %% of the ports%s towards %s are used", percent, whose, d.Remote)
	switch in, runsOut := use.ExhaustedIn(); {
	case runsOut && in > 0:
		f.Title += ", exhausted in " + Spoken(in)
	case runsOut:
		f.Title += ", exhausted"
	}
	if waiting, living := v.towards(d); use.Waits() {
		v.manyWait(a, &f, waiting, living, ns)
	} else {
		v.manyOpen(a, &f, living, ns)
	}
	return f
}

// manyWait is what is told of a destination that TIME-WAIT fills the ports
// towards.
func (v *survey) manyWait(a *advisor, f *Finding, waiting, living []int32, ns Namespace) {
	f.Members, f.Filter = waiting, "state:time-wait "+f.Filter
	f.Title = "TIME-WAIT: " + f.Title + "; this host closes first: reuse connections (HTTP keep-alive, pooling)"
	f.Advice = "HTTP keep-alive and pools keep one connection for many requests: then few are opened and few are closed. " +
		"It has nothing but the name in common with TCP keepalive."
	f.Remedies = append(reuse(v.mostly(living)), a.ephemeral(ns, true)...)
}

// manyOpen is what is told where connections that are open do: each keeps a port
// as long as it is there.
func (v *survey) manyOpen(a *advisor, f *Finding, living []int32, ns Namespace) {
	f.Title = "open connections: " + f.Title + "; limit the pool, or add an address"
	f.Advice = "Each keeps its port as long as it is open, and tcp_tw_reuse gives none of them back. A pool with an upper limit opens " +
		"fewer, and so does HTTP/2, with many requests on one connection. The range counts anew for every address of this host that " +
		"is bound to, and for every address and port of the destination."
	watch := "# whose they are\n" + a.entrances([]NetNS{ns.NetNS})[0] + "ss -tnp \\\n  " +
		"src " + v.snapshot.Connections[living[0]].Local.Addr().Unmap().String() +
		" dst " + unmapped(v.snapshot.Connections[living[0]].Remote).String()
	f.Members, f.Filter = living, "-state:time-wait "+f.Filter
	f.Remedies = append([]Remedy{{"ss, to see the connections", watch}}, a.ephemeral(ns, false)...)
}

// towards are the rows in TIME-WAIT that this host opened to a destination, and
// the others there: of these the owner is known.
func (v *survey) towards(d Destination) (waiting, living []int32) {
	for i := range v.snapshot.Connections {
		c := &v.snapshot.Connections[i]
		switch {
		case !v.roles[i] || destinationOf(c) != d:
		case c.State == StateTimeWait:
			waiting = append(waiting, int32(i))
		default:
			living = append(living, int32(i))
		}
	}
	return waiting, living
}
