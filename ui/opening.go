package ui

import (
	"io"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/katop/katop/conn"
)

// opening stands in for the Model until it is known which colours the terminal
// takes. What comes meanwhile, it keeps: no key is lost. The first poll does not
// wait for the terminal, which may be far away.
type opening struct {
	keyboard *keyboard
	out      io.Writer
	dark     bool // where the terminal does not say
	open     func(dark bool) *Model
	poll     func() (*conn.Snapshot, error)

	kept []tea.Msg
}

// backgroundMsg says whether the background is dark, as far as the terminal has
// said so in time.
type backgroundMsg struct{ dark bool }

// Init asks the terminal, and for the first snapshot.
func (o *opening) Init() tea.Cmd {
	return tea.Batch(o.ask, func() tea.Msg {
		snapshot, err := o.poll()
		return polledMsg{snapshot, err}
	})
}

func (o *opening) ask() tea.Msg {
	if _, err := io.WriteString(o.out, backgroundQuestion); err != nil {
		return backgroundMsg{o.dark}
	}
	patience := time.NewTimer(backgroundPatience)
	defer patience.Stop()
	select {
	case dark, told := <-o.keyboard.dark:
		if told {
			return backgroundMsg{dark}
		}
	case <-patience.C:
	}
	return backgroundMsg{o.dark}
}

// Update opens the Model as soon as it can, and hands everything to it.
func (o *opening) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	answer, told := msg.(backgroundMsg)
	if !told {
		o.kept = append(o.kept, msg)
		return o, nil
	}
	model := o.open(answer.dark)
	cmds := []tea.Cmd{model.join()}
	for _, kept := range o.kept {
		_, cmd := model.Update(kept)
		cmds = append(cmds, cmd)
	}
	return model, tea.Batch(cmds...)
}

// View is nothing yet.
func (o *opening) View() string { return "" }
