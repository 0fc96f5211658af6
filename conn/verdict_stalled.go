package conn

import "time"

// retransmissions is how many there are in a row without an ACK.
func (c *Connection) retransmissions() int { return int(max(c.Timer.Retries, c.TCP.Retransmits)) }

// silentThroughout tells whether nothing was received from the first of the
// retransmissions to the last. A peer that is heard in between lives, and its
// path to here: what is lost is on the path to it. The timeout doubles with each
// (net/ipv4/tcp_timer.c, tcp_retransmit_timer), so that those before the present
// one were its half, its quarter and so on. What has passed since the last one is
// left out: a user timeout may have made the timer shorter.
func (c *Connection) silentThroughout() bool {
	silent, ok := c.SilentFor()
	return ok && silent >= c.TCP.RTO-c.TCP.RTO>>max(0, c.retransmissions()-1)
}

// judgeStall gives the verdict on so many retransmissions, or window probes, in a
// row. Whatever is received resets the count of window probes (tcp_input.c,
// tcp_ack).
func judgeStall(c *Connection, waiting int, th *Thresholds) Judgement {
	if waiting >= th.StalledCritical && (c.Timer.Kind == TimerZeroWindow || c.silentThroughout()) {
		return Judgement{VerdictStalled, SeverityCritical}
	}
	return Judgement{VerdictStalled, SeverityWarning}
}

// heardAgo is the end of a sentence about retransmissions: how long ago the peer
// was heard in spite of them, or for how long it was not.
func heardAgo(c *Connection) string {
	silent, ok := c.SilentFor()
	switch {
	case !ok || c.silentThroughout():
		return silence(c)
	case silent < 100*time.Millisecond:
		return ", though the peer was heard just now"
	}
	return ", though the peer was heard " + Prose(silent) + " ago"
}
