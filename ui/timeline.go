package ui

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// A timeline is a connection's keepalive as a line of time. It begins where the
// peer was last heard and ends where the kernel gives the connection up:
//
//	heard 6m12s ago                   now                  dies in 48s
//	●━━━━━━━━━━━━━━━━━━━━━━━━━━×━━━━━━━━×━━━━┃╌╌╌╌╌○╌╌╌╌╌╌╌╌╌╳
//
// The time before the first probe and the time of the probes have a scale each,
// or 75 s of probing would vanish beside two hours of waiting.
type timeline struct {
	now    time.Duration // since the peer was last heard
	sent   []time.Duration
	coming []time.Duration
	dies   time.Duration // worst case; conn.Never when nothing would notice
	// outstanding tells that an answer is owed: then the death is a forecast, and
	// not only a worst case.
	outstanding bool
	// ended tells that the kernel has given it up: there is no now and nothing to
	// come.
	ended bool
}

// maxDrawnProbes bounds the probes of a line: TCP_KEEPCNT may be 127.
const maxDrawnProbes = 127

// newTimeline lays out what conn says about c, elapsed after the dump. It does
// not exist while keepalive's parameters or the silence are not known.
func newTimeline(c *conn.Connection, elapsed time.Duration) (timeline, bool) {
	silent, ok := c.SilentFor()
	if !ok || c.Keepalive.State == conn.KeepaliveUnknown {
		return timeline{}, false
	}
	now := silent + elapsed
	if c.Keepalive.State == conn.KeepaliveOff && c.Timer.Kind != conn.TimerRetransmit && c.Timer.Kind != conn.TimerZeroWindow {
		return timeline{now: now, dies: conn.Never}, true
	}
	if c.Timer.Kind == conn.TimerRetransmit {
		dies, ok := c.DiesIn()
		return timeline{now: now, dies: silent + dies, outstanding: true}, ok
	}
	if !c.Keepalive.ParamsKnown() || c.Timer.Kind != conn.TimerKeepalive {
		return timeline{}, false
	}
	t := timeline{now: now}
	t.addProbes(c, silent)
	return t, true
}

func (t *timeline) addProbes(c *conn.Connection, silent time.Duration) {
	interval := max(c.Keepalive.Params.Interval, time.Second)
	next, ok := c.NextProbe()
	if !ok {
		next = c.Timer.Expires
	}
	next += silent
	unanswered, _ := c.Unanswered()
	for i := min(unanswered, maxDrawnProbes); i > 0; i-- {
		t.sent = append(t.sent, next-time.Duration(i)*interval)
	}
	t.outstanding = unanswered > 0
	if dies, ok := c.DiesIn(); ok {
		t.dies = silent + dies
	} else {
		t.dies = next + c.Keepalive.Params.DetectsIn(c.Keepalive.UserTimeout) - c.Keepalive.Params.Idle
	}
	for at := next; at < t.dies && len(t.coming) < maxDrawnProbes; at += interval {
		t.coming = append(t.coming, at)
	}
}

// over is the line of a connection that came to the end it was heading for.
func (t timeline) over() timeline {
	return timeline{now: t.dies, sent: slices.Concat(t.sent, t.coming), dies: t.dies, outstanding: true, ended: true}
}

// firstProbe is where the scale changes.
func (t *timeline) firstProbe() time.Duration {
	switch {
	case len(t.sent) > 0:
		return t.sent[0]
	case len(t.coming) > 0:
		return t.coming[0]
	}
	return t.now
}

// column is the place of a moment on a line of width columns.
func (t *timeline) column(at time.Duration, width int) int {
	last := width - 1
	if t.dies == conn.Never {
		return scale(at, 0, 2*t.now, 0, last)
	}
	turn := last * 45 / 100
	first := t.firstProbe()
	if t.ended && first == t.now { // no probe was sent
		turn = last
	}
	if at <= first {
		return scale(at, 0, first, 0, turn)
	}
	return scale(at, first, max(t.dies, t.now), turn, last)
}

func scale(at, from, to time.Duration, left, right int) int {
	if to <= from {
		return left
	}
	return min(right, left+int(float64(right-left)*float64(at-from)/float64(to-from)))
}

// ink is what a column of the line means; the theme gives it a colour.
type ink uint8

const (
	inkPast ink = iota
	inkFuture
	inkHeard
	inkNow
	inkUnanswered
	inkComing
	inkDeath
)

// inkSign is the sign of an ink, one column wide.
func inkSign(t *theme.Theme, i ink) string {
	s := &t.Symbols
	return [...]string{
		inkPast: s.Past, inkFuture: s.Future, inkHeard: s.Heard, inkNow: s.Now,
		inkUnanswered: s.ProbeLost, inkComing: s.ProbeComing, inkDeath: s.Death,
	}[i]
}

// axis is the line itself, one ink a column.
func (t *timeline) axis(width int) []ink {
	line := make([]ink, width)
	now := t.column(t.now, width)
	for x := range line {
		if x > now {
			line[x] = inkFuture
		}
	}
	for _, at := range t.coming {
		line[t.column(at, width)] = inkComing
	}
	for _, at := range t.sent {
		line[t.column(at, width)] = inkUnanswered
	}
	line[0] = inkHeard
	if t.dies != conn.Never {
		line[t.column(t.dies, width)] = inkDeath
	}
	if !t.ended {
		line[now] = inkNow
	}
	return line
}

// labels stands above the line: when the peer was heard, now, and the end.
func (t *timeline) labels(width int) string {
	heard, end := "heard "+conn.Span(t.now)+" ago", t.end(false)
	if t.ended {
		heard = "last heard"
	}
	if len(heard)+1+len(end) > width {
		end = t.end(true)
	}
	line := []rune(fmt.Sprintf("%*s", width, end))
	copy(line, []rune(heard))
	now := t.column(t.now, width) - 1
	if !t.ended && now > len(heard) && now+3 < width-len(end)-1 {
		copy(line[now:], []rune("now"))
	}
	return string(line)
}

// end is what the line comes to, in a few words or as few as there are.
func (t *timeline) end(short bool) string {
	in := conn.Span(max(0, t.dies-t.now))
	switch {
	case t.ended && short:
		return "after ~" + conn.Span(t.dies)
	case t.ended:
		return "given up after ~" + conn.Span(t.dies)
	case t.dies == conn.Never && short:
		return "never found"
	case t.dies == conn.Never:
		return "never found dead"
	case t.outstanding:
		return "dies in " + in
	case short:
		return "within " + in
	}
	return "dead at the latest in " + in
}

// caption stands under the line and says its figures.
func (t *timeline) caption(c *conn.Connection) string {
	switch {
	case t.dies == conn.Never && c.Keepalive.UserTimeout > 0:
		return "keepalive is off: the user timeout of " + c.Keepalive.UserTimeout.String() + " counts only once data is sent"
	case t.dies == conn.Never:
		return "keepalive is off: while nothing is sent, nothing would notice that the peer is gone"
	case c.Timer.Kind == conn.TimerRetransmit && t.ended:
		return fmt.Sprintf("retransmitted until the user timeout of %s", conn.Span(c.Keepalive.UserTimeout))
	case c.Timer.Kind == conn.TimerRetransmit:
		return fmt.Sprintf("retransmitting; the user timeout of %s ends it", conn.Span(c.Keepalive.UserTimeout))
	}
	k := &c.Keepalive
	text := fmt.Sprintf("first probe after %s of silence, then every %s", seconds(k.Params.Idle), seconds(k.Params.Interval))
	if k.UserTimeout > 0 {
		return text + ", until a user timeout of " + conn.Span(k.UserTimeout)
	}
	return fmt.Sprintf("%s, %d of %d unanswered", text, min(len(t.sent), k.Params.Count), k.Params.Count)
}

// seconds writes a setting that is a whole number of seconds.
func seconds(d time.Duration) string { return strconv.Itoa(int(d/time.Second)) + " s" }

// inkRoles are the colours of the line.
var inkRoles = [...]theme.Role{
	inkPast: theme.Text, inkFuture: theme.Faint, inkHeard: theme.KeepaliveOn, inkNow: theme.Accent,
	inkUnanswered: theme.Critical, inkComing: theme.Notice, inkDeath: theme.Critical,
}
