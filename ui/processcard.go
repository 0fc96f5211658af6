package ui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// processCard is what stands above the connections of one process. On a low
// screen it is cut to leave half of it to them.
func (m *Model) processCard(height int) []string {
	t := m.theme
	var lines []string
	switch p := m.process; {
	case m.pageError != nil:
		lines = []string{t.Draw(theme.Warning, " "+conn.Printable(m.pageError.Error()))}
	case p == nil:
		lines = []string{t.Draw(theme.Muted, " reading the process")}
	default:
		lines = m.processLines(p)
	}
	return lines[:min(len(lines), max(1, height/2))]
}

func (m *Model) processLines(p *conn.Process) []string {
	pair := func(label, value string) string {
		return m.theme.Draw(theme.Muted, label+" ") + m.theme.Draw(theme.Text, value)
	}
	orUnknown := func(known bool, value string) string {
		if !known {
			return unknownMark
		}
		return value
	}
	started := orUnknown(!p.Started.IsZero(), "")
	if started == "" {
		started = conn.Span(m.clock().Sub(p.Started)) + " ago"
	}
	facts := []string{
		pair("user", orUnknown(p.User != "", conn.Printable(p.User))),
		pair("started", started),
		pair("cpu", orUnknown(p.CPUPercent >= 0, fmt.Sprintf("%.1f %%", p.CPUPercent))),
		pair("memory", orUnknown(p.MemoryBytes > 0, conn.Bytes(p.MemoryBytes))),
		pair("descriptors", orUnknown(p.OpenFDs >= 0, strconv.Itoa(p.OpenFDs))+" of "+orUnknown(p.MaxFDs > 0, limitText(p.MaxFDs))),
		pair("threads", orUnknown(p.Threads > 0, strconv.Itoa(int(p.Threads)))),
		pair("unit", orUnknown(p.Unit != "", conn.Printable(p.Unit))),
	}
	lines := wrapParts(facts, m.width-2)
	command := orUnknown(p.CommandLine != "", conn.Printable(p.CommandLine))
	lines = append(lines, " "+pair("command", ansi.Truncate(command, max(1, m.width-10), m.theme.Symbols.Ellipsis)))
	if g := m.listing.processGroup(p.PID); g != nil {
		lines = append(lines, " "+m.groupText(g))
	}
	if c := m.at().courses; !c.since.IsZero() {
		lines = append(lines, m.courseLines(c.pageCourses)...)
	}
	return append(lines, "")
}

// limitText writes RLIMIT_NOFILE, whose largest value means that there is none.
func limitText(n uint64) string {
	if n >= 1<<62 {
		return "no limit"
	}
	return conn.Whole(int(n))
}

// groupText is the keepalive coverage of one process in words.
func (m *Model) groupText(g *conn.Group) string {
	line := m.coverage(g.Coverage)
	if g.SilenceKnown {
		line += m.theme.Draw(theme.Muted, ", worst silence ") + m.theme.Draw(theme.Text, conn.Span(g.WorstSilence))
	}
	return line
}

// processGroup is what is listed of one process.
func (l *Listing) processGroup(pid int32) *conn.Group {
	for i := range l.groups {
		if l.groups[i].Key.PID == pid {
			return &l.groups[i]
		}
	}
	return nil
}

// wrapParts sets parts side by side on as many lines as it takes.
func wrapParts(parts []string, width int) []string {
	const gap = "   "
	var lines []string
	line := ""
	for _, p := range parts {
		if line != "" && ansi.StringWidth(line)+len(gap)+ansi.StringWidth(p) > width {
			lines = append(lines, " "+line)
			line = ""
		}
		if line != "" {
			line += gap
		}
		line += p
	}
	return append(lines, " "+strings.TrimRight(line, " "))
}
