package ui

import (
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// subject is the connection of the page: what was last seen of it.
type subject struct {
	c        conn.Connection
	at       time.Time   // of the snapshot that c is from
	gone     time.Time   // when it was found missing; zero while it is there
	ended    *conn.Event // how, if that is remembered
	sent     conn.Rate   // bytes per second
	received conn.Rate
}

// follow brings the subject up to a new listing.
func (s *subject) follow(l *Listing, log *eventLog) {
	in := l.intake.snapshot
	if !in.At.After(s.at) || !s.gone.IsZero() {
		return
	}
	now, gone := l.find(s.c.ID())
	if now == nil || gone {
		s.gone, s.ended = in.At, log.endOf(s.c.ID())
		return
	}
	s.sent, s.received = conn.Throughput(&s.c, now, in.At.Sub(s.at))
	s.c, s.at = *now, in.At
}

// connectionPage is everything that is known of one connection.
func (m *Model) connectionPage() string {
	s := &m.subject
	elapsed := time.Duration(0)
	if !m.frozen && s.gone.IsZero() {
		elapsed = max(0, m.clock().Sub(s.at))
	}
	parts := []string{m.connectionTitle(s), "", m.timelineBlock(s, elapsed), ""}
	blocks := []string{
		m.identityBlock(&s.c), m.keepaliveBlock(&s.c, elapsed), m.silenceBlock(&s.c, elapsed), m.trafficBlock(s),
	}
	if m.detail != nil && m.detail.Connection.ID() == s.c.ID() {
		blocks = append(blocks, m.pathBlock(m.detail), m.memoryBlock(m.detail))
	}
	parts = append(parts, flow(blocks, m.width-2))
	if m.pageError != nil && s.gone.IsZero() {
		parts = append(parts, "", m.theme.Draw(theme.Warning, conn.Printable(m.pageError.Error())))
	}
	return lipgloss.NewStyle().PaddingLeft(1).Render(strings.Join(parts, "\n"))
}

func (m *Model) connectionTitle(s *subject) string {
	t := m.theme
	c := &s.c
	who := "no process known"
	if owner, ok := c.Owner(); ok {
		who = ownerText(owner)
	}
	head := t.Draw(theme.Title, who) + "  " + t.Draw(theme.Text, endpoints(c)) + "  " + t.Draw(stateRole(c.State), c.State.String())
	if !s.gone.IsZero() {
		head += "\n" + t.Draw(theme.Warning, "gone since "+s.gone.Format("15:04:05")+"; this is what was last seen of it")
		if s.ended != nil {
			head += "\n" + strings.TrimPrefix(m.endingLine(s.ended), " ")
		}
		return head
	}
	j := conn.Judge(c, &m.thresholds)
	role := severityRole(j.Severity)
	return head + "\n" + t.Draw(role, t.Symbol(role)+" "+j.Verdict.String()) + "  " +
		t.Draw(theme.Text, conn.Evidence(c, j, &m.thresholds))
}

// timelineBlock draws the line of time, or says why there is none.
func (m *Model) timelineBlock(s *subject, elapsed time.Duration) string {
	t := m.theme
	width := min(m.width-4, maxTimelineWidth)
	line, ok := newTimeline(&s.c, elapsed)
	if width < leastTimelineWidth {
		return t.Draw(theme.Muted, "no line of time: the terminal is too narrow")
	}
	if !ok {
		return t.Draw(theme.Muted, "no line of time: "+whyNoTimeline(&s.c))
	}
	var b strings.Builder
	b.WriteString(t.Draw(theme.Text, line.labels(width)) + "\n")
	axis := line.axis(width)
	for from := 0; from < len(axis); {
		to := from
		for to < len(axis) && axis[to] == axis[from] {
			to++
		}
		b.WriteString(t.Draw(inkRoles[axis[from]], strings.Repeat(inkSign(t, axis[from]), to-from)))
		from = to
	}
	b.WriteString("\n" + t.Draw(theme.Muted, line.caption(&s.c)))
	return b.String()
}

// The widths between which a line of time is drawn.
const (
	leastTimelineWidth = 30
	maxTimelineWidth   = 120
)

func whyNoTimeline(c *conn.Connection) string {
	switch {
	case c.State == conn.StateListen:
		return "a listener has no peer"
	case c.Minisock():
		return "the kernel keeps only a stub of this socket"
	case c.Timer.Kind == conn.TimerRetransmit:
		return "data is being retransmitted, which decides before keepalive does"
	case c.Timer.Kind == conn.TimerZeroWindow:
		return "the peer's window is closed, and window probes take the place of keepalive"
	}
	return "the keepalive settings of this socket could not be read"
}
