package ui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// pressGo handles the keys that lead to another place, and the marks.
func (m *Model) pressGo(msg tea.KeyMsg) (tea.Cmd, bool) {
	k := &m.keys
	switch {
	case key.Matches(msg, k.Connections):
		return m.goTo(views()[ViewConnections]), true
	case key.Matches(msg, k.Processes):
		return m.goTo(views()[ViewProcesses]), true
	case key.Matches(msg, k.Open):
		m.moved = true
		return m.open(), true
	case key.Matches(msg, k.Back):
		if len(m.trail) == 1 && msg.Type != tea.KeyEsc {
			return nil, true // going left from the top is no reason to lose a filter
		}
		return m.back(), true
	case key.Matches(msg, k.Mark):
		if m.showsConnections() {
			m.moved = true
			m.connections.Toggle()
			m.connections.Move(1)
		}
		return nil, true
	case key.Matches(msg, k.MarkAll):
		if m.showsConnections() && m.listing != nil {
			for _, c := range m.shownTargets() {
				m.connections.Mark(c.ID())
			}
		}
		return nil, true
	case key.Matches(msg, k.Unmark):
		m.connections.ClearMarks()
		return nil, true
	}
	return nil, false
}

// showsConnections tells whether the list of connections is on the screen.
func (m *Model) showsConnections() bool {
	kind := m.at().kind
	return kind == atConnections || kind == atProcess
}

func (m *Model) goTo(view place) tea.Cmd {
	m.trail = []place{view}
	return m.arrive()
}

// open goes down from the row under the cursor.
func (m *Model) open() tea.Cmd {
	switch {
	case m.at().kind == atProcesses:
		key, ok := m.processes.Selected()
		if !ok {
			return nil
		}
		if key.PID == 0 {
			return m.say(theme.Notice, "no process holds these, or none that may be seen; 1 lists them all")
		}
		m.trail = append(m.trail, place{kind: atProcess, pid: key.PID, name: m.listing.groupTitle(key)})
	case m.showsConnections():
		id, ok := m.connections.Selected()
		if !ok || m.listing == nil {
			return nil
		}
		c, _ := m.listing.find(id)
		if c == nil {
			return nil
		}
		m.trail = append(m.trail, place{kind: atConnection, id: id, name: endpoints(c)})
		m.subject = subject{c: *c, at: m.listing.intake.snapshot.At}
	default:
		return nil
	}
	return m.arrive()
}

// endpoints is how a connection is called in the breadcrumb.
func endpoints(c *conn.Connection) string {
	if c.State == conn.StateListen {
		return c.Local.String()
	}
	return c.Local.String() + " → " + c.Remote.String()
}

// back goes up the trail; at its top it takes the filter away.
func (m *Model) back() tea.Cmd {
	if len(m.trail) > 1 {
		m.trail = slices.Clip(m.trail[:len(m.trail)-1])
		return m.arrive()
	}
	if m.filter.clear() {
		return m.rearrange()
	}
	return nil
}

// arrive asks for what the present place shows.
func (m *Model) arrive() tea.Cmd {
	m.process, m.detail, m.pageError = nil, nil, nil
	m.page.GotoTop()
	m.showListing()
	return tea.Batch(m.rearrange(), m.askPage(), m.startClock())
}

// moveCursor moves in the list that is on the screen.
func (m *Model) moveCursor(msg tea.KeyMsg) {
	type list interface {
		Move(int)
		Page(int)
		Home()
		End()
		Visible() (int, int)
	}
	var l list = m.connections
	if m.at().kind == atProcesses {
		l = m.processes
	}
	from, to := l.Visible()
	k := &m.keys
	switch {
	case key.Matches(msg, k.Up):
		l.Move(-1)
	case key.Matches(msg, k.Down):
		l.Move(1)
	case key.Matches(msg, k.PageUp):
		l.Page(-1)
	case key.Matches(msg, k.PageDown):
		l.Page(1)
	case key.Matches(msg, k.HalfUp):
		l.Move(-max(1, (to-from)/2))
	case key.Matches(msg, k.HalfDown):
		l.Move(max(1, (to-from)/2))
	case key.Matches(msg, k.Home):
		l.Home()
	case key.Matches(msg, k.End):
		l.End()
	}
}

// scrollPage moves a page that is longer than the screen.
func (m *Model) scrollPage(msg tea.KeyMsg) {
	k := &m.keys
	switch {
	case key.Matches(msg, k.Up):
		m.page.ScrollUp(1)
	case key.Matches(msg, k.Down):
		m.page.ScrollDown(1)
	case key.Matches(msg, k.PageUp):
		m.page.PageUp()
	case key.Matches(msg, k.PageDown):
		m.page.PageDown()
	case key.Matches(msg, k.HalfUp):
		m.page.HalfPageUp()
	case key.Matches(msg, k.HalfDown):
		m.page.HalfPageDown()
	case key.Matches(msg, k.Home):
		m.page.GotoTop()
	case key.Matches(msg, k.End):
		m.page.GotoBottom()
	}
}
