package ui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// cardWidth is the width from which on a card has sparklines.
const cardWidth = 60

// withCard draws a list below what is said of the whole. On a low screen the
// card is cut to leave most of it to the list.
func (m *Model) withCard(card []string, l anyList, height int) []string {
	card = card[:min(len(card), max(0, height/3))]
	rest := height - len(card)
	l.SetSize(m.width, rest)
	cut := m.theme.Symbols.Ellipsis
	return append(fitBlock(strings.Join(card, "\n"), m.width, len(card), cut), fitBlock(l.View(), m.width, rest, cut)...)
}

// listenerCard is what each network namespace has turned away.
func (m *Model) listenerCard() []string {
	t := m.theme
	in := m.listing.intake
	spaces := slices.DeleteFunc(slices.Clone(in.snapshot.Namespaces), func(ns conn.Namespace) bool { return !ns.Counters.Known })
	slices.SortStableFunc(spaces, func(a, b conn.Namespace) int {
		return cmp.Compare(b.Counters.ListenDrops, a.Counters.ListenDrops)
	})
	var lines []string
	for i := range spaces[:min(len(spaces), 2)] {
		now := &spaces[i]
		count := func(label string, of func(*conn.Counters) uint64) string {
			role := theme.Text
			if of(&now.Counters) == 0 {
				role = theme.Muted
			}
			return t.Draw(theme.Muted, "  "+label+" ") + t.Draw(role, conn.Whole(int(of(&now.Counters)))) +
				t.Draw(theme.Muted, " ("+perSecond(in.counterRate(now, of))+")")
		}
		lines = append(lines, " "+t.Draw(theme.Title, namespaceName(in.snapshot, now.NetNS.Inode))+
			count("accept queue overflows", func(c *conn.Counters) uint64 { return c.ListenOverflows })+
			count("drops", func(c *conn.Counters) uint64 { return c.ListenDrops }))
	}
	if len(spaces) == 0 {
		lines = []string{t.Draw(theme.Muted, " overflows and drops: the kernel's counters could not be read")}
	} else if more := len(spaces) - len(lines); more > 0 {
		lines[len(lines)-1] += t.Draw(theme.Muted, "  and "+strconv.Itoa(more)+" more namespaces with fewer drops")
	}
	return append(lines, "")
}

// counterRate is how fast a counter of a namespace grows.
func (in *intake) counterRate(now *conn.Namespace, of func(*conn.Counters) uint64) conn.Rate {
	if in.before == nil {
		return conn.Rate{}
	}
	i := slices.IndexFunc(in.before.Namespaces, func(ns conn.Namespace) bool { return ns.NetNS.Inode == now.NetNS.Inode })
	elapsed := in.snapshot.At.Sub(in.before.At).Seconds()
	if i < 0 || elapsed <= 0 || !in.before.Namespaces[i].Counters.Known {
		return conn.Rate{}
	}
	was, is := of(&in.before.Namespaces[i].Counters), of(&now.Counters)
	return conn.Rate{PerSecond: float64(is-was) / elapsed, Known: is >= was}
}

// timeWaitCard is how full the table of TIME-WAIT is, and who closes.
func (m *Model) timeWaitCard() []string {
	t := m.theme
	in := m.listing.intake
	waits := &m.waits
	total := t.Draw(theme.StateTimeWait, " TIME-WAIT ") + t.Draw(theme.Text, conn.Whole(in.summary.ByState[conn.StateTimeWait])) + "  "
	if m.width >= wideHeader {
		total += t.Sparkline(sparklineWidth, m.courses.timeWait.values()) + "  "
	}
	lines := []string{total + m.timeWaitUse(waits.Use)}
	opened, taken := 0, 0
	created := 0.0
	for i := range waits.Destinations {
		opened += waits.Destinations[i].TimeWait.Count
		created += waits.Destinations[i].TimeWait.CreatedPerSecond()
	}
	for i := range waits.Services {
		taken += waits.Services[i].TimeWait.Count
		created += waits.Services[i].TimeWait.CreatedPerSecond()
	}
	lines = append(lines, t.Draw(theme.Muted, " created ")+t.Draw(theme.Text, perSecond(conn.Rate{PerSecond: created, Known: true}))+
		t.Draw(theme.Muted, "  this host closed first: ")+t.Draw(theme.Text, conn.Whole(opened))+
		t.Draw(theme.Muted, " it opened, ")+t.Draw(theme.Text, conn.Whole(taken))+t.Draw(theme.Muted, " peers opened"))
	return append(lines, m.halves("by destination", "by local port", m.byPort))
}

// timeWaitUse is the share of the limit in the fullest namespaces.
func (m *Model) timeWaitUse(uses []conn.TimeWaitUse) string {
	t := m.theme
	if len(uses) == 0 {
		return t.Draw(theme.Muted, "the limit could not be read")
	}
	uses = slices.Clone(uses)
	slices.SortStableFunc(uses, func(a, b conn.TimeWaitUse) int { return cmp.Compare(b.Count*a.Limit, a.Count*b.Limit) })
	use := uses[0]
	text := t.Draw(theme.Text, conn.Whole(use.Count)) + t.Draw(theme.Muted, " of "+conn.Whole(use.Limit)+" ") +
		t.Bar(2*barWidth, float64(use.Count)/float64(use.Limit), theme.StateTimeWait) +
		t.Draw(theme.Muted, " in "+namespaceName(m.listing.intake.snapshot, use.NetNS.Inode))
	if len(uses) > 1 {
		text += t.Draw(theme.Muted, ", the fullest of "+strconv.Itoa(len(uses)))
	}
	return text
}

// halves names the two halves of a view between which Tab changes.
func (m *Model) halves(first, second string, onSecond bool) string {
	t := m.theme
	picked, other := t.Style(theme.Accent).Reverse(true).Render, t.Style(theme.Muted).Render
	if onSecond {
		picked, other = other, picked
	}
	return " " + picked(" "+first+" ") + " " + other(" "+second+" ") + "  " + t.Draw(theme.Key, m.keys.Switch.Help().Key)
}

// eventCard counts what happened and what is not there any more, and has the
// evidence of the event under the cursor.
func (m *Model) eventCard() []string {
	t := m.theme
	count := func(n int, what string, role theme.Role) string {
		if n != 1 {
			what += "s"
		}
		return t.Draw(zeroMuted(n, role), conn.Whole(n)) + t.Draw(theme.Muted, " "+what+"  ")
	}
	ring := m.log.ring(m.deathsOnly)
	line := " " + count(m.log.all.Len(), "event", theme.Text) + count(m.log.died, "death", theme.Critical)
	if m.width >= cardWidth {
		line += t.Sparkline(sparklineWidth, m.courses.deaths.values()) + "  "
	}
	if n := int(ring.Dropped()); n > 0 {
		line += t.Draw(theme.Notice, conn.Whole(n)) + t.Draw(theme.Muted, " older given up  ")
	}
	if n := int(m.log.lost); n > 0 {
		line += t.Draw(theme.Warning, conn.Whole(n)) + t.Draw(theme.Muted, " of the kernel's reports lost")
	}
	lines := []string{line, m.halves("all events", "deaths", m.deathsOnly)}
	if e, ok := m.events.chosen(); ok && e.Kind != conn.EventOpened {
		lines = append(lines, m.endingLine(e))
	}
	return lines
}

// endingLine is how a connection ended, and how that is known.
func (m *Model) endingLine(e *conn.Event) string {
	t := m.theme
	how := " (" + e.Source.String() + ")  "
	text := ansi.Truncate(conn.Printable(e.Evidence), max(1, m.width-24-len(how)), t.Symbols.Ellipsis)
	return " " + t.Draw(eventRole(e), causeText(t, e)) + t.Draw(theme.Muted, how) + t.Draw(theme.Text, text)
}
