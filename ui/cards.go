package ui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// narrowCard is the width below which a card is short of words and has no
// sparkline.
const narrowCard = 60

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
	overflows := "accept queue overflows"
	if m.width < narrowCard {
		overflows = "overflows"
	}
	var lines []string
	for i := range spaces[:min(len(spaces), 2)] {
		now := &spaces[i]
		count := func(label string, of func(*conn.Counters) uint64) string {
			n, rate := int(of(&now.Counters)), in.counterRate(now, of)
			role := zeroMuted(n, theme.Text)
			if rate.PerSecond > 0 {
				role = theme.Warning
			}
			return t.Draw(theme.Muted, "  "+label+" ") + t.Draw(role, conn.Whole(n)+" ("+perSecond(rate)+")")
		}
		lines = append(lines, " "+t.Draw(theme.Title, namespaceName(in.snapshot, now.NetNS.Inode))+
			count(overflows, func(c *conn.Counters) uint64 { return c.ListenOverflows })+
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
	i := slices.IndexFunc(in.before.namespaces, func(ns conn.Namespace) bool { return ns.NetNS.Inode == now.NetNS.Inode })
	if i < 0 || !in.before.namespaces[i].Counters.Known {
		return conn.Rate{}
	}
	was, is := of(&in.before.namespaces[i].Counters), of(&now.Counters)
	if is < was {
		return conn.Rate{}
	}
	return in.perSecond(int(is - was))
}

// cardSparkline draws a course at the end of a line of a card.
func (m *Model) cardSparkline(c *course) string {
	if m.width < narrowCard || !c.runs() {
		return ""
	}
	return "  " + m.theme.Sparkline(sparklineWidth, c.values())
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
