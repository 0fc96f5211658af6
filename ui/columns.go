package ui

import (
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
	// asked tells that the user chose it: it then goes after all others.
	asked    bool
	plural   bool // unless asked for, shown only with connections of several network namespaces
	evidence bool // the numbers behind the verdict: sorted by with it

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
		{key: conn.SortProcess, title: "PROCESS", widths: widths{11, 16, 26}, rank: 2, chosen: true, content: processCell},
		{key: conn.SortUser, title: "USER", widths: widths{4, 8, 12}, rank: 14, content: userCell},
		{key: conn.SortUnit, title: "UNIT", widths: widths{8, 18, 32}, rank: 15, content: unitCell},
		{key: conn.SortNetNS, title: "NETNS", widths: widths{6, 19, 24}, rank: 16, chosen: true, plural: true, content: netnsCell},
		{key: conn.SortState, title: "STATE", widths: fixed(8), rank: 7, chosen: true, content: stateCell},
		{key: conn.SortLocal, title: "LOCAL", widths: fixed(9), whole: true, rank: 10, chosen: true, content: localCell},
		{key: conn.SortRemote, title: "REMOTE", widths: fixed(9), whole: true, rank: 1, chosen: true, content: remoteCell},
		{key: conn.SortSilent, title: "SILENT", widths: fixed(6), right: true, rank: 4, chosen: true, content: silentCell},
		{key: conn.SortKeepalive, title: "KEEPALIVE", widths: widths{9, 11, 0}, rank: 5, chosen: true, content: keepaliveCell},
		{key: conn.SortTimer, title: "TIMER", widths: widths{12, 13, 0}, rank: 13, chosen: true, content: timerCell},
		{key: conn.SortNextProbe, title: "NEXT", widths: fixed(6), right: true, rank: 17, content: nextProbeCell},
		{key: conn.SortUnanswered, title: "UNANSW", widths: fixed(6), right: true, rank: 18, content: unansweredCell},
		{key: conn.SortLeft, title: "LEFT", widths: widths{5, 7, 0}, right: true, rank: 8, chosen: true, content: leftCell},
		{key: conn.SortDiesIn, title: "DIES IN", widths: fixed(7), right: true, rank: 6, chosen: true, content: diesCell},
		{key: conn.SortDetects, title: "DETECTS", widths: fixed(7), right: true, rank: 9, chosen: true, content: detectsCell},
		{key: conn.SortRTT, title: "RTT", widths: fixed(7), right: true, rank: 19, content: rttCell},
		{key: conn.SortRetrans, title: "RETRANS", widths: fixed(7), right: true, rank: 20, content: retransCell},
		{key: conn.SortRecvQueue, title: "RECV-Q", widths: fixed(8), right: true, rank: 21, content: recvQueueCell},
		{key: conn.SortSendQueue, title: "SEND-Q", widths: fixed(8), right: true, rank: 22, content: sendQueueCell},
		{key: conn.SortAge, title: "AGE", widths: fixed(6), right: true, rank: 23, content: ageCell},
		{key: conn.SortSent, title: "SENT", widths: fixed(8), right: true, rank: 24, content: sentCell},
		{key: conn.SortReceived, title: "RECEIVED", widths: fixed(8), right: true, rank: 25, content: receivedCell},
		{key: conn.SortVerdict, title: "VERDICT", widths: fixed(11), rank: 3, chosen: true, content: verdictCell},
		{key: conn.SortVerdict, title: "EVIDENCE", widths: widths{20, 46, 110}, rank: 12, chosen: true, evidence: true, content: evidenceCell},
	}
}

// name identifies the column: its sort key, but for the evidence, which has
// none of its own.
func (c *column) name() string {
	if c.evidence {
		return "evidence"
	}
	return c.key.String()
}

// portColumn stands in for the local address on a narrow terminal.
func portColumn() column {
	return column{key: conn.SortLocal, title: "PORT", widths: widths{6, 6, 0}, rank: 10, content: portCell}
}
