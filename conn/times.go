package conn

import (
	"math"
	"time"
)

// Never is the detection time of a connection whose silent death nobody would
// notice: it compares as longer than any other.
const Never = time.Duration(math.MaxInt64)

// SilentFor is the time since anything, data or an ACK, was received from the
// peer: what the kernel compares with TCP_KEEPIDLE (include/net/tcp.h,
// keepalive_time_elapsed). It is not known without tcp_info.
func (c *Connection) SilentFor() (time.Duration, bool) {
	if !c.TCP.Has(TCPBase) || c.State == StateListen || c.State == StateSynSent || c.State == StateClose {
		return 0, false
	}
	if recv, ok := c.LastDataRecv(); ok {
		return min(recv, c.TCP.LastAckRecv), true
	}
	return c.TCP.LastAckRecv, true
}

// LastDataRecv is the time since data was last received, once any has been:
// before that the kernel's field holds about the uptime.
func (c *Connection) LastDataRecv() (time.Duration, bool) {
	return c.TCP.LastDataRecv, c.TCP.Has(TCPBase|TCPBytes) && c.TCP.BytesReceived > 0
}

// Age is the time since the connection was opened. It is known when the
// collector saw it open, and as long as nothing has been sent on it: until then
// tcpi_last_data_sent counts from the handshake.
func (c *Connection) Age() (time.Duration, bool) {
	switch {
	case c.SeenOpen:
		return c.SeenFor, true
	case c.TCP.Has(TCPBase|TCPBytesSent) && c.TCP.BytesSent == 0 && c.synchronized():
		return c.TCP.LastDataSent, true
	}
	return 0, false
}

// Unanswered is the number of keepalive probes sent since the peer was last
// heard. It is known only while the keepalive timer can be seen.
func (c *Connection) Unanswered() (int, bool) {
	if c.Timer.Kind != TimerKeepalive {
		return 0, false
	}
	return int(c.Timer.Retries), true
}

// Left is TCP_KEEPCNT less the unanswered probes. Under a user timeout the
// kernel ignores TCP_KEEPCNT, and there is no such number.
func (c *Connection) Left() (int, bool) {
	unanswered, ok := c.Unanswered()
	if !ok || !c.Keepalive.ParamsKnown() || c.Keepalive.UserTimeout > 0 {
		return 0, false
	}
	return max(0, c.Keepalive.Params.Count-unanswered), true
}

// NextProbe is the time until the next keepalive probe goes out, if the peer
// stays silent. The keepalive timer is lazy: traffic does not move it, so when
// it fires the kernel sleeps again for what is missing of TCP_KEEPIDLE
// (net/ipv4/tcp_timer.c, tcp_keepalive_timer). It does not exist when the next
// firing of the timer ends the connection instead.
func (c *Connection) NextProbe() (time.Duration, bool) {
	unanswered, ok := c.Unanswered()
	if !ok {
		return 0, false
	}
	if unanswered > 0 {
		if dies, ok := c.DiesIn(); ok && dies <= c.Timer.Expires {
			return 0, false
		}
		return c.Timer.Expires, true
	}
	silent, ok := c.SilentFor()
	if !ok || !c.Keepalive.ParamsKnown() {
		return 0, false
	}
	return max(c.Timer.Expires, c.Keepalive.Params.Idle-silent), true
}

// DiesIn is the time until the kernel drops the connection with ETIMEDOUT if
// the peer stays silent. It exists only while keepalive probes, or
// retransmissions under a user timeout, are outstanding.
func (c *Connection) DiesIn() (time.Duration, bool) {
	if !c.Keepalive.ParamsKnown() {
		return 0, false
	}
	switch c.Timer.Kind {
	case TimerKeepalive:
		return c.diesOfKeepalive()
	case TimerRetransmit:
		return c.diesOfRetransmission()
	}
	return 0, false
}

func (c *Connection) diesOfKeepalive() (time.Duration, bool) {
	k := &c.Keepalive
	if c.Timer.Retries == 0 {
		return 0, false
	}
	if k.UserTimeout == 0 {
		left := max(0, k.Params.Count-int(c.Timer.Retries))
		return c.Timer.Expires + time.Duration(left)*k.Params.Interval, true
	}
	silent, ok := c.SilentFor()
	if !ok {
		return 0, false
	}
	return c.Timer.Expires + untilReached(silent+c.Timer.Expires, k.UserTimeout, k.Params.Interval), true
}

// diesOfRetransmission follows tcp_write_timeout: under TCP_USER_TIMEOUT the
// connection is dropped when that time has passed since the first
// retransmission, to which the kernel cuts the last timeout
// (tcp_clamp_rto_to_user_timeout).
func (c *Connection) diesOfRetransmission() (time.Duration, bool) {
	if c.Keepalive.UserTimeout == 0 || c.TCP.Retransmits == 0 || !c.synchronized() {
		return 0, false
	}
	since, ok := c.sinceFirstRetransmission()
	if !ok {
		return 0, false
	}
	return max(0, c.Keepalive.UserTimeout-since), true
}

// sinceFirstRetransmission is the time since the present recovery began. The
// kernel (6.7 and later) adds up the recoveries of the whole life, so it is
// known only in the first.
func (c *Connection) sinceFirstRetransmission() (time.Duration, bool) {
	if !c.TCP.Has(TCPRTOTime) || c.TCP.RTORecoveries != 1 {
		return 0, false
	}
	return c.TCP.RTOTime, true
}

// DetectsIn is the worst case from a silent death of the peer, while nothing is
// being sent, to ETIMEDOUT; Never without keepalive.
func (c *Connection) DetectsIn() (time.Duration, bool) {
	k := &c.Keepalive
	switch {
	case !c.synchronized() || k.State == KeepaliveUnknown:
		return 0, false
	case k.State == KeepaliveOff:
		return Never, true
	case !k.ParamsKnown():
		return 0, false
	}
	return k.Params.DetectsIn(k.UserTimeout), true
}

// DetectsIn is the time from the last sign of the peer to ETIMEDOUT. Without a
// user timeout (0) that is Idle + Interval × Count. With one, Count is ignored:
// it is the first firing of the timer, at Idle + k × Interval with k ≥ 1, at
// which the silence has reached the user timeout.
func (p Params) DetectsIn(userTimeout time.Duration) time.Duration {
	if userTimeout == 0 {
		return p.Idle + p.Interval*time.Duration(p.Count)
	}
	first := p.Idle + p.Interval
	return first + untilReached(first, userTimeout, p.Interval)
}

// untilReached is the time of the whole steps that lead from reached to at
// least goal.
func untilReached(reached, goal, step time.Duration) time.Duration {
	if reached >= goal || step <= 0 {
		return 0
	}
	steps := (goal - reached + step - 1) / step
	return steps * step
}

// synchronized tells whether the connection has got through its handshake and
// is still more than a minisock.
func (c *Connection) synchronized() bool {
	switch c.State {
	case StateEstablished, StateFinWait1, StateFinWait2, StateCloseWait, StateLastAck, StateClosing:
		return !c.Minisock()
	}
	return false
}
