package export

import (
	"slices"
	"strings"
	"time"

	"github.com/katop/katop/conn"
)

// allColumns lists every column, in the order in which CSV has them.
func allColumns() []Column {
	return []Column{
		Column{name: "process", cell: process}.unknownWhere(ownerHidden),
		count("pid", pid).unknownWhere(ownerHidden),
		count("fd", fd).unknownWhere(ownerHidden),
		text("user", user),
		text("unit", func(r *row) string { return r.Unit }).unknownWhere(hasInode),
		text("netns", netns).unknownWhere(always),
		text("family", func(r *row) string { return r.Family.String() }),
		text("state", func(r *row) string { return r.State.String() }),
		{name: "local", cell: local},
		{name: "remote", cell: remote},
		text("name", func(r *row) string { return r.RemoteName }),
		span("silent", "ms", time.Millisecond, func(r *row) (time.Duration, bool) { return r.SilentFor() }).unknownWhere(lacks(conn.TCPBase)),
		Column{name: "keepalive", cell: keepalive}.unknownWhere(optionsHidden),
		text("source", func(r *row) string { return r.Keepalive.Source.String() }),
		span("idle", "s", time.Second, func(r *row) (time.Duration, bool) { return r.KeepIdle() }).unknownWhere(paramsHidden),
		span("interval", "s", time.Second, interval).unknownWhere(paramsHidden),
		count("count", probeCount).unknownWhere(paramsHidden),
		span("user-timeout", "ms", time.Millisecond, userTimeout).unknownWhere(optionsHidden),
		{name: "timer", cell: timer},
		span("expires", "ms", time.Millisecond, expires),
		span("next-probe", "ms", time.Millisecond, func(r *row) (time.Duration, bool) { return r.NextProbe() }).unknownWhere(guardHidden),
		count("unanswered", unanswered),
		Column{name: "left", number: true, cell: left}.unknownWhere(guardHidden),
		span("dies-in", "ms", time.Millisecond, func(r *row) (time.Duration, bool) { return r.DiesIn() }).unknownWhere(deathHidden),
		span("detects", "s", time.Second, func(r *row) (time.Duration, bool) { return r.DetectsIn() }).unknownWhere(detectionHidden),
		span("age", "ms", time.Millisecond, func(r *row) (time.Duration, bool) { return r.Age() }).unknownWhere(always),
		Column{name: "rtt", unit: "us", number: true, cell: rtt}.unknownWhere(lacks(conn.TCPBase)),
		count("retrans", retransmitted).unknownWhere(lacks(conn.TCPBase)),
		count("recvq", func(r *row) (uint64, bool) { return uint64(r.RecvQueue), true }),
		count("sendq", func(r *row) (uint64, bool) { return uint64(r.SendQueue), true }),
		count("sent", bytesSent).unknownWhere(lacks(conn.TCPBytesSent)),
		count("received", bytesReceived).unknownWhere(lacks(conn.TCPBytes)),
		count("inode", func(r *row) (uint64, bool) { return uint64(r.Inode), r.Inode != 0 }),
		count("cookie", func(r *row) (uint64, bool) { return r.Cookie, true }),
		text("severity", func(r *row) string { return r.judgement.Severity.String() }),
		text("verdict", func(r *row) string { return r.judgement.Verdict.String() }),
		text("evidence", func(r *row) string { return conn.Evidence(r.Connection, r.judgement, r.thresholds) }),
	}
}

// Columns lists the names of all columns.
func Columns() []string {
	var names []string
	for _, c := range allColumns() {
		names = append(names, c.name)
	}
	return names
}

// TableColumns are the columns of a table for which nobody chose others.
func TableColumns() []Column {
	shown := []string{
		"process", "state", "local", "remote", "silent", "keepalive", "timer", "left", "dies-in", "detects",
		"verdict", "evidence",
	}
	return slices.DeleteFunc(allColumns(), func(c Column) bool { return !slices.Contains(shown, c.name) })
}

// CSVColumns are the columns of CSV for which nobody chose others: all of them.
func CSVColumns() []Column { return allColumns() }

// ParseColumns reads names of columns, parted by commas. The error for an
// unknown name lists the known ones.
func ParseColumns(list string) ([]Column, error) {
	all := allColumns()
	var chosen []Column
	for name := range strings.SplitSeq(list, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		i := slices.IndexFunc(all, func(c Column) bool { return c.name == name })
		if i < 0 {
			return nil, conn.UnknownWord("column", name, Columns())
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}
