package cli

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/ui"
)

// system is the host that katop runs on.
func system() Deps {
	return Deps{
		Open:     func() (Source, error) { return collector.New(collector.Options{}) },
		Monitor:  ui.Run,
		Terminal: isTerminal,
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
