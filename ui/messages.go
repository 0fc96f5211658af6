package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
)

// tickMsg says that the interval is over. A tick whose number is not the last
// one's belongs to an interval that was changed meanwhile.
type tickMsg struct{ number int }

// clockMsg says that a moment has passed, for what counts down between polls.
// Numbered as tickMsg is, so that there is never more than one clock.
type clockMsg struct{ number int }

// redrawMsg says that something on the screen has run out.
type redrawMsg struct{}

// polledMsg is the answer to a poll.
type polledMsg struct {
	snapshot *conn.Snapshot
	err      error
}

// asideMsg is what aside has worked out.
type asideMsg struct{ result tea.Msg }

// arrangedMsg is the answer to a question; nil where another was asked meanwhile.
type arrangedMsg struct{ listing *Listing }

// processMsg is the answer for a process page.
type processMsg struct {
	process conn.Process
	err     error
	pid     int32
}

// detailMsg is the answer for a connection page.
type detailMsg struct {
	detail conn.Detail
	err    error
	id     conn.ID
}
