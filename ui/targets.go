package ui

import (
	"iter"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
	"github.com/katop/katop/ui/table"
)

// reach says which connections an action is for.
type reach uint8

const (
	reachRow    reach = iota // the one under the cursor, or on the page
	reachMarked              // those that are marked
	reachShown               // all that the filter shows
)

// targetsMsg is the connections that an action is for.
type targetsMsg struct {
	action  *action
	targets []conn.Connection
}

// gather finds the connections within the reach of an action. All that are shown
// leaves out listeners and stubs: what is set on a listener comes to light on
// connections that do not exist yet, and nobody means that by "all".
//
// More than one may be very many, so they are copied aside, and keys wait for it.
func (m *Model) gather(a *action) tea.Cmd {
	a.targets, a.top, a.gathering = nil, 0, true
	listing, marked := m.listing, []conn.ID(nil)
	switch a.reach {
	case reachRow:
		if c := m.chosen(); c != nil {
			a.targets = []conn.Connection{*c}
		}
		return m.gathered(targetsMsg{a, a.targets})
	case reachMarked:
		marked = m.connections.Marked()
	}
	return m.aside(func() tea.Msg {
		if marked != nil {
			return targetsMsg{a, listing.all(marked)}
		}
		return targetsMsg{a, listing.allTargets()}
	})
}

// gathered lets an action go on that has its targets.
func (m *Model) gathered(msg targetsMsg) tea.Cmd {
	a := msg.action
	if m.action != a {
		return m.pressHeld()
	}
	a.targets, a.gathering = msg.targets, false
	switch {
	case len(a.targets) == 0:
		m.action = nil
		return tea.Batch(m.say(theme.Warning, "there is no connection here to act on"), m.pressHeld())
	case a.kind == conn.ActionKeepalive && a.form.profiles == nil:
		a.form = newKeepaliveForm(m.kernelProfile(a.targets))
	case a.kind == conn.ActionKeepalive:
		a.form.offer(m.kernelProfile(a.targets))
	case a.kind == conn.ActionProbe && len(a.targets) == 1 && a.phase == phaseConfirm && !a.asked:
		return m.start(a)
	}
	a.asked = true
	return m.pressHeld()
}

// all are the connections with these identities that are there, in their order.
func (l *Listing) all(ids []conn.ID) []conn.Connection {
	rows := l.intake.rowsOf(ids)
	found := make([]conn.Connection, 0, len(rows))
	for _, id := range ids {
		if row, there := rows[id]; there {
			found = append(found, l.intake.snapshot.Connections[row])
		}
	}
	return found
}

func (l *Listing) allTargets() []conn.Connection {
	var found []conn.Connection
	for c := range l.targets() {
		found = append(found, *c)
	}
	return found
}

// targets is all that is shown and can be acted on.
func (l *Listing) targets() iter.Seq[*conn.Connection] {
	return func(yield func(*conn.Connection) bool) {
		for i := range l.rows {
			c, gone := l.row(i)
			if !gone && !c.Minisock() && c.Inode != 0 && c.State != conn.StateListen && !yield(c) {
				return
			}
		}
	}
}

// markedMsg is all that is marked, once all that is shown is.
type markedMsg struct{ marks table.Marks[conn.ID] }

// markAll marks all that are shown and can be acted on; keys wait for it.
func (m *Model) markAll() tea.Cmd {
	if !m.showsConnections() || m.listing == nil {
		return nil
	}
	m.marking = true
	listing, ids := m.listing, m.connections.Marked()
	return m.aside(func() tea.Msg {
		for c := range listing.targets() {
			ids = append(ids, c.ID())
		}
		return markedMsg{table.MarksOf(ids)}
	})
}

func (m *Model) marked(msg markedMsg) tea.Cmd {
	m.marking = false
	m.connections.SetMarks(msg.marks)
	return m.pressHeld()
}

// firstReach is what an action is for unless the user says otherwise: the marks
// if there are any.
func (m *Model) firstReach() reach {
	if m.at().kind != atConnection && m.connections.Marks() > 0 {
		return reachMarked
	}
	return reachRow
}

// nextReach goes round those that have a connection in them.
func (m *Model) nextReach(r reach) reach {
	for range 3 {
		r = (r + 1) % 3
		if m.at().kind == atConnection && r != reachRow {
			continue
		}
		if m.reaches(r) {
			break
		}
	}
	return r
}

// reaches tells whether there is a connection within a reach.
func (m *Model) reaches(r reach) bool {
	switch r {
	case reachRow:
		return m.chosen() != nil
	case reachMarked:
		return m.connections.Marks() > 0
	}
	for range m.listing.targets() {
		return true
	}
	return false
}
