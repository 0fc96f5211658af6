//go:build linux

package collector

import (
	"io/fs"
	"strconv"
	"strings"

	"github.com/katop/katop/conn"
)

// readSocketStat reads the TCP lines of /proc/net/sockstat and sockstat6
// (net/ipv4/proc.c, sockstat_seq_show). A host without IPv6 has no sockstat6.
func readSocketStat(net fs.FS) conn.SocketStat {
	text, err := fs.ReadFile(net, "sockstat")
	if err != nil {
		return conn.SocketStat{}
	}
	var s conn.SocketStat
	fields := map[string]*int{
		"TCP inuse": &s.InUse, "TCP orphan": &s.Orphan, "TCP tw": &s.TimeWait, "TCP alloc": &s.Alloc,
		"TCP mem": &s.MemoryPages, "TCP6 inuse": &s.InUse6,
	}
	if six, err := fs.ReadFile(net, "sockstat6"); err == nil {
		text = append(text, six...)
	}
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(line, ":")
		pairs := strings.Fields(rest)
		for i := 0; i+1 < len(pairs); i += 2 {
			into, wanted := fields[name+" "+pairs[i]]
			if !wanted {
				continue
			}
			if *into, err = strconv.Atoi(pairs[i+1]); err != nil {
				return conn.SocketStat{}
			}
			s.Known = true
		}
	}
	return s
}

// readCounters reads running totals from /proc/net/snmp and netstat. Both hold
// pairs of lines, names above values; the kernel adds and moves names, so a
// counter is found by its name (include/uapi/linux/snmp.h).
func readCounters(net fs.FS) conn.Counters {
	totals := make(map[string]uint64)
	for _, file := range []string{"snmp", "netstat"} {
		text, err := fs.ReadFile(net, file)
		if err != nil || !addTotals(totals, string(text)) {
			return conn.Counters{}
		}
	}
	return conn.Counters{
		KeepaliveProbes:   totals["TcpExt:TCPKeepAlive"],
		AbortOnTimeout:    totals["TcpExt:TCPAbortOnTimeout"],
		RetransSegs:       totals["Tcp:RetransSegs"],
		ListenOverflows:   totals["TcpExt:ListenOverflows"],
		ListenDrops:       totals["TcpExt:ListenDrops"],
		ActiveOpens:       totals["Tcp:ActiveOpens"],
		PassiveOpens:      totals["Tcp:PassiveOpens"],
		EstabResets:       totals["Tcp:EstabResets"],
		TimeWaits:         totals["TcpExt:TW"] + totals["TcpExt:TWRecycled"] + totals["TcpExt:TWKilled"],
		TimeWaitOverflows: totals["TcpExt:TCPTimeWaitOverflow"],
		Known:             true,
	}
}

// addTotals adds the TCP counters of one file. It is false when the text is
// not made of pairs of lines.
func addTotals(totals map[string]uint64, text string) bool {
	var names []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		if len(fields) != len(names) || fields[0] != names[0] {
			return false
		}
		for i, field := range fields[1:] {
			group := fields[0]
			if group != "Tcp:" && group != "TcpExt:" {
				break
			}
			// MaxConn is -1 where there is no limit: not a counter.
			if value, err := strconv.ParseUint(field, 10, 64); err == nil {
				totals[group+names[i+1]] = value
			}
		}
		names = nil
	}
	return names == nil
}
