package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"github.com/katop/katop/conn"
	"github.com/katop/katop/theme"
)

// framesPerSecond is Bubble Tea's most: a key is answered with the next frame, and
// 60 of them a second would take its 16 ms alone. A frame in which nothing has
// changed costs next to nothing.
const framesPerSecond = 120

// Run shows the monitor on the process's own terminal until the user leaves it
// or ctx ends, which is how signals come in. The terminal is left as it was, also after a
// panic. What o leaves out, the theme, the keys and the clipboard, it takes from
// that terminal and from the defaults.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.Clipboard == nil {
		o.Clipboard = os.Stdout
	}
	if len(o.Keys.Quit.Keys()) == 0 {
		o.Keys = DefaultKeyMap()
	}
	// The mouse is left alone: taking it would take the terminal's own selection
	// of text away. Signals come in through ctx, and its end is a request to
	// quit: tea.WithContext would close the terminal under the reader's feet.
	acting := &sync.RWMutex{}
	open := func(dark bool) *Model {
		if o.Theme == nil {
			r := lipgloss.NewRenderer(os.Stdout)
			r.SetHasDarkBackground(dark) // else it would ask the terminal itself, and lose what is typed
			o.Theme = theme.New(r, theme.SymbolsFor(os.Getenv))
		}
		model := New(ctx, o)
		model.acting = acting
		return model
	}
	options := []tea.ProgramOption{tea.WithAltScreen(), tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond)}
	dark := darkByEnvironment(os.Getenv)
	var first tea.Model
	if k := newKeyboard(o.Keyboard, os.Getenv); k != nil && o.Theme == nil {
		first, options = &opening{
			keyboard: k, out: os.Stdout, dark: dark, open: open,
			poll: func() (*conn.Snapshot, error) { return o.Source.Poll(ctx, conn.Want{}) },
		}, append(options, tea.WithInput(k))
	} else {
		first = open(dark)
	}
	program := tea.NewProgram(first, options...)
	stop := context.AfterFunc(ctx, program.Quit)
	defer stop()
	_, err := program.Run()
	// What an action has begun it must end: a liveness check puts the options back.
	cancel()
	acting.Lock()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, tea.ErrProgramPanic):
		return fmt.Errorf("the monitor failed and has given the terminal back: this is a fault of katop, please report it with the lines above: %w", err)
	}
	return fmt.Errorf("show the monitor on this terminal: %w", err)
}
