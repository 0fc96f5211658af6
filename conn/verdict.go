package conn

import "time"

// Verdict is what katop thinks of a connection.
type Verdict uint8

// The verdicts. The first that holds, in this order after VerdictOK, is given.
const (
	VerdictOK         Verdict = iota
	VerdictHalfOpen           // the peer is certainly gone
	VerdictProbing            // keepalive probes are unanswered for longer than their answers take
	VerdictStalled            // data is retransmitted, or window probes are sent, without an answer
	VerdictZeroWindow         // the peer answers but takes no data
	VerdictCloseWait          // the peer has closed, the local program has not
	VerdictUnguarded          // a dead peer would never be found
	VerdictSlowGuard          // a dead peer is found late, or a middlebox may forget the connection first
	VerdictEmbryonic          // the handshake is not finished
)

const maxVerdict = VerdictEmbryonic

var verdictNames = [maxVerdict + 1]string{
	"ok", "half-open", "probing", "stalled", "zero-window", "close-wait", "unguarded", "slow-guard", "embryonic",
}

// String names the verdict as the JSON has it.
func (v Verdict) String() string { return verdictNames[min(v, maxVerdict)] }

// ParseVerdict reads the name of a verdict.
func ParseVerdict(name string) (Verdict, bool) {
	for v, n := range verdictNames {
		if n == name {
			return Verdict(v), true
		}
	}
	return 0, false
}

// VerdictNames lists the names of all verdicts.
func VerdictNames() []string { return verdictNames[:] }

// Thresholds are the limits that verdicts depend on.
type Thresholds struct {
	StalledWarning   int           // retransmissions in a row without an ACK
	StalledCritical  int           // the same, with nothing received since
	CloseWait        time.Duration // in CLOSE-WAIT
	UnguardedSilence time.Duration // silent without keepalive
	SlowDetection    time.Duration // detects in
	Middlebox        time.Duration // idle time after which a NAT or load balancer forgets a connection
	ProbesSilent     int           // unanswered probes of a liveness check that prove the peer gone
	PortsWarning     int           // percent of the ports towards one destination that are used
	PortsCritical    int           // the same
	OverProbing      float64       // keepalive probes per second from idle times under ShortIdle
	ShortIdle        time.Duration // keepalive idle time that is shorter than anybody needs
}

// DefaultThresholds are the limits that hold unless somebody sets others. 350 s
// is the idle timeout of NAT gateways and, unless it is set, of network load
// balancers at AWS; at Azure it is 240 s unless it is set.
func DefaultThresholds() Thresholds {
	return Thresholds{
		StalledWarning:   3,
		StalledCritical:  5,
		CloseWait:        time.Minute,
		UnguardedSilence: 5 * time.Minute,
		SlowDetection:    15 * time.Minute,
		Middlebox:        350 * time.Second,
		ProbesSilent:     3,
		PortsWarning:     60,
		PortsCritical:    90,
		OverProbing:      10,
		ShortIdle:        5 * time.Second,
	}
}

// Judgement is a verdict and how much it matters.
type Judgement struct {
	Verdict  Verdict
	Severity Severity
}

// Judge gives the verdict on a connection.
func Judge(c *Connection, th *Thresholds) Judgement {
	switch {
	case c.State == StateSynRecv && c.QueueFull:
		return Judgement{VerdictEmbryonic, SeverityWarning}
	case c.State == StateSynRecv:
		return Judgement{VerdictEmbryonic, SeverityNotice}
	case !c.synchronized():
		return Judgement{}
	case c.peerGone(th):
		return Judgement{VerdictHalfOpen, SeverityCritical}
	}
	if j, holds := judgeSilence(c, th); holds {
		return j
	}
	switch c.State {
	case StateCloseWait:
		if closed, ok := c.SilentFor(); ok && closed > th.CloseWait {
			return Judgement{VerdictCloseWait, SeverityWarning}
		}
		return Judgement{VerdictCloseWait, SeverityNotice}
	case StateEstablished:
		return judgeGuard(c, th)
	}
	return Judgement{}
}

// peerGone tells whether it is certain that the peer has lost the connection.
func (c *Connection) peerGone(th *Thresholds) bool {
	return c.State == StateEstablished && (c.MirrorGone || int(c.ProbeSilent) >= th.ProbesSilent)
}

// judgeSilence looks for a peer that owes an answer right now.
func judgeSilence(c *Connection, th *Thresholds) (j Judgement, holds bool) {
	waiting := int(c.Timer.Retries)
	switch c.Timer.Kind {
	case TimerKeepalive:
		if !c.probesOverdue() {
			return Judgement{}, false
		}
		return Judgement{VerdictProbing, probingSeverity(c, waiting)}, true
	case TimerZeroWindow:
		if waiting < th.StalledWarning {
			return Judgement{VerdictZeroWindow, SeverityWarning}, true
		}
	case TimerRetransmit:
		waiting = c.retransmissions()
		if waiting < th.StalledWarning {
			return Judgement{}, false
		}
	default:
		return Judgement{}, false
	}
	return judgeStall(c, waiting, th), true
}

// probingSeverity is critical from half of KEEPCNT on. Where the count is not
// known, or a user timeout puts it out of force, two lost probes are no
// accident any more.
func probingSeverity(c *Connection, unanswered int) Severity {
	half := 2
	if c.Keepalive.ParamsKnown() && c.Keepalive.UserTimeout == 0 {
		half = (c.Keepalive.Params.Count + 1) / 2
	}
	if unanswered >= half {
		return SeverityCritical
	}
	return SeverityWarning
}

// judgeGuard looks at how long a silent death of the peer would go unnoticed.
func judgeGuard(c *Connection, th *Thresholds) Judgement {
	k := &c.Keepalive
	switch {
	case k.State == KeepaliveOff && !k.ParamsKnown():
		// A user timeout may be set: that cannot be told from outside.
		return Judgement{VerdictUnguarded, SeverityNotice}
	case k.State == KeepaliveOff && k.UserTimeout == 0:
		if silent, ok := c.SilentFor(); ok && silent > th.UnguardedSilence && c.Heartbeat == 0 {
			return Judgement{VerdictUnguarded, SeverityWarning}
		}
		return Judgement{VerdictUnguarded, SeverityNotice}
	case k.State == KeepaliveOn && k.ParamsKnown():
		detects, _ := c.DetectsIn()
		if detects > th.SlowDetection || c.outlasts(th.Middlebox) {
			return Judgement{VerdictSlowGuard, SeverityNotice}
		}
	}
	return Judgement{}
}

// outlasts tells whether a middlebox that forgets a connection after timeout
// would do so before the first keepalive probe. A heartbeat is traffic, too.
func (c *Connection) outlasts(timeout time.Duration) bool {
	idle, known := c.KeepIdle()
	return known && idle > timeout && (c.Heartbeat == 0 || c.Heartbeat > timeout)
}
