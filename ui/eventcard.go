package ui

import (
	"github.com/charmbracelet/x/ansi"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// eventCard counts what happened and what is not there any more, and has the
// evidence of the event under the cursor.
func (m *Model) eventCard() []string {
	t := m.theme
	log := &m.log
	count := func(n int, one, more string, role theme.Role) string {
		if n != 1 {
			one = more
		}
		return t.Draw(zeroMuted(n, role), conn.Whole(n)) + t.Draw(theme.Muted, " "+one+"  ")
	}
	line := " " + count(log.all.Len(), "event", "events", theme.Text) + count(log.deaths, "death", "deaths", theme.Critical) +
		count(log.resets, "reset", "resets", theme.Warning) + count(log.kills, "killed", "killed", theme.Notice)
	if n := int(log.ring(m.diedOnly).Dropped()); n > 0 {
		line += t.Draw(theme.Notice, conn.Whole(n)) + t.Draw(theme.Muted, " older given up  ")
	}
	if n := int(log.lost); n > 0 {
		line += t.Draw(theme.Warning, conn.Whole(n)) + t.Draw(theme.Muted, " reports of the kernel lost  ")
	}
	ending := ""
	if e, ok := m.events.chosen(); ok && e.Kind != conn.EventOpened {
		ending = " " + m.endingLine(e)
	}
	// Three lines whatever is under the cursor: the list below must not jump.
	return []string{line + m.cardSparkline(m.courses.deaths), m.halves("all events", "deaths, resets, kills", m.diedOnly), ending}
}

// causeAndSource is why a connection ended, and how that is known.
func causeAndSource(t *theme.Theme, e *conn.Event) string {
	cause := causeText(t, e)
	if e.Kind != conn.EventOpened && e.Cause == conn.CauseUnknown {
		return "cause unknown"
	}
	if source := sourceText(e); source != absent {
		cause += " (" + source + ")"
	}
	return cause
}

// endingLine is how a connection ended, with the evidence.
func (m *Model) endingLine(e *conn.Event) string {
	t := m.theme
	cause := causeAndSource(t, e)
	room := max(1, m.width-ansi.StringWidth(cause)-4)
	return t.Draw(eventRole(e), cause) + "  " + t.Draw(theme.Text, ansi.Truncate(conn.Printable(e.Evidence), room, t.Symbols.Ellipsis))
}
