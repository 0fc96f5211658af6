package ui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// pressGo handles the keys that lead to another place, and the marks.
func (m *Model) pressGo(msg tea.KeyMsg) (tea.Cmd, bool) {
	k := &m.keys
	switch {
	case key.Matches(msg, k.views()...):
		i := slices.IndexFunc(k.views(), func(b key.Binding) bool { return key.Matches(msg, b) })
		return m.goTo(views()[i]), true
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
		return m.markAll(), true
	case key.Matches(msg, k.Unmark):
		if m.showsConnections() {
			m.connections.ClearMarks()
		}
		return nil, true
	}
	return nil, false
}

// showsConnections tells whether the list of connections is on the screen.
func (m *Model) showsConnections() bool {
	kind := m.at().kind
	return kind == atConnections || kind == atProcess || kind == atSome
}

func (m *Model) goTo(view place) tea.Cmd {
	m.trail = []place{view}
	return m.arrive()
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
	m.filter.turnTo(m.at().kind == atEvents)
	m.page.GotoTop()
	m.showListing()
	return tea.Batch(m.rearrange(), m.askPage(), m.startClock())
}

// moveCursor moves in the list that is on the screen.
func (m *Model) moveCursor(msg tea.KeyMsg) {
	var l cursor = m.connections
	if other := m.lists.at(m.at().kind); other != nil {
		l = other
	}
	if m.at().kind == atAdvice {
		m.page.GotoTop() // to the text of another finding
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
