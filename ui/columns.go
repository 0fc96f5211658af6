package ui

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// absent stands where a value does not exist; unknownMark where it could not be
// learnt.
const (
	absent      = "-"
	unknownMark = "?"
)

// column is one column of the list of connections. It shows what its key sorts
// by.
type column struct {
	key    conn.SortKey
	title  string
	widths widths
	rank   int // where room is short, the highest goes first
	right  bool
	whole  bool // addresses are never cut
	chosen bool // shown; the chooser changes it

	content func(r *rowContext, c *conn.Connection) (string, theme.Role)
}

// widths are a column's least, wanted and greatest width; a greatest of 0 is the
// wanted one, which the column then keeps.
type widths struct{ least, wanted, greatest int }

// rowContext is what a cell needs beside its connection.
type rowContext struct {
	thresholds conn.Thresholds
	judgement  conn.Judgement // on the connection of the row
	inferred   string         // sign before a value that was not read
}

// connectionColumns is every column, in the order of the screen.
func connectionColumns() []column {
	fixed := func(n int) widths { return widths{n, n, 0} }
	return []column{
		{key: conn.SortProcess, title: "PROCESS", widths: widths{12, 16, 26}, rank: 2, chosen: true, content: processCell},
		{key: conn.SortUser, title: "USER", widths: widths{4, 8, 12}, rank: 14, content: userCell},
		{key: conn.SortUnit, title: "UNIT", widths: widths{8, 18, 32}, rank: 15, content: unitCell},
		{key: conn.SortNetNS, title: "NETNS", widths: widths{5, 10, 16}, rank: 16, content: netnsCell},
		{key: conn.SortState, title: "STATE", widths: fixed(8), rank: 6, chosen: true, content: stateCell},
		{key: conn.SortLocal, title: "LOCAL", widths: fixed(9), whole: true, rank: 7, chosen: true, content: localCell},
		{key: conn.SortRemote, title: "REMOTE", widths: fixed(9), whole: true, rank: 1, chosen: true, content: remoteCell},
		{key: conn.SortSilent, title: "SILENT", widths: fixed(6), right: true, rank: 4, chosen: true, content: silentCell},
		{key: conn.SortKeepalive, title: "KEEPALIVE", widths: widths{9, 11, 0}, rank: 5, chosen: true, content: keepaliveCell},
		{key: conn.SortTimer, title: "TIMER", widths: widths{12, 13, 0}, rank: 11, chosen: true, content: timerCell},
		{key: conn.SortNextProbe, title: "NEXT", widths: fixed(6), right: true, rank: 13, content: nextProbeCell},
		{key: conn.SortUnanswered, title: "UNANSW", widths: fixed(6), right: true, rank: 12, content: unansweredCell},
		{key: conn.SortLeft, title: "LEFT", widths: widths{5, 7, 0}, right: true, rank: 10, chosen: true, content: leftCell},
		{key: conn.SortDiesIn, title: "DIES IN", widths: fixed(7), right: true, rank: 8, chosen: true, content: diesCell},
		{key: conn.SortDetects, title: "DETECTS", widths: fixed(7), right: true, rank: 9, chosen: true, content: detectsCell},
		{key: conn.SortRTT, title: "RTT", widths: fixed(7), right: true, rank: 17, content: rttCell},
		{key: conn.SortRetrans, title: "RETRANS", widths: fixed(7), right: true, rank: 18, content: retransCell},
		{key: conn.SortRecvQueue, title: "RECV-Q", widths: fixed(8), right: true, rank: 19, content: recvQueueCell},
		{key: conn.SortSendQueue, title: "SEND-Q", widths: fixed(8), right: true, rank: 20, content: sendQueueCell},
		{key: conn.SortAge, title: "AGE", widths: fixed(6), right: true, rank: 21, content: ageCell},
		{key: conn.SortSent, title: "SENT", widths: fixed(8), right: true, rank: 22, content: sentCell},
		{key: conn.SortReceived, title: "RECEIVED", widths: fixed(8), right: true, rank: 23, content: receivedCell},
		{key: conn.SortVerdict, title: "VERDICT", widths: widths{10, 34, 72}, rank: 3, chosen: true, content: verdictCell},
	}
}

// portColumn stands in for the local address on a narrow terminal.
func portColumn() column {
	return column{key: conn.SortLocal, title: "PORT", widths: widths{6, 6, 0}, rank: 7, content: portCell}
}

func processCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	owner, ok := c.Owner()
	switch {
	case !ok && c.Inode == 0:
		return absent, theme.Faint
	case !ok:
		return unknownMark, theme.Muted
	}
	text := ownerText(owner)
	if more := len(c.Owners) - 1; more > 0 {
		text += "+" + strconv.Itoa(more)
	}
	return text, theme.Text
}

// ownerText is a process as "name/pid", safe to print.
func ownerText(o conn.Owner) string {
	return conn.Printable(o.Name) + "/" + strconv.Itoa(int(o.PID))
}

func userCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	if c.User == "" {
		return strconv.FormatUint(uint64(c.UID), 10), theme.Muted
	}
	return conn.Printable(c.User), theme.Muted
}

func unitCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	return textOr(c.Unit, unknownMark)
}

func netnsCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	return textOr(c.NetNS.Name, strconv.FormatUint(c.NetNS.Inode, 10))
}

func textOr(s, otherwise string) (string, theme.Role) {
	if s == "" {
		return otherwise, theme.Faint
	}
	return conn.Printable(s), theme.Muted
}

func stateCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	return c.State.Short(), stateRole(c.State)
}

func stateRole(s conn.State) theme.Role {
	switch s {
	case conn.StateEstablished:
		return theme.StateOpen
	case conn.StateListen:
		return theme.StateListen
	case conn.StateTimeWait:
		return theme.StateTimeWait
	case conn.StateCloseWait:
		return theme.StatePeerClosed
	case conn.StateSynSent, conn.StateSynRecv:
		return theme.StateOpening
	default:
		return theme.StateClosing
	}
}

func localCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	return endpoint(c.Local), theme.Muted
}

// endpoint writes an address and port. An IPv4-mapped address is IPv4 to
// everybody but the socket; the connection's page shows it as the socket has it.
func endpoint(a netip.AddrPort) string { return string(appendEndpoint(nil, a)) }

func appendEndpoint(b []byte, a netip.AddrPort) []byte {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).AppendTo(b)
}

func portCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	return ":" + strconv.Itoa(int(c.Local.Port())), theme.Muted
}

func remoteCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	if c.State == conn.StateListen {
		return absent, theme.Faint
	}
	return endpoint(c.Remote), theme.Text
}

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

func severityRole(s conn.Severity) theme.Role {
	return [...]theme.Role{theme.OK, theme.Notice, theme.Warning, theme.Critical}[min(s, conn.MaxSeverity)]
}

func keepaliveCell(r *rowContext, c *conn.Connection) (string, theme.Role) {
	k := &c.Keepalive
	switch {
	case c.Minisock():
		return absent, theme.Faint
	case k.State == conn.KeepaliveUnknown:
		return unknownMark, theme.KeepaliveUnknown
	case k.Source == conn.SourceInferred:
		return r.inferred + k.State.String(), theme.Inferred
	case k.State == conn.KeepaliveOff:
		return "off", theme.KeepaliveOff
	}
	return k.Params.String(), theme.KeepaliveOn
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
	unanswered, running := c.Unanswered()
	left, ok := c.Left()
	switch {
	case ok:
		return strconv.Itoa(left) + "/" + strconv.Itoa(c.Keepalive.Params.Count), troubleRole(r, theme.Muted)
	case running && unanswered > 0 && !c.Keepalive.ParamsKnown():
		return unknownMark, theme.KeepaliveUnknown
	}
	return absent, theme.Faint
}

func diesCell(r *rowContext, c *conn.Connection) (string, theme.Role) {
	dies, ok := c.DiesIn()
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

func rttCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	if !c.TCP.Has(conn.TCPBase) || c.TCP.RTT == 0 {
		return absent, theme.Faint
	}
	return conn.RoundTrip(c.TCP.RTT), theme.Muted
}

func retransCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	if !c.TCP.Has(conn.TCPBase) {
		return absent, theme.Faint
	}
	return strconv.FormatUint(uint64(c.TCP.TotalRetrans), 10), theme.Muted
}

func recvQueueCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	return queue(c, c.RecvQueue)
}

func sendQueueCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	return queue(c, c.SendQueue)
}

// queue is an amount of bytes, and for a listener a number of connections.
func queue(c *conn.Connection, n uint32) (string, theme.Role) {
	switch {
	case c.Minisock():
		return absent, theme.Faint
	case c.State == conn.StateListen:
		return strconv.FormatUint(uint64(n), 10), theme.Muted
	}
	return conn.Bytes(uint64(n)), theme.Muted
}

func ageCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	age, ok := c.Age()
	return spanOr(age, ok, unknownMark), theme.Muted
}

func sentCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	if !c.TCP.Has(conn.TCPBytesSent) {
		return absent, theme.Faint
	}
	return conn.Bytes(c.TCP.BytesSent), theme.Muted
}

func receivedCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	if !c.TCP.Has(conn.TCPBytes) {
		return absent, theme.Faint
	}
	return conn.Bytes(c.TCP.BytesReceived), theme.Muted
}

func verdictCell(r *rowContext, c *conn.Connection) (string, theme.Role) {
	evidence := conn.Evidence(c, r.judgement, &r.thresholds)
	if r.judgement.Verdict == conn.VerdictOK {
		return evidence, theme.Faint
	}
	return strings.TrimRight(r.judgement.Verdict.String()+"  "+evidence, " "), severityRole(r.judgement.Severity)
}
