package ui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// headerLines is the height of the whole header.
const headerLines = 4

// barWidth is the width of the small bars of the header.
const barWidth = 6

// header draws the host in lines of width: who and how fresh, the states, the
// keepalive coverage, and what is wrong. Fewer lines hold the most important.
func (m *Model) header(lines int) []string {
	all := []string{m.headLine()}
	if m.listing == nil {
		all = append(all, m.theme.Draw(theme.Muted, " reading the connections of this host"), "", "")
		return all[:lines]
	}
	in := m.listing.intake
	switch {
	case lines >= headerLines:
		all = append(all, m.statesLine(in), m.coverageLine(in), m.troubleLine(in))
	case lines > 1:
		all = append(all, m.troubleLine(in))
	}
	return all
}

func (m *Model) headLine() string {
	t := m.theme
	left := t.Draw(theme.Title, " katop ")
	right := m.rhythm() + m.freshness() + " "
	if m.listing == nil {
		return spread(left, right, m.width, t.Symbols.Ellipsis)
	}
	s := m.listing.intake.snapshot
	host := left + t.Draw(theme.Text, " "+conn.Printable(s.Host))
	kernel := host + t.Draw(theme.Muted, "  Linux "+conn.Printable(s.Kernel))
	spaces := ""
	if n := len(s.Namespaces); n > 1 {
		spaces = t.Draw(theme.Muted, "  "+conn.Whole(n)+" namespaces")
	}
	// How fresh the numbers are matters more than where they come from.
	for _, left := range []string{kernel + spaces, host + spaces, host} {
		if ansi.StringWidth(left)+ansi.StringWidth(right) < m.width {
			return spread(left, right, m.width, t.Symbols.Ellipsis)
		}
	}
	return spread(left, m.freshness()+" ", m.width, t.Symbols.Ellipsis)
}

// rhythm is the interval, and why it is longer than it was asked to be.
func (m *Model) rhythm() string {
	t := m.theme
	if stretched := m.pace.stretch(m.interval); stretched > m.interval {
		return t.Draw(theme.Notice, fmt.Sprintf("every %v (%v is over %.3g %% CPU)  ", stretched, m.interval, 100*m.pace.most))
	}
	return t.Draw(theme.Muted, "every "+m.interval.String()+"  ")
}

// freshness says how far the numbers can be trusted.
func (m *Model) freshness() string {
	t := m.theme
	age := ""
	if m.listing != nil {
		age = " " + conn.Prose(m.listing.intake.age(m.clock())) + " old"
	}
	switch {
	case m.frozen:
		return t.Draw(theme.Warning, "frozen"+age)
	case m.pollError != nil:
		return t.Draw(theme.Error, t.Symbol(theme.Critical)+" failing"+age)
	}
	return t.Draw(theme.OK, "live")
}

// statesLine shows how many connections are in which state. Where they do not
// all fit, first their bars make room, and then the last of them.
func (m *Model) statesLine(in *intake) string {
	t := m.theme
	word := " sockets"
	if in.summary.Total == 1 {
		word = " socket"
	}
	head := " " + t.Draw(theme.Text, conn.Whole(in.summary.Total)) + t.Draw(theme.Muted, word) +
		m.headerSparkline(m.courses.connections, m.width/10)
	for _, bar := range []int{barWidth, barWidth / 2, 0} {
		if line := head + strings.Join(m.stateCounts(in, bar), ""); ansi.StringWidth(line) <= m.width {
			return line
		}
	}
	line, more := head, "  "+t.Symbols.Ellipsis
	for _, count := range m.stateCounts(in, 0) {
		if ansi.StringWidth(line+count+more) > m.width {
			break
		}
		line += count
	}
	return line + t.Draw(theme.Muted, more)
}

// stateCounts is the number of connections in each state in which there are some,
// with bars of a width.
func (m *Model) stateCounts(in *intake, bar int) []string {
	t := m.theme
	var counts []string
	for _, s := range statesInOrder() {
		n := in.summary.ByState[s]
		if n == 0 {
			continue
		}
		count := "  " + t.Draw(stateRole(s), s.Short()) + " " + t.Draw(theme.Text, conn.Whole(n))
		if bar > 0 {
			count += " " + t.Bar(bar, float64(n)/float64(in.summary.Total), stateRole(s))
		}
		counts = append(counts, count)
	}
	return counts
}

// statesInOrder is the states, those first that one looks for first.
func statesInOrder() []conn.State {
	return []conn.State{
		conn.StateEstablished, conn.StateListen, conn.StateTimeWait, conn.StateCloseWait, conn.StateSynSent,
		conn.StateSynRecv, conn.StateFinWait1, conn.StateFinWait2, conn.StateLastAck, conn.StateClosing, conn.StateClose,
	}
}

// coverageLine shows how many connections would notice a dead peer.
func (m *Model) coverageLine(in *intake) string {
	t := m.theme
	line := " " + m.coverage(in.summary.Coverage)
	rate := func(label string, r conn.Rate) string {
		return t.Draw(theme.Muted, "  "+label+" ") + t.Draw(theme.Text, perSecond(r))
	}
	probes, resent := rate("probes", in.rates.Probes), rate("resent", in.rates.Retransmissions)
	flow := rate("opened", in.rates.Opened) + rate("closed", in.rates.Closed)
	courses := func(steps int) string {
		return probes + m.headerSparkline(m.courses.probes, steps) + resent + m.headerSparkline(m.courses.retransmissions, steps)
	}
	return m.spreadFirst(line,
		courses(m.width/10)+flow+" ", courses(leastCourseWidth)+flow+" ", courses(leastCourseWidth)+" ",
		probes+resent+flow+" ", probes+flow+" ", probes+" ")
}

// coverage is how many established connections are guarded, in words.
func (m *Model) coverage(c conn.Coverage) string {
	t := m.theme
	line := t.Draw(theme.Muted, "keepalive ")
	share, ok := c.GuardedPercent()
	unguarded := t.Draw(theme.Muted, ", ") + t.Draw(zeroMuted(c.Unguarded, theme.Warning), conn.Whole(c.Unguarded)+" unguarded")
	switch {
	case c.Undecided > 0:
		// A share of what is known would look like one of all.
		return line + t.Draw(theme.Text, conn.Whole(c.Guarded)+" guarded") + unguarded + t.Draw(theme.Muted, ", ") +
			t.Draw(theme.KeepaliveUnknown, conn.Whole(c.Undecided)+" not known")
	case !ok:
		return line + t.Draw(theme.Muted, "no established connection")
	}
	return line + t.Bar(2*barWidth, share/100, theme.KeepaliveOn) +
		t.Draw(theme.Text, " "+conn.Percent(share)+" guarded") + unguarded
}

// troubleLine counts what is wrong, and what may run out.
func (m *Model) troubleLine(in *intake) string {
	t := m.theme
	sum := in.summary
	suspect := sum.ByVerdict[conn.VerdictProbing] + sum.ByVerdict[conn.VerdictStalled]
	counts := []struct {
		label string
		n     int
		role  theme.Role
	}{
		{"half-open", sum.ByVerdict[conn.VerdictHalfOpen], theme.Critical},
		{"suspect", suspect, theme.Critical},
		{"zero-window", sum.ByVerdict[conn.VerdictZeroWindow], theme.Warning},
		{"close-wait", sum.ByVerdict[conn.VerdictCloseWait], theme.Warning},
		{"deaths", m.log.deaths, theme.Critical},
	}
	var parts []string
	for i, c := range counts {
		if c.n == 0 && i > 1 && c.label != "deaths" {
			continue
		}
		parts = append(parts, t.Draw(zeroMuted(c.n, c.role), c.label+" "+conn.Whole(c.n)))
	}
	line := " " + strings.Join(parts, t.Draw(theme.Muted, "  ")) + m.headerSparkline(m.courses.deaths, m.width/10)
	tw := sum.TimeWait
	if !tw.Known {
		return m.spreadFirst(line)
	}
	share := float64(tw.Count) / float64(tw.Limit)
	use := t.Draw(theme.Text, " "+conn.Whole(tw.Count)) + t.Draw(theme.Muted, " of "+conn.Whole(tw.Limit)) + " "
	bar := " " + t.Bar(barWidth, share, theme.StateTimeWait)
	return m.spreadFirst(line,
		t.Draw(theme.StateTimeWait, "TIME-WAIT")+bar+use,
		t.Draw(theme.StateTimeWait, "TIME-WAIT")+use,
		t.Draw(theme.StateTimeWait, conn.StateTimeWait.Short())+use,
		t.Draw(theme.StateTimeWait, conn.StateTimeWait.Short())+t.Draw(theme.Text, fmt.Sprintf(" %.0f %% ", 100*share)))
}

// headerSparkline draws the last steps of a course where the header has room for
// it.
func (m *Model) headerSparkline(c *course, steps int) string {
	if m.width < wideHeader || !c.runs() {
		return ""
	}
	return " " + m.theme.Sparkline(steps, c.values())
}

// wideHeader is the width from which on the header has sparklines.
const wideHeader = 110

// spreadFirst puts the first of the texts that fits at the right of left.
func (m *Model) spreadFirst(left string, rights ...string) string {
	for _, right := range rights {
		if ansi.StringWidth(left)+ansi.StringWidth(right) < m.width {
			return spread(left, right, m.width, m.theme.Symbols.Ellipsis)
		}
	}
	return fitLine(left, m.width, m.theme.Symbols.Ellipsis)
}

func zeroMuted(n int, role theme.Role) theme.Role {
	if n == 0 {
		return theme.Muted
	}
	return role
}

func perSecond(r conn.Rate) string {
	switch {
	case !r.Known:
		return "-"
	case r.PerSecond > 0 && r.PerSecond < 9.95:
		return fmt.Sprintf("%.1f/s", r.PerSecond)
	}
	return conn.Whole(int(r.PerSecond+0.5)) + "/s"
}
