package cli

import (
	"context"
	"io"

	"github.com/katop/katop/ui"
)

// Deps is what the commands need of the world outside.
type Deps struct {
	// Open makes ready to read this host's connections.
	Open func() (Source, error)
	// Control makes ready to act on this host's connections.
	Control func() (Controller, error)
	// Monitor runs the screen until the user leaves it or ctx ends.
	Monitor func(ctx context.Context, o ui.Options) error
	// Terminal tells whether w is a terminal.
	Terminal func(w io.Writer) bool
	// Interactive tells whether somebody at a terminal can answer on r.
	Interactive func(r io.Reader) bool
}

// Source is where the connections come from.
type Source interface {
	ui.Source
	io.Closer
}
