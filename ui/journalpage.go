package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// journalMsg is the journal as it was read.
type journalMsg struct {
	actions []conn.Action
	err     error
	undo    bool // read in order to undo the last command
}

// journalPage lists what was done, the latest first.
type journalPage struct {
	actions []conn.Action
	cursor  int
}

func (m *Model) openJournal() tea.Cmd {
	return m.readJournal(false)
}

func (m *Model) readJournal(undo bool) tea.Cmd {
	controller := m.controller
	return func() tea.Msg {
		actions, err := controller.Journal()
		return journalMsg{actions, err, undo}
	}
}

// beginUndo asks whether to take a command back; the last one for "".
func (m *Model) beginUndo(id string) tea.Cmd {
	if id == "" {
		return m.readJournal(true)
	}
	i := slices.IndexFunc(m.journal.actions, func(a conn.Action) bool { return a.ID == id })
	m.askUndo(&m.journal.actions[i])
	return nil
}

func (m *Model) askUndo(done *conn.Action) {
	a := &action{kind: conn.ActionUndo, phase: phaseConfirm, undoes: done}
	for i := range done.Results {
		if done.Results[i].Changed() {
			a.targets = append(a.targets, done.Results[i].Connection)
			a.undone = append(a.undone, done.Results[i])
		}
	}
	m.action = a
}

// gotJournal opens the page, or the question whether to undo.
func (m *Model) gotJournal(msg journalMsg) tea.Cmd {
	if msg.err != nil {
		return m.say(theme.Error, conn.Printable(msg.err.Error()))
	}
	slices.Reverse(msg.actions)
	if !msg.undo {
		m.journal = &journalPage{actions: msg.actions}
		return nil
	}
	i := slices.IndexFunc(msg.actions, func(a conn.Action) bool { return a.Undoable() })
	if i < 0 {
		return m.say(theme.Notice, "there is nothing to undo")
	}
	m.askUndo(&msg.actions[i])
	return nil
}

// pressJournal handles a key of the journal.
func (m *Model) pressJournal(msg tea.KeyMsg) tea.Cmd {
	j, k := m.journal, &m.keys
	last := len(j.actions) - 1
	switch {
	case key.Matches(msg, k.Up):
		j.cursor--
	case key.Matches(msg, k.Down):
		j.cursor++
	case key.Matches(msg, k.Home):
		j.cursor = 0
	case key.Matches(msg, k.End):
		j.cursor = last
	case key.Matches(msg, k.Undo, k.Open):
		if last < 0 || !j.actions[j.cursor].Undoable() {
			return m.say(theme.Notice, "that cannot be taken back")
		}
		return m.beginUndo(j.actions[j.cursor].ID)
	case key.Matches(msg, k.Dismiss, k.Journal):
		m.journal = nil
		return nil
	}
	j.cursor = max(0, min(j.cursor, last))
	return nil
}

// journalView draws the page; the command under the cursor is always in sight,
// with its connections below.
func (m *Model) journalView(height int) string {
	t, j := m.theme, m.journal
	lines := []string{" " + t.Draw(theme.Title, "Journal") + t.Draw(theme.Muted, "   the latest first"), ""}
	if len(j.actions) == 0 {
		return strings.Join(append(lines, " "+t.Draw(theme.Muted, "nothing was done yet")), "\n")
	}
	room := max(1, (height-len(lines))*2/3)
	top := max(0, min(j.cursor-room/2, len(j.actions)-room))
	for i := top; i < min(len(j.actions), top+room); i++ {
		line := m.journalLine(&j.actions[i])
		if i == j.cursor {
			p := t.Paint(theme.Text, theme.Selected)
			line = p.Open + pad(line, m.width) + p.Close
		}
		lines = append(lines, line)
	}
	lines = append(lines, "")
	return strings.Join(append(lines, m.journalResults(&j.actions[j.cursor], height-len(lines))...), "\n")
}

// journalResults is what became of the connections of a command, as many as
// fit, and a word on the rest.
func (m *Model) journalResults(a *conn.Action, height int) []string {
	t := m.theme
	fits := min(len(a.Results), max(0, height))
	if fits < len(a.Results) {
		fits = max(0, fits-1)
	}
	var lines []string
	for _, row := range changeReport(a.Results[:fits], nil).rows {
		lines = append(lines, " "+t.Draw(outcomeRole(row.outcome), pad(row.outcome.String(), 12))+t.Draw(theme.Text, row.who)+
			"  "+t.Draw(theme.Accent, row.detail)+"  "+t.Draw(theme.Muted, conn.Printable(row.reason)))
	}
	if more := len(a.Results) - fits; more > 0 {
		lines = append(lines, t.Draw(theme.Muted, " and "+conn.Whole(more)+" more: katop journal has them all"))
	}
	return lines
}

func (m *Model) journalLine(a *conn.Action) string {
	by := a.By.User
	if a.By.SudoUser != "" {
		by = a.By.SudoUser + " as " + by
	}
	note := ""
	switch {
	case a.Undone:
		note = "  taken back"
	case a.Undoes != "":
		note = "  of an earlier command"
	}
	return fmt.Sprintf(" %s  %s %s %s%s", a.At.Format("2006-01-02 15:04:05"), pad(a.Kind.String(), 10),
		pad(conn.Printable(by), 16), countsOf(len(a.Results), func(i int) conn.Outcome { return a.Results[i].Outcome }), note)
}
