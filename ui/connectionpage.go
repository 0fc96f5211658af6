package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// subject is the connection of the page: what was last seen of it.
type subject struct {
	c        conn.Connection
	at       time.Time // of the snapshot that c is from
	gone     time.Time // when it was found missing; zero while it is there
	sent     conn.Rate // bytes per second
	received conn.Rate
}

// follow brings the subject up to a new listing.
func (s *subject) follow(l *Listing) {
	in := l.intake.snapshot
	if !in.At.After(s.at) || !s.gone.IsZero() {
		return
	}
	now, gone := l.find(s.c.ID())
	if now == nil || gone {
		s.gone = in.At
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
		m.identityBlock(&s.c), m.keepaliveBlock(&s.c, elapsed), m.silenceBlock(&s.c), m.trafficBlock(s),
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
		return head + "\n" + t.Draw(theme.Warning, "gone since "+s.gone.Format("15:04:05")+"; this is what was last seen of it")
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
	if !ok || width < leastTimelineWidth {
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
	leastTimelineWidth = 40
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

type field struct {
	label, value string
	role         theme.Role
}

func (m *Model) fields(title string, fields ...field) string {
	t := m.theme
	lines := []string{t.Draw(theme.Title, title)}
	for _, f := range fields {
		lines = append(lines, t.Draw(theme.Muted, pad(f.label, 14))+t.Draw(f.role, f.value))
	}
	return strings.Join(lines, "\n")
}

func text(label, value string) field {
	if value == "" {
		return field{label, absent, theme.Faint}
	}
	return field{label, value, theme.Text}
}

func span(label string, d time.Duration, ok bool) field {
	if !ok {
		return field{label, absent, theme.Faint}
	}
	return field{label, conn.Span(d), theme.Text}
}

// setting is a socket option that counts whole seconds.
func setting(label string, d time.Duration, known bool) field {
	if !known {
		return field{label, unknownMark, theme.KeepaliveUnknown}
	}
	return text(label, seconds(d))
}

func userTimeout(k *conn.Keepalive) field {
	switch {
	case !k.ParamsKnown():
		return field{"user timeout", unknownMark, theme.KeepaliveUnknown}
	case k.UserTimeout == 0:
		return text("user timeout", "none")
	}
	return text("user timeout", k.UserTimeout.String())
}

func count[N int | int32 | uint8 | uint16 | uint32](label string, n N, ok bool) field {
	if !ok {
		return field{label, absent, theme.Faint}
	}
	return field{label, strconv.FormatInt(int64(n), 10), theme.Text}
}

func (m *Model) identityBlock(c *conn.Connection) string {
	fields := []field{
		{"state", c.State.String(), stateRole(c.State)},
		text("family", c.Family.String()),
		text("local", c.Local.String()),
	}
	if c.State != conn.StateListen {
		fields = append(fields, text("remote", c.Remote.String()))
	}
	if c.RemoteName != "" {
		fields = append(fields, text("remote name", conn.Printable(c.RemoteName)))
	}
	for i, o := range c.Owners {
		label := "owner"
		if i > 0 {
			label = ""
		}
		fields = append(fields, text(label, ownerText(o)+" fd "+strconv.Itoa(int(o.FD))))
	}
	user, _ := userCell(nil, c)
	netns, _ := netnsCell(nil, c)
	fields = append(fields,
		text("user", user), text("unit", conn.Printable(c.Unit)), text("namespace", netns),
		text("cookie", strconv.FormatUint(c.Cookie, 10)), count("inode", c.Inode, c.Inode != 0),
		count("interface", c.Interface, c.Interface != 0),
	)
	return m.fields("Connection", fields...)
}

func (m *Model) keepaliveBlock(c *conn.Connection, elapsed time.Duration) string {
	k := &c.Keepalive
	known := k.ParamsKnown()
	countdown := func(d time.Duration, ok bool) (time.Duration, bool) { return max(0, d-elapsed), ok }
	unanswered, running := c.Unanswered()
	left, hasLeft := c.Left()
	detects, detectsKnown := c.DetectsIn()
	next, hasNext := countdown(c.NextProbe())
	dies, hasDies := countdown(c.DiesIn())
	expires, hasTimer := countdown(c.Timer.Expires, c.Timer.Kind != conn.TimerNone)
	return m.fields("Keepalive",
		text("SO_KEEPALIVE", k.State.String()),
		text("source", k.Source.String()),
		setting("idle", k.Params.Idle, known), setting("interval", k.Params.Interval, known), count("count", k.Params.Count, known),
		userTimeout(k),
		count("unanswered", unanswered, running), count("left", left, hasLeft),
		span("next probe", next, hasNext), span("dies in", dies, hasDies), span("detects in", detects, detectsKnown),
		text("timer", c.Timer.Kind.String()), span("timer fires", expires, hasTimer),
	)
}

func (m *Model) silenceBlock(c *conn.Connection) string {
	silent, heard := c.SilentFor()
	data, hasData := c.LastDataRecv()
	age, hasAge := c.Age()
	base := c.TCP.Has(conn.TCPBase) && c.State != conn.StateListen
	return m.fields("Silence",
		span("silent for", silent, heard), span("data received", data, hasData),
		span("ACK received", c.TCP.LastAckRecv, base), span("data sent", c.TCP.LastDataSent, base),
		span("age", age, hasAge), span("watched for", c.SeenFor, true),
	)
}

func (m *Model) trafficBlock(s *subject) string {
	c := &s.c
	amount := func(label string, n uint64, ok bool) field {
		if !ok {
			return field{label, absent, theme.Faint}
		}
		return field{label, conn.Bytes(n), theme.Text}
	}
	rate := func(label string, n uint64, ok bool, r conn.Rate) field {
		f := amount(label, n, ok)
		if ok && r.Known {
			f.value += "  " + conn.Bytes(uint64(r.PerSecond)) + "/s"
		}
		return f
	}
	base := c.TCP.Has(conn.TCPBase)
	recv, _ := queue(c, c.RecvQueue)
	send, _ := queue(c, c.SendQueue)
	return m.fields("Traffic",
		rate("sent", c.TCP.BytesSent, c.TCP.Has(conn.TCPBytesSent), s.sent),
		rate("received", c.TCP.BytesReceived, c.TCP.Has(conn.TCPBytes), s.received),
		count("segments out", c.TCP.SegsOut, c.TCP.Has(conn.TCPSegments)),
		count("segments in", c.TCP.SegsIn, c.TCP.Has(conn.TCPSegments)),
		text("receive queue", recv), text("send queue", send),
		amount("not sent", uint64(c.TCP.NotSentBytes), c.TCP.Has(conn.TCPNotSent)),
		count("in flight", c.TCP.Unacked, base), count("retransmitted", c.TCP.TotalRetrans, base),
		count("unacked tries", c.TCP.Retransmits, base), count("backoff", c.TCP.Backoff, base),
	)
}

func (m *Model) pathBlock(d *conn.Detail) string {
	tcp := &d.Connection.TCP
	trip := func(label string, v time.Duration) field {
		if !tcp.Has(conn.TCPBase) || v == 0 {
			return field{label, absent, theme.Faint}
		}
		return field{label, conn.RoundTrip(v), theme.Text}
	}
	speed := func(label string, n uint64) field {
		if n == 0 || n == ^uint64(0) {
			return field{label, absent, theme.Faint}
		}
		return field{label, conn.Bytes(n) + "/s", theme.Text}
	}
	return m.fields("Path",
		trip("round trip", tcp.RTT), trip("variance", d.RTTVariance), trip("least", d.MinRTT), trip("timeout", tcp.RTO),
		text("congestion", conn.Printable(d.Congestion)),
		count("window", d.SendCwnd, d.SendCwnd != 0), count("send MSS", d.SendMSS, d.SendMSS != 0),
		count("receive MSS", d.RecvMSS, d.RecvMSS != 0), count("path MTU", d.PathMTU, d.PathMTU != 0),
		speed("pacing", d.PacingRate), speed("delivered", d.DeliverRate),
	)
}

func (m *Model) memoryBlock(d *conn.Detail) string {
	mem := &d.Memory
	of := func(label string, used, limit uint32) field {
		if !mem.Known {
			return field{label, absent, theme.Faint}
		}
		return field{label, fmt.Sprintf("%s of %s", conn.Bytes(uint64(used)), conn.Bytes(uint64(limit))), theme.Text}
	}
	return m.fields("Memory",
		of("receive", mem.RecvAlloc, mem.RecvBuffer), of("send", mem.SendAlloc, mem.SendBuffer),
		count("drops", mem.Drops, mem.Known), text("closed here", shutdownText(d.Shutdown)),
	)
}

// shutdownText says which directions the program has shut down
// (include/net/sock.h, RCV_SHUTDOWN and SEND_SHUTDOWN).
func shutdownText(s uint8) string {
	return [...]string{"nothing", "receiving", "sending", "both directions"}[s&3]
}
