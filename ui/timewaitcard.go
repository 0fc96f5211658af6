package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/charmbracelet/lipgloss"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// timeWaitCard is how full the table of TIME-WAIT is, and who closes.
func (m *Model) timeWaitCard() []string {
	t := m.theme
	opened, taken := 0, 0
	created := 0.0
	for i := range m.waits.Destinations {
		opened += m.waits.Destinations[i].TimeWait.Count
		created += m.waits.Destinations[i].TimeWait.CreatedPerSecond()
	}
	for i := range m.waits.Services {
		taken += m.waits.Services[i].TimeWait.Count
		created += m.waits.Services[i].TimeWait.CreatedPerSecond()
	}
	use := t.Draw(theme.StateTimeWait, " TIME-WAIT ") + m.timeWaitUse(m.waits.Use)
	if line := use + m.cardSparkline(m.courses.timeWait); lipgloss.Width(line) <= m.width {
		use = line
	}
	return []string{
		use,
		t.Draw(theme.Muted, " created ") + t.Draw(theme.Text, perSecond(conn.Rate{PerSecond: created, Known: true})) +
			t.Draw(theme.Muted, "  closed first by this host: ") + t.Draw(theme.Text, conn.Whole(opened)) +
			t.Draw(theme.Muted, " it opened, ") + t.Draw(theme.Text, conn.Whole(taken)) + t.Draw(theme.Muted, " clients opened"),
		m.halves("by destination", "by local port", m.byPort),
	}
}

// timeWaitUse is how many there are of the limit, in the fullest namespace if
// there are several.
func (m *Model) timeWaitUse(uses []conn.TimeWaitUse) string {
	t := m.theme
	in := m.listing.intake
	all := t.Draw(theme.Text, conn.Whole(in.summary.ByState[conn.StateTimeWait]))
	if len(uses) == 0 {
		return all + t.Draw(theme.Muted, ", the limit could not be read")
	}
	fullest := slices.MaxFunc(uses, func(a, b conn.TimeWaitUse) int { return cmp.Compare(a.Count*b.Limit, b.Count*a.Limit) })
	share := float64(fullest.Count) / float64(fullest.Limit)
	use := t.Draw(theme.Text, conn.Whole(fullest.Count)) +
		t.Draw(theme.Muted, fmt.Sprintf(" of %s in %s ", conn.Whole(fullest.Limit), namespaceName(in.snapshot, fullest.NetNS.Inode))) +
		t.Bar(barWidth, share, theme.StateTimeWait) + t.Draw(theme.Muted, fmt.Sprintf(" %.1f %%", 100*share))
	if fullest.FinWait2 > 0 {
		use += t.Draw(theme.Muted, ", "+conn.Whole(fullest.FinWait2)+" of them in FIN-WAIT-2")
	}
	if len(uses) == 1 {
		return use
	}
	return all + t.Draw(theme.Muted, " in "+strconv.Itoa(len(uses))+" namespaces, the fullest ") + use
}
