package conn

import (
	"fmt"
	"time"
)

// The findings about dead peers that would not be found, or too late.

// heartbeatAdvice says when TCP keepalive is the lesser way.
const heartbeatAdvice = "TCP keepalive proves that the peer's kernel is there, as far as the next proxy. " +
	"Where the program speaks a protocol with pings of its own (HTTP/2, gRPC, WebSocket, most database drivers), these prove more: that it works, from end to end."

func (v *survey) noKeepalive(a *advisor) []Finding {
	return services(v.unguarded, func(s service, p *party) Finding {
		filter := s.filter("verdict:unguarded")
		return Finding{
			Kind: FindingNoKeepalive,
			Title: fmt.Sprintf("%s: %s %s without keepalive, oldest silent %s",
				s.name(), howMany(len(p.members), "connection"), s.where(), Spoken(p.silent)),
			Advice:   "Where nothing is sent, a dead peer is never found. " + heartbeatAdvice,
			Filter:   filter,
			Remedies: a.keepalive(s, filter),
		}
	})
}

func (v *survey) slowDetection(a *advisor) []Finding {
	return services(v.slow, func(s service, p *party) Finding {
		filter := s.filter("ka:on", over("detects", v.thresholds.SlowDetection))
		peers := "dead clients "
		if s.outgoing {
			peers = "dead servers behind :" + fmt.Sprint(s.port) + " "
		} else {
			peers += s.where() + " "
		}
		return Finding{
			Kind:  FindingSlowDetection,
			Title: s.name() + ": " + peers + "are found after " + Spoken(p.detects),
			Advice: fmt.Sprintf("Keepalive is on, its times are long: with %s it takes %s. ",
				a.params, Spoken(a.params.DetectsIn(0))) + heartbeatAdvice,
			Filter:   filter,
			Remedies: a.times(s, filter),
		}
	})
}

func (v *survey) middlebox(a *advisor) []Finding {
	var found []Finding
	timeout := v.thresholds.Middlebox
	for network, p := range v.forgotten {
		filter := "raddr:" + network.String() + " " + over("idle", timeout)
		found = append(found, Finding{
			Kind: FindingMiddlebox, Severity: p.severity, Members: p.members, Filter: filter,
			Title: fmt.Sprintf("keepalive idle %s exceeds the middlebox timeout %s for %s to %s",
				secondsRange(p.shortest, p.longest), secondsOf(timeout), howMany(len(p.members), "connection"), network),
			Advice: fmt.Sprintf("A NAT or load balancer on the way that forgets after %s does so before the first probe; "+
				"what is sent then is lost or answered with a RST. Where there is none, nothing needs doing. "+
				"A heartbeat of the application more often than that keeps the way open, too.", secondsOf(timeout)),
			Remedies: a.times(service{program: p.mostly(), outgoing: v.allOutgoing(p)}, filter),
		})
	}
	return found
}

// allOutgoing tells whether this host opened all of them.
func (v *survey) allOutgoing(p *party) bool {
	for _, row := range p.members {
		if !v.roles.outgoing(&v.snapshot.Connections[row]) {
			return false
		}
	}
	return true
}

func secondsOf(d time.Duration) string { return fmt.Sprintf("%d s", d/time.Second) }

// secondsRange is "7200 s", or "400 to 7200 s".
func secondsRange(shortest, longest time.Duration) string {
	if shortest == longest {
		return secondsOf(longest)
	}
	return fmt.Sprintf("%d to %s", shortest/time.Second, secondsOf(longest))
}
