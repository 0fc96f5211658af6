package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

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

func probeCount(k *conn.Keepalive) field {
	if !k.ParamsKnown() {
		return field{"count", unknownMark, theme.KeepaliveUnknown}
	}
	return count("count", k.Params.Count, true)
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
	unit, _ := unitCell(nil, c)
	netns, _ := netnsCell(nil, c)
	fields = append(fields,
		text("user", user), text("unit", unit), text("namespace", netns),
		text("cookie", strconv.FormatUint(c.Cookie, 10)), count("inode", c.Inode, c.Inode != 0),
		count("interface", c.Interface, c.Interface != 0),
	)
	return m.fields("Connection", fields...)
}

// keepaliveBlock has the settings and, while the connection lives, what comes.
func (m *Model) keepaliveBlock(s *subject, elapsed time.Duration) string {
	c, k := &s.c, &s.c.Keepalive
	known := k.ParamsKnown()
	countdown := func(d time.Duration, ok bool) (time.Duration, bool) { return max(0, d-elapsed), ok }
	unanswered, running := c.Unanswered()
	left, hasLeft := c.Left()
	detects, detectsKnown := c.DetectsIn()
	next, hasNext := countdown(c.NextProbe())
	dies, hasDies := countdown(c.DiesIn())
	expires, hasTimer := countdown(c.Timer.Expires, c.Timer.Kind != conn.TimerNone)
	fields := []field{
		text("SO_KEEPALIVE", k.State.String()),
		text("source", k.Source.String()),
		setting("idle", k.Params.Idle, known), setting("interval", k.Params.Interval, known), probeCount(k),
		userTimeout(k),
		count("unanswered", unanswered, running),
	}
	if s.gone.IsZero() {
		fields = append(fields, count("left", left, hasLeft),
			span("next probe", next, hasNext), span("dies in", dies, hasDies), span("detects in", detects, detectsKnown),
			text("timer", c.Timer.Kind.String()), span("timer fires", expires, hasTimer))
	}
	return m.fields("Keepalive", fields...)
}

func (m *Model) silenceBlock(c *conn.Connection, elapsed time.Duration) string {
	silent, heard := c.SilentFor()
	data, hasData := c.LastDataRecv()
	age, hasAge := c.Age()
	base := c.TCP.Has(conn.TCPBase) && c.State != conn.StateListen
	return m.fields("Silence",
		span("silent for", silent+elapsed, heard), span("data received", data+elapsed, hasData),
		span("ACK received", c.TCP.LastAckRecv+elapsed, base), span("data sent", c.TCP.LastDataSent+elapsed, base),
		span("age", age+elapsed, hasAge), span("watched for", c.SeenFor+elapsed, true),
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
