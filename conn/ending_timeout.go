package conn

import (
	"fmt"
	"time"
)

// Timeouts, told apart from a RST that came while an answer was outstanding.

// retransmitted is that of a connection with data unacknowledged.
func (e ended) retransmitted(d *Destroyed) Ending {
	tcp := &d.Connection.TCP
	evidence := HowMany(int(tcp.Retransmits), "retransmission") + " unanswered" + e.silence(d)
	ranOut := e.ranOut(tcp, int(tcp.Retransmits), 0)
	switch {
	case ranOut == no:
		return Ending{CauseReset, SourceInferred, evidence + ", then a RST"}
	case e.closing() && tcp.Retransmits <= fewRetransmissions:
		return Ending{CauseUnknown, SourceInferred, evidence + ", then a timeout or a RST"}
	}
	return e.timedOut(CauseRetransmitTimeout, ranOut == yes, evidence)
}

// closing tells whether its program had closed it by then: how long the kernel
// tries on for nobody is another matter (tcp_orphan_retries, tcp_max_orphans).
func (e ended) closing() bool {
	if e.last == nil {
		return false
	}
	switch e.last.State {
	case StateFinWait1, StateClosing, StateLastAck:
		return true
	}
	return false
}

// timedOut is a timeout: that of a cause, or that of the user timeout.
func (e ended) timedOut(cause Cause, certain bool, evidence string) Ending {
	ending := Ending{cause, SourceInferred, evidence}
	if timeout, _ := userTimeout(e.last); timeout > 0 {
		ending.Cause, ending.Evidence = CauseUserTimeout, evidence+", user timeout "+timeout.String()
	}
	if certain {
		ending.Source = SourceRead
	}
	return ending
}

// probed is that of a connection with keepalive probes outstanding. Under a user
// timeout the kernel does not look at TCP_KEEPCNT, but at the silence. A RST may
// answer the last probe, too: then the silence is too short for a timeout, unless
// the probes of a liveness check were among them.
func (e ended) probed(d *Destroyed) Ending {
	probes := int(d.Connection.TCP.Probes)
	evidence := HowMany(probes, "probe") + " unanswered"
	timeout, known := userTimeout(e.last)
	if !known {
		if probes == 1 {
			return Ending{CauseUnknown, SourceInferred, evidence + ", then a timeout or a RST"}
		}
		return Ending{CauseKeepaliveTimeout, SourceInferred, evidence + e.silence(d)}
	}
	params := &e.last.Keepalive.Params
	if timeout == 0 {
		evidence = fmt.Sprintf("%d of %d probes unanswered", probes, params.Count)
	}
	silent, heard := e.silent(d)
	early := heard && silent < params.DetectsIn(timeout)-reportSlack && e.last.ProbeSilent == 0
	if early || timeout == 0 && probes < params.Count {
		return Ending{CauseReset, SourceInferred, evidence + ", then a RST"}
	}
	return e.timedOut(CauseKeepaliveTimeout, true, evidence+e.silence(d))
}

// reportSlack is more than the times of a report are off: they are in jiffies.
const reportSlack = 100 * time.Millisecond

// windowProbes tells whether the probes were for the window: only then does data
// wait to be sent.
func (e ended) windowProbes(tcp *TCP) bool {
	return tcp.Has(TCPNotSent) && tcp.NotSentBytes > 0 || e.last != nil && e.last.Timer.Kind == TimerZeroWindow
}

// probedWindow is that of a connection whose peer took no data and then did not
// answer any more. Window probes are bounded by tcp_retries2, too
// (net/ipv4/tcp_timer.c, tcp_probe_timer).
func (e ended) probedWindow(d *Destroyed) Ending {
	probes := int(d.Connection.TCP.Probes)
	evidence := HowMany(probes, "window probe") + " unanswered" + e.silence(d)
	timeout, known := userTimeout(e.last)
	if known && timeout == 0 && probes < e.retries && !e.closing() {
		return Ending{CauseReset, SourceInferred, evidence + ", then a RST"}
	}
	return e.timedOut(CauseRetransmitTimeout, timeout == 0 && e.retries > 0 && probes >= e.retries, evidence)
}

// fewRetransmissions are what no retransmission timeout leaves it at under the
// kernel's defaults.
const fewRetransmissions = 2

// ranOut tells whether the kernel gave up after so many retransmissions, at most
// later than tcp shows. It does so under tcp_retries2 or TCP_USER_TIMEOUT; both
// count from the first retransmission (net/ipv4/tcp_timer.c,
// retransmits_timed_out).
func (e ended) ranOut(tcp *TCP, retransmissions int, later time.Duration) truth {
	timeout, known := userTimeout(e.last)
	dated := tcp.Has(TCPRTOTime) && (timeout > 0 || e.retries > 0)
	limit := timeout
	if timeout == 0 {
		limit = retransmissionLimit(e.retries)
	}
	early := dated && tcp.retransmittedFor()+later < limit-reportSlack
	switch {
	case e.closing():
		return undecided
	case timeout > 0 && early:
		return no
	case timeout > 0:
		return certainIf(dated && tcp.RTORecoveries == 1)
	case !known:
		return certainIf(e.retries > 0 && retransmissions > e.retries && !early)
	case early:
		// The time alone does not exclude it: tcp_rto_max_ms may have shortened it.
		if 2*retransmissions <= e.retries {
			return no
		}
		return undecided
	case !dated && retransmissions <= fewRetransmissions:
		return no
	}
	return certainIf(e.retries > 0 && (retransmissions > e.retries ||
		dated && tcp.RTORecoveries == 1 && 2*retransmissions > e.retries))
}

func certainIf(certain bool) truth {
	if certain {
		return yes
	}
	return undecided
}

// retransmittedFor is how long the present retransmissions have been going on at
// most: the kernel adds up those of the whole life.
func (t *TCP) retransmittedFor() time.Duration {
	if t.Retransmits == 0 {
		return 0
	}
	return t.RTOTime
}

// retransmissionLimit is how long the kernel retransmits at least before it
// gives a connection up under tcp_retries2 (net/ipv4/tcp_timer.c,
// tcp_model_timeout): 924.6 s with the default of 15.
func retransmissionLimit(retries int) time.Duration {
	const (
		shortest  = 200 * time.Millisecond // TCP_RTO_MIN
		longest   = 120 * time.Second      // TCP_RTO_MAX
		doublings = 9                      // from the one to the other
	)
	doubled := time.Duration(2<<min(retries, doublings)-1) * shortest
	return doubled + time.Duration(max(0, retries-doublings))*longest
}

// silent is how long the peer had been silent when the socket was let go of. A
// report does not say in which state it was; the last snapshot does.
func (e ended) silent(d *Destroyed) (time.Duration, bool) {
	if e.last == nil {
		return 0, false
	}
	c := d.Connection
	c.State = e.last.State
	return c.SilentFor()
}

func (e ended) silence(d *Destroyed) string {
	if silent, ok := e.silent(d); ok {
		return ", silent " + Prose(silent)
	}
	return ""
}
