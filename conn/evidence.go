package conn

import (
	"fmt"
	"time"
)

// Evidence is one line that supports the judgement in numbers, or says what is
// known when there is nothing to judge.
func Evidence(c *Connection, j Judgement, th *Thresholds) string {
	switch j.Verdict {
	case VerdictProbing:
		return probingEvidence(c)
	case VerdictStalled:
		return stalledEvidence(c)
	case VerdictZeroWindow:
		return fmt.Sprintf("peer takes no data, %s waiting", Bytes(uint64(c.SendQueue)))
	case VerdictCloseWait:
		if closed, ok := c.SilentFor(); ok {
			return "peer closed at least " + Prose(closed) + " ago, the program has not"
		}
		return "peer closed, the program has not"
	case VerdictUnguarded:
		if silent, ok := c.SilentFor(); ok {
			return "silent " + Prose(silent) + ", keepalive off"
		}
		return "keepalive off"
	case VerdictSlowGuard:
		return slowGuardEvidence(c, th)
	case VerdictEmbryonic:
		return fmt.Sprintf("handshake not finished, SYN-ACK sent %d×", int(c.Timer.Retries)+1)
	}
	return okEvidence(c)
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
	return fmt.Sprintf("%d retransmissions unanswered%s", max(c.Timer.Retries, c.TCP.Retransmits), silence(c))
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
	if silent, ok := c.SilentFor(); ok {
		return "peer answered " + Prose(silent) + " ago"
	}
	return ""
}
