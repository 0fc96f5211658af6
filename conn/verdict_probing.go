package conn

import "time"

// answerTime is how long a probe may be on its way before it counts as
// unanswered, where the round trip is not known or short: TCP_RTO_MIN, the
// shortest time in which the kernel gives any segment up (include/net/tcp.h).
const answerTime = 200 * time.Millisecond

// probesOverdue tells whether keepalive probes are unanswered that a living peer
// would have answered by now. Between a probe and its answer the kernel counts
// the probe as unanswered on a healthy connection, too: it is overdue after twice
// the round trip, and no sooner than after answerTime. The first probe went out
// as long ago as the timer has run, KEEPINTVL less what is left of it, and a
// KEEPINTVL more for each later one. Where KEEPINTVL is not known, a probe that
// only the present snapshot shows is not overdue: the next one will tell.
func (c *Connection) probesOverdue() bool {
	if c.Timer.Kind != TimerKeepalive || c.Timer.Retries == 0 {
		return false
	}
	out, known := c.probeOut()
	if !known {
		return !c.ProbeNew
	}
	rtt, _ := c.RTT()
	return out >= max(answerTime, 2*rtt)
}

// probeOut is the time since the first of the unanswered probes was sent. It is
// not known either if KEEPINTVL was changed since.
func (c *Connection) probeOut() (time.Duration, bool) {
	interval := c.Keepalive.Params.Interval
	if !c.Keepalive.ParamsKnown() || c.Timer.Expires > interval {
		return 0, false
	}
	return time.Duration(c.Timer.Retries)*interval - c.Timer.Expires, true
}
