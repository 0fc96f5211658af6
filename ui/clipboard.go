package ui

import (
	"io"
	"strconv"

	"github.com/aymanbagabas/go-osc52/v2"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// copied sends text to the terminal's clipboard with OSC 52, which also works
// through ssh. Whether the terminal takes it cannot be known.
func (m *Model) copied(text string) tea.Cmd { return m.copiedAs(text, "sent to the clipboard: "+text) }

// copiedAs is copied with other words for it.
func (m *Model) copiedAs(text, words string) tea.Cmd {
	said := m.say(theme.Accent, words)
	sequence, out := osc52.New(text), m.clipboard
	return tea.Batch(said, func() tea.Msg {
		_, _ = io.WriteString(out, sequence.String())
		return nil
	})
}

func (m *Model) copyAddress() tea.Cmd {
	if m.at().kind == atAdvice {
		return m.copyRemedy()
	}
	c := m.chosen()
	switch {
	case c == nil:
		return nil
	case c.State == conn.StateListen:
		return m.copied(c.Local.String())
	}
	return m.copied(c.Remote.String())
}

func (m *Model) copyPID() tea.Cmd {
	pid := int32(0)
	switch m.at().kind {
	case atProcesses:
		if g, ok := m.processes.chosen(); ok {
			pid = g.Key.PID
		}
	case atProcess:
		pid = m.at().scope.pid
	default:
		if c := m.chosen(); c != nil {
			if owner, ok := c.Owner(); ok {
				pid = owner.PID
			}
		}
	}
	if pid == 0 {
		return m.say(theme.Warning, "no process is known here")
	}
	return m.copied(strconv.Itoa(int(pid)))
}

// chosen is the connection under the cursor, or the one on the page.
func (m *Model) chosen() *conn.Connection {
	if m.listing == nil {
		return nil
	}
	if m.at().kind == atConnection {
		return &m.subject.c
	}
	switch m.at().kind {
	case atListeners:
		if l, ok := m.listeners.chosen(); ok {
			return &l.socket
		}
	case atEvents:
		if e, ok := m.events.chosen(); ok {
			return &e.Connection
		}
	}
	if !m.showsConnections() {
		return nil
	}
	if m.connections.Len() == 0 {
		return nil
	}
	c, _ := m.listing.row(m.connections.Cursor())
	return c
}
