package ui

import (
	"strconv"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

func silentCell(r *rowContext, c *conn.Connection) (string, theme.Role) {
	silent, ok := c.SilentFor()
	if !ok {
		return absent, theme.Faint
	}
	return conn.Span(silent), troubleRole(r, theme.Text)
}

// troubleRole is the colour of the verdict where the verdict is about silence.
func troubleRole(r *rowContext, otherwise theme.Role) theme.Role {
	switch r.judgement.Verdict {
	case conn.VerdictProbing, conn.VerdictStalled, conn.VerdictHalfOpen:
		return severityRole(r.judgement.Severity)
	}
	return otherwise
}

func timerCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	name := ""
	switch c.Timer.Kind {
	case conn.TimerNone, conn.TimerDelayedAck:
		return absent, theme.Faint
	case conn.TimerKeepalive:
		name = "probe"
	case conn.TimerRetransmit:
		name = "resend"
	case conn.TimerZeroWindow:
		name = "window"
	case conn.TimerTimeWait, conn.TimerFinWait:
		name = "gone"
	}
	expires := c.Timer.Expires
	if next, ok := c.NextProbe(); ok {
		expires = next
	} else if dies, ok := c.DiesIn(); ok && dies == expires {
		name = "dies"
	} else if c.Timer.Kind == conn.TimerKeepalive {
		// It is lazy: whether a probe goes out then depends on TCP_KEEPIDLE.
		name = "timer"
	}
	return name + " " + conn.Span(expires), theme.Muted
}

func nextProbeCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	next, ok := c.NextProbe()
	return spanOr(next, ok, absent), theme.Muted
}

func unansweredCell(r *rowContext, c *conn.Connection) (string, theme.Role) {
	n, ok := c.Unanswered()
	if !ok {
		return absent, theme.Faint
	}
	return strconv.Itoa(n), troubleRole(r, theme.Muted)
}

func leftCell(r *rowContext, c *conn.Connection) (string, theme.Role) {
	_, running := c.Unanswered()
	left, ok := c.Left()
	switch {
	case ok:
		return strconv.Itoa(left) + "/" + strconv.Itoa(c.Keepalive.Params.Count), troubleRole(r, theme.Muted)
	case running && !c.Keepalive.ParamsKnown():
		return unknownMark, theme.KeepaliveUnknown
	}
	return absent, theme.Faint
}

func diesCell(r *rowContext, c *conn.Connection) (string, theme.Role) {
	dies, ok := c.DiesIn()
	owed := c.Timer.Retries > 0 && (c.Timer.Kind == conn.TimerKeepalive || c.Timer.Kind == conn.TimerRetransmit)
	if !ok && owed && !c.Keepalive.ParamsKnown() && !c.Minisock() {
		return unknownMark, theme.KeepaliveUnknown
	}
	return spanOr(dies, ok, absent), troubleRole(r, theme.Faint)
}

func detectsCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	detects, ok := c.DetectsIn()
	switch {
	case ok && detects == conn.Never:
		return "never", theme.Warning
	case ok:
		return conn.Span(detects), theme.Text
	case c.State == conn.StateEstablished:
		return unknownMark, theme.KeepaliveUnknown
	}
	return absent, theme.Faint
}

func spanOr(d time.Duration, ok bool, otherwise string) string {
	if !ok {
		return otherwise
	}
	return conn.Span(d)
}

func ageCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	age, ok := c.Age()
	if c.Minisock() || c.State == conn.StateListen {
		return absent, theme.Faint
	}
	return spanOr(age, ok, unknownMark), theme.Muted
}
