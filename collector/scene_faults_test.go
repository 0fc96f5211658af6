//go:build linux

package collector_test

import (
	"errors"
	"syscall"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/lab"
)

// lossTroubles are links that are cut without a sign.
func lossTroubles() []*trouble {
	silentLong := judged(conn.VerdictUnguarded, conn.SeverityWarning)
	threeSeconds := func(th *conn.Thresholds) { th.UnguardedSilence = 3 * time.Second }
	small := lab.Options{SendBuffer: 1 << 14}
	cutWhenShut := []step{{when: givenOnce(judged(conn.VerdictZeroWindow, conn.SeverityWarning)), do: cut}}
	died := func(x trouble, cause conn.Cause, because string) *trouble {
		x.errno, x.cause, x.because = syscall.ETIMEDOUT, cause, because
		return &x
	}
	return []*trouble{
		died(trouble{name: "link cut, idle, keepalive", options: keeping(1, 1, 4), begin: cut,
			expect: probing(quietly), stages: bothProbing}, conn.CauseKeepaliveTimeout, `(4 of 4 probes|[1-4] of 4)`+unanswered),
		died(trouble{name: "link cut, idle, keepalive, dead end kept", options: keeping(1, 1, 4), begin: cut, kept: true,
			expect: probing(quietly), stages: bothProbing}, conn.CauseKeepaliveTimeout, `[1-4] of 4`+unanswered),
		died(trouble{name: "link cut, idle, keepalive, user timeout", options: within(keeping(1, 2, 9), 4500*time.Millisecond), begin: cut,
			expect: probing(quietly), stages: bothProbing},
			conn.CauseUserTimeout, `\d( probes?)?`+unanswered+`, user timeout 4.5s`),
		{name: "link cut, idle, no keepalive", begin: cut, limits: threeSeconds,
			expect: func(_ *trouble, t testimony) opinion {
				o := unguarded
				if t.Silent > 3*time.Second {
					o.Severity = conn.SeverityWarning
				}
				return o
			}, stages: []conn.Judgement{unguarded.Judgement, silentLong}, steps: giveUp(silentLong),
			cause: conn.CauseReset, because: aborted},
		{name: "link cut, idle, no keepalive, user timeout", options: within(lab.Options{}, 3*time.Second), begin: cut,
			expect: always(guardsData("3s")), stages: []conn.Judgement{{}},
			steps: []step{{when: func(_ *scene, x *trouble) bool { return x.before.Silent > 4*time.Second }, last: true,
				do: func(_ *scene, x *trouble) error { return x.near.Abort() }}},
			cause: conn.CauseReset, because: aborted},
		died(trouble{name: "link cut, data in flight", begin: cutAndSend,
			expect: stalling(unguarded), stages: bothStalled}, conn.CauseRetransmitTimeout, `[1-6] retransmissions?`+unanswered),
		died(trouble{name: "link cut, data in flight, keepalive", options: keeping(1, 1, 3), begin: cutAndSend,
			expect: stalling(quietly), stages: bothStalled}, conn.CauseRetransmitTimeout, `[1-6] retransmissions?`+unanswered),
		died(trouble{name: "link cut, data in flight, user timeout", options: within(lab.Options{}, 3*time.Second), begin: cutAndSend,
			expect: stalling(guardsData("3s")), stages: stalledWarning}, conn.CauseUserTimeout, `\d retransmissions?`+unanswered+`, user timeout 3s`),
		died(trouble{name: "link cut, window shut", options: small, begin: populate, steps: cutWhenShut,
			expect: closedWindow(unguarded), stages: bothStalled}, conn.CauseRetransmitTimeout, `[1-6] window probes?`+unanswered),
		died(trouble{name: "link cut, peer killed", route: viaVictim, options: keeping(1, 1, 4),
			begin:  func(s *scene, x *trouble) error { return errors.Join(cut(s, x), s.victim.Kill()) },
			expect: probing(quietly), stages: bothProbing}, conn.CauseKeepaliveTimeout, `(4 of 4 probes|[1-4] of 4)`+unanswered),
	}
}

// rebootTroubles are connections to a machine that goes down and comes back.
func rebootTroubles() []*trouble {
	reset := func(x trouble, because string) *trouble {
		x.errno, x.cause, x.because = syscall.ECONNRESET, conn.CauseReset, because
		return &x
	}
	rebooted := func(s *scene, _ *trouble) bool { return s.rebooted }
	return []*trouble{
		reset(trouble{name: "peer down, then rebooted", options: keeping(1, 1, 6),
			begin: func(s *scene, _ *trouble) error { return s.lab.Lose(lab.Both) },
			steps: []step{{when: func(_ *scene, x *trouble) bool { return x.before.Probes >= 2 }, do: func(s *scene, _ *trouble) error {
				s.rebooted = true
				return errors.Join(s.lab.Reboot(), s.lab.Restore())
			}}},
			expect: probing(quietly), stages: bothProbing[:1]}, `[2-5] of 6 probes unanswered, then a RST`),
		reset(trouble{name: "peer rebooted, then probed", stages: []conn.Judgement{unguarded.Judgement},
			steps: []step{{when: rebooted, do: func(_ *scene, x *trouble) error {
				x.options.Keepalive = keeping(1, 1, 3).Keepalive
				return x.near.SetKeepalive(x.options.Keepalive)
			}}},
			expect: func(x *trouble, t testimony) opinion {
				if !x.options.Keepalive.On {
					return unguarded
				}
				return probing(quietly)(x, t)
			}}, `1 of \d probes unanswered, then a RST`),
		reset(trouble{name: "peer rebooted, then written to",
			steps:  []step{{when: rebooted, do: send}},
			expect: stalling(unguarded), stages: []conn.Judgement{unguarded.Judgement}}, `.*RST.*`),
	}
}

// closingTroubles are connections of which one side has closed, and the FIN is
// lost.
func closingTroubles() []*trouble {
	unsaid := func(x trouble) *trouble {
		x.expect, x.stages = stalling(quietly), bothStalled
		x.cause, x.because = conn.CauseRetransmitTimeout, `[1-6] retransmissions?`+unanswered
		return &x
	}
	return []*trouble{
		unsaid(trouble{name: "FIN lost, program waits", errno: syscall.ETIMEDOUT, begin: func(s *scene, x *trouble) error {
			return errors.Join(cut(s, x), x.near.CloseWrite())
		}}),
		unsaid(trouble{name: "FIN lost, program gone on", orphan: true, begin: func(s *scene, x *trouble) error {
			return errors.Join(cut(s, x), x.near.Close())
		}}),
		unsaid(trouble{name: "FIN lost, closed after the peer", orphan: true, begin: func(s *scene, x *trouble) error {
			err := x.far.CloseWrite()
			_, received := x.near.Receive(1)
			return errors.Join(err, received, cut(s, x), x.near.Close())
		}}),
		{name: "FIN of the peer lost", options: keeping(1, 1, 4), begin: func(s *scene, x *trouble) error {
			return errors.Join(s.lab.ForgetPort(x.near.Local.Port(), lab.FarToNear), x.far.Close())
		}, expect: probing(quietly), stages: bothProbing, errno: syscall.ETIMEDOUT,
			cause: conn.CauseKeepaliveTimeout, because: `(4 of 4 probes|[1-4] of 4)` + unanswered},
	}
}
