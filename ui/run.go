package ui

import (
	"context"
	"errors"
	"fmt"
	"os"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"github.com/katop/katop/theme"
)

// Run shows the monitor on the process's own terminal until the user leaves it
// or ctx ends, which is how signals come in. The terminal is left as it was, also after a
// panic. What o leaves out, the theme, the keys and the clipboard, it takes from
// that terminal and from the defaults.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.Theme == nil {
		o.Theme = theme.New(lipgloss.NewRenderer(os.Stdout), theme.SymbolsFor(os.Getenv))
	}
	if o.Clipboard == nil {
		o.Clipboard = os.Stdout
	}
	if len(o.Keys.Quit.Keys()) == 0 {
		o.Keys = DefaultKeyMap()
	}
	// The mouse is left alone: taking it would take the terminal's own selection
	// of text away. Signals come in through ctx, and its end is a request to
	// quit: tea.WithContext would close the terminal under the reader's feet.
	model := New(ctx, o)
	program := tea.NewProgram(model, tea.WithAltScreen(), tea.WithoutSignalHandler())
	stop := context.AfterFunc(ctx, program.Quit)
	defer stop()
	_, err := program.Run()
	// What an action has begun it must end: a liveness check puts the options back.
	cancel()
	model.acting.Lock()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, tea.ErrProgramPanic):
		return fmt.Errorf("the monitor failed and has given the terminal back: this is a fault of katop, please report it with the lines above: %w", err)
	}
	return fmt.Errorf("show the monitor on this terminal: %w", err)
}
