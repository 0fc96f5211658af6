package conn

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// The findings about dead peers that would not be found, or too late.

// heartbeatAdvice says when TCP keepalive is the lesser way.
const heartbeatAdvice = "TCP keepalive is answered by the kernel at the other end of the connection, which may be a proxy's: " +
	"it finds dead hosts and cut paths, not programs that hang. " +
	"Where the protocol has a ping (HTTP/2, gRPC, WebSocket) or the pool a validation query, that finds more."

func (v *survey) noKeepalive(a *advisor) []Finding {
	return services(v.unguarded, func(s service, p *party) Finding {
		filter := s.filter("verdict:unguarded")
		return Finding{
			Kind:     FindingNoKeepalive,
			Title:    fmt.Sprintf("%s: %s %s without keepalive%s", s.name(), HowMany(len(p.members), "connection"), s.where(), p.oldest()),
			Advice:   "Where nothing is sent, a dead peer is never found. " + heartbeatAdvice,
			Filter:   filter,
			Remedies: a.keepalive(s, p.members, filter),
		}
	})
}

func (v *survey) slowDetection(a *advisor) []Finding {
	return services(v.slow, func(s service, p *party) Finding {
		filter := s.filter("ka:on", over("detects", v.thresholds.SlowDetection))
		peers := "clients " + s.where()
		if s.outgoing {
			peers = "servers behind " + s.at()
		}
		return Finding{
			Kind:  FindingSlowDetection,
			Title: fmt.Sprintf("%s: dead %s are found after %s (%s)", s.name(), peers, Spoken(p.detects), HowMany(len(p.members), "connection")),
			Advice: fmt.Sprintf("Keepalive is on, but its times are long: with %s it takes %s. ",
				a.params, Spoken(a.params.DetectsIn(0))) + heartbeatAdvice,
			Filter:   filter,
			Remedies: a.times(s, p.members, filter),
		}
	})
}

func (v *survey) middlebox(a *advisor) []Finding {
	timeout := v.thresholds.Middlebox
	finding := func(p *party, to, filter string) Finding {
		s := service{program: v.mostly(p.members), outgoing: v.allOutgoing(p)}
		return Finding{
			Kind: FindingMiddlebox, Severity: p.severity, Members: p.members, Filter: filter,
			Title: fmt.Sprintf("keepalive idle %s exceeds the middlebox timeout %s for %s to %s",
				secondsRange(p.shortest, p.longest), secondsOf(timeout), HowMany(len(p.members), "connection"), to),
			Advice: fmt.Sprintf("A NAT or load balancer on the way that forgets a connection after %s does so before the first probe; "+
				"what is sent from then on is lost, or answered with a RST. Where there is none, nothing needs doing. "+
				"A heartbeat of the application, if it beats more often than that, keeps the way open as well.", secondsOf(timeout)),
			Remedies: a.within(timeout).times(s, p.members, filter),
		}
	}
	networks := slices.SortedFunc(maps.Keys(v.forgotten), func(a, b netip.Prefix) int {
		return cmp.Or(cmp.Compare(len(v.forgotten[b].members), len(v.forgotten[a].members)), a.Compare(b))
	})
	named := min(len(networks), manyNetworks)
	var found []Finding
	for _, network := range networks[:named] {
		found = append(found, finding(v.forgotten[network], network.String(), "raddr:"+network.String()+" "+over("idle", timeout)))
	}
	if others := networks[named:]; len(others) > 0 {
		rest := v.forgotten[others[0]]
		for _, network := range others[1:] {
			rest.merge(v.forgotten[network])
		}
		slices.Sort(rest.members)
		found = append(found, finding(rest, HowMany(len(others), "other network"), over("idle", timeout)))
	}
	return found
}

// allOutgoing tells whether this host opened all of them.
func (v *survey) allOutgoing(p *party) bool {
	return !slices.ContainsFunc(p.members, func(row int32) bool { return !v.roles[row] })
}

func secondsOf(d time.Duration) string { return fmt.Sprintf("%d s", d/time.Second) }

// secondsRange is "7200 s", or "400 to 7200 s".
func secondsRange(shortest, longest time.Duration) string {
	if shortest == longest {
		return secondsOf(longest)
	}
	return fmt.Sprintf("%d to %s", shortest/time.Second, secondsOf(longest))
}
