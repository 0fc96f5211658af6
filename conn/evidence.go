package conn

import (
	"fmt"
	"time"
)

// Evidence is one line that supports the judgement in numbers, or says what is
// known when there is nothing to judge.
func Evidence(c *Connection, j Judgement, th *Thresholds) string {
	switch j.Verdict {
	case VerdictHalfOpen:
		return halfOpenEvidence(c)
	case VerdictProbing:
		return probingEvidence(c)
	case VerdictStalled:
		return stalledEvidence(c)
	case VerdictZeroWindow:
		return fmt.Sprintf("peer takes no data, %s waiting", Bytes(uint64(c.SendQueue)))
	case VerdictCloseWait:
		return closeWaitEvidence(c)
	case VerdictUnguarded:
		return unguardedEvidence(c)
	case VerdictSlowGuard:
		return slowGuardEvidence(c, th)
	case VerdictEmbryonic:
		return embryonicEvidence(c)
	}
	return okEvidence(c)
}

func halfOpenEvidence(c *Connection) string {
	if c.MirrorGone {
		return "the peer's end at " + unmapped(c.Remote).String() + " is gone: no socket of this host has it"
	}
	return fmt.Sprintf("liveness check: %d probes unanswered%s", c.ProbeSilent, silence(c))
}

func closeWaitEvidence(c *Connection) string {
	text := "peer closed"
	if closed, ok := c.SilentFor(); ok {
		text += " at least " + Prose(closed) + " ago"
	}
	if c.unaccepted() {
		return text + ", the program has not accepted the connection yet"
	}
	return text + ", the program has not"
}

// unaccepted tells whether a connection whose peer has closed waits for
// accept(2): until then it has no socket of a process, and closing takes it out
// of CLOSE-WAIT.
func (c *Connection) unaccepted() bool { return c.State == StateCloseWait && c.Inode == 0 }

func embryonicEvidence(c *Connection) string {
	text := fmt.Sprintf("handshake not finished, SYN-ACK sent %d×", int(c.Timer.Retries)+1)
	if c.QueueFull {
		text += ", the accept queue is full"
	}
	return text
}

func unguardedEvidence(c *Connection) string {
	text := "keepalive off"
	if !c.Keepalive.ParamsKnown() {
		text += ", user timeout not known"
	}
	if silent, ok := c.SilentFor(); ok {
		text = "silent " + Prose(silent) + ", " + text
	}
	switch {
	case c.Heartbeat == 0:
		return text
	case c.beginsExchanges():
		return "heartbeat every " + Spoken(c.Heartbeat) + ", begun here, would notice; " + text
	}
	return "heartbeat every " + Spoken(c.Heartbeat) + "; " + text
}

// beginsExchanges tells whether this side is known to begin the exchanges of a
// heartbeat: what it sends to a dead peer is retransmitted, and given up. Who
// only answers would wait for ever.
func (c *Connection) beginsExchanges() bool {
	sent := c.TCP.LastDataSent
	received, ok := c.LastDataRecv()
	switch {
	case !c.TCP.Has(TCPBase) || sent > 2*c.Heartbeat:
		return false
	case !ok || received > 3*c.Heartbeat:
		return ok // the peer says nothing at all
	}
	return sent > received && sent-received < c.Heartbeat/2
}

func probingEvidence(c *Connection) string {
	unanswered, _ := c.Unanswered()
	if !c.Keepalive.ParamsKnown() || c.Keepalive.UserTimeout > 0 {
		return fmt.Sprintf("%d unanswered%s", unanswered, silence(c))
	}
	return fmt.Sprintf("%d of %d unanswered%s", unanswered, c.Keepalive.Params.Count, silence(c))
}

func stalledEvidence(c *Connection) string {
	if c.Timer.Kind == TimerZeroWindow {
		return fmt.Sprintf("%d window probes unanswered%s", c.Timer.Retries, silence(c))
	}
	return fmt.Sprintf("%d retransmissions unanswered%s", c.retransmissions(), heardAgo(c))
}

func silence(c *Connection) string {
	if silent, ok := c.SilentFor(); ok {
		return ", silent " + Prose(silent)
	}
	return ""
}

func slowGuardEvidence(c *Connection, th *Thresholds) string {
	if detects, _ := c.DetectsIn(); detects > th.SlowDetection {
		return "a dead peer is found after " + Prose(detects)
	}
	return fmt.Sprintf("idle %d s outlasts a middlebox of %d s",
		c.Keepalive.Params.Idle/time.Second, th.Middlebox/time.Second)
}

func okEvidence(c *Connection) string {
	switch c.State {
	case StateListen:
		return fmt.Sprintf("%d of %d waiting for accept", c.RecvQueue, c.SendQueue)
	case StateTimeWait:
		return "goes in " + Prose(c.Timer.Expires)
	case StateFinWait2:
		if c.Inode == 0 {
			return "closed here, waiting for the peer's FIN, goes in " + Prose(c.Timer.Expires)
		}
	case StateSynSent:
		return fmt.Sprintf("waiting for SYN-ACK, SYN sent %d×", int(c.Timer.Retries)+1)
	}
	silent, ok := c.SilentFor()
	switch {
	case !ok:
		return ""
	case c.State == StateEstablished && c.Keepalive.State == KeepaliveOff && c.Keepalive.UserTimeout > 0:
		return "peer answered " + Prose(silent) + " ago; the user timeout of " + c.Keepalive.UserTimeout.String() + " guards data alone"
	}
	text := "peer answered " + Prose(silent) + " ago"
	if c.Heartbeat > 0 {
		text += ", heartbeat every " + Spoken(c.Heartbeat)
	}
	return text
}
