package ui

import (
	"net/netip"
	"strconv"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

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
	switch {
	case !c.UserKnown():
		return absent, theme.Faint
	case c.User == "":
		return strconv.FormatUint(uint64(c.UID), 10), theme.Muted
	}
	return conn.Printable(c.User), theme.Muted
}

func unitCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	if c.Inode == 0 {
		return textOr(c.Unit, absent)
	}
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

// endpointWidth is how long the text of an address and port is. It is counted for
// every row of every listing, so IPv4 is not written for it.
func endpointWidth(a netip.AddrPort) int {
	ip := a.Addr().Unmap()
	if !ip.Is4() {
		var text [64]byte
		return len(appendEndpoint(text[:0], a))
	}
	width := len("...:") + digits(a.Port())
	for _, part := range ip.As4() {
		width += digits(uint16(part))
	}
	return width
}

func digits(n uint16) int {
	switch {
	case n < 10:
		return 1
	case n < 100:
		return 2
	case n < 1000:
		return 3
	case n < 10000:
		return 4
	}
	return 5
}

func portCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	return ":" + strconv.Itoa(int(c.Local.Port())), theme.Muted
}

// listenerPrefix stands before the address that a listener listens on.
const listenerPrefix = "on "

// listenerCell stands in for the remote address where the local one has no
// room: a listener's is all it has.
func listenerCell(r *rowContext, c *conn.Connection) (string, theme.Role) {
	if c.State == conn.StateListen {
		return listenerPrefix + endpoint(c.Local), theme.Muted
	}
	return remoteCell(r, c)
}

func remoteCell(_ *rowContext, c *conn.Connection) (string, theme.Role) {
	if c.State == conn.StateListen {
		return absent, theme.Faint
	}
	return endpoint(c.Remote), theme.Text
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

func verdictCell(r *rowContext, _ *conn.Connection) (string, theme.Role) {
	if r.judgement.Verdict == conn.VerdictOK {
		return r.judgement.Verdict.String(), theme.Faint
	}
	return r.judgement.Verdict.String(), severityRole(r.judgement.Severity)
}

func evidenceCell(r *rowContext, c *conn.Connection) (string, theme.Role) {
	role := theme.Faint
	if r.judgement.Severity >= conn.SeverityWarning {
		role = severityRole(r.judgement.Severity)
	} else if r.judgement.Verdict != conn.VerdictOK {
		role = theme.Muted
	}
	return conn.Evidence(c, r.judgement, &r.thresholds), role
}
