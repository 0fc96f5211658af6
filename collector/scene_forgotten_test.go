//go:build linux

package collector_test

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// loopbackTroubles are connections on this host whose other end is destroyed as
// `ss -K` does it, while its RST is lost: half-open for certain in the second
// refresh. The RST that then answers what is sent is not lost.
func loopbackTroubles() []*trouble {
	halfOpen := judged(conn.VerdictHalfOpen, conn.SeverityCritical)
	mirrorGone := func(healthy opinion) opinionOf {
		return func(x *trouble, t testimony) opinion {
			if !t.peerLost {
				return healthy
			}
			return opinion{halfOpen, "the peer's end at " + x.near.Remote.String() + " is gone: no socket of this host has it"}
		}
	}
	destroyed := func(x trouble, healthy opinion) *trouble {
		x.route, x.patient, x.errno = viaLoopback, 1, syscall.ECONNRESET
		x.expect, x.stages = mirrorGone(healthy), []conn.Judgement{healthy.Judgement, halfOpen}
		x.cause, x.because = conn.CauseReset, ".*RST.*"
		x.steps = []step{
			{when: givenOnce(healthy.Judgement), do: func(s *scene, x *trouble) error { return destroySilently(s.lab.Near, x.far) }},
			{when: func(_ *scene, x *trouble) bool { return x.given[halfOpen] > 1 }, do: send},
		}
		return &x
	}
	return []*trouble{
		destroyed(trouble{name: "other end destroyed, no keepalive"}, unguarded),
		destroyed(trouble{name: "other end destroyed, keepalive", options: keeping(60, 1, 3)}, quietly),
	}
}

// destroySilently ends a socket with ss -K, while nftables drops every RST that
// its port sends.
func destroySilently(n *lab.Namespace, k *lab.Socket) error {
	drop := fmt.Sprintf("table ip silence { chain out { type filter hook output priority 0; tcp sport %d tcp flags rst drop; }; }", k.Local.Port())
	return errors.Join(
		run(n, drop, "nft", "-f", "-"),
		run(n, "", "ss", "-K", "src", k.Local.String(), "dst", k.Remote.String()),
		run(n, "delete table ip silence", "nft", "-f", "-"),
	)
}

// natTimeout is after how long the NAT forgets.
const natTimeout = 3 * time.Second

// forgetfulNAT makes the router translate the connections of viaNAT, forget them
// when they are idle, and drop what it does not know, as middleboxes do.
func forgetfulNAT(router *lab.Namespace) error {
	ports := fmt.Sprintf("%d-%d", viaNAT.port(), viaNAT.port()+routeSpan-1)
	rules := fmt.Sprintf(`table ip nat {
	chain untracked { type filter hook prerouting priority raw; tcp sport != %[1]s tcp dport != %[1]s notrack; }
	chain translate { type nat hook postrouting priority srcnat; tcp dport %[1]s masquerade; }
	chain forget { type filter hook forward priority filter; ct state invalid drop; }
}`, ports)
	return errors.Join(
		run(router, rules, "nft", "-f", "-"),
		router.SetSysctl("net.netfilter.nf_conntrack_tcp_timeout_established", fmt.Sprint(int(natTimeout.Seconds()))),
		router.SetSysctl("net.netfilter.nf_conntrack_tcp_loose", "0"),
	)
}

// forgottenTroubles are connections through the NAT: one that is probed too
// late, one that is not probed, and one that is probed in time, which has none.
func forgottenTroubles() []*trouble {
	limits := func(th *conn.Thresholds) { th.Middlebox = natTimeout }
	late := opinion{judged(conn.VerdictSlowGuard, conn.SeverityNotice), "idle 4 s outlasts a middlebox of 3 s"}
	longer := func(_ *scene, x *trouble) bool { return x.before.Silent > natTimeout+200*time.Millisecond }
	return []*trouble{
		{name: "NAT forgets, probed too late", route: viaNAT, options: keeping(4, 1, 2), limits: limits,
			expect: probing(late), stages: []conn.Judgement{late.Judgement, bothProbing[1]}, errno: syscall.ETIMEDOUT,
			cause: conn.CauseKeepaliveTimeout, because: `(2 of 2 probes|[12] of 2)` + unanswered},
		{name: "NAT forgets, then data", route: viaNAT, options: within(lab.Options{}, 2*time.Second), limits: limits, steps: []step{{when: longer, do: send}},
			expect: stalling(guardsData("2s")), stages: append([]conn.Judgement{{}}, stalledWarning...), errno: syscall.ETIMEDOUT,
			cause: conn.CauseUserTimeout, because: `\d retransmissions?` + unanswered + `, user timeout 2s`},
		{name: "NAT kept awake by probes", route: viaNAT, options: keeping(1, 1, 4), limits: limits,
			expect: probing(quietly), stages: []conn.Judgement{{}},
			steps: []step{{when: func(_ *scene, x *trouble) bool { return x.given[conn.Judgement{}] > 10 }, last: true,
				do: func(_ *scene, x *trouble) error { return x.near.Close() }}},
			cause: conn.CauseClosed, because: ".*"},
	}
}

// leakTroubles are connections that the peer has closed and the program has not.
func leakTroubles() []*trouble {
	const limit = 2 * time.Second
	leak := func(_ *trouble, t testimony) opinion {
		if t.State == "ESTABLISHED" {
			return unguarded
		}
		severity := conn.SeverityNotice
		if t.Silent > limit {
			severity = conn.SeverityWarning
		}
		return opinion{judged(conn.VerdictCloseWait, severity), "peer closed at least ~ ago, the program has not"}
	}
	leaked := judged(conn.VerdictCloseWait, conn.SeverityWarning)
	all := make([]*trouble, 20)
	for i := range all {
		all[i] = &trouble{name: fmt.Sprintf("leaked in CLOSE-WAIT, %d", i+1), route: viaRouter,
			limits: func(th *conn.Thresholds) { th.CloseWait = limit },
			begin:  func(_ *scene, x *trouble) error { return x.far.Close() },
			expect: leak, stages: []conn.Judgement{judged(conn.VerdictCloseWait, conn.SeverityNotice), leaked},
			steps: []step{{when: givenOnce(leaked), last: true, do: func(_ *scene, x *trouble) error { return x.near.Close() }}},
			cause: conn.CauseClosed, because: "was in CLOSE-WAIT|the FIN sent was acknowledged",
		}
	}
	return all
}
