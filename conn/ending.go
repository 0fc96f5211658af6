package conn

import (
	"fmt"
	"time"
)

// fewRetransmissions are what no retransmission timeout leaves it at: with so
// few, it was a RST that ended the connection, unless a user timeout is set.
const fewRetransmissions = 2

// endingOf says how a connection ended that the kernel reported as destroyed. A
// connection killed by keepalive comes with as many probes as TCP_KEEPCNT and no
// retransmissions, one killed by retransmission with some, one that was closed
// with neither. The last that was known of it may be nil.
func endingOf(last *Connection, d *Destroyed) Ending {
	tcp := &d.Connection.TCP
	switch {
	case !tcp.Has(TCPBase):
		return Ending{Source: SourceRead, Evidence: "destroyed, the kernel did not say how"}
	case tcp.Retransmits > 0:
		return endingOfRetransmission(last, d)
	case tcp.Probes > 0:
		return endingOfProbes(last, d)
	}
	return endingOfClose(last, tcp)
}

// endingOfRetransmission is that of a connection with data unacknowledged.
func endingOfRetransmission(last *Connection, d *Destroyed) Ending {
	tcp := &d.Connection.TCP
	evidence := howMany(int(tcp.Retransmits), "retransmission") + " unanswered" + lastSilence(last, d)
	timeout, known := userTimeout(last)
	switch {
	case timeout > 0:
		return Ending{CauseUserTimeout, SourceRead, evidence + ", user timeout " + timeout.String()}
	case tcp.Retransmits > fewRetransmissions:
		return Ending{CauseRetransmitTimeout, SourceRead, evidence}
	case known:
		return Ending{CauseReset, SourceInferred, evidence + ": too few for a timeout"}
	}
	return Ending{CauseRetransmitTimeout, SourceInferred, evidence}
}

// endingOfProbes is that of a connection with probes outstanding. Under a user
// timeout the kernel does not look at TCP_KEEPCNT.
func endingOfProbes(last *Connection, d *Destroyed) Ending {
	probes := int(d.Connection.TCP.Probes)
	evidence := howMany(probes, "probe") + " unanswered" + lastSilence(last, d)
	timeout, known := userTimeout(last)
	switch {
	case timeout > 0:
		return Ending{CauseUserTimeout, SourceRead, evidence + ", user timeout " + timeout.String()}
	case known && probes >= last.Keepalive.Params.Count:
		evidence = fmt.Sprintf("%d of %d probes unanswered%s", probes, last.Keepalive.Params.Count, lastSilence(last, d))
		return Ending{CauseKeepaliveTimeout, SourceRead, evidence}
	case known:
		evidence = fmt.Sprintf("%d of %d probes unanswered, then a RST", probes, last.Keepalive.Params.Count)
		return Ending{CauseReset, SourceInferred, evidence}
	case probes == 1:
		return Ending{CauseReset, SourceInferred, "a probe was answered with a RST"}
	}
	return Ending{CauseKeepaliveTimeout, SourceInferred, evidence}
}

// endingOfClose tells a FIN from a RST: tcpi_bytes_acked counts a FIN that the
// peer acknowledged.
func endingOfClose(last *Connection, tcp *TCP) Ending {
	surplus, known := ackedSurplus(tcp)
	before, compared := surplusBefore(last)
	switch {
	case last != nil && last.State == StateSynSent && known && surplus <= 0:
		return Ending{CauseReset, SourceInferred, "refused: the SYN was answered with a RST, or the program gave up"}
	case last != nil && last.State != StateEstablished && last.synchronized():
		return Ending{CauseClosed, SourceRead, "was in " + last.State.String()}
	case known && compared && surplus > before, known && surplus > 1:
		return Ending{CauseClosed, SourceRead, "the FIN sent was acknowledged"}
	case known && compared, known && surplus <= 0:
		return Ending{CauseReset, SourceInferred, "no FIN was acknowledged: one side sent a RST"}
	}
	return Ending{CauseClosed, SourceInferred, "neither probes nor retransmissions were outstanding"}
}

// surplusBefore is what was acknowledged beyond the payload before any FIN: the
// SYN of who opened the connection.
func surplusBefore(last *Connection) (int64, bool) {
	switch {
	case last == nil:
		return 0, false
	case last.State == StateSynRecv:
		return 0, true
	case last.State == StateSynSent:
		return 1, true
	case last.State == StateEstablished && last.TCP.Unacked == 0:
		return ackedSurplus(&last.TCP)
	}
	return 0, false
}

// ackedSurplus is what was acknowledged beyond the payload sent: SYN and FIN.
// After retransmissions it cannot be told: tcpi_bytes_sent counts them too.
func ackedSurplus(tcp *TCP) (int64, bool) {
	if !tcp.Has(TCPBase|TCPBytes|TCPBytesSent) || tcp.TotalRetrans > 0 {
		return 0, false
	}
	return int64(tcp.BytesAcked) - int64(tcp.BytesSent), true
}

// endingOfGone says how a connection may have ended that is not in the dump any
// more. The next dump was after later; timeWait tells whether that has its
// TIME-WAIT.
func endingOfGone(last *Connection, after time.Duration, timeWait bool) Ending {
	dies, dated := last.DiesIn()
	early := dated && dies > after+time.Second
	timeout, _ := userTimeout(last)
	outstanding := last.Timer.Retries > 0
	inferred := func(cause Cause, evidence string) Ending { return Ending{cause, SourceInferred, evidence} }
	switch {
	case timeWait:
		return inferred(CauseClosed, "this host closed first: TIME-WAIT is left")
	case last.Timer.Kind == TimerKeepalive && outstanding && early:
		return inferred(CauseReset, probingEvidence(last)+": too early for a timeout")
	case last.Timer.Kind == TimerKeepalive && outstanding && timeout > 0:
		return inferred(CauseUserTimeout, probingEvidence(last)+", user timeout "+timeout.String())
	case last.Timer.Kind == TimerKeepalive && outstanding:
		return inferred(CauseKeepaliveTimeout, probingEvidence(last))
	case last.waits() && timeout > 0 && !early:
		return inferred(CauseUserTimeout, stalledEvidence(last)+", user timeout "+timeout.String())
	case last.waits() && max(last.Timer.Retries, last.TCP.Retransmits) > fewRetransmissions && !early:
		return inferred(CauseRetransmitTimeout, stalledEvidence(last))
	case last.State != StateEstablished && last.synchronized():
		return inferred(CauseClosed, "was in "+last.State.String())
	}
	return inferred(CauseUnknown, "closed or reset between two polls")
}

// endingOfHeld says how a connection ended that is gone while its program holds
// it still. Had the program closed it, it would have let go of it: it was reset,
// unless there was the time for a timeout.
func endingOfHeld(last *Connection, after time.Duration) Ending {
	if last.couldTimeOut(after + time.Second) {
		return Ending{CauseUnknown, SourceInferred, "gone while its program held it: timed out or reset"}
	}
	return Ending{CauseReset, SourceInferred, "gone while its program held it: one side sent a RST"}
}

// shortestRetries is less than any retransmission timeout without a user
// timeout (tcp(7), tcp_retries2: 13 to 30 minutes by default).
const shortestRetries = 10 * time.Second

// couldTimeOut tells whether the kernel may have given the connection up by
// itself within a time.
func (c *Connection) couldTimeOut(within time.Duration) bool {
	detects, known := c.DetectsIn()
	silent, heard := c.SilentFor()
	if !known || !heard || c.Keepalive.State == KeepaliveOff && !c.Keepalive.ParamsKnown() {
		return true
	}
	return c.Keepalive.UserTimeout > 0 || within > shortestRetries || detects-silent <= within
}

// waits tells whether data or window probes are waiting for an answer.
func (c *Connection) waits() bool {
	return (c.Timer.Kind == TimerRetransmit || c.Timer.Kind == TimerZeroWindow) && c.Timer.Retries > 0
}

// userTimeout is TCP_USER_TIMEOUT, if the options were read.
func userTimeout(c *Connection) (timeout time.Duration, known bool) {
	if c == nil || !c.Keepalive.ParamsKnown() {
		return 0, false
	}
	return c.Keepalive.UserTimeout, true
}

// lastSilence is how long the peer had been silent when the socket was let go
// of. A report does not say in which state it was; last does.
func lastSilence(last *Connection, d *Destroyed) string {
	c := d.Connection
	if last == nil {
		return ""
	}
	c.State = last.State
	return silence(&c)
}
