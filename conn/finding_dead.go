package conn

import (
	"fmt"
	"slices"
)

// The findings about connections that should not be there any more.

func (v *survey) halfOpen(a *advisor) []Finding {
	return services(v.dead, func(s service, p *party) Finding {
		filter := s.filter("verdict:half-open")
		are := "are"
		if len(p.members) == 1 {
			are = "is"
		}
		return Finding{
			Kind:  FindingHalfOpen,
			Title: fmt.Sprintf("%s: %s %s %s half-open, oldest silent %s", s.name(), howMany(len(p.members), "connection"), s.where(), are, Spoken(p.silent)),
			Advice: "Their peers are gone for certain; nothing will ever come. Ending them frees what the program holds for them; " +
				"keepalive would have found them.",
			Filter:   filter,
			Remedies: slices.Concat(a.kill(filter), a.configuration(s), a.kernel(nil)),
		}
	})
}

func (v *survey) closeWait(a *advisor) []Finding {
	return services(v.leaking, func(s service, p *party) Finding {
		filter := s.filter("state:close-wait", over("silent", v.thresholds.CloseWait))
		return Finding{
			Kind:  FindingCloseWait,
			Title: fmt.Sprintf("CLOSE-WAIT: %s leaks %s", s.name(), Whole(len(p.members))),
			Advice: "The peers have closed; the program has not. No setting of the kernel ends this: the program must close a connection " +
				"when read returns 0, or an idle pool must check what it holds.",
			Filter:   filter,
			Remedies: slices.Concat(a.kill(filter), a.closing(s)),
		}
	})
}

// services makes a finding of each party.
func services(parties map[service]*party, finding func(service, *party) Finding) []Finding {
	found := make([]Finding, 0, len(parties))
	for s, p := range parties {
		f := finding(s, p)
		f.Severity, f.Members = max(f.Severity, p.severity), p.members
		found = append(found, f)
	}
	return found
}
