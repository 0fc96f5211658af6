package ui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// pressAll handles keys that came in one read, as they do from a fast typist
// over a slow line. What is pasted is text, and no keys.
func (m *Model) pressAll(msg tea.KeyMsg) tea.Cmd {
	switch {
	case msg.Paste && !m.filter.open:
		return nil
	case msg.Type == tea.KeyEsc && msg.Alt:
		// Two Esc in one read, which Bubble Tea takes for one with Alt.
		esc := tea.KeyMsg{Type: tea.KeyEsc}
		return tea.Batch(m.press(esc), m.press(esc))
	case msg.Paste || len(msg.Runes) < 2:
		return m.press(msg)
	}
	var cmds []tea.Cmd
	for _, r := range msg.Runes {
		cmds = append(cmds, m.press(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: msg.Alt}))
	}
	return tea.Batch(cmds...)
}

// holds tells whether a key must wait: for the connections that an action or a
// mark is about to get; or because it is about a row or about all that are
// shown, and what is shown is not what was asked for with the keys before it. A
// fast typist would else mark or kill what the filter is about to hide.
func (m *Model) holds(msg tea.KeyMsg) bool {
	k := &m.keys
	switch {
	case msg.Type == tea.KeyCtrlC:
		return false
	case m.marking, m.action != nil && m.action.gathering:
		return true
	}
	return m.turned && (len(m.held) > 0 || m.stage() <= onEnded &&
		key.Matches(msg, k.Open, k.Mark, k.MarkAll, k.Keepalive, k.Probe, k.Kill, k.CopyAddress, k.CopyPID))
}

// pressHeld handles the keys that had to wait, in their order.
func (m *Model) pressHeld() tea.Cmd {
	held := m.held
	m.held = nil
	var cmds []tea.Cmd
	for _, msg := range held {
		cmds = append(cmds, m.press(msg))
	}
	return tea.Batch(cmds...)
}

// press handles a key: first whoever is open in front, then the screen.
func (m *Model) press(msg tea.KeyMsg) tea.Cmd {
	switch {
	case m.holds(msg):
		m.held = append(m.held, msg)
		return nil
	case m.filter.open:
		if m.filter.press(msg, &m.keys) {
			return m.rearrange()
		}
		return nil
	case m.chooser != nil:
		if m.chooser.press(msg, &m.keys, m.columns) {
			m.chooser = nil
		}
		m.showListing()
		return nil
	case m.action != nil:
		return m.pressAction(msg)
	case m.journal != nil:
		return m.pressJournal(msg)
	case m.helping:
		return m.pressHelp(msg)
	}
	if key.Matches(msg, m.keys.Quit) {
		m.quitting = true
		return tea.Quit
	}
	if cmd, done := m.pressGo(msg); done {
		return cmd
	}
	if cmd, done := m.pressAct(msg); done {
		return cmd
	}
	if cmd, done := m.pressSettings(msg); done {
		return cmd
	}
	if m.at().kind == atConnection {
		m.scrollPage(msg)
		return nil
	}
	if m.at().kind == atAdvice && m.pressAdvice(msg) {
		return nil
	}
	m.moved = true
	m.moveCursor(msg)
	return nil
}

func (m *Model) pressHelp(msg tea.KeyMsg) tea.Cmd {
	if key.Matches(msg, m.keys.Help, m.keys.Dismiss) {
		m.helping = false
		m.page.GotoTop()
		return nil
	}
	m.scrollPage(msg)
	return nil
}

// pressSettings handles the keys that change how things are shown.
func (m *Model) pressSettings(msg tea.KeyMsg) (tea.Cmd, bool) {
	k := &m.keys
	switch {
	case key.Matches(msg, k.Filter, k.Reverse, k.SortLeft, k.SortRight) && m.at().kind == atConnection:
		// One connection is no list.
	case key.Matches(msg, k.Filter):
		m.filter.edit()
	case key.Matches(msg, k.Reverse):
		return m.reverse(), true
	case key.Matches(msg, k.SortLeft):
		return m.sortBeside(-1), true
	case key.Matches(msg, k.SortRight):
		return m.sortBeside(1), true
	case key.Matches(msg, k.Switch):
		return m.switchOver(), true
	case key.Matches(msg, k.Columns):
		if m.showsConnections() {
			m.chooser = &chooser{}
		}
	case key.Matches(msg, k.Freeze):
		return m.freeze(), true
	case key.Matches(msg, k.Slower):
		return m.setInterval(m.interval * 2), true
	case key.Matches(msg, k.Faster):
		return m.setInterval(m.interval / 2), true
	case key.Matches(msg, k.CopyAddress):
		return m.copyAddress(), true
	case key.Matches(msg, k.CopyPID):
		return m.copyPID(), true
	case key.Matches(msg, k.Help):
		m.helping = true
		m.page.GotoTop()
	default:
		return nil, false
	}
	return nil, true
}
