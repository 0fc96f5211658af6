package conn

import "time"

// Endings of which the kernel has not reported anything.

// gone says how a connection may have ended that is not in the dump any more.
// The next dump was after later.
func (e ended) gone(after time.Duration) Ending {
	last := e.last
	probing := last.Timer.Kind == TimerKeepalive && last.probesOverdue()
	inferred := func(cause Cause, evidence string) Ending {
		return Ending{cause, SourceInferred, evidence}
	}
	switch {
	case e.left != 0:
		return Ending{CauseClosed, SourceRead, leftEvidence(e.left)}
	case probing && e.dueWithin(after):
		return e.timedOut(CauseKeepaliveTimeout, false, probingEvidence(last))
	case last.waits() && e.dueWithin(after):
		return e.timedOut(CauseRetransmitTimeout, false, stalledEvidence(last))
	case last.State != StateEstablished && last.synchronized():
		return inferred(CauseClosed, "was in "+last.State.String())
	}
	return inferred(CauseUnknown, "closed or reset between two polls")
}

// dueWithin tells whether the kernel was about to give the connection up.
func (e ended) dueWithin(after time.Duration) bool {
	last := e.last
	if dies, dated := last.DiesIn(); dated {
		return dies <= after+time.Second
	}
	timeout, _ := userTimeout(last)
	unanswered := last.unansweredNow()
	switch {
	case last.State == StateSynSent:
		return e.synsRanOut(unanswered) && last.Timer.Expires <= after+time.Second
	case timeout > 0:
		return true
	case last.Timer.Kind == TimerKeepalive:
		return unanswered > 1
	case last.Timer.Kind == TimerZeroWindow:
		return unanswered > fewRetransmissions && unanswered+1 >= e.retries
	}
	return unanswered > fewRetransmissions && e.ranOut(&last.TCP, unanswered, after+time.Second) != no
}

// held says how a connection ended that is gone while its program holds it
// still. The program has not closed it: it was reset, unless there was the time
// for a timeout.
func (e ended) held(after time.Duration) Ending {
	if e.couldTimeOut(after + time.Second) {
		return Ending{CauseUnknown, SourceInferred, "gone while its program held it: timed out or reset"}
	}
	return Ending{CauseReset, SourceInferred, "gone while its program held it: one side sent a RST"}
}

// shortestRetries is less than any retransmission timeout without a user
// timeout (tcp(7), tcp_retries2: 13 to 30 minutes by default).
const shortestRetries = 10 * time.Second

// couldTimeOut tells whether the kernel may have given the connection up by
// itself within a time.
func (e ended) couldTimeOut(within time.Duration) bool {
	last := e.last
	detects, known := last.DetectsIn()
	silent, heard := last.SilentFor()
	switch {
	case !known || !heard || !last.Keepalive.ParamsKnown():
		return true
	case last.Keepalive.UserTimeout > 0 || detects-silent <= within:
		return true
	case last.Timer.Kind == TimerZeroWindow && last.Timer.Retries > 0:
		return true
	}
	limit := shortestRetries
	if e.retries > 0 {
		limit = retransmissionLimit(e.retries)
	}
	return within > limit || last.Timer.Kind == TimerRetransmit && e.ranOut(&last.TCP, last.unansweredNow(), within) != no
}

// waits tells whether data or window probes are waiting for an answer.
func (c *Connection) waits() bool {
	return (c.Timer.Kind == TimerRetransmit || c.Timer.Kind == TimerZeroWindow) && c.Timer.Retries > 0
}

// unansweredNow is how many retransmissions or probes, by the timer, are
// waiting for an answer.
func (c *Connection) unansweredNow() int {
	if c.Timer.Kind == TimerRetransmit {
		return int(max(c.Timer.Retries, c.TCP.Retransmits))
	}
	return int(c.Timer.Retries)
}
