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
	var s conn.SocketStat
	for _, file := range [...]struct {
		name, line string
		field      func(name string) *int
	}{
		{"sockstat", "TCP:", func(name string) *int { return socketCount(&s, name) }},
		{"sockstat6", "TCP6:", func(name string) *int {
			if name == "inuse" {
				return &s.InUse6
			}
			return nil
		}},
	} {
		text, err := fs.ReadFile(net, file.name)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			group, rest := cutField(line)
			if group != file.line {
				continue
			}
			for rest != "" {
				var name, value string
				name, rest = cutField(rest)
				value, rest = cutField(rest)
				into := file.field(name)
				if into == nil {
					continue
				}
				if *into, err = strconv.Atoi(value); err != nil {
					return conn.SocketStat{}
				}
				s.Known = s.Known || file.name == "sockstat"
			}
		}
		if !s.Known {
			return conn.SocketStat{}
		}
	}
	return s
}

func socketCount(s *conn.SocketStat, name string) *int {
	switch name {
	case "inuse":
		return &s.InUse
	case "orphan":
		return &s.Orphan
	case "tw":
		return &s.TimeWait
	case "alloc":
		return &s.Alloc
	case "mem":
		return &s.MemoryPages
	}
	return nil
}

// readCounters reads running totals from /proc/net/snmp and netstat. Both hold
// pairs of lines, names above values; the kernel adds and moves names, so a
// counter is found by its name (include/uapi/linux/snmp.h).
func readCounters(net fs.FS) conn.Counters {
	var c conn.Counters
	for _, file := range []string{"snmp", "netstat"} {
		text, err := fs.ReadFile(net, file)
		if err != nil || !addTotals(&c, string(text)) {
			return conn.Counters{}
		}
	}
	c.Known = true
	return c
}

// addTotals adds the TCP counters of one file. It is false when the text is
// not made of pairs of lines.
func addTotals(c *conn.Counters, text string) bool {
	for text != "" {
		var names, values string
		names, text, _ = strings.Cut(text, "\n")
		values, text, _ = strings.Cut(text, "\n")
		group, names := cutField(names)
		again, values := cutField(values)
		if group != again {
			return false
		}
		for names != "" {
			var name, value string
			name, names = cutField(names)
			value, values = cutField(values)
			if value == "" {
				return false
			}
			into := counter(c, group, name)
			if into == nil {
				continue
			}
			if n, err := strconv.ParseUint(value, 10, 64); err == nil {
				*into += n
			}
		}
		if values != "" {
			return false
		}
	}
	return true
}

// counter is where a value of /proc/net belongs, nil for those that nobody asks
// for. Several are added up in TimeWaits.
func counter(c *conn.Counters, group, name string) *uint64 {
	switch group {
	case "Tcp:":
		switch name {
		case "RetransSegs":
			return &c.RetransSegs
		case "ActiveOpens":
			return &c.ActiveOpens
		case "PassiveOpens":
			return &c.PassiveOpens
		case "EstabResets":
			return &c.EstabResets
		}
	case "TcpExt:":
		switch name {
		case "TCPKeepAlive":
			return &c.KeepaliveProbes
		case "TCPAbortOnTimeout":
			return &c.AbortOnTimeout
		case "ListenOverflows":
			return &c.ListenOverflows
		case "ListenDrops":
			return &c.ListenDrops
		case "TW", "TWRecycled", "TWKilled":
			return &c.TimeWaits
		case "TCPTimeWaitOverflow":
			return &c.TimeWaitOverflows
		}
	}
	return nil
}

// cutField cuts the first word off a line.
func cutField(line string) (word, rest string) {
	line = strings.TrimLeft(line, " \t\n")
	i := strings.IndexAny(line, " \t\n")
	if i < 0 {
		return line, ""
	}
	return line[:i], strings.TrimLeft(line[i:], " \t\n")
}
