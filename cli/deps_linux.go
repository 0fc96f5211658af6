package cli

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/katop/katop/collector"
	"github.com/katop/katop/keepalive"
	"github.com/katop/katop/ui"
)

// system is the host that katop runs on.
func system() Deps {
	return Deps{
		Open:        func() (Source, error) { return collector.New(collector.Options{}) },
		Control:     func() (Controller, error) { return keepalive.New(keepalive.Options{}), nil },
		Monitor:     ui.Run,
		Terminal:    func(w io.Writer) bool { return isTerminal(w) },
		Interactive: func(r io.Reader) bool { return isTerminal(r) },
	}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
