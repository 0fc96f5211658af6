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
	ended    *conn.Event // how, as soon as that is known
	sent     conn.Rate   // bytes per second
	received conn.Rate
	courses  *pageCourses // nil for what carries no bytes
}

func newSubject(c *conn.Connection, at time.Time) subject {
	s := subject{c: *c, at: at}
	if c.TCP.Has(conn.TCPBase) && c.State != conn.StateListen {
		s.courses = newPageCourses("sent", "received", "resent", "unanswered probes")
	}
	return s
}

// follow brings the subject up to a new listing.
func (s *subject) follow(l *Listing, log *eventLog) {
	in := l.intake.snapshot
	if !in.At.After(s.at) || l.question.subject != s.c.ID() {
		return
	}
	now, gone := l.subject.c, l.subject.gone
	switch {
	case now != nil && !gone:
		s.see(now, in.At)
	case !in.Whole(): // it may be there
	case s.gone.IsZero():
		s.gone, s.ended = in.At, log.endOf(s.c.ID())
	case s.ended == nil:
		s.ended = log.endOf(s.c.ID())
	}
}

// see takes in what a snapshot of the moment at has of the connection.
func (s *subject) see(now *conn.Connection, at time.Time) {
	elapsed := at.Sub(s.at)
	s.sent, s.received = conn.Throughput(&s.c, now, elapsed)
	if s.courses != nil {
		resent, known := resentSince(&s.c, now)
		s.courses.take(at, bytesReading(s.sent), bytesReading(s.received),
			rateReading(conn.Rate{PerSecond: float64(resent) / elapsed.Seconds(), Known: known}), countReading(now.Unanswered()))
	}
	s.c, s.at, s.gone, s.ended = *now, at, time.Time{}, nil
}

// connectionPage is everything that is known of one connection.
func (m *Model) connectionPage() string {
	s := &m.subject
	elapsed := time.Duration(0)
	if !m.frozen && s.gone.IsZero() {
		elapsed = max(0, m.clock().Sub(s.at))
	}
	parts := append(m.connectionTitle(s), "")
	if line := m.timelineBlock(s, elapsed); line != "" {
		parts = append(parts, line, "")
	}
	if s.courses != nil && !s.courses.since.IsZero() {
		for _, line := range m.courseLines(s.courses) {
			parts = append(parts, strings.TrimPrefix(line, " "))
		}
		parts = append(parts, "")
	}
	blocks := []string{
		m.identityBlock(&s.c), m.keepaliveBlock(s, elapsed), m.silenceBlock(&s.c, elapsed), m.trafficBlock(s),
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

// connectionTitle says which connection it is, and how it is or how it ended.
func (m *Model) connectionTitle(s *subject) []string {
	t := m.theme
	c := &s.c
	who, state := "no process known", c.State.String()
	if owner, ok := c.Owner(); ok {
		who = ownerText(owner)
	}
	if !s.gone.IsZero() {
		state = "was " + state
	}
	lines := wrapParts([]string{t.Draw(theme.Title, who), t.Draw(theme.Text, endpoints(c)), t.Draw(stateRole(c.State), state)}, m.width-2)
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], " ")
	}
	const clock = "15:04:05"
	switch {
	case s.gone.IsZero():
		j := conn.Judge(c, &m.thresholds)
		role := severityRole(j.Severity)
		return append(lines, t.Draw(role, t.Symbol(role)+" "+j.Verdict.String())+"  "+t.Draw(theme.Text, conn.Evidence(c, j, &m.thresholds)))
	case s.ended == nil:
		return append(lines, t.Draw(theme.Warning, "gone since "+s.gone.Format(clock))+t.Draw(theme.Muted, ": "+whyGone(c)),
			t.Draw(theme.Muted, lastSeen))
	}
	role := eventRole(s.ended)
	return append(lines, t.Draw(role, t.Symbol(role)+" ended "+s.ended.At.Format(clock)+"  "+causeAndSource(t, s.ended)),
		t.Draw(theme.Text, conn.Printable(s.ended.Evidence)), t.Draw(theme.Muted, lastSeen))
}

// whyGone says why a socket is gone of which no end was told.
func whyGone(c *conn.Connection) string {
	switch c.State {
	case conn.StateTimeWait:
		return "TIME-WAIT is over"
	case conn.StateListen:
		return "nobody listens any more"
	}
	return "how it ended is not known"
}

// lastSeen stands above what is told of a connection that has ended.
const lastSeen = "what follows is what was last seen of it"

// timelineBlock draws the line of time, or says why there is none. Of a
// connection that has ended there is one if its silence ended it.
func (m *Model) timelineBlock(s *subject, elapsed time.Duration) string {
	t := m.theme
	width := min(m.width-4, maxTimelineWidth)
	line, ok := newTimeline(&s.c, elapsed)
	if !s.gone.IsZero() {
		if !ok || s.ended == nil || !timedOut(s.ended) {
			return ""
		}
		line = line.over()
	}
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
