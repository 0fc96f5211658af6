package conn

import (
	"fmt"
	"slices"
	"strconv"
)

// The findings about connections that should not be there any more.

func (v *survey) halfOpen(a *advisor) []Finding {
	return slices.Concat(v.bereft(a), v.unanswering(a))
}

// endingAdvice says what ending dead connections is good for.
const endingAdvice = "Ending them frees what the program holds for them. Keepalive ends such connections by itself."

func (v *survey) bereft(a *advisor) []Finding {
	rivals := everyone(v.dead, v.silent)
	return services(v.dead, func(s service, p *party) Finding {
		filter, exact := a.narrowed(p.members, rivals, s.filter("verdict:half-open"))
		are := "are"
		if len(p.members) == 1 {
			are = "is"
		}
		return Finding{
			Kind:     FindingHalfOpen,
			Title:    fmt.Sprintf("%s: %s %s %s half-open%s", s.name(), HowMany(len(p.members), "connection"), s.where(), are, p.oldest()),
			Advice:   "Their peers are gone for certain: nothing will ever come. " + endingAdvice,
			Filter:   filter,
			Remedies: a.bury(s, p.members, filter, exact),
		}
	})
}

// unanswering is about what a liveness check has found. Its result is known to
// the katop that made it alone: what another one is to kill must be named by
// addresses and ports.
func (v *survey) unanswering(a *advisor) []Finding {
	return services(v.silent, func(s service, p *party) Finding {
		filter, exact := a.pinned(s, p.members)
		if !exact {
			filter = s.filter("verdict:half-open")
		}
		do := "do"
		if len(p.members) == 1 {
			do = "does"
		}
		return Finding{
			Kind: FindingHalfOpen,
			Title: fmt.Sprintf("%s: %s %s %s not answer a liveness check%s",
				s.name(), HowMany(len(p.members), "connection"), s.where(), do, p.oldest()),
			Advice: fmt.Sprintf("They did not answer %d probes: their peers are dead, or the way to them is cut. ", v.thresholds.ProbesSilent) +
				endingAdvice,
			Filter:   filter,
			Remedies: a.bury(s, p.members, filter, exact),
		}
	})
}

func (v *survey) closeWait(a *advisor) []Finding {
	return slices.Concat(v.leaks(a), v.unaccepted(a))
}

func (v *survey) leaks(a *advisor) []Finding {
	rivals := everyone(v.leaking, v.abandoned)
	return services(v.leaking, func(s service, p *party) Finding {
		filter, exact := a.narrowed(p.members, rivals, s.filter("verdict:close-wait", over("silent", v.thresholds.CloseWait)))
		return Finding{
			Kind:  FindingCloseWait,
			Title: fmt.Sprintf("CLOSE-WAIT: %s leaks %s %s", s.name(), Whole(len(p.members)), s.where()),
			Advice: "The peers have closed, the program has not. No setting ends this: it must close a connection " +
				"when read returns 0, and a pool must check what it holds.",
			Filter:   filter,
			Remedies: append(kill(filter, exact), a.closing(s)...),
		}
	})
}

// unaccepted is about what the program cannot close: it does not have it yet.
// Killing would help nobody, since what is killed stays in the queue.
func (v *survey) unaccepted(a *advisor) []Finding {
	return services(v.abandoned, func(s service, p *party) Finding {
		port := "state:close-wait lport:" + strconv.Itoa(int(s.port))
		if s.ports > 0 {
			port = "state:close-wait"
		}
		return Finding{
			Kind: FindingCloseWait,
			Title: fmt.Sprintf("CLOSE-WAIT: %s not accepted yet by listener %s %s",
				HowMany(len(p.members), "connection"), s.at(), s.name()),
			Advice: "The peers have connected and closed again, and the program has not called accept for them: " +
				"it is busy, stuck or stopped. " + acceptAdvice,
			Filter:   port + " " + over("silent", v.thresholds.CloseWait),
			Remedies: a.accepting(p.members),
		}
	})
}

// everyone are the members of all parties.
func everyone(of ...map[service]*party) (rows []int32) {
	for _, parties := range of {
		for _, p := range parties {
			rows = append(rows, p.members...)
		}
	}
	return rows
}

// services makes a finding of each party.
func services(parties map[service]*party, finding func(service, *party) Finding) []Finding {
	parties = gathered(parties)
	found := make([]Finding, 0, len(parties))
	for s, p := range parties {
		f := finding(s, p)
		f.Severity, f.Members = max(f.Severity, p.severity), p.members
		found = append(found, f)
	}
	return found
}

// gathered makes one party of those of a program at too many ports to name.
func gathered(parties map[service]*party) map[service]*party {
	ports := map[service]int{}
	for s := range parties {
		ports[service{program: s.program, outgoing: s.outgoing}]++
	}
	all := make(map[service]*party, len(parties))
	for s, p := range parties {
		whole := service{program: s.program, outgoing: s.outgoing}
		if n := ports[whole]; n > manyPorts {
			s = whole
			s.ports = n
		}
		if of := all[s]; of != nil {
			of.merge(p)
		} else {
			all[s] = p
		}
	}
	for s, p := range all {
		if s.ports > 0 {
			slices.Sort(p.members)
		}
	}
	return all
}
